"""The statements that drop what hangs on converted columns, and make it again."""

from collections import Counter
from collections.abc import Iterator

from recovery.catalog.catalog import Catalog
from recovery.catalog.objects import CatalogObject
from recovery.conversion.rebuilding import Rebuild
from recovery.conversion.statements.statement import DROP, RECREATE, Statement
from recovery.record.events import Effort
from recovery.words import foreign

VIEWS = ("VIEW", "MATERIALIZED VIEW")
_WHY = {
    DROP: "PostgreSQL does not change the type of a column that it hangs on",
    RECREATE: "as it was, with everything that it had",
}


def dropped(catalog: Catalog, rebuild: Rebuild) -> Iterator[Statement]:
    """The statements that drop an object."""
    return _statements(catalog, DROP, rebuild, rebuild.drop)


def recreated(catalog: Catalog, rebuild: Rebuild) -> Iterator[Statement]:
    """The statements that make an object again."""
    return _statements(catalog, RECREATE, rebuild, rebuild.create)


def table_of(catalog: Catalog, rebuild: Rebuild) -> CatalogObject | None:
    """The table that an object belongs to; None if it belongs to none, or to a view."""
    return catalog.named.get(("TABLE", rebuild.object.properties.get("table", "")))


def _statements(
    catalog: Catalog, phase: int, rebuild: Rebuild, texts: tuple[str, ...]
) -> Iterator[Statement]:
    table = table_of(catalog, rebuild)
    for text in texts:
        yield Statement(
            phase,
            text,
            described(rebuild),
            _WHY[phase],
            Counter(),
            () if table is None else (catalog.table_name(table.id[1]),),
            effort=_effort(rebuild, text),
            evaluates=text in rebuild.evaluating,
            # A copy has no tablespaces, and maybe no provider of labels.
            only_there=text in rebuild.moving or text.startswith("SECURITY LABEL "),
        )


def _effort(rebuild: Rebuild, text: str) -> Effort:
    """What the time of a statement depends on that makes an object again, or drops it."""
    if text.startswith("REFRESH "):
        return Effort.FILL
    if text.startswith("ANALYZE "):
        return Effort.SAMPLE
    if text.startswith(("CREATE INDEX ", "CREATE UNIQUE INDEX ")):
        return Effort.BUILD
    if text in rebuild.moving:
        return Effort.BUILD if rebuild.object.kind != "MATERIALIZED VIEW" else Effort.CATALOG
    if rebuild.object.kind == "CONSTRAINT" and text == rebuild.create[0]:
        if rebuild.object.properties["type"] != "c":
            return Effort.BUILD
        read = rebuild.object.properties["validated"] and not rebuild.evaluating
        return Effort.READ if read else Effort.CATALOG
    if " VALIDATE CONSTRAINT " in text and text in rebuild.evaluating:
        return Effort.READ
    return Effort.CATALOG


def described(rebuild: Rebuild) -> str:
    """The object in words."""
    return f"{rebuild.object.kind.lower()} {foreign.statement(rebuild.object.identity)}"
