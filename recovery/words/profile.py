"""What is expected of the target: a TOML file, or the same things on the command line."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from recovery.words import secrets
from recovery.words.errors import ProfileError
from recovery.words.names import ColumnName, KeyType, TableName
from recovery.words.toml_places import Steps, is_said, line_of, steps_of

# Entries that are paths.
_PATHS = {"alembic": ("script_location", "folder"), "metadata": ("python", "folder")}
_DOTTED = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_SOURCE = re.compile(f"{_DOTTED}:{_DOTTED}")

Environment = Literal["production", "staging", "test"]
Scope = Literal["closure", "type"]


# libpq's parameters that would put a secret into a file or onto a command line.
_SECRETS = (
    "password",
    "sslpassword",
    "oauth_client_secret",
    "scram_client_key",
    "scram_server_key",
)


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of the file. An unknown entry is an error: it is most often a misspelt one."""


class TargetSection(Section, frozen=True):
    """Where the database is. ``dsn`` is a libpq connection string without a password.

    ``search_path`` is for functions that PostgreSQL calls by itself, in indexes, checks and views,
    where it is not the one that the database or the role begins with.
    """

    database: str
    dsn: str = ""
    search_path: str = ""


class ExpectSection(Section, frozen=True):
    """What has to be there when all is done."""

    tables: tuple[str, ...] = ()
    least_tables: int = 0
    row_counts: tuple[str, ...] = ()


class AlembicSection(Section, frozen=True):
    """Where the migration scripts are, and where their version is kept.

    ``search_path`` is what the application's env.py sets, if it sets one. ``command`` is the
    application's own Alembic, run in ``folder``, to migrate with instead of pg-rekey's.
    """

    script_location: str
    version_table: str = "alembic_version"
    version_table_schema: str | None = None
    search_path: str = ""
    command: tuple[str, ...] = ()
    folder: str = ""


class MetadataSection(Section, frozen=True):
    """Where the application's SQLAlchemy models are: ``source`` is ``module:attribute``.

    They are imported by the interpreter ``python``, pg-rekey's own if it is empty, in ``folder``.
    """

    source: str
    python: str = ""
    folder: str = ""


class BackupSection(Section, frozen=True):
    """How old a backup may be before somebody has to say that it will do all the same."""

    max_age_hours: int = 24


class ProofSection(Section, frozen=True):
    """A server where a database may be made for a while, to run the plan on a copy of the schema.

    ``dsn`` is a libpq connection string without a password; it may be the target's own server.
    """

    dsn: str


class HttpCheck(Section, frozen=True):
    """A URL and what it has to answer; ``json`` lists fields of the answer and their values."""

    name: str
    url: str
    status: int = 200
    json: dict[str, Any] = {}


class Profile(Section, frozen=True):
    """Everything that is expected. ``keys`` maps ``table.column`` to the type it should have.

    ``scope``: what is converted with the keys: the columns that foreign keys tie to them, or every
    column of their old type. ``leave`` names columns that stay as they are all the same.
    """

    target: TargetSection
    environment: Environment = "production"
    keys: dict[str, str] = {}
    scope: Scope = "closure"
    leave: tuple[str, ...] = ()
    expect: ExpectSection = ExpectSection()
    alembic: AlembicSection | None = None
    metadata: MetadataSection | None = None
    http: tuple[HttpCheck, ...] = ()
    proof: ProofSection | None = None
    backup: BackupSection = BackupSection()

    def with_search_path(self, found: str) -> "Profile":
        """The same, with the search_path that was found in the database where it names none."""
        target = msgspec.structs.replace(self.target, search_path=self.target.search_path or found)
        return msgspec.structs.replace(self, target=target)

    @property
    def left(self) -> frozenset[ColumnName]:
        """The columns that stay as they are, parsed."""
        return frozenset(map(ColumnName.parse, self.leave))

    @property
    def key_types(self) -> dict[ColumnName, KeyType]:
        """The keys and their expected types, parsed."""
        return {ColumnName.parse(key): KeyType.parse(type_) for key, type_ in self.keys.items()}

    def with_column(self, column: str, type_: str | None) -> "Profile":
        """The same, with a column that is to have a type, or is to stay as it is."""
        name = ColumnName.parse(column)
        keys = {key: was for key, was in self.keys.items() if ColumnName.parse(key) != name}
        leave = tuple(left for left in self.leave if ColumnName.parse(left) != name)
        if type_ is None:
            return msgspec.structs.replace(self, keys=keys, leave=(*leave, column))
        return msgspec.structs.replace(self, keys={**keys, column: type_}, leave=leave)


