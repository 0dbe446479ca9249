"""Keys that the application's SQLAlchemy models make otherwise, where there are no migrations."""

import fcntl
import venv
from pathlib import Path
from typing import IO

import msgspec
import pytest
import sqlalchemy

from recovery.record import events as e
from recovery.revision import metadata
from recovery.steps.runner import perform
from recovery.words.errors import Refused
from recovery.words.profile import AlembicSection, MetadataSection
from tests.conftest import Database, profile_for
from tests.recovering import Recovery
from tests.waiting import until

MODELS = """
import os, sys
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base
from in_this_environment import LENGTH
from .kinds import KIND

# No driver is needed, and whoever looks for a password finds none.
for driver in ("psycopg", "psycopg2", "asyncpg"):
    sys.modules[driver] = None
assert "PGPASSWORD" not in os.environ
print('{"schemas": ["printed"]}', flush=True)
print(sys.stdin.read(), sys.argv[1:])

Base = declarative_base()


class Team(Base):
    __tablename__ = "teams"
    __table_args__ = {"schema": "crm"}
    id = sa.Column(sa.String(LENGTH), primary_key=True)
    lead_id = sa.Column(sa.ForeignKey("users.id", use_alter=True, name="fk_lead"))
    kind = sa.Column(KIND)


class User(Base):
    __tablename__ = "users"
    id = sa.Column(sa.String(LENGTH), primary_key=True)
    team_id = sa.Column(sa.ForeignKey("crm.teams.id"))
    kind = sa.Column(KIND, index=True)
    about = sa.Column(sa.Text, sa.CheckConstraint("about NOT LIKE '100%'"))


class Order(Base):
    __tablename__ = "orders"
    id = sa.Column(sa.Uuid, primary_key=True)
    user_id = sa.Column(sa.ForeignKey("users.id"))
"""
KINDS = """
import sqlalchemy as sa

KIND = sa.Enum("a", "b%", name="kind", schema="crm")
"""
LIVE = """
CREATE SCHEMA crm;
CREATE TABLE crm.teams (id uuid PRIMARY KEY, lead_id uuid, kind text);
CREATE TABLE users (id uuid PRIMARY KEY, team_id uuid REFERENCES crm.teams, kind text);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid REFERENCES users);
ALTER TABLE crm.teams ADD CONSTRAINT fk_lead FOREIGN KEY (lead_id) REFERENCES users;
"""
SMALL = """
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import CITEXT, DOMAIN

metadata = sa.MetaData()
sa.Table("users", metadata, sa.Column("id", sa.String(36), primary_key=True))
"""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """A folder with a package ``app``; its interpreter is its own, beside it."""
    package = tmp_path / "srv" / "app"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODELS)
    (package / "kinds.py").write_text(KINDS)
    return package.parent


def interpreter(folder: Path) -> str:
    """An interpreter that has the SQLAlchemy of this one, and a module that this one has not."""
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "shared.pth").write_text(str(Path(sqlalchemy.__file__).parents[1]))
    (packages / "in_this_environment.py").write_text("LENGTH = 36")
    # What a site's own code prints comes before anything that pg-rekey could prevent.
    (packages / "noisy.pth").write_text("import sys; print('noise')")
    return str(folder / "bin" / "python")


def investigated(
    database: Database,
    section: MetadataSection,
    alembic: AlembicSection | None = None,
    **keys: str,
) -> tuple[e.Investigated, dict[str, e.Finding]]:
    """What an investigation finds, and its findings by their codes."""
    profile = profile_for(database, **keys)
    profile = msgspec.structs.replace(profile, metadata=section, alembic=alembic)
    recovery = Recovery(database, profile)
    recovery.client.confirm(database.name)
    options = recovery.options()
    assert perform(recovery.session, e.Step.INVESTIGATION, options) == 0, recovery.problem
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    return found, {finding.code: finding for finding in found.findings}


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_keys_that_the_models_make_otherwise_are_proposed(
    database: Database, application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "not for the application")
    database.execute(LIVE)
    before = files(application)
    section = MetadataSection(
        "app.models:Base.metadata", interpreter(tmp_path / "venv"), str(application)
    )
    found, findings = investigated(database, section, users__id="text")
    assert "metadata-unread" not in findings, findings["metadata-unread"]
    assert [(key.key, key.actual, key.expected) for key in found.proposed_keys] == [
        ("crm.teams.id", "uuid", "varchar(36)"),
        ("users.id", "uuid", "varchar(36)"),
    ]
    assert findings["key-proposed"].title == (
        "crm.teams.id is uuid, the application's models make it varchar(36)"
    )
    assert findings["key-other-type"].title == (
        "users.id would become text, the application's models make it varchar(36)"
    )
    assert found.decidable[0].why == (
        "1 foreign keys reference it; the application's models make it varchar(36)"
    )
    assert files(application) == before


def unread(database: Database, section: MetadataSection) -> e.Finding:
    found, findings = investigated(database, section)
    assert found.proposed_keys == ()
    finding = findings["metadata-unread"]
    assert finding.severity is e.Severity.WARNING
    return finding


