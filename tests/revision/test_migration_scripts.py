"""What migration scripts say about a schema, without a database."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.revision import migration_scripts
from recovery.revision.migration_scripts import Reading, Revision
from recovery.words.errors import ProfileError
from recovery.words.names import TableName

SCRIPT = '''"""{title}

Revision ID: {id}
"""
import sqlalchemy as sa
from alembic import op

revision = {id!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
{body}


def downgrade():
    raise NotImplementedError
'''


class Scripts:
    """A history of migration scripts in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "versions").mkdir(parents=True)
        (folder / "env.py").write_text("raise SystemExit('env.py must not run')\n")
        self._latest: str | None = None

    def add(
        self,
        revision: str,
        *body: str,
        down: str | tuple[str, ...] | None = None,
        title: str = "a step",
    ) -> None:
        """A script after the one that was added last, or after ``down``."""
        lines = "\n".join(f"    {line}" for line in body or ("pass",))
        text = SCRIPT.format(
            id=revision, down=self._latest if down is None else down, body=lines, title=title
        )
        (self.folder / "versions" / f"{revision}_.py").write_text(text)
        self._latest = revision

    def add_tables(self, revision: str, *tables: str, down: str | None = None) -> None:
        """A script that creates tables."""
        self.add(revision, *map(creates, tables), down=down, title=f"makes {' and '.join(tables)}")

    def read(self) -> list[Revision]:
        return migration_scripts.read(migration_scripts.scripts(str(self.folder)))

    def compare(self, tables: str, claimed: str) -> Reading:
        """What the scripts say about a database with some tables and a claim."""
        there = {TableName.parse(table) for table in tables.split()}
        return migration_scripts.compare(self.read(), there, tuple(claimed.split()))


def creates(table: str) -> str:
    schema, _, name = table.rpartition(".")
    placed = f", schema={schema!r}" if schema else ""
    return f"op.create_table({name!r}, sa.Column('id', sa.Uuid(), primary_key=True){placed})"


@pytest.fixture
def history(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path / "migrations")


@pytest.fixture
def line(history: Scripts) -> Scripts:
    """a: users · b: orders, items · c: no table · d: folders."""
    history.add_tables("a", "users")
    history.add_tables("b", "orders", "items")
    history.add("c", "op.add_column('users', sa.Column('locale', sa.Text()))")
    history.add_tables("d", "folders")
    return history


# --- reading ----------------------------------------------------------------------------------


def test_scripts_are_read_parents_first_with_title_and_tables(line: Scripts) -> None:
    found = line.read()

    assert [(r.id, r.title, r.down) for r in found] == [
        ("a", "makes users", ()),
        ("b", "makes orders and items", ("a",)),
        ("c", "a step", ("b",)),
        ("d", "makes folders", ("c",)),
    ]
    assert [str(table) for table in found[1].created] == ["orders", "items"]
    assert [r.unreadable for r in found] == [None] * 4


def test_tables_in_a_schema_keep_it(history: Scripts) -> None:
    history.add_tables("a", "crm.users")

    (only,) = history.read()
    assert only.created == (TableName("crm", "users"),)


def test_what_a_script_drops_or_renames_is_known(history: Scripts) -> None:
    history.add("a", "op.drop_table('users')", "op.rename_table('orders', 'purchases')")

    (only,) = history.read()
    assert [str(table) for table in only.removed] == ["users", "orders"]


def test_scripts_that_use_every_kind_of_operation_are_read_to_the_end(history: Scripts) -> None:
    history.add(
        "a",
        "made = op.create_table('users', sa.Column('id', sa.Integer(), primary_key=True))",
        "op.bulk_insert(made, [{'id': 1}])",
        "op.execute('CREATE EXTENSION citext')",
        "op.execute(sa.text('UPDATE users SET id = :n').bindparams(n=1))",
        "op.create_index(op.f('ix_users_id'), 'users', ['id'], unique=True)",
        "op.create_foreign_key('fk', 'users', 'users', ['id'], ['id'], ondelete='CASCADE')",
        "op.alter_column('users', 'id', type_=sa.BigInteger())",
        "with op.batch_alter_table('users') as batch:",
        "    batch.add_column(sa.Column('name', sa.Text()))",
        creates("last"),
    )

    (only,) = history.read()
    assert only.unreadable is None
    assert [str(table) for table in only.created] == ["users", "last"]


def test_a_script_that_asks_the_database_counts_as_far_as_it_was_read(history: Scripts) -> None:
    history.add(
        "a",
        creates("users"),
        "op.get_bind().execute(sa.text('SELECT 1')).scalar()",
        creates("orders"),
    )

    (only,) = history.read()
    assert only.unreadable is not None
    assert [str(table) for table in only.created] == ["users"]


