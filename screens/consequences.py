"""What can be decided, and what comes of it, in words: on the screens and in plain lines."""

from collections.abc import Mapping
from datetime import datetime

from recovery.record import since_backup
from recovery.record.candidates import chosen, named
from recovery.record.events import (
    Answer,
    BackupAttested,
    BackupCompared,
    BackupMade,
    CollisionCompared,
    Investigated,
    MigrationsForecast,
    ParityChecked,
    PlanMade,
    ProofState,
    RevisionFinished,
    RevisionStarted,
    SoftReference,
    Step,
    StepFailed,
    Way,
)
from recovery.record.history import History
from recovery.words import moments
from screens import words

# How far the gate's deadline is moved at a time, in seconds.
EXTENSION = 900.0
# Of the tables with another number of rows than in the backup so many are named.
_TABLES = 3
AFTER_ROLL_BACK = (
    "The transaction ends; the database is left as it was. The plan and the backup stay, and the "
    "conversion can be started again."
)


def taken_or_left(found: Investigated, reference: SoftReference) -> str:
    """What either decision about a column means."""
    if reference.column in {one.key for one in found.proposed_keys}:
        return (
            "Taken into the plan, it is converted with every column that references it. Left, it "
            "stays as it is, and differs from what is expected. Either is recorded by name."
        )
    return (
        "Taken into the plan, it is converted with the key. Left, it stays as it is, and what "
        "compares it with the key will fail. Either is recorded by name."
    )


def other_plan(history: History) -> str:
    """Which other plan can be made, with operators or without, in words; empty: neither."""
    plan = history.plan
    if plan is not None and plan.compatible:
        return "Plan without operators"
    helps = any(t.family == "character" for t in history.profile.key_types.values())
    breaks = plan is not None and plan.proof is not None and plan.proof.breaks
    return "Plan with operators" if helps and breaks else ""


def at_run_time(plan: PlanMade) -> str:
    """What may fail after the conversion, counted; empty if nothing is known to."""
    functions = {found.function for found in plan.proof.breaks} if plan.proof is not None else ()
    counts = []
    if functions:
        counts.append(words.counted(len(functions), "function"))
    if plan.soft_references:
        counts.append(words.counted(len(plan.soft_references), "soft reference"))
    return " and ".join(counts)


def what_is_approved(plan: PlanMade) -> str:
    """What the operator approves with a plan."""
    return (
        f"{words.counted(len(plan.tables), 'table')} and "
        f"{words.counted(plan.foreign_keys, 'foreign key')} in {plan.database}.\n"
        f"SHA-256 {plan.sha256}\n{_consent(plan)}\n"
        "Nothing is changed yet: the conversion is a step of its own, and it stops before COMMIT."
    )


def _consent(plan: PlanMade) -> str:
    """What the operator takes upon oneself besides."""
    taken = []
    proof = plan.proof
    if proof is None or proof.state is not ProofState.PASSED:
        taken.append("NOT PROVED on a copy of the schema")
    elif proof.rewrites:
        taken.append(f"{words.counted(len(proof.rewrites), 'statement')} rewritten")
    if plan.refilled:
        stale = words.counted(len(plan.refilled), "materialized view")
        taken.append(f"{stale} may come back with other rows")
    if failing := at_run_time(plan):
        taken.append(f"May fail at run time: {failing}")
    return "".join(f"{each}.\n" for each in taken)


def what_is_locked(plan: PlanMade, history: History, now: datetime) -> str:
    """What a conversion means for those who work with the database meanwhile."""
    locked = plan.locked or plan.tables
    return (
        f"{words.counted(len(locked), 'table')} will be locked{_only_locked(plan)}: "
        "whoever reads or writes them waits from the first phase until COMMIT or ROLLBACK.\n\n"
        "Nothing is permanent before COMMIT.\n\n"
        f"Backup: {_backup(history.backup, now)}"
    )


def _only_locked(plan: PlanMade) -> str:
    """Which tables are locked for what hangs on them, and have no converted column."""
    only = sorted({*plan.locked} - {table.name for table in plan.tables})
    return f" ({len(only)} of them only locked, not converted: {', '.join(only)})" if only else ""


