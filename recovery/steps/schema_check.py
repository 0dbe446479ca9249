"""Whether the schema is as the revision leaves it that the version table claims.

A version table can be set by hand; what the scripts do cannot. So the scripts are run on a private
server, as for the investigation, and the catalog is held against what they leave.
"""

from collections.abc import Callable
from typing import Any

import psycopg

from recovery.catalog import catalog, structure
from recovery.catalog.catalog import Catalog
from recovery.connection.interrupting import Watching, unwatched
from recovery.record.events import Cause, Check, CheckState, RevisionDifference
from recovery.revision import migration_scripts, replay
from recovery.revision.differences import Comparing
from recovery.revision.replay import Replay, with_below
from recovery.revision.version_table import version_table
from recovery.steps.asked import Unanswered
from recovery.words.errors import Refused, in_a_line
from recovery.words.profile import AlembicSection

NAME = "schema of the revision"
# So many differences are told.
_TOLD = 10


def replayed(
    conn: psycopg.Connection[Any],
    section: AlembicSection,
    check: Callable[[], None] = lambda: None,
    watching: Watching = unwatched,
) -> Replay | str:
    """What each script leaves behind, or why that is not known. Asks for the roles only."""
    try:
        return replay.replay(
            migration_scripts.scripts(section.script_location),
            major=conn.info.server_version // 10_000,
            roles=catalog.roles(conn),
            search_path=section.search_path,
            check=check,
            watching=watching,
        )
    except Refused as error:
        return error.problem.what
    except psycopg.Error as error:
        check()
        if conn.broken:
            raise
        return in_a_line(error)


def made(
    found: Catalog,
    section: AlembicSection,
    known: Replay | str,
    claimed: tuple[str, ...] | Unanswered,
    *,
    major: int,
) -> Check:
    """The check: failed if something is missing or other than the claimed revision leaves it.

    What is there besides, and types of keys, are told and fail nothing: an index made by hand is no
    lie, and keys have checks of their own.
    """
    if isinstance(claimed, Unanswered):
        expected = "as the claimed revision leaves it"
        return Check(NAME, expected, CheckState.NOT_CHECKED, claimed.words)
    expected = f"as revision {', '.join(claimed) or 'none'} leaves it"
    if isinstance(known, str):
        return Check(NAME, expected, CheckState.NOT_CHECKED, f"the scripts did not run: {known}")
    by_id = known.by_id()
    if strange := [each for each in claimed if each not in by_id]:
        return Check(NAME, expected, CheckState.FAILED, f"no script has {', '.join(strange)}")
    lacking = [by_id[each] for each in sorted(with_below(by_id, claimed)) if by_id[each].problem]
    if lacking:
        return Check(
            NAME,
            expected,
            CheckState.NOT_CHECKED,
            f"revision {lacking[0].revision} was not replayed: {lacking[0].problem}",
        )
    live = structure.of_catalog(found, version_table(section))
    comparing = Comparing(live, known, major == known.major, incomplete=False)
    differences = comparing.listed(claimed, key_types=True)
    wrong = [each for each in differences if _is_wrong(each)]
    besides = [each for each in differences if _is_besides(each)]
    types = [each for each in differences if each.cause is Cause.KEY_TYPE]
    evidence = [_told(wrong)] if wrong else ["nothing is missing or other"]
    if besides:
        evidence.append(f"{len(besides)} objects besides: {_told(besides)}")
    if types:
        evidence.append(f"{len(types)} types of keys are other")
    state = CheckState.FAILED if wrong else CheckState.PASSED
    return Check(NAME, expected, state, "; ".join(evidence))


def _is_wrong(difference: RevisionDifference) -> bool:
    return difference.cause is not Cause.KEY_TYPE and not _is_besides(difference)


def _is_besides(difference: RevisionDifference) -> bool:
    """Whether it is something more, and takes nothing away: a default of a key, as made by hand."""
    no_default = difference.state == "other default" and difference.expected == "default: none"
    return no_default or difference.state.startswith("extra")


def _told(differences: list[RevisionDifference]) -> str:
    more = len(differences) - _TOLD
    told = ", ".join(f"{each.state} {each.name}" for each in differences[:_TOLD])
    return told + (f" and {more} more" if more > 0 else "")
