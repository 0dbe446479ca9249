"""The parity: every foreign key, and whatever else of the catalog is not as it was."""

from collections.abc import Sequence

from recovery.record.events import (
    BY_OTHERS,
    SAME,
    CatalogDifference,
    ForeignKeyParity,
    ParityChecked,
)
from screens import words
from screens.widgets.comparison import Compared, Comparison, Detail, Order
from screens.widgets.virtual_table import Cell, Column


class ForeignKeys(Comparison[ForeignKeyParity]):
    """Every foreign key before and after."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(_FOREIGN_KEYS, id=id)

    def tell(self, parity: ParityChecked | None) -> None:
        """Shows the foreign keys of this parity, or that it is not checked yet."""
        if parity is None:
            self.clear()
            return
        differing = sum(map(_FOREIGN_KEYS.differs, parity.foreign_keys))
        self.fill(
            parity.foreign_keys,
            f"{words.counted(len(parity.foreign_keys), 'foreign key')}, "
            f"{words.number(differing)} differing{_by_others(parity.foreign_keys)}.",
        )


class CatalogDifferences(Comparison[CatalogDifference]):
    """Whatever else is not as it was, by kind; what nothing explains comes first."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(_CATALOG, id=id)

    def tell(self, parity: ParityChecked | None) -> None:
        """Shows the differences of this parity, or that it is not checked yet."""
        if parity is None:
            self.clear()
            return
        expected = sum(each.explained is not None for each in parity.catalog)
        self.fill(
            parity.catalog,
            f"{words.number(parity.compared)} compared, "
            f"{words.number(len(parity.unexplained))} unexplained, "
            f"{words.number(expected)} expected{_by_others(parity.catalog)}.",
        )


def _by_others(rows: Sequence[ForeignKeyParity | CatalogDifference]) -> str:
    """How many of them others did, if any."""
    theirs = sum(each.by_others for each in rows)
    return f", {words.number(theirs)} by others" if theirs else ""


def _word(each: ForeignKeyParity) -> str:
    if each.state == SAME:
        return SAME
    if each.by_others:
        return "by others"
    return "missing" if each.after is None else "different"


def _key(each: ForeignKeyParity) -> str:
    return each.key or "not converted"


def _column(each: ForeignKeyParity) -> str:
    return f"{each.table}.{', '.join(each.columns)}"


def _foreign_key_cells(each: ForeignKeyParity) -> tuple[Cell, ...]:
    return (
        words.state(_word(each)),
        _column(each),
        _key(each),
        each.on_delete,
        each.on_update,
        "yes" if each.validated else "NO",
        "" if each.orphans_after is None else words.number(each.orphans_after),
    )


def _foreign_key_detail(each: ForeignKeyParity) -> Detail:
    state = "the same" if each.state == SAME else each.state
    return Detail(
        title=f"{each.name} on {each.table}: {state}{f', {BY_OTHERS}' if each.by_others else ''}",
        before=each.before or "it was not there",
        after=each.after or "it is gone",
        more=f"References {each.references}. ON DELETE {each.on_delete}, "
        f"ON UPDATE {each.on_update}, {each.standing}. {_orphans(each)}",
    )


def _orphans(each: ForeignKeyParity) -> str:
    if each.orphans_before is None and each.orphans_after is None:
        return "Orphans not counted: none of its columns is converted."
    before, after = (
        "not counted" if count is None else words.number(count)
        for count in (each.orphans_before, each.orphans_after)
    )
    return f"Orphans {before} before, {after} after."


_FOREIGN_KEYS: Compared[ForeignKeyParity] = Compared(
    columns=(
        Column("State", 9),
        Column("Referencing", 27, grows=True),
        Column("Key", 18, grows=True),
        Column("On delete", 11),
        Column("On update", 11),
        Column("Validated", 9),
        Column("Orphans", 7),
    ),
    cells=_foreign_key_cells,
    differs=lambda each: each.counts,
    text=lambda each: "\n".join(
        (_word(each), each.state, _column(each), _key(each), each.name, each.standing)
    ),
    detail=_foreign_key_detail,
    # What has nothing to do with the keys comes last.
    orders=(
        Order("key", lambda each: ("" if each.key else "-", each.key, _column(each))),
        Order("table", lambda each: (_column(each), each.name)),
        Order("constraint", lambda each: (each.name, each.table)),
    ),
    differing="differing",
    filter_by="Table, column, key, constraint or state",
)


def _expected(each: CatalogDifference) -> str:
    if each.by_others:
        return "by others"
    return "unexplained" if each.explained is None else "expected"


def _reason(each: CatalogDifference) -> str:
    return BY_OTHERS if each.by_others else each.explained or "nothing explains it"


def _state(each: CatalogDifference) -> str:
    return "different" if each.counts else _expected(each)


def _catalog_cells(each: CatalogDifference) -> tuple[Cell, ...]:
    return (
        words.state(_state(each)),
        f"{each.kind} {each.name}",
        _reason(each),
    )


def _catalog_detail(each: CatalogDifference) -> Detail:
    return Detail(
        title=f"{each.kind} {each.name}: {_reason(each)}",
        before=each.before or "it was not there",
        after=each.after or "it is gone",
    )


_CATALOG: Compared[CatalogDifference] = Compared(
    columns=(
        Column("State", 9),
        Column("Object", 34, grows=True),
        Column("Why", 24, grows=True),
    ),
    cells=_catalog_cells,
    differs=lambda each: each.counts,
    text=lambda each: "\n".join(
        (_state(each), _expected(each), f"{each.kind} {each.name}", _reason(each))
    ),
    detail=_catalog_detail,
    orders=(
        Order(
            "kind",
            lambda each: (_expected(each), each.kind, each.name),
            lambda each: f"{_expected(each)}: {each.kind}",
        ),
        Order(
            "reason",
            lambda each: (_reason(each), each.kind, each.name),
            lambda each: f"{_expected(each)}: {_reason(each)}",
        ),
        Order("name", lambda each: (each.name, each.kind)),
    ),
    differing="unexplained",
    filter_by="Kind, name, reason or state",
)