def what_becomes_permanent(history: History, now: datetime) -> str:
    """What COMMIT does."""
    attempt = history.since_start_of(Step.CONVERSION)
    parity, counted = attempt.last(ParityChecked), attempt.last(BackupCompared)
    plan = history.plan
    if parity is None or plan is None:
        return ""
    keys = (f"  {key}: {type_}" for key, type_ in history.profile.keys.items())
    rows = sum(table.rows_after for table in parity.tables)
    return "\n".join(
        [
            "This becomes permanent:",
            *keys,
            f"{words.counted(len(plan.tables), 'table')} rewritten, "
            f"{words.counted(rows, 'row')} kept.",
            f"{words.counted(plan.foreign_keys, 'foreign key')} recreated; "
            f"{words.counted(len(parity.foreign_keys), 'foreign key')} and "
            f"{words.counted(parity.compared, 'object')} compared, "
            f"{parity.differences} differences.",
            f"Backup: {_backup(history.backup, now)}",
            *([] if counted is None else [since_backup.told(counted, _TABLES)]),
        ]
    )


def what_backup(history: History, now: datetime) -> str:
    """How old the backup is and what was written since, in a line; empty if nothing is known."""
    backup = history.backup
    counted = history.since_start_of(Step.CONVERSION).last(BackupCompared)
    if not isinstance(backup, BackupMade) or counted is None:
        return ""
    return f"Backup {since_backup.ago(backup, now)}. {since_backup.told(counted, 1)}"


def old_backup(history: History, now: datetime) -> str | None:
    """What it means to go on with a backup that is too old; None if it is not."""
    backup = since_backup.too_old(history, now)
    if backup is None:
        return None
    return (
        f"The backup was {since_backup.ago(backup, now)}, at {moments.full(backup.started)}; the "
        f"profile allows {since_backup.allowed(history)}.\n\n"
        "What was written to the database since is not in it: after COMMIT there is no way back to "
        "that. Step 4 makes a new one. To go on with this one is recorded under your name."
    )


OLD_BACKUP = f"Type '{since_backup.WORD}' to go on with it:"


def _backup(backup: BackupMade | BackupAttested | None, now: datetime) -> str:
    """What there is to go back to, in a line."""
    match backup:
        case BackupMade():
            at = moments.full(backup.started)
            return f"{since_backup.ago(backup, now)} ({at}), read back whole."
        case BackupAttested():
            return f"attested by {backup.by}: {backup.statement}"
        case None:
            return "none."


def undecided(history: History) -> tuple[CollisionCompared, ...]:
    """The tables made by hand about which the latest attempt has to be told.

    Those that it was told about and did not get to are among them.
    """
    attempt = history.since_start_of(Step.MIGRATIONS)
    finished = {each.revision for each in attempt.of(RevisionFinished)}
    return tuple(
        each
        for each in attempt.of(CollisionCompared)
        if each.ways and each.collision.revision not in finished
    )


def only_adopted(collisions: tuple[CollisionCompared, ...]) -> Mapping[str, Way] | None:
    """The ways, if all tables are as the scripts would make them; None if some are not."""
    ways = {each.collision.revision: each.ways[0] for each in collisions}
    return ways if all(way is Way.ADOPT for way in ways.values()) else None


def would_fail(history: History) -> bool:
    """Whether the latest attempt ended before anything was changed, for what a copy said."""
    attempt = history.since_start_of(Step.MIGRATIONS)
    told = attempt.last(MigrationsForecast)
    started = attempt.last(RevisionStarted) is not None
    failed = attempt.last(StepFailed) is not None
    return told is not None and bool(told.failing) and failed and not started


WAYS = {
    Way.ADOPT: "Adopt them",
    Way.REPAIR: "Make them the same",
    Way.ASIDE: "Rename aside",
}


def what_is_made_by_hand(compared: CollisionCompared) -> str:
    """Tables made by hand, how they differ from the script's, and what each way out does."""
    collision = compared.collision
    parts = [f"{collision.title} would create {words.names(collision.tables)}, which exist."]
    if compared.adoptable:
        parts.append("They are as the script would make them.")
    else:
        parts.append("\n".join(("They differ:", *(f"- {each}" for each in compared.differences))))
    if compared.repair:
        parts.append(
            "\n".join(
                (
                    f"{WAYS[Way.REPAIR]}: these run, then the revision is marked as done, in one "
                    "transaction:",
                    *(f"  {statement};" for statement in compared.repair),
                )
            )
        )
    if compared.aside and not compared.adoptable:
        parts.append(
            f"{WAYS[Way.ASIDE]}: their names, and those of their indexes, end in _by_hand then; "
            "rows and foreign keys stay with them. The script creates its own, empty."
        )
    return "\n\n".join(parts)


