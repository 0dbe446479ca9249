"""Generated migration histories: with branches, merges, and all kinds of changes."""

import random
from dataclasses import dataclass, field
from pathlib import Path

ENV = """from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
"""
SCRIPT = '''"""{title}"""
import sqlalchemy as sa
from alembic import op

revision = "{id}"
down_revision = {down!r}


def upgrade():
{upgrade}
'''


@dataclass
class History:
    """A script directory, its revisions in order, and what each comes after."""

    location: Path
    below: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def revisions(self) -> list[str]:
        """Those below before those above."""
        return list(self.below)

    def on_one_way(self, revisions: list[str]) -> bool:
        """Whether one of these comes after another of them."""
        return any(one in self._before(other) for one in revisions for other in revisions)

    def _before(self, revision: str) -> set[str]:
        seen: set[str] = set()
        waiting = [*self.below[revision]]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting += self.below[each]
        return seen

    def add(self, below: tuple[str, ...], title: str, *statements: str) -> str:
        """Writes one more script; answers its revision."""
        revision = f"r{len(self.below) + 1:03}"
        down = below if len(below) > 1 else below[0] if below else None
        body = "\n".join(f"    {line}" for line in statements or ("pass",))
        versions = self.location / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        script = SCRIPT.format(title=title, id=revision, down=down, upgrade=body)
        (versions / f"{revision}.py").write_text(script)
        self.below[revision] = below
        return revision


def empty(location: Path) -> History:
    """A script directory without scripts."""
    location.mkdir(parents=True)
    (location / "env.py").write_text(ENV)
    return History(location)


def line(location: Path, length: int) -> History:
    """A history without branches: every revision makes a table that refers to the one before."""
    history = empty(location)
    below: tuple[str, ...] = ()
    for number in range(length):
        to = f", sa.ForeignKey('t{number - 1}.id')" if number else ""
        below = (
            history.add(
                below,
                f"step {number}",
                f"op.create_table('t{number}', sa.Column('id', sa.String(36), primary_key=True), "
                f"sa.Column('before', sa.String(36){to}), sa.Column('n', sa.Integer()), "
                "sa.Column('name', sa.String(40)), sa.Column('at', sa.DateTime()))",
                f"op.create_index('ix_t{number}_name', 't{number}', ['name'])",
            ),
        )
    return history


class _Lineage:
    """The tables that only one branch changes, and how many columns each was given."""

    def __init__(self) -> None:
        self.tables: list[str] = []
        self.columns: dict[str, list[str]] = {}
        self.indexes: list[str] = []


def branched(location: Path, length: int, seed: int) -> History:
    """With branches and merges. The first revision makes a table that no other changes."""
    chance = random.Random(seed)
    history = empty(location)
    root = history.add(
        (),
        "the beginning",
        "op.create_table('first', sa.Column('id', sa.String(36), primary_key=True), "
        "sa.Column('name', sa.String(40)), sa.Column('code', sa.String(10)))",
        "op.create_index('ix_first_name', 'first', ['name'])",
    )
    heads: list[tuple[str, _Lineage]] = [(root, _Lineage())]
    number = 0
    while len(history.below) < length:
        left = length - len(history.below)
        apart = len(heads) > 1 and not history.on_one_way([head for head, _ in heads])
        if apart and (left <= 1 or chance.random() < 0.15):
            revision = history.add(tuple(head for head, _ in heads), "merge")
            merged = _Lineage()
            for _, lineage in heads:
                merged.tables += lineage.tables
                merged.columns |= lineage.columns
                merged.indexes += lineage.indexes
            heads = [(revision, merged)]
            continue
        place = chance.randrange(len(heads))
        below, lineage = heads[place]
        number += 1
        if len(heads) < 3 and left > 4 and chance.random() < 0.2:
            # The other branch leaves this one's tables alone.
            other = _Lineage()
            heads.append((_change(history, below, other, number, chance), other))
        else:
            heads[place] = (_change(history, below, lineage, number, chance), lineage)
    return history


