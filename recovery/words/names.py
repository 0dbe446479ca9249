"""Names of tables and columns, and the types of keys, as people write them.

Names follow SQL: unquoted parts are folded to lower case, ``"Quoted"`` parts are kept, and
``U&"..."`` has escapes, as a name is shown that is not all seen. A table without a schema is in
``public``, and ``public`` is left out when a name is shown.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recovery.words import foreign

if TYPE_CHECKING:
    # Only who composes statements needs it, and it takes longer to import than all the rest.
    from psycopg import sql

# PostgreSQL takes whatever is not ASCII. As a range it would take milliseconds to compile.
_BEYOND = r"[^\x00-\x7f]"
_PART = re.compile(
    rf'\s*(?:[uU]&"((?:[^"]|"")+)"|"((?:[^"]|"")+)"|((?:[A-Za-z_]|{_BEYOND})(?:[\w$]|{_BEYOND})*))\s*',
)
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    place = 0
    while True:
        match = _PART.match(text, place)
        if match is None:
            raise ValueError(f"{text!r} is not a name")
        escaped, quoted, plain = match.groups()
        if escaped is not None:
            parts.append(foreign.read_identifier(escaped))
        else:
            parts.append(quoted.replace('""', '"') if quoted is not None else _folded(plain))
        place = match.end()
        if place == len(text):
            return parts
        if text[place] != ".":
            raise ValueError(f"{text!r} is not a name")
        place += 1


def _folded(part: str) -> str:
    """PostgreSQL folds ASCII only, in a database of a multi-byte encoding."""
    return "".join(char.lower() if char.isascii() else char for char in part)


def _shown(part: str) -> str:
    return part if _PLAIN.fullmatch(part) else foreign.identifier(part)


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """A table in a schema."""

    schema: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "TableName":
        """``table`` or ``schema.table``. Raises ``ValueError`` for anything else."""
        parts = _parts(text)
        if len(parts) > 2:
            raise ValueError(f"{text!r} is not a table: expected table or schema.table")
        return cls(parts[-2] if len(parts) == 2 else "public", parts[-1])

    def __str__(self) -> str:
        if self.schema == "public":
            return _shown(self.name)
        return f"{_shown(self.schema)}.{_shown(self.name)}"

    @property
    def identifier(self) -> "sql.Identifier":
        """The name for a statement, always qualified."""
        from psycopg import sql

        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True, slots=True, order=True)
class ColumnName:
    """A column of a table."""

    table: TableName
    name: str

    @classmethod
    def parse(cls, text: str) -> "ColumnName":
        """``table.column`` or ``schema.table.column``. Raises ``ValueError`` for anything else."""
        parts = _parts(text)
        if len(parts) not in (2, 3):
            raise ValueError(f"{text!r} is not a column: expected table.column")
        return cls(TableName(parts[-3] if len(parts) == 3 else "public", parts[-2]), parts[-1])

    def __str__(self) -> str:
        return f"{self.table}.{_shown(self.name)}"


_TYPE = re.compile(
    r"(uuid|text|varchar|character\s+varying|char|character|bpchar|bigint|int8)"
    r"\s*(?:\(\s*(\d+)\s*\))?\s*(\[\s*\])?\s*(?:COLLATE\s+(.+))?",
    re.IGNORECASE,
)
UUID_LENGTH = 36
_CHARACTER = ("text", "character varying", "character(", "bpchar")
LONGEST_VARCHAR = 10_485_760


@dataclass(frozen=True, slots=True)
class KeyType:
    """A type that a key can have or be given. ``name`` is spelled as ``format_type`` spells it.

    ``collation`` is the name's parts; none for the database's own.
    """

    name: str
    collation: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "KeyType":
        """``uuid``, ``text``, ``varchar(n)``, ``char(36)`` or ``bigint``; else ``ValueError``.

        A character type may be followed by ``[]`` and by ``COLLATE "name"``.
        """
        match = _TYPE.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"{text!r} is not a type that keys are converted to: "
                "expected uuid, text, varchar(n) with n of at least 36, char(36) or bigint"
            )
        word, length, array, collation = " ".join(match[1].lower().split()), *match.groups()[1:]
        name = _type_name(text, "bigint" if word == "int8" else word, length)
        if name in ("uuid", "bigint") and (array or collation):
            raise ValueError(f"{text!r}: only a character type can be an array or have a collation")
        return cls(name + ("[]" if array else ""), tuple(_parts(collation)) if collation else ())

    @property
    def is_uuid(self) -> bool:
        """Whether this is uuid itself rather than one of the character types."""
        return self.name == "uuid"

    @property
    def family(self) -> str:
        """``uuid``, ``bigint`` or ``character``."""
        return self.name if self.is_uuid or self.is_bigint else "character"

    @property
    def is_bigint(self) -> bool:
        """Whether this is the wider integer."""
        return self.name == "bigint"

    @property
    def is_array(self) -> bool:
        """Whether a value is a list of keys."""
        return self.name.endswith("[]")

    @property
    def array(self) -> "KeyType | None":
        """The type of a list of such keys; None if columns are not converted to it."""
        return KeyType(f"{self.name}[]", self.collation) if self.family == "character" else None

    @property
    def definition(self) -> "sql.Composable":
        """The type as a statement says it."""
        from psycopg import sql

        if not self.collation:
            return sql.SQL(self.name)
        return sql.SQL("{} COLLATE {}").format(sql.SQL(self.name), sql.Identifier(*self.collation))

    def is_met_by(self, type_: str, collation: str | None) -> bool:
        """Whether a column is of this type already; without a collation here, any will do."""
        return type_ == self.name and self.collation_name in (None, collation)

    @property
    def spelled(self) -> str:
        """The type and its collation as the catalog spells them."""
        return spelled(self.name, self.collation_name)

    def takes(self, type_: str) -> bool:
        """Whether keys of a type (as ``format_type`` spells it) are converted to this one."""
        if self.is_bigint:
            return type_ in ("integer", "smallint")
        if self.is_uuid:
            return type_.startswith(_CHARACTER) and not type_.endswith("[]")
        return type_ == ("uuid[]" if self.is_array else "uuid")

    def __str__(self) -> str:
        return spelled(short(self.name), self.collation_name)

    @property
    def collation_name(self) -> str | None:
        """The collation as the catalog spells it: the system's without their schema."""
        parts = [part for part in self.collation if part != "pg_catalog"]
        return ".".join(map(_shown, parts)) or None


def short(type_: str) -> str:
    """A type as people write it, from how ``format_type`` spells it."""
    return type_.replace("character varying", "varchar").replace("character(", "char(")


def spelled(type_: str, collation: str | None) -> str:
    """A type with its collation, if that is not the type's own."""
    return type_ if collation is None else f"{type_} COLLATE {collation}"


def _type_name(text: str, word: str, length: str | None) -> str:
    """The type as ``format_type`` spells it. Raises ``ValueError`` if keys do not fit into it."""
    if word in ("uuid", "text", "bigint"):
        if length is not None:
            raise ValueError(f"{word} takes no length")
        return word
    if word in ("varchar", "character varying"):
        if length is not None and int(length) < UUID_LENGTH:
            raise ValueError(f"{text!r} is too short: a uuid has 36 characters")
        if length is not None and int(length) > LONGEST_VARCHAR:
            raise ValueError(f"{text!r} is too long: at most {LONGEST_VARCHAR}")
        return "character varying" + (f"({int(length)})" if length else "")
    if length is None or int(length) != UUID_LENGTH:
        raise ValueError(f"{text!r}: a fixed length has to be char(36), or values are padded")
    return "character(36)"
