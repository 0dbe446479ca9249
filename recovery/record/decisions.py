"""What only the operator decides, as it is journaled: each is refused where it can't be meant."""

from collections.abc import Collection
from datetime import datetime

from recovery.record import since_backup
from recovery.record.events import (
    BackupAttested,
    ColumnDecided,
    Investigated,
    OldBackupAccepted,
    Person,
    PlanApproved,
    RevisionConfirmed,
)
from recovery.record.history import History
from recovery.record.session import Session
from recovery.words import foreign
from recovery.words.errors import Refused
from recovery.words.names import ColumnName


def refuse_after_commit(history: History, about: str) -> None:
    """Raises ``Refused`` if the session's conversion was committed: it has no second one."""
    if history.committed:
        raise Refused(
            "The conversion of this session was committed.",
            "Begin a new session ('--new') for what is still to be converted.",
            object=about,
        )


def decide_column(session: Session, column: str, *, take: bool, by: Person) -> None:
    """Journals what is to be done with a column: converted with its key, or left as it is.

    Raises ``Refused`` if the investigation did not find it, it cannot be converted, or it is too
    late, or not the time.
    """
    history = session.history()
    if history.running is not None:
        raise Refused(
            f"The {history.running} is running.",
            "Decide when it has ended, then plan again.",
            object=column,
        )
    refuse_after_commit(history, column)
    investigated = history.last(Investigated)
    known = () if investigated is None else investigated.decidable
    try:
        named = str(ColumnName.parse(column))
    except ValueError as error:
        raise Refused(f"{error}.", "Expected table.column.", object=column) from error
    reference = next((one for one in known if one.column == named), None)
    if reference is None:
        raise Refused(
            f"The investigation did not find {column} as a soft reference or a key.",
            "Investigate again, or name the column in the profile under [keys] or 'leave'.",
            object=column,
        )
    if take and reference.becomes is None:
        raise Refused(
            f"A column of the type {reference.type} is not converted.",
            "Leave it as it is: it stays in the list of what may fail afterwards.",
            object=column,
        )
    session.journal.append(ColumnDecided(named, reference.becomes if take else None, by))


def confirm_revision(session: Session, heads: Collection[str], by: Person) -> None:
    """Journals the operator's word that the schema is at these revisions.

    Raises ``Refused`` if nothing was investigated, no script had them then, or it is not the time.
    """
    history = session.history()
    investigated = history.last(Investigated)
    if investigated is None or history.profile.alembic is None:
        raise Refused(
            "No revision was looked for.", "Investigate with the application's migration scripts."
        )
    if history.running is not None:
        raise Refused(f"The {history.running} is running.", "Confirm when it has ended.")
    below = {one.revision: one.below for one in investigated.evidence}
    wanted = tuple(sorted({*heads}))
    for revision in wanted:
        if revision not in below:
            raise Refused(
                f"No script has the revision {revision}.",
                "Choose one of those that 'pg-rekey revision' lists; if the scripts were changed "
                "since, investigate again.",
                object=revision,
            )
        if contained := _ancestors(below, revision) & {*wanted}:
            raise Refused(
                f"{', '.join(sorted(contained))} comes before {revision}, and is in it.",
                "Name the latest revision of each branch only.",
                object=revision,
            )
    match = investigated.match
    evidence = "the operator's word" if match is None else match.evidence(wanted)
    session.journal.append(RevisionConfirmed(wanted, evidence, by))


def _ancestors(below: dict[str, tuple[str, ...]], revision: str) -> set[str]:
    """Every revision that comes before this one."""
    found: set[str] = set()
    waiting = [*below[revision]]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += below.get(current, ())
    return found


def approve_plan(session: Session, sha256: str, by: Person) -> None:
    """Journals the approval of the latest plan. Raises ``Refused`` if this hash is not its."""
    plan = session.history().plan
    if plan is None or plan.sha256 != sha256:
        raise Refused(
            "There is a newer plan than the one that was shown.",
            "Read the new plan, then approve it.",
        )
    if plan.refusals:
        raise Refused(
            f"The plan refuses {len(plan.refusals)} objects.",
            "Follow what it says about each, then plan again.",
            object=plan.refusals[0].object,
        )
    session.journal.append(PlanApproved(sha256, by))


def attest_backup(session: Session, statement: str, by: Person) -> None:
    """Journals the operator's word that a backup exists elsewhere. Raises ``Refused`` if empty."""
    words = [word for word in foreign.legible(statement).split() if any(map(str.isalnum, word))]
    if len(words) < 2:
        raise Refused(
            "An attested backup has to say which one it is.",
            "Name the provider, the snapshot and its time.",
        )
    session.journal.append(BackupAttested(statement.strip(), by))


def accept_old_backup(session: Session, typed: str, by: Person, now: datetime) -> None:
    """Journals that the operator goes on though the backup is older than the profile allows.

    Raises ``Refused`` if another word was typed, or it is not older.
    """
    backup = since_backup.too_old(session.history(), now)
    if backup is None:
        raise Refused(
            "The latest backup is not older than the profile allows, or was accepted already.",
            "Look at it, then start the step.",
        )
    if typed != since_backup.WORD:
        raise Refused(
            f"{typed!r} is not the word.",
            f"Type {since_backup.WORD!r} to go on with this backup; or back up again.",
            object=backup.folder,
        )
    seconds = since_backup.seconds_old(backup, now)
    session.journal.append(OldBackupAccepted(backup.started, seconds, by))