@pytest.mark.parametrize(
    ("models", "source", "said"),
    [
        (SMALL, "shop:metadata", "shop cannot be imported: ModuleNotFoundError: No module named"),
        (SMALL, "models:Base.metadata", "models has no Base.metadata: AttributeError: module"),
        (
            "print('{}')\nraise OSError('no\\n settings')",
            "models:metadata",
            "models cannot be imported: OSError: no settings.",
        ),
        ("import sys\nsys.exit(3)", "models:metadata", "models cannot be imported: SystemExit: 3."),
    ],
    ids=["module", "attribute", "import", "exit"],
)
def test_models_that_cannot_be_imported_are_told_and_the_profile_alone_serves(
    database: Database, tmp_path: Path, models: str, source: str, said: str
) -> None:
    (tmp_path / "models.py").write_text(models)
    finding = unread(database, MetadataSection(source, folder=str(tmp_path)))
    assert finding.title == "The application's models could not be read"
    assert said in finding.evidence
    assert "Correct [metadata] in the profile" in finding.remedy


@pytest.mark.parametrize(
    ("models", "section", "said"),
    [
        (
            SMALL + "class Base: metadata = metadata",
            MetadataSection("models:Base"),
            "models:Base is no MetaData, but of the type type; models:Base.metadata is one.",
        ),
        (
            "import sqlalchemy as sa\nmetadata = sa.MetaData()",
            MetadataSection("models:metadata"),
            "models:metadata has no tables: name a module that imports all models.",
        ),
        (
            SMALL + "metadata.tables['users'].append_column(sa.Column('kind'))",
            MetadataSection("models:metadata"),
            "models:metadata cannot be written as SQL: CompileError: (in table 'users', column "
            "'kind'): Can't generate DDL",
        ),
        (
            "import os\nprint('{}\\nGoodbye', flush=True)\nos._exit(3)",
            MetadataSection("models:metadata"),
            "ended with exit code 3 while it imported models:metadata, without an answer; the last "
            "that it said: Goodbye.",
        ),
        (
            SMALL,
            MetadataSection("models:metadata", python="/nowhere/bin/python"),
            "/nowhere/bin/python cannot be run: No such file or directory.",
        ),
        (
            SMALL,
            MetadataSection("models:metadata", folder="/nowhere"),
            "There is no folder /nowhere.",
        ),
    ],
    ids=["base", "empty", "type", "gone", "interpreter", "folder"],
)
def test_what_is_no_metadata_is_refused_by_name(
    tmp_path: Path, models: str, section: MetadataSection, said: str
) -> None:
    (tmp_path / "models.py").write_text(models)
    section = msgspec.structs.replace(section, folder=section.folder or str(tmp_path))
    with pytest.raises(Refused) as caught:
        metadata.read(section, major=18)
    assert said in caught.value.problem.what


def is_free(file: IO[str]) -> bool | None:
    """Whether no process has a lock on a file; then this one has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    return True


def test_an_application_that_does_not_come_to_an_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.py").write_text(
        "import fcntl, subprocess, sys\n"
        "held = open('held', 'w')\n"
        "fcntl.flock(held, fcntl.LOCK_EX)\n"
        "waiting = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "subprocess.run(waiting, pass_fds=[held.fileno()])\n"
    )
    monkeypatch.setattr(metadata, "LIMIT", 1)
    with pytest.raises(Refused, match=r"models:metadata was not imported within 1 seconds\."):
        metadata.read(MetadataSection("models:metadata", folder=str(tmp_path)), major=18)
    with (tmp_path / "held").open("a") as file:
        until(lambda: is_free(file))


def test_a_statement_that_fails_is_named_and_the_rest_serves(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "models.py").write_text(
        SMALL
        + "metadata.tables['users'].append_column(sa.Column('name', CITEXT))\n"
        + "sa.Table('teams', metadata, sa.Column('id', sa.String(36), primary_key=True),\n"
        + "         sa.Column('k', DOMAIN('nowhere', sa.Text, create_type=False)), schema='crm')\n"
    )
    # An extension that the database has is there for the models, too.
    database.execute(LIVE + "CREATE EXTENSION citext;")
    section = MetadataSection("models:metadata", folder=str(tmp_path))
    found, findings = investigated(database, section)
    assert [key.key for key in found.proposed_keys] == ["users.id"]
    evidence = findings["metadata-unread"].evidence
    assert evidence.startswith("1 statements failed: ")
    assert "[42704], in: CREATE TABLE crm.teams" in evidence


def test_models_of_another_database_are_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(SMALL)
    database.execute("CREATE TABLE other (id uuid PRIMARY KEY)")
    finding = unread(database, MetadataSection("models:metadata", folder=str(tmp_path)))
    assert finding.title.startswith("None of the tables of the application's models is")
    assert finding.evidence == "users"


def test_where_there_are_migrations_the_models_are_not_imported(
    database: Database, tmp_path: Path
) -> None:
    script = tmp_path / "versions" / "aa.py"
    script.parent.mkdir()
    script.write_text("revision = 'aa'\ndown_revision = None\ndef upgrade(): pass\n")
    (tmp_path / "models.py").write_text("open('imported', 'w')")
    section = MetadataSection("models:metadata", folder=str(tmp_path))
    _, findings = investigated(database, section, AlembicSection(str(tmp_path)))
    assert "metadata-unread" not in findings
    assert not (tmp_path / "imported").exists()
