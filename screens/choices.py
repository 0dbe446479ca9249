"""What can be decided, and what comes of it, in words: on the screens and in plain lines."""

from recovery.events import (
    BackupAttested,
    BackupMade,
    CollisionCompared,
    Investigated,
    ParityChecked,
    PlanMade,
    ProofState,
    RevisionFinished,
    Step,
)
from recovery.history import History
from screens import words

# How far the gate's deadline is moved at a time, in seconds.
EXTENSION = 900.0
AFTER_ROLL_BACK = (
    "The transaction ends; the database is left as it was. The plan and the backup stay, and the "
    "conversion can be started again."
)
TAKEN_OR_LEFT = (
    "Taken into the plan, it is converted with the key. Left, it stays as it is, and what compares "
    "it with the key will fail. Either is recorded by name."
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
    if failing := at_run_time(plan):
        taken.append(f"May fail at run time: {failing}")
    return "".join(f"{each}.\n" for each in taken)


def what_is_locked(plan: PlanMade) -> str:
    """What a conversion means for those who work with the database meanwhile."""
    locked = plan.locked or plan.tables
    return (
        f"{words.counted(len(locked), 'table')} will be locked{_only_locked(plan)}: "
        "whoever reads or writes them waits from the first phase until COMMIT or ROLLBACK.\n\n"
        "Nothing is permanent before COMMIT."
    )


def _only_locked(plan: PlanMade) -> str:
    """Which tables are locked for what hangs on them, and have no converted column."""
    only = sorted({*plan.locked} - {table.name for table in plan.tables})
    return f" ({len(only)} of them only locked, not converted: {', '.join(only)})" if only else ""


def what_becomes_permanent(history: History) -> str:
    """What COMMIT does."""
    parity = history.since_start_of(Step.CONVERSION).last(ParityChecked)
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
            f"Backup: {_backup(history.backup)}",
        ]
    )


def _backup(backup: BackupMade | BackupAttested | None) -> str:
    """What there is to go back to, in a line."""
    match backup:
        case BackupMade():
            return f"made {words.moment(backup.finished)}, read back whole."
        case BackupAttested():
            return f"attested by {backup.by}: {backup.statement}"
        case None:
            return "none."


def to_adopt(history: History) -> tuple[str, ...]:
    """The revisions that the latest attempt found adoptable and did not get to.

    Those that it was to adopt are among them: what was not finished has to be asked for again.
    """
    attempt = history.since_start_of(Step.MIGRATIONS)
    finished = {each.revision for each in attempt.of(RevisionFinished)}
    return tuple(
        each.collision.revision
        for each in attempt.of(CollisionCompared)
        if each.adoptable and each.collision.revision not in finished
    )


def what_is_migrated(found: Investigated, adopted: tuple[str, ...]) -> str:
    """What the migrations do; ``adopted`` are revisions whose tables were made by hand."""
    adopting = (
        f"Marked as done, without being run: {words.names(adopted)}. Their tables were made by "
        "hand and have been compared.\n"
        if adopted
        else ""
    )
    return (
        f"alembic_version is set from {words.names(found.claimed, 'nothing')} to "
        f"{found.true_revision or 'no revision'}, if it still is what the investigation saw.\n"
        f"{adopting}Then the pending migrations run to {words.names(found.heads)}. "
        "Each of them is committed."
    )
