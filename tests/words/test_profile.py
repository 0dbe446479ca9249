"""The profile: what it takes, and how it says what is wrong with it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from recovery.words.errors import USAGE, ProfileError
from recovery.words.names import ColumnName, KeyType
from recovery.words.profile import HttpCheck, MetadataSection, Profile, database_of, load, parse

FILE = Path("rekey.toml")
SECRET = "hunter2"
WHOLE = """# line 1
environment = "staging"

[target]
dsn = "host=db.internal dbname=saas"
database = "saas"

[keys]
"users.id" = "varchar(36)"
'crm."Accounts".id' = "text"

[expect]
tables = ["folders"]
least_tables = 170
row_counts = ["users"]

[alembic]
script_location = "migrations"
version_table = "revisions"
version_table_schema = "crm"

[[http]]
name = "backend"
url = "http://127.0.0.1:8000/health"
json = { status = "healthy", checks = { database = true } }

[[http]]
name = "frontend"
url = "https://app.example.com/"
status = 204
"""
TARGET = '[target]\ndatabase = "saas"\n'


def refused(text: str, changes: dict[str, Any] | None = None) -> str:
    """Why a profile is refused, in one sentence."""
    with pytest.raises(ProfileError) as caught:
        parse(text, FILE, changes)
    problem = caught.value.problem
    assert problem.exit_code == USAGE
    assert problem.remedy
    return problem.what


# --- what is good -----------------------------------------------------------------------------


def test_a_whole_profile_is_read() -> None:
    profile = parse(WHOLE)

    assert profile.environment == "staging"
    assert profile.target.dsn == "host=db.internal dbname=saas"
    assert profile.target.database == "saas"
    assert profile.key_types == {
        ColumnName.parse("users.id"): KeyType("character varying(36)"),
        ColumnName.parse('crm."Accounts".id'): KeyType("text"),
    }
    assert (profile.expect.tables, profile.expect.row_counts) == (("folders",), ("users",))
    assert profile.expect.least_tables == 170
    assert profile.alembic is not None
    assert profile.alembic.version_table == "revisions"
    assert profile.alembic.version_table_schema == "crm"
    assert profile.http == (
        HttpCheck(
            "backend",
            "http://127.0.0.1:8000/health",
            200,
            {"status": "healthy", "checks": {"database": True}},
        ),
        HttpCheck("frontend", "https://app.example.com/", 204),
    )


def test_the_least_profile_names_a_database_and_counts_as_production() -> None:
    profile = parse(TARGET)

    assert profile.environment == "production"
    assert profile.target.dsn == ""
    assert (profile.keys, profile.alembic, profile.http) == ({}, None, ())


def test_a_profile_reads_back_from_a_journal_as_the_same() -> None:
    profile = parse(WHOLE)

    assert msgspec.json.decode(msgspec.json.encode(profile), type=Profile) == profile


# --- unknown entries --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "entry"),
    [
        (f"colour = 1\n{TARGET}", 1, "colour"),
        (f"{TARGET}dns = 'x'\n", 3, "target.dns"),
        (f"{TARGET}\n[expects]\n", 4, "expects"),
        (f"{TARGET}[expect]\nleast_table = 1\n", 4, "expect.least_table"),
        (f"{TARGET}[alembic]\nscript_location = 'a'\nversions = 1\n", 5, "alembic.versions"),
        (f"{TARGET}[metadata]\nsource = 'a:b'\nmodule = 1\n", 5, "metadata.module"),
        (f"{TARGET}[[http]]\nname = 'a'\nurl = 'http://a'\nstatsu = 1\n", 6, "http[1].statsu"),
        ('target = { database = "saas", dns = "x" }\n', 1, "target.dns"),
        ('target.database = "saas"\ntarget.dns = "x"\n', 2, "target.dns"),
    ],
)
def test_an_unknown_entry_is_named_with_its_line(text: str, line: int, entry: str) -> None:
    what = refused(text)

    assert what.startswith(f"rekey.toml, line {line}: {entry}: ")
    assert "unknown" in what


@pytest.mark.parametrize(
    ("section", "known"),
    [
        ("expect", "tables, least_tables, row_counts"),
        ("metadata", "source, python, folder"),
        ("proof", "dsn"),
    ],
)
def test_an_unknown_entry_comes_with_those_that_are_known(section: str, known: str) -> None:
    assert refused(f"{TARGET}[{section}]\nleast_table = 1\n").endswith(f"known here: {known}")


def test_the_line_is_that_of_the_second_entry_if_it_is_the_second_that_is_wrong() -> None:
    what = refused(WHOLE.replace("status = 204", "statsu = 204"))

    assert WHOLE.splitlines()[29] == "status = 204"
    assert what.startswith("rekey.toml, line 30: http[2].statsu: ")


def test_a_name_that_stands_elsewhere_too_does_not_mislead() -> None:
    text = f'{TARGET}[expect]\nleast_tables = 1\n# tables = 5\n\n[alembic]\ntables = ["a"]\n'

    assert refused(text).startswith("rekey.toml, line 8: alembic.tables: ")


# --- malformed entries ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "entry", "expected"),
    [
        (f'{TARGET}[expect]\nleast_tables = "many"\n', 4, "expect.least_tables", "expected `int`"),
        (f"{TARGET}[expect]\ntables = [1]\n", 4, "expect.tables[1]", "expected `str`"),
        (f'{TARGET}[expect]\ntables = "users"\n', 4, "expect.tables", "expected `array`"),
        ("target = 1\n", 1, "target", "expected `object`"),
        ('[target]\ndsn = "host=h"\n', 1, "target", "`database`"),
        (f'environment = "prod"\n{TARGET}', 1, "environment", "production, staging or test"),
        (f'{TARGET}[alembic]\nversion_table = "v"\n', 3, "alembic", "`script_location`"),
        (f'{TARGET}[metadata]\nfolder = "app"\n', 3, "metadata", "`source`"),
        (f'{TARGET}[http]\nname = "a"\nurl = "http://a"\n', 3, "http", "expected `array`"),
        (
            f'{TARGET}[[http]]\nname = "a"\nurl = "http://a"\nstatus = "ok"\n',
            6,
            "http[1].status",
            "expected `int`",
        ),
        (f'{TARGET}[keys]\n"orders.id" = "uuid"\n"users.id" = 36\n', 5, "users.id", "varchar(36)"),
        (f'{TARGET}[keys]\n"orders.id" = "uuid"\nusers.id = "uuid"\n', 5, "users", "quote"),
    ],
)
def test_a_malformed_entry_is_named_with_its_line_and_what_was_expected(
    text: str, line: int, entry: str, expected: str
) -> None:
    what = refused(text)

    assert what.startswith(f"rekey.toml, line {line}: ")
    assert entry in what
    assert expected in what


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f'{TARGET}[keys]\n"users.id" = "integer"\n', 4, "expected uuid, text, varchar(n)"),
        (f'{TARGET}[keys]\n"users.id" = "varchar(20)"\n', 4, "a uuid has 36 characters"),
        (f'{TARGET}[keys]\n"users" = "uuid"\n', 4, "expected table.column"),
        (f'{TARGET}[keys]\n"a.id" = "uuid"\n\n"b..id" = "uuid"\n', 6, "'b..id' is not a name"),
        (f'{TARGET}[expect]\ntables = ["two words"]\n', 4, "'two words' is not a name"),
        (f'{TARGET}[expect]\nrow_counts = ["a.b.c"]\n', 4, "expected table or schema.table"),
        (
            f'{TARGET}[[http]]\nname = "a"\nurl = "http://a"\n[[http]]\nname = "b"\nurl = "b:80"\n',
            8,
            "'b:80' is no http or https URL",
        ),
        (
            f'{TARGET}[[http]]\nname = "a"\nurl = "http://svc:hunter2@a/"\n',
            5,
            "the user or password before the @ does not belong here",
        ),
        (
            f'{TARGET}[[http]]\nname = "a"\nurl = "http://a/?token=hunter2"\n',
            5,
            "name an address of the service that needs no credentials",
        ),
        (
            f'{TARGET}[alembic]\nscript_location = "a"\ncommand = ["a", "-x", "p=u://a:hunter2@b"]\n',
            5,
            "the password in a URL does not belong here",
        ),
        (
            f'{TARGET}[metadata]\nfolder = "."\nsource = "app/models.py"\n',
            5,
            "'app/models.py' does not say where the models are: expected module:attribute, as in "
            "app.models:Base.metadata",
        ),
        (f'{TARGET}[metadata]\nsource = "app.models"\n', 4, "expected module:attribute"),
        (f'{TARGET}[metadata]\nsource = "app.models:"\n', 4, "expected module:attribute"),
        (f'{TARGET}[metadata]\nsource = "app:Base()"\n', 4, "expected module:attribute"),
        ('[target]\ndsn = ""\ndatabase = ""\n', 3, "name is empty"),
    ],
)
def test_what_toml_allows_and_the_product_does_not_is_refused_with_its_line(
    text: str, line: int, said: str
) -> None:
    what = refused(text)

    assert what.startswith(f"rekey.toml, line {line}: ")
    assert said in what


def test_one_key_with_two_types_is_refused() -> None:
    what = refused(f'{TARGET}[keys]\n"users.id" = "uuid"\n"public.users.id" = "varchar(36)"\n')

    assert "users.id" in what


@pytest.mark.parametrize(
    ("text", "line"),
    [("[target\n", 1), (f"{TARGET}\nkeys =\n", 4), (f'{TARGET}a = "x"\na = "y"\n', 4)],
)
def test_what_is_no_toml_is_refused_with_its_line(text: str, line: int) -> None:
    what = refused(text)

    assert what.startswith(f"rekey.toml, line {line}: this is not TOML")


def test_an_empty_profile_says_that_the_target_is_missing() -> None:
    assert "`target`" in refused("")


# --- connection strings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "dsn",
    [
        f"host=h dbname=saas password={SECRET}",
        f"postgresql://owner:{SECRET}@h/saas",
        f"postgres://h/saas?password={SECRET}",
        f"host=h dbname=saas sslpassword={SECRET}",
    ],
)
def test_a_secret_in_the_connection_string_is_refused_and_not_repeated(dsn: str) -> None:
    what = refused(f'[target]\ndatabase = "saas"\ndsn = "{dsn}"\n')

    assert what.startswith("rekey.toml, line 3: ")
    assert "password does not belong here" in what
    assert SECRET not in what


@pytest.mark.parametrize(
    "dsn",
    [
        f"host=h password='{SECRET}",
        f"host=h password={SECRET} saas",
        f"host=h pasword={SECRET}",
        f"host=h {SECRET}",
        SECRET,
        f"postgres://owner:{SECRET}%zz@h/saas",
        f"postgres://owner:{SECRET} x@h/saas",
        f"postgres://owner:{SECRET}@[h/saas",
        f"postgres://owner@h/saas?pasword={SECRET}",
        f"postgres://owner@h/saas?{SECRET}",
    ],
)
def test_a_malformed_connection_string_is_refused_and_not_repeated(dsn: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse(f'[target]\ndatabase = "saas"\ndsn = "{dsn}"\n', FILE)

    assert "line 3: the connection string is malformed" in caught.value.problem.what
    assert "expected host=" in caught.value.problem.what
    assert SECRET not in repr(caught.value.problem)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("dsn", "named"),
    [
        ("host=h dbname=saas", "saas"),
        ("postgresql://h/saas", "saas"),
        ("host=h", None),
        ("service=prod", None),
        ("host=", None),
        ("dbname='unterminated", None),
    ],
)
def test_the_database_that_a_connection_string_names_is_found(dsn: str, named: str | None) -> None:
    assert database_of(dsn) == named


# --- files and the command line ---------------------------------------------------------------


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read") as caught:
        load(tmp_path / "missing.toml")

    assert str(tmp_path / "missing.toml") in caught.value.problem.what


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rekey.toml"
    file.write_bytes(b'[target]\ndatabase = "\xff\xfe"\n')

    with pytest.raises(ProfileError, match="cannot be read"):
        load(file)


def test_the_command_line_lies_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rekey.toml"
    file.write_text(WHOLE, encoding="utf-8")

    profile = load(
        file,
        {
            "environment": "test",
            "target": {"dsn": "host=other dbname=saas"},
            "keys": {"users.id": "text", "orders.id": "uuid"},
            "expect": {"tables": ["orders"]},
        },
    )

    assert profile.environment == "test"
    assert (profile.target.dsn, profile.target.database) == ("host=other dbname=saas", "saas")
    assert profile.keys == {
        "users.id": "text",
        'crm."Accounts".id': "text",
        "orders.id": "uuid",
    }
    assert profile.expect.tables == ("orders",)
    assert profile.expect.least_tables == 170


def test_without_a_file_the_command_line_is_enough() -> None:
    profile = load(None, {"target": {"database": "saas"}, "keys": {"users.id": "uuid"}})

    assert profile.target.database == "saas"
    assert profile.keys == {"users.id": "uuid"}


def test_a_mistake_on_the_command_line_is_refused_like_one_in_the_file() -> None:
    with pytest.raises(ProfileError, match=r"expect\.least_tables: expected `int`"):
        load(None, {"target": {"database": "saas"}, "expect": {"least_tables": "x"}})


def test_scripts_are_found_from_the_files_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    file = folder / "rekey.toml"
    file.write_text(WHOLE, encoding="utf-8")
    monkeypatch.chdir(elsewhere)

    profile = load(file)

    assert profile.alembic is not None
    assert profile.alembic.script_location == str(folder / "migrations")


def test_scripts_named_on_the_command_line_are_found_from_where_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    file = folder / "rekey.toml"
    file.write_text(WHOLE, encoding="utf-8")
    monkeypatch.chdir(elsewhere)

    profile = load(file, {"alembic": {"script_location": "db"}})

    assert profile.alembic is not None
    assert profile.alembic.script_location == str(elsewhere / "db")
    assert profile.alembic.version_table == "revisions"


def test_an_absolute_script_location_stays(tmp_path: Path) -> None:
    profile = parse(WHOLE.replace('"migrations"', '"/srv/app/migrations"'), tmp_path / "r.toml")

    assert profile.alembic is not None
    assert profile.alembic.script_location == "/srv/app/migrations"


@pytest.mark.parametrize(
    ("given", "python", "folder"),
    [
        ("", "", "FILE"),
        ('python = ".venv/bin/python"\nfolder = ".."', "FILE/.venv/bin/python", "FILE/.."),
        ('python = "/opt/python"\nfolder = "/srv/app"', "/opt/python", "/srv/app"),
        ('python = "python3.12"', "python3.12", "FILE"),
    ],
)
def test_the_application_is_found_from_the_files_folder(
    tmp_path: Path, given: str, python: str, folder: str
) -> None:
    file = tmp_path / "rekey.toml"
    file.write_text(f'{TARGET}[metadata]\nsource = "app.models:Base.metadata"\n{given}\n')

    assert load(file).metadata == MetadataSection(
        "app.models:Base.metadata",
        python.replace("FILE", str(tmp_path)),
        folder.replace("FILE", str(tmp_path)),
    )


def test_an_application_named_on_the_command_line_is_found_from_where_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    changes = {"target": {"database": "saas"}, "metadata": {"source": "a:b", "python": "bin/py"}}

    assert load(None, changes).metadata == MetadataSection(
        "a:b", str(tmp_path / "bin/py"), str(tmp_path)
    )


def test_a_backup_may_be_a_day_old_or_as_old_as_the_profile_says() -> None:
    assert parse(TARGET).backup.max_age_hours == 24
    assert parse(f"{TARGET}[backup]\nmax_age_hours = 2\n").backup.max_age_hours == 2
    with pytest.raises(ProfileError, match="expected 1 or more"):
        parse(f"{TARGET}[backup]\nmax_age_hours = 0\n")
