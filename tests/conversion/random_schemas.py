"""A schema by chance: tables, foreign keys and what hangs on them, from a number.

The same number makes the same schema. A statement that PostgreSQL does not accept there (a key
without a unique index, a name twice) is left out by who runs them.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TABLESPACE = "random_schemas"
_VIEW = re.compile(r"CREATE (MATERIALIZED )?VIEW (v\d+) ")
_ROLES = ("reader", "writer", "keeper")
_ACTIONS = ("NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT")
_DEFERRAL = ("", "NOT DEFERRABLE", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED")
_CHARACTER_KEYS = ("varchar(36)", "text", "char(36)", "varchar")


@dataclass(frozen=True, slots=True)
class RandomSchema:
    """The statements that make it, the type that its keys have, and the one that t0.id is given.

    ``by_others`` is what another session runs while the conversion does, if there is one.
    """

    statements: list[str]
    key_type: str
    target: str
    by_others: str | None


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    kind: str

    @property
    def partitions(self) -> tuple[str, ...]:
        return (f"{self.name}_p", f"{self.name}_d") if self.kind == "partitioned" else ()


@dataclass
class _Maker:
    """One schema in the making."""

    chance: random.Random
    major: int
    key_type: str = field(init=False)
    tables: list[_Table] = field(init=False)

    def __post_init__(self) -> None:
        self.key_type = self.chance.choice(("uuid", "uuid", "uuid", "integer"))
        kinds = ("plain", "plain", "composite", "partitioned")
        self.tables = [
            _Table(f"t{number}", self.chance.choice(kinds))
            for number in range(self.chance.randint(2, 4))
        ]

    def maybe(self, share: float = 0.5) -> bool:
        """Whether something is there this time."""
        return self.chance.random() < share

    def literal(self, number: int) -> str:
        if self.key_type == "integer":
            return str(number)
        return f"'00000000-0000-0000-0000-{number:012}'"

    def by_others(self, statements: list[str]) -> str | None:
        """What somebody grants, revokes or says of a view or of a function with a parsed body."""
        views = [match for each in statements if (match := _VIEW.match(each)) is not None]
        named = [(match[1] or "", match[2]) for match in views]
        if not named:
            return None
        kind, view = self.chance.choice(named)
        return self.chance.choice(
            (
                f"GRANT SELECT ON {view} TO writer",
                f"REVOKE ALL ON {view} FROM keeper, reader",
                f"COMMENT ON {kind}VIEW {view} IS 'by others'",
                f"GRANT SELECT (id) ON {view} TO reader",
                "COMMENT ON FUNCTION tell() IS 'by others'",
            )
        )

    def statements(self) -> Iterator[str]:
        yield from self._functions()
        for table in self.tables:
            yield from self._table(table)
        yield from self._rows()
        for number in range(self.chance.randint(1, 5)):
            yield from self._foreign_key(number)
        for number in range(self.chance.randint(2, 7)):
            yield from self._dependent(number)
        if self.major >= 14:
            for number in range(self.chance.randint(0, 2)):
                if self.maybe():
                    yield from self._parsed(number)
        yield from self._views()
        for table in self.tables:
            yield from self._marks(table)

    # --- what others hang on ---

    def _functions(self) -> Iterator[str]:
        # What fires can be seen.
        yield "CREATE TABLE told (what text)"
        yield "GRANT SELECT, INSERT ON told TO PUBLIC"
        yield (
            "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN INSERT INTO told VALUES (TG_NAME); RETURN coalesce(NEW, OLD); END'"
        )
        # The same name for the old type and for the new one, with another answer.
        for type_ in dict.fromkeys((self.key_type, "text", "bigint")):
            yield (
                f"CREATE FUNCTION fmt({type_}) RETURNS text LANGUAGE sql IMMUTABLE "
                f"AS $$SELECT '{type_[0]}:' || $1$$"
            )
            yield (
                f"CREATE FUNCTION alike({type_}, {type_}) RETURNS boolean LANGUAGE sql IMMUTABLE "
                f"AS $$SELECT {'$1 = $2' if type_ == self.key_type else 'false'}$$"
            )
            yield (f"CREATE OPERATOR === (LEFTARG = {type_}, RIGHTARG = {type_}, FUNCTION = alike)")

    def _table(self, table: _Table) -> Iterator[str]:
        key, name = self.key_type, table.name
        columns = (
            f"id {key} NOT NULL, tenant int NOT NULL DEFAULT 1, n int, a {key}, b {key}, "
            f"other {key}, many {key}[], note text, status varchar(10) DEFAULT 'new'"
        )
        match table.kind:
            case "partitioned":
                yield (
                    f"CREATE TABLE {name} ({columns}, PRIMARY KEY (id, tenant)) "
                    "PARTITION BY LIST (tenant)"
                )
                yield f"CREATE TABLE {name}_p PARTITION OF {name} FOR VALUES IN (1)"
                yield f"CREATE TABLE {name}_d PARTITION OF {name} DEFAULT"
            case "composite":
                yield f"CREATE TABLE {name} ({columns}, PRIMARY KEY (id, tenant), UNIQUE (id))"
            case _:
                yield f"CREATE TABLE {name} ({columns}, PRIMARY KEY (id))"
        # Views of its own read it.
        yield f"GRANT SELECT ON {name} TO keeper"

    def _rows(self) -> Iterator[str]:
        one = "g"
        if self.key_type == "uuid":
            one = "('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid"
        for table in self.tables:
            second = "2" if table.kind == "partitioned" else "1"
            yield (
                f"INSERT INTO {table.name} (id, tenant, n, a, b, other, many, note) "
                f"SELECT k, CASE g WHEN 3 THEN {second} ELSE 1 END, g, "
                "CASE WHEN g < 3 THEN k END, CASE WHEN g = 2 THEN k END, k, ARRAY[k], 'x' "
                f"FROM generate_series(1, 3) g CROSS JOIN LATERAL (SELECT {one}) AS one(k)"
            )

    def _foreign_key(self, number: int) -> Iterator[str]:
        pick = self.chance.choice
        parent, of_table = pick(self.tables), pick(self.tables)
        child, column = of_table.name, pick(("a", "b"))
        if of_table.partitions and self.maybe():
            child = pick(of_table.partitions)
        columns, key = f"({column})", "(id)"
        if parent.kind == "partitioned" or (parent.kind == "composite" and pick((True, False))):
            columns, key = pick(
                (
                    (f"({column}, tenant)", "(id, tenant)"),
                    (f"(tenant, {column})", "(tenant, id)"),
                )
            )
        name = f"fk{number}"
        not_valid = " NOT VALID" if not of_table.partitions and self.maybe(0.1) else ""
        yield (
            f"ALTER TABLE {child} ADD CONSTRAINT {name} FOREIGN KEY {columns} "
            f"REFERENCES {parent.name} {key} {pick(('', '', 'MATCH FULL '))}"
            f"ON DELETE {pick(_ACTIONS)} ON UPDATE {pick(_ACTIONS)} {pick(_DEFERRAL)}{not_valid}"
        )
        if self.maybe(0.4):
            yield f"COMMENT ON CONSTRAINT {name} ON {child} IS 'number {number}'"
        if of_table.partitions and child == of_table.name and self.maybe():
            yield f"COMMENT ON CONSTRAINT {name} ON {child}_p IS 'of a partition'"

    def _parsed(self, number: int) -> Iterator[str]:
        table, key = self.chance.choice(self.tables).name, self.key_type
        match self.chance.randint(0, 3):
            case 0:
                yield (
                    f"CREATE FUNCTION ids{number}() RETURNS SETOF {key} LANGUAGE sql "
                    f"BEGIN ATOMIC SELECT id FROM {table}; END"
                )
                yield f"CREATE VIEW called{number} AS SELECT i FROM ids{number}() AS i"
            case 1:
                yield (
                    f"CREATE FUNCTION ids{number}() RETURNS TABLE (i {key}, said text) "
                    f"LANGUAGE sql BEGIN ATOMIC SELECT id, note FROM {table}; END"
                )
                yield f"CREATE VIEW called{number} AS SELECT i FROM ids{number}()"
            case 2:
                yield (
                    f"CREATE FUNCTION knows{number}(who {key}) RETURNS boolean LANGUAGE sql "
                    f"RETURN EXISTS (SELECT FROM {table} WHERE id = who)"
                )
                yield f"CREATE POLICY parsed{number} ON {table} USING (knows{number}(other))"
            case _:
                yield (
                    f"CREATE FUNCTION ids{number}() RETURNS bigint LANGUAGE sql "
                    f"RETURN (SELECT count(id) FROM {table} WHERE a = b)"
                )
        yield f"COMMENT ON FUNCTION ids{number}() IS 'parsed'"
        yield f"REVOKE EXECUTE ON FUNCTION ids{number}() FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION ids{number}() TO reader WITH GRANT OPTION"
        yield f"SET ROLE reader; GRANT EXECUTE ON FUNCTION ids{number}() TO writer; RESET ROLE"

    # --- what hangs on columns ---

    def _condition(self, column: str, row: str = "") -> str:
        """A condition on a column, often one that has to be repaired."""
        conditions = [
            f"{row}{column} IS NOT NULL",
            f"{row}{column} <> {self.literal(11)}",
            f"{row}{column} = {self.literal(1)} OR {row}n > -1",
            f"coalesce({row}{column} = {row}other, true)",
            f"{row}status IN ('new', 'old') AND {row}{column} <> {self.literal(11)}",
            f"{row}status IN ('new', 'old') AND coalesce({row}{column} <> {row}b, true)",
            f"{row}status IN ('new', 'old') OR {row}{column} = {row}other",
        ]
        if self.maybe(0.03):
            # No cast repairs it.
            conditions = [f"{row}{column} IS DISTINCT FROM {row}other"]
        elif self.maybe(0.25):
            conditions = [
                f"fmt({row}{column}) LIKE '{self.key_type[0]}:%'",
                f"{row}{column} === {row}{column}",
                f"fmt({row}{column}) <> 'x' AND {row}status IN ('new', 'old')",
            ]
        return self.chance.choice(conditions)

    def _dependent(self, number: int) -> Iterator[str]:
        pick = self.chance.choice
        table, column = pick(self.tables), pick(("id", "a", "b"))
        on, name = table.name, f"x{number}"
        # Indexes of partitioned tables with more than columns are refused.
        plain = [table.name for table in self.tables if not table.partitions] or ["t0_p"]
        commented: str | None = None
        match self.chance.randint(0, 10):
            case 0:
                yield f"CREATE POLICY {name} ON {on} USING ({self._condition(column)})"
                commented = f"POLICY {name} ON {on}"
                yield f"ALTER TABLE {on} ENABLE ROW LEVEL SECURITY"
            case 1:
                yield (
                    f"CREATE POLICY {name} ON {on} AS {pick(('PERMISSIVE', 'RESTRICTIVE'))} "
                    f"FOR {pick(('SELECT', 'DELETE'))} TO {pick(_ROLES)}, pg_monitor "
                    f"USING ({self._condition(column)})"
                )
                commented = f"POLICY {name} ON {on}"
            case 2:
                yield (
                    f"CREATE TRIGGER {name} BEFORE UPDATE OF {column} ON {on} FOR EACH ROW "
                    "EXECUTE FUNCTION tell()"
                )
                commented = f"TRIGGER {name} ON {on}"
            case 3 | 4:
                yield (
                    f"CREATE TRIGGER {name} {pick(('BEFORE', 'AFTER'))} UPDATE ON {on} "
                    f"FOR EACH ROW WHEN ({self._condition(column, 'NEW.')}) "
                    "EXECUTE FUNCTION tell()"
                )
                commented = f"TRIGGER {name} ON {on}"
                if table.partitions and self.maybe():
                    yield f"ALTER TABLE {on}_p {pick(('DISABLE', 'ENABLE ALWAYS'))} TRIGGER {name}"
                elif self.maybe(0.3):
                    yield f"ALTER TABLE {on} {pick(('DISABLE', 'ENABLE REPLICA'))} TRIGGER {name}"
            case 5 | 6:
                later = pick(("", "", "", " NOT VALID"))
                yield (
                    f"ALTER TABLE {on} ADD CONSTRAINT {name} "
                    f"CHECK ({self._condition(column)}){later}"
                )
                commented = f"CONSTRAINT {name} ON {on}"
            case 7:
                place = f" TABLESPACE {TABLESPACE}" if self.maybe(0.3) else ""
                on = pick(plain)
                yield (
                    f"CREATE INDEX {name} ON {on} ({column}, n) WITH (fillfactor = 70){place} "
                    f"WHERE {self._condition(column)}"
                )
                commented = f"INDEX {name}"
            case 8:
                expression = f"fmt({column})" if self.maybe() else f"coalesce({column}, b)"
                yield f"CREATE INDEX {name} ON {pick(plain)} (({expression}), n)"
                yield f"ALTER INDEX {name} ALTER 1 SET STATISTICS 55"
                commented = f"INDEX {name}"
            case 9:
                yield f"CREATE STATISTICS {name} ON {column}, n FROM {on}"
                yield f"ALTER STATISTICS {name} SET STATISTICS 44"
                commented = f"STATISTICS {name}"
            case _:
                yield (
                    f"CREATE RULE {name} AS ON UPDATE TO {on} "
                    f"WHERE {self._condition(column, 'OLD.')} "
                    f"DO ALSO INSERT INTO told VALUES ('{name}')"
                )
                commented = f"RULE {name} ON {on}"
        if self.maybe():
            yield f"COMMENT ON {commented} IS 'it is {name}'"

    def _views(self) -> Iterator[str]:
        pick = self.chance.choice
        sources: list[tuple[str, tuple[str, ...]]] = [
            (table.name, ("id", "a", "b", "other")) for table in self.tables
        ]
        reading_stored: set[str] = set()
        for number in range(self.chance.randint(1, 5)):
            (source, columns), (joined, others) = pick(sources), pick(sources)
            x, y = pick(columns), pick(others)
            stored = self.maybe(0.35)
            if {source, joined} & reading_stored:
                stored = stored and self.maybe()
            kind = "MATERIALIZED VIEW" if stored else "VIEW"
            queries = [
                f"SELECT {x} AS id, {x} AS a FROM {source}",
                f"SELECT l.{x} AS id, r.{y} AS a FROM {source} l JOIN {joined} r ON l.{x} = r.{y}",
                f"SELECT {x} AS id, {x} AS a FROM {source} UNION SELECT {y}, {y} FROM {joined}",
                f"SELECT coalesce(l.{x}, r.{y}) AS id, l.{x} AS a FROM {source} l, {joined} r",
                f"SELECT {x} AS id, {x} AS a FROM {source} WHERE {x} IN (SELECT {y} FROM {joined})",
                f"SELECT CASE WHEN l.{x} IS NULL THEN r.{y} ELSE l.{x} END AS id, r.{y} AS a "
                f"FROM {source} l LEFT JOIN {joined} r ON r.{y} = {self.literal(2)}",
            ]
            if source.startswith("t"):
                queries += 3 * [
                    f"SELECT {x} AS id, other AS a FROM {source} WHERE {self._condition(x)}"
                ]
                queries += [
                    f"SELECT id, a FROM {source} WHERE {x} = ANY (many) AND status IN ('new', 'b')",
                    f"SELECT min({x}::text) AS id, count(*) AS a FROM {source} GROUP BY id, tenant",
                ]
            name, query = f"v{number}", pick(queries)
            options = self._options(stored, query)
            yield f"CREATE {kind} {name}{options}"
            yield from self._of_view(kind, name)
            # What aggregates make is no key, and what is not filled cannot be read.
            if "count(" not in query and "NO DATA" not in options:
                sources.append((name, ("id", "a")))
                if stored or {source, joined} & reading_stored:
                    reading_stored.add(name)

    def _options(self, stored: bool, query: str) -> str:
        pick = self.chance.choice
        if stored:
            place = f" TABLESPACE {TABLESPACE}" if self.maybe(0.3) else ""
            toast = ", toast.autovacuum_enabled = off" if self.maybe(0.3) else ""
            filled = pick(("", "", " WITH NO DATA"))
            return f" WITH (fillfactor = 80{toast}){place} AS {query}{filled}"
        options = ["", " WITH (security_barrier)"]
        if self.major >= 15:
            options.append(" WITH (security_invoker)")
        return f"{pick(options)} AS {query}"

    def _of_view(self, kind: str, name: str) -> Iterator[str]:
        stored = kind == "MATERIALIZED VIEW"
        if self.maybe():
            yield f"COMMENT ON {kind} {name} IS 'it is {name}'"
            yield f"COMMENT ON COLUMN {name}.id IS 'the key of {name}'"
        if stored and self.maybe():
            yield f"CREATE INDEX {name}_i ON {name} (id)"
            yield f"ALTER {kind} {name} CLUSTER ON {name}_i"
        if stored and self.maybe(0.2):
            yield f"ALTER {kind} {name} DEPENDS ON EXTENSION plpgsql"
        if not stored and self.maybe(0.2):
            yield f"ALTER VIEW {name} ALTER id SET DEFAULT {self.literal(7)}"
        if not stored and self.maybe(0.2):
            yield (
                f"CREATE TRIGGER i{name} INSTEAD OF INSERT ON {name} FOR EACH ROW "
                "EXECUTE FUNCTION tell()"
            )
        yield f"GRANT SELECT ON {name} TO keeper"
        # The owner may be under row security.
        if self.maybe(0.3):
            yield f"ALTER {kind} {name} OWNER TO keeper"
        if self.maybe():
            # By the owner, by who was granted it, and of one column.
            yield f"GRANT SELECT ON {name} TO writer WITH GRANT OPTION"
            yield f"SET ROLE writer; GRANT SELECT ON {name} TO reader; RESET ROLE"
            yield f"GRANT SELECT (id) ON {name} TO PUBLIC"
        if self.maybe(0.1):
            yield f"REVOKE INSERT, UPDATE, TRUNCATE ON {name} FROM postgres, keeper"

    def _marks(self, table: _Table) -> Iterator[str]:
        """What PostgreSQL keeps, and the states of triggers."""
        pick, on = self.chance.choice, table.name
        yield f"GRANT SELECT, UPDATE, DELETE, INSERT ON {on} TO writer WITH GRANT OPTION"
        if self.maybe(0.5):
            yield f"SET ROLE writer; GRANT SELECT, DELETE ON {on} TO reader; RESET ROLE"
        if self.maybe(0.3):
            yield f"GRANT SELECT (id, a) ON {on} TO reader WITH GRANT OPTION"
        if self.maybe(0.3):
            yield f"COMMENT ON COLUMN {on}.id IS 'the key of {on}'"
            yield f"ALTER TABLE {on} ALTER a SET STATISTICS 33"
        if self.maybe(0.2):
            yield f"ALTER TABLE {on} ALTER a SET DEFAULT {self.literal(1)}"
        if table.kind == "plain" and self.maybe(0.2):
            yield f"ALTER TABLE {on} REPLICA IDENTITY USING INDEX {on}_pkey"
        if table.kind == "plain" and self.maybe(0.15):
            yield f"ALTER TABLE {on} SET TABLESPACE {TABLESPACE}"
        if self.maybe(0.2):
            yield f"ALTER TABLE {on} OWNER TO keeper"
        if not table.partitions and self.maybe(0.05):
            yield f"ALTER TABLE {on} DISABLE TRIGGER ALL"
        for partition in table.partitions:
            if self.maybe(0.2):
                yield f"ALTER TABLE {partition} {pick(('DISABLE', 'ENABLE'))} TRIGGER ALL"


def made(number: int, major: int) -> RandomSchema:
    """The schema of a number, for a server of a major version."""
    maker = _Maker(random.Random(number), major)
    statements = list(maker.statements())
    target = "bigint"
    if maker.key_type == "uuid":
        target = maker.chance.choice(_CHARACTER_KEYS)
    others = maker.by_others(statements) if maker.maybe(0.25) else None
    return RandomSchema(statements, maker.key_type, target, others)