def _error(what: str, path: Path | None = None, line: int | None = None) -> ProfileError:
    place = "" if path is None else f"{path}: " if line is None else f"{path}, line {line}: "
    return ProfileError(
        f"{place}{what}",
        "Correct the profile; 'pg-rekey init' writes a commented one.",
        object=None if path is None else str(path),
    )


def load(path: Path | None, changes: Mapping[str, Any] | None = None) -> Profile:
    """The profile in a file, or none, with the command line's changes laid over it.

    Relative paths in the file start at its folder, given on the command line at the current one.
    Raises ``ProfileError`` with the line where an entry is unknown or malformed.
    """
    if path is None:
        return parse("", None, changes)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _error(f"cannot be read: {error}", path) from error
    return parse(text, path, changes)


def parse(text: str, path: Path | None = None, changes: Mapping[str, Any] | None = None) -> Profile:
    """The profile in a text; ``path`` is where it stands. Raises ``ProfileError``."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else None
        raise _error(f"this is not TOML: {error}", path, line) from error
    for steps, what in _untyped_keys(raw):
        raise _error(what, path, line_of(text, steps))
    here = path.parent if path else Path()
    changes = changes or {}
    for entries, folder in ((raw, here), (changes, Path())):
        _make_absolute(entries, folder.resolve())
    raw = merged(raw, changes)

    def wrong(what: str, steps: Steps) -> ProfileError:
        if is_said(changes, steps):
            return _error(f"on the command line: {what}")
        return _error(what, path, line_of(text, steps))

    for section, entry in (("metadata", "source"), ("alembic", "command")):
        table = raw.get(section)
        if isinstance(table, dict) and entry in table:
            table.setdefault("folder", str(here.resolve()))
    try:
        profile = msgspec.convert(raw, Profile)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `")
        unknown = re.search(r"unknown field `([^`]*)`", what)
        steps = steps_of(place.rstrip("`")) + ([unknown[1]] if unknown else [])
        raise wrong(_in_words(what, steps), steps) from error
    for steps, what in _mistakes(profile):
        raise wrong(what, steps)
    return profile


def _make_absolute(entries: Mapping[str, Any], folder: Path) -> None:
    for section, names in _PATHS.items():
        table = entries.get(section)
        if not isinstance(table, dict):
            continue
        for name in names:
            value = table.get(name)
            # A program's bare name is looked for on the PATH.
            if isinstance(value, str) and (name != "python" or "/" in value):
                table[name] = str(folder / value)


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Entries laid over others; tables of entries are merged, everything else is replaced."""
    result = dict(below)
    for name, value in above.items():
        known = result.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            result[name] = merged(known, value)
        else:
            result[name] = value
    return result