def test_a_script_that_fails_says_how(history: Scripts) -> None:
    history.add("a", "raise RuntimeError('not on a Sunday')")

    (only,) = history.read()
    assert only.unreadable == "RuntimeError: not on a Sunday"


def test_reading_prints_nothing(history: Scripts, capfd: pytest.CaptureFixture[str]) -> None:
    history.add(
        "a",
        creates("users"),
        "op.execute('SELECT 1')",
        "with op.get_context().autocommit_block():",
        "    op.execute('CREATE INDEX CONCURRENTLY x ON users (id)')",
    )
    history.read()

    assert capfd.readouterr() == ("", "")


def test_the_applications_env_is_not_run(history: Scripts) -> None:
    history.add_tables("a", "users")

    assert [revision.id for revision in history.read()] == ["a"]


# --- scripts that cannot be used --------------------------------------------------------------


@pytest.mark.parametrize(
    "prepare",
    [
        lambda folder: None,
        lambda folder: folder.mkdir(),
        lambda folder: folder.touch(),
    ],
    ids=["no folder", "no versions", "a file"],
)
def test_a_place_without_scripts_is_refused_with_what_belongs_there(
    tmp_path: Path, prepare: Callable[[Path], object]
) -> None:
    folder = tmp_path / "migrations"
    prepare(folder)

    with pytest.raises(ProfileError, match="cannot be used") as refused:
        migration_scripts.scripts(str(folder))
    assert str(folder) in refused.value.problem.what
    assert "env.py and versions/" in refused.value.problem.remedy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import an_application_that_is_not_here", "an_application_that_is_not_here"),
        ("def upgrade(:", "syntax"),
        ("import os\nos.environ['NOT_SET_ANYWHERE']", "NOT_SET_ANYWHERE"),
        ("undefined_name", "undefined_name"),
    ],
)
def test_a_script_that_cannot_be_loaded_is_refused_with_the_reason(
    history: Scripts, text: str, said: str
) -> None:
    history.add_tables("a", "users")
    (history.folder / "versions" / "broken.py").write_text(text)

    with pytest.raises(ProfileError, match="cannot be used") as refused:
        history.read()
    assert said in refused.value.problem.what


def test_a_history_with_a_link_missing_is_read_all_the_same(history: Scripts) -> None:
    history.add_tables("a", "users")
    history.add_tables("b", "orders", down="c_ghost")
    history.add("m", down=("a", "b"))

    directory = migration_scripts.scripts(str(history.folder))
    read = {revision.id: revision for revision in migration_scripts.read(directory)}

    assert directory.missing == {"c_ghost": ("b",)}
    assert directory.get_heads() == ["m"]
    assert read["b"].created == (TableName("public", "orders"),)
    assert read["c_ghost"].unreadable == "LookupError: no script has the revision c_ghost"
    assert history.compare("users orders", "m").true != "m"


def test_a_missing_revision_may_also_be_one_that_a_script_depends_on(history: Scripts) -> None:
    history.add_tables("a", "users")
    script = history.folder / "versions" / "a_.py"
    script.write_text(script.read_text().replace("depends_on = None", "depends_on = 'c_ghost'"))

    assert migration_scripts.scripts(str(history.folder)).missing == {"c_ghost": ("a",)}


def test_a_folder_with_a_percent_sign_in_its_name_is_found(tmp_path: Path) -> None:
    scripts = Scripts(tmp_path / "100%s done")
    scripts.add_tables("a", "users")

    assert [revision.id for revision in scripts.read()] == ["a"]


# --- the true revision ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "claimed", "true"),
    [
        ("users orders items folders", "d", "d"),
        ("users orders items", "c", "c"),
        ("users orders items", "d", "b"),
        ("users orders items", "b", "b"),
        ("users", "d", "a"),
        ("users", "a", "a"),
        ("users orders", "d", "a"),
        ("users orders items folders", "a", "a"),
        ("users orders items folders", "c", "c"),
        ("users orders items", "", None),
        ("users orders items", "not-a-revision", None),
        ("users items folders", "d", "a"),
        ("", "d", None),
        ("other", "a", None),
    ],
)
def test_along_a_line_the_tables_tell_the_revision(
    line: Scripts, tables: str, claimed: str, true: str | None
) -> None:
    assert line.compare(tables, claimed).true == true


def test_the_evidence_names_the_tables_that_are_there_and_that_are_missing(line: Scripts) -> None:
    evidence = line.compare("users orders", "d").evidence

    assert [(e.revision, e.present, e.missing, e.claimed, e.holds) for e in evidence] == [
        ("a", ("users",), (), False, True),
        ("b", ("orders",), ("items",), False, False),
        ("c", (), (), False, None),
        ("d", (), ("folders",), True, False),
    ]


def test_what_comes_after_the_true_revision_is_pending(line: Scripts) -> None:
    assert line.compare("users orders items", "d").pending == ("c", "d")
    assert line.compare("users orders items folders", "d").pending == ()
    assert line.compare("", "d").pending == ("a", "b", "c", "d")


