"""What other sessions do to the catalog while a conversion runs.

What they change before we drop it would be undone by making it again as it was read. What they do
elsewhere is none of ours.
"""

from collections.abc import Callable, Collection
from typing import Any

import psycopg

from recovery.catalog import row_versions
from recovery.catalog.objects import ObjectId
from recovery.catalog.row_versions import RowVersions
from recovery.conversion.plan import Plan
from recovery.server.observer import Observer
from recovery.words.errors import Refused

# Of some objects, those that our transaction wrote nothing about.
NotOurs = Callable[[Collection[ObjectId]], Collection[ObjectId]]


def refuse_what_changed(plan: Plan, as_read: RowVersions, observer: Observer) -> None:
    """Raises ``Refused`` if others have changed what was dropped.

    ``as_read`` is from before it was read. To be called when all is dropped: from then on whoever
    wants to change it waits for us.
    """
    dropped = plan.dropped
    committed = observer.row_versions(dropped)
    changed = [
        words for known, words in dropped.items() if committed.get(known) != as_read.get(known)
    ]
    if changed:
        raise changed_by_others(", ".join(changed))


def is_of_another_writer(error: psycopg.Error) -> bool:
    """Whether a statement was to write a row that others wrote while it waited for them.

    The server has no code of its own for that, and does not translate it.
    """
    of_the_server = isinstance(error, psycopg.errors.InternalError_)
    return of_the_server and str(error).startswith("tuple concurrently ")


def changed_by_others(objects: str | None, statement: str | None = None) -> Refused:
    """What converting would have undone."""
    return Refused(
        "Others changed something between its being read and its being dropped: made again as it "
        "was read, it would have lost what they did.",
        "See what they did: it is kept. Then start the step again; if the plan is another one now, "
        "approve it first.",
        object=objects,
        statement=statement,
    )


def not_ours(conn: psycopg.Connection[Any], observer: Observer) -> NotOurs:
    """Which objects look the same from inside the transaction and from outside it."""

    def of(objects: Collection[ObjectId]) -> Collection[ObjectId]:
        inside, outside = row_versions.read(conn, objects), observer.row_versions(objects)
        return {known for known, seen in inside.items() if seen == outside.get(known)}

    return of