def _change(
    history: History, below: str, lineage: _Lineage, number: int, chance: random.Random
) -> str:
    def add(title: str, *statements: str) -> str:
        return history.add((below,), title, *statements)

    table = chance.choice(lineage.tables) if lineage.tables else None
    kind = chance.choice(
        ["table", "column", "index", "type", "rename", "drop index", "data", "enum", "view",
         "rename column", "drop column", "constraint", "concurrently", "function", "inspect"]
    )  # fmt: skip
    if table is None or kind == "table":
        name = f"t{number}"
        lineage.tables.append(name)
        lineage.columns[name] = ["name"]
        lineage.indexes.append(f"ix_{name}_name")
        return add(
            f"make {name}",
            f"op.create_table('{name}', sa.Column('id', sa.BigInteger(), primary_key=True), "
            "sa.Column('name', sa.String(40)), sa.Column('first_id', sa.String(36), "
            f"sa.ForeignKey('first.id', name='fk_{name}_first')))",
            f"op.create_index('ix_{name}_name', '{name}', ['name'])",
        )
    columns = lineage.columns[table]
    column = f"c{number}"
    match kind:
        case "index":
            lineage.indexes.append(f"ix_{number}")
            return add(f"index {table}", f"op.create_index('ix_{number}', '{table}', ['first_id'])")
        case "concurrently":
            lineage.indexes.append(f"ix_{number}")
            return add(
                f"index {table} concurrently",
                "with op.get_context().autocommit_block():",
                f"    op.create_index('ix_{number}', '{table}', ['first_id', 'id'], "
                "postgresql_concurrently=True)",
            )
        case "type":
            return add(
                f"widen {table}",
                f"op.alter_column('{table}', 'name', type_=sa.String({100 + number}))",
            )
        case "rename":
            name = f"n{number}"
            lineage.tables[lineage.tables.index(table)] = name
            lineage.columns[name] = lineage.columns.pop(table)
            return add(f"rename {table}", f"op.rename_table('{table}', '{name}')")
        case "rename column" if columns[-1] != "name":
            old, columns[-1] = columns[-1], column
            return add(
                f"rename a column of {table}",
                f"op.alter_column('{table}', '{old}', new_column_name='{column}')",
            )
        case "drop column" if columns[-1] != "name":
            return add(f"narrow {table}", f"op.drop_column('{table}', '{columns.pop()}')")
        case "drop index" if lineage.indexes:
            index = lineage.indexes.pop(chance.randrange(len(lineage.indexes)))
            return add(f"drop {index}", f"op.drop_index('{index}')")
        case "data":
            columns.append(column)
            return add(
                f"fill {table}",
                f"op.add_column('{table}', sa.Column('{column}', sa.Integer()))",
                f"op.get_bind().execute(sa.text('UPDATE {table} SET {column} = id'))",
            )
        case "inspect":
            columns.append(column)
            return add(
                f"look at {table}",
                f"assert '{table}' in sa.inspect(op.get_bind()).get_table_names()",
                f"op.add_column('{table}', sa.Column('{column}', sa.Text()))",
            )
        case "enum":
            columns.append(column)
            return add(
                f"a state of {table}",
                f"sa.Enum('on', 'off', name='e{number}').create(op.get_bind())",
                f"op.execute('ALTER TABLE {table} ADD COLUMN {column} e{number}')",
            )
        case "view":
            return add(
                f"a view of {table}",
                f"op.execute('CREATE VIEW v{number} AS SELECT id, first_id FROM {table}')",
            )
        case "function":
            return add(
                f"a function of {table}",
                f"op.execute('CREATE FUNCTION f{number}() RETURNS int LANGUAGE sql "
                f"AS $$ SELECT {number} $$')",
            )
        case "constraint":
            return add(
                f"a rule for {table}",
                f"op.create_check_constraint('ck_{number}', '{table}', 'id > {-number}')",
            )
    columns.append(column)
    return add(
        f"widen {table} by a column",
        f"op.add_column('{table}', sa.Column('{column}', sa.String(20), server_default='x'))",
    )