def what_is_confirmed(history: History, revisions: tuple[str, ...]) -> str:
    """What the operator says by confirming that the schema is at these revisions."""
    found = history.last(Investigated)
    if found is None:
        return ""
    match, one = found.match, chosen(history, revisions)
    parts = [f"{one.words}: {one.counts}."]
    if one.candidate is None:
        parts.append(f"It was NOT COMPARED with the schema: {one.why or 'no script has it.'}")
    elif match is not None and match.answer is Answer.NONE:
        parts.append("NO revision fits. Confirm this one only if you know what was done here.")
    elif (
        match is not None
        and match.answer is Answer.AMBIGUOUS
        and (others := [other for other in (match.revisions, *match.alike) if other != revisions])
    ):
        if revisions in (match.revisions, *match.alike):
            named_others = ", or ".join(map(named, others[:3]))
            parts.append(
                f"It may as well be {named_others}: nothing in the catalog tells them apart. Look "
                "at the data that their scripts change."
            )
        else:
            parts.append(f"It is NOT the nearest: {chosen(history, match.revisions).words} is.")
    elif match is not None and revisions != match.revisions:
        nearest = chosen(history, match.revisions)
        parts.append(f"It is NOT the nearest: {nearest.words} is, with {nearest.counts}.")
    parts.append(f"{_set_revision(found, revisions)} {_pending(found, revisions)}")
    parts.append("Nothing is changed now: your word is recorded, with what speaks for it.")
    return "\n\n".join(parts)


def _set_revision(found: Investigated, revisions: tuple[str, ...]) -> str:
    if revisions == found.claimed:
        return f"The migrations step leaves alembic_version as it is, at {named(revisions)}."
    return (
        f"The migrations step sets alembic_version from {words.names(found.claimed, 'nothing')} "
        f"to {words.names(revisions, 'nothing')}, if it still is what the investigation saw."
    )


def _pending(found: Investigated, revisions: tuple[str, ...]) -> str:
    pending = found.pending(revisions)
    if not pending:
        return f"No migration is pending then: it is at {words.names(found.heads)}."
    migrations = words.counted(len(pending), "pending migration")
    return f"The {migrations} {'runs' if len(pending) == 1 else 'run'} from there, to " + (
        f"{words.names(found.heads)}."
    )


def what_is_migrated(
    history: History, ways: Mapping[str, Way], *, despite_forecast: bool = False
) -> str:
    """What the migrations do; ``ways`` says by revision what is done with tables made by hand."""
    found = history.last(Investigated)
    start = history.start_revisions
    if found is None or start is None:
        return ""
    told = {
        Way.ADOPT: "Marked as done, without being run: {}. Their tables were made by hand and have "
        "been compared.\n",
        Way.REPAIR: "Made as the script would, and marked as done: the tables of {}.\n",
        Way.ASIDE: "Renamed aside, before the script creates its own: the tables of {}.\n",
    }
    by_hand = "".join(
        words_of.format(words.names(revisions))
        for way, words_of in told.items()
        if (revisions := tuple(revision for revision, chosen in ways.items() if chosen is way))
    )
    if not ways and found.collisions and not any(history.of(CollisionCompared)):
        tables = tuple(table for each in found.collisions for table in each.tables)
        by_hand += (
            f"Made by hand, and to be created by a pending migration: {words.names(tables)}. They "
            "are compared first, and this stops for your decision before anything is "
            "changed.\n"
        )
    if despite_forecast:
        by_hand += "NOT as the copy says: a migration failed there.\n"
    said = history.revision_confirmed
    confirmed = (
        "" if said is None else f"The revision was confirmed by {said.by}: {said.evidence}.\n"
    )
    return (
        f"{confirmed}{_set_revision(found, start)}\n"
        f"{by_hand}{_pending(found, start)} Each of them is committed."
    )