def database_of(dsn: str) -> str | None:
    """The database that a connection string names; None if it names none or is malformed."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        named = conninfo_to_dict(dsn).get("dbname")
    except psycopg.ProgrammingError:
        return None
    return None if named is None else str(named)


def _untyped_keys(raw: Mapping[str, Any]) -> Iterator[tuple[Steps, str]]:
    """Keys without a type in words: a number, or the table that an unquoted dot makes."""
    keys = raw.get("keys")
    for name, value in keys.items() if isinstance(keys, dict) else ():
        if isinstance(value, dict):
            inner = next(iter(value), "id")
            what = f'keys.{name}.{inner}: put the name in quotes: "{name}.{inner}" = "varchar(36)"'
            yield ["keys", name, inner], what
        elif not isinstance(value, str):
            yield ["keys", name], f'keys.{name}: expected a type like "varchar(36)", got {value!r}'


def _mistakes(profile: Profile) -> list[tuple[Steps, str]]:
    """What the file's types allow and the product does not, each with its place."""
    mistakes: list[tuple[Steps, str]] = []
    if (problem := dsn_problem(profile.target.dsn)) is not None:
        mistakes.append((["target", "dsn"], problem))
    if profile.proof is not None and (problem := dsn_problem(profile.proof.dsn)) is not None:
        mistakes.append((["proof", "dsn"], problem))
    if profile.metadata is not None and _SOURCE.fullmatch(profile.metadata.source) is None:
        what = (
            f"{profile.metadata.source!r} does not say where the models are: expected "
            "module:attribute, as in app.models:Base.metadata"
        )
        mistakes.append((["metadata", "source"], what))
    if not profile.target.database:
        mistakes.append((["target", "database"], "the expected database's name is empty"))
    if profile.backup.max_age_hours < 1:
        mistakes.append((["backup", "max_age_hours"], "max_age_hours: expected 1 or more"))
    named: dict[ColumnName, str] = {}
    for key, type_ in profile.keys.items():
        try:
            KeyType.parse(type_)
            twin = named.setdefault(ColumnName.parse(key), key)
        except ValueError as error:
            mistakes.append((["keys", key], str(error)))
        else:
            if twin != key:
                mistakes.append((["keys", key], f"{key!r} and {twin!r} are the same column"))
    for column in profile.leave:
        try:
            ColumnName.parse(column)
        except ValueError as error:
            mistakes.append((["leave"], str(error)))
    for entry in ("tables", "row_counts"):
        for table in getattr(profile.expect, entry):
            try:
                TableName.parse(table)
            except ValueError as error:
                mistakes.append((["expect", entry], str(error)))
    for index, check in enumerate(profile.http):
        if (part := secrets.in_url(check.url)) is not None:
            mistakes.append((["http", index, "url"], f"{part} {_KEPT} {_INSTEAD}"))
        elif not check.url.startswith(("http://", "https://")):
            mistakes.append((["http", index, "url"], f"{check.url!r} is no http or https URL"))
    command = () if profile.alembic is None else profile.alembic.command
    mistakes.extend(
        (["alembic", "command"], f"{part} {_KEPT} {_IN_ENVIRONMENT}")
        for part in filter(None, map(secrets.in_word, command))
    )
    return mistakes


# The profile goes into the journal, and from there into the report and a bundle.
_KEPT = "does not belong here, as the profile is kept in the session and its report:"
_INSTEAD = (
    "name an address of the service that needs no credentials (a health check's, on an inner "
    "port), or leave the check out and make it by hand"
)
_IN_ENVIRONMENT = "leave it out, and set it in the environment that pg-rekey is started in"


def dsn_problem(dsn: str) -> str | None:
    """Why a connection string cannot be used, in words; None if it can."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        # libpq's message can quote the string, and with it a password.
        kind = str(error).split('"', maxsplit=1)[0].strip()
        return (
            f"the connection string is malformed ({kind}); expected host=… port=… user=… dbname=…"
        )
    if any(secret in given for secret in _SECRETS):
        return (
            "a password does not belong here, where others can read it: leave it out, "
            "it is asked for or taken from the keyring or ~/.pgpass"
        )
    return None


def _in_words(what: str, steps: Steps) -> str:
    where = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in steps)
    expected = ""
    if steps == ["environment"]:
        *most, last = get_args(Environment)
        expected = f"; expected {', '.join(most)} or {last}"
    elif "unknown field" in what:
        expected = f"; known here: {', '.join(_known_beside(steps))}"
    return f"{where.lstrip('.') or 'the file'}: {what[0].lower()}{what[1:]}{expected}"


def _known_beside(steps: Steps) -> tuple[str, ...]:
    """The entries that the section around an unknown one may have."""
    sections: dict[object, type[Section]] = {
        "target": TargetSection,
        "expect": ExpectSection,
        "alembic": AlembicSection,
        "metadata": MetadataSection,
        "proof": ProofSection,
        "backup": BackupSection,
        "http": HttpCheck,
    }
    return sections.get(steps[0] if len(steps) > 1 else None, Profile).__struct_fields__