def test_a_table_made_by_hand_collides_with_the_pending_revision(line: Scripts) -> None:
    reading = line.compare("users items", "a")

    assert reading.true == "a"
    (collision,) = reading.collisions
    assert (collision.revision, collision.tables) == ("b", ("items",))
    assert collision.title == "makes orders and items"


def test_a_later_table_made_by_hand_does_not_prove_its_revision(line: Scripts) -> None:
    reading = line.compare("users folders", "b")

    assert reading.true == "a"
    assert [collision.revision for collision in reading.collisions] == ["d"]


def test_a_claimed_revision_without_tables_is_believed_if_nothing_speaks_against_it(
    line: Scripts,
) -> None:
    assert line.compare("users orders items", "c").true == "c"
    assert line.compare("users orders", "c").true == "a"


def test_tables_beyond_the_claim_are_collisions_and_no_progress(line: Scripts) -> None:
    reading = line.compare("users orders items folders", "b")

    assert reading.true == "b"
    assert reading.pending == ("c", "d")
    assert [collision.revision for collision in reading.collisions] == ["d"]


def test_a_table_that_is_dropped_later_proves_nothing(history: Scripts) -> None:
    history.add_tables("a", "users")
    history.add_tables("b", "sessions")
    history.add("c", "op.drop_table('sessions')")
    history.add_tables("d", "folders")

    assert history.compare("users folders", "d").true == "d"
    assert history.compare("users", "d").true == "a"
    evidence = history.compare("users", "d").evidence
    assert [e.revision for e in evidence if e.holds is not None] == ["a", "d"]


def test_a_table_that_is_renamed_later_proves_nothing(history: Scripts) -> None:
    history.add_tables("a", "users")
    history.add_tables("b", "sessions")
    history.add("c", "op.rename_table('sessions', 'logins')")

    assert history.compare("users logins", "c").true == "c"


def test_two_branches_that_are_both_there_are_not_one_revision(history: Scripts) -> None:
    history.add_tables("a", "users")
    history.add_tables("b", "orders")
    history.add_tables("c", "folders", down="a")

    assert history.compare("users orders folders", "b c").true is None
    assert history.compare("users orders", "b").true == "b"
    assert history.compare("users folders", "b").true == "a"


def test_a_merge_counts_if_both_branches_are_there(history: Scripts) -> None:
    history.add_tables("a", "users")
    history.add_tables("b", "orders")
    history.add_tables("c", "folders", down="a")
    history.add("d", down=("b", "c"))
    history.add_tables("e", "reports")

    assert history.compare("users orders folders", "d").true == "d"
    assert history.compare("users orders folders reports", "e").true == "e"
    assert history.compare("users orders reports", "e").true == "b"


def test_tables_of_a_schema_are_not_those_of_another(history: Scripts) -> None:
    history.add_tables("a", "users")
    history.add_tables("b", "crm.users")

    assert history.compare("users", "b").true == "a"
    assert history.compare("users crm.users", "b").true == "b"


# --- scripts that could not be read -----------------------------------------------------------


@pytest.fixture
def unread(history: Scripts) -> Scripts:
    """a: users · b: asks the database before it creates orders · c: folders."""
    history.add_tables("a", "users")
    history.add("b", "op.get_bind().execute('SELECT 1').scalar()", creates("orders"))
    history.add_tables("c", "folders")
    return history


def test_a_script_that_was_not_read_never_makes_the_claim_true(unread: Scripts) -> None:
    assert unread.compare("users", "b").true == "a"
    assert unread.compare("users orders", "b").true == "a"


def test_what_comes_after_an_unread_script_is_proved_by_its_own_tables(unread: Scripts) -> None:
    assert unread.compare("users orders folders", "c").true == "c"
    assert unread.compare("users orders", "c").true == "a"


def test_a_neutral_claim_after_an_unread_script_is_not_believed(unread: Scripts) -> None:
    unread.add("d", "op.execute('SELECT 1')")

    assert unread.compare("users orders", "d").true == "a"
    assert unread.compare("users orders folders", "d").true == "c"


# --- ancestors --------------------------------------------------------------------------------


def test_the_ancestors_of_a_revision_are_all_that_come_before_it(history: Scripts) -> None:
    history.add_tables("a", "users")
    history.add_tables("b", "orders")
    history.add_tables("c", "folders", down="a")
    history.add("d", down=("b", "c"))
    found = history.read()

    assert migration_scripts.with_ancestors(found, "d") == {"a", "b", "c", "d"}
    assert migration_scripts.with_ancestors(found, "c") == {"a", "c"}
    assert migration_scripts.with_ancestors(found, "unknown") == set()
    assert migration_scripts.with_ancestors(found) == set()
