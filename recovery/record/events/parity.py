"""The database before and after, compared."""

from recovery.record.events.base import Event, Fact

SAME = "same"
# What is told of what others did.
BY_OTHERS = "done by others meanwhile: does not count"


class ForeignKeyParity(Fact, frozen=True):
    """One foreign key before and after. ``state`` is "same" or says what differs.

    ``key`` is empty and the orphans are None where no column of it is converted; ``before`` is
    empty where it was not there, ``after`` None where it is gone. ``by_others``: it differs by what
    others did meanwhile, and the conversion did nothing to it.
    """

    key: str
    table: str
    name: str
    columns: tuple[str, ...]
    references: str
    on_delete: str
    on_update: str
    before: str
    after: str | None
    validated: bool
    orphans_before: int | None
    orphans_after: int | None
    state: str
    by_others: bool = False

    @property
    def words(self) -> str:
        """Which one it is, and what is with it."""
        return f"foreign key {self.name} of {self.table}: {self.state}"

    @property
    def counts(self) -> bool:
        """Whether it differs and should not."""
        return self.state != SAME and not self.by_others

    @property
    def standing(self) -> str:
        """Whether PostgreSQL vouches for the rows: it writes NOT ENFORCED last (18)."""
        if self.after is not None and self.after.endswith("NOT ENFORCED"):
            return "NOT ENFORCED"
        return "validated" if self.validated else "NOT VALIDATED"


class TableParity(Fact, frozen=True):
    """Rows and digests of one converted table before and after; digests are by column.

    The rows are those in the table itself. ``within`` are the tables that show them as theirs, too:
    what it is a partition or a child of, and so on.
    """

    table: str
    rows_before: int
    rows_after: int
    digests_before: dict[str, str]
    digests_after: dict[str, str]
    state: str
    within: tuple[str, ...] = ()


class CatalogDifference(Fact, frozen=True):
    """Anything else of the catalog that is not as it was: the properties that differ.

    ``explained`` says why it has to be so after the conversion; None: nothing explains it.
    ``by_others``: others did it meanwhile, and the conversion did nothing to the object.
    """

    kind: str
    name: str
    before: str | None
    after: str | None
    explained: str | None = None
    by_others: bool = False

    @property
    def words(self) -> str:
        """Which object it is, and what became of it."""
        return f"{self.kind} {self.name}: {self.before} became {self.after}"

    @property
    def counts(self) -> bool:
        """Whether nothing says why it differs."""
        return self.explained is None and not self.by_others


class ParityChecked(Event, frozen=True):
    foreign_keys: tuple[ForeignKeyParity, ...]
    tables: tuple[TableParity, ...]
    catalog: tuple[CatalogDifference, ...]
    compared: int

    @property
    def unexplained(self) -> tuple[CatalogDifference, ...]:
        """What nothing explains."""
        return tuple(row for row in self.catalog if row.counts)

    @property
    def by_others(self) -> tuple[ForeignKeyParity | CatalogDifference, ...]:
        """What others did meanwhile."""
        keys = (row for row in self.foreign_keys if row.by_others)
        return (*keys, *(row for row in self.catalog if row.by_others))

    @property
    def differences(self) -> int:
        """How many rows of the three tables are not as they should be."""
        return (
            sum(row.counts for row in self.foreign_keys)
            + sum(row.state != SAME for row in self.tables)
            + len(self.unexplained)
        )
