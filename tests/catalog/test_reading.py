"""The same database is always read in the same order, however PostgreSQL goes about it."""

from recovery.catalog import catalog
from tests.catalog.test_compared import ONE_OF_EACH
from tests.conftest import ROLES, Database

WAYS = ("SET enable_hashjoin = on", "SET enable_hashjoin = off")


def test_a_plan_is_made_of_the_catalog_in_one_order(database: Database) -> None:
    database.execute(ROLES)
    database.execute(ONE_OF_EACH.read_text(encoding="utf-8"))
    readings = []
    for way in WAYS:
        with database.connect() as conn:
            conn.execute("SET search_path = ''")
            conn.execute(way)
            found = catalog.read(conn)
        readings.append(
            (
                list(found.named),
                list(found.objects),
                [(oid, [one.name for one in columns]) for oid, columns in found.columns_of.items()],
                list(found.columns),
                list(found.tables),
                found.foreign_keys,
                found.key_copies,
                found.key_triggers,
                list(found.dependents_of_column.items()),
                list(found.dependents_of_object.items()),
                list(found.parents.items()),
                list(found.serials.items()),
            )
        )
    assert all(reading == readings[0] for reading in readings)
