"""Events as plain lines, for a terminal without a screen and for logs."""

from collections.abc import Iterator
from datetime import UTC, datetime

from recovery.record import events as e
from recovery.record import since_backup
from recovery.record.candidates import answer, choosable, differences, facts, named
from recovery.record.events.conversion import PHASES
from recovery.record.history import History
from recovery.record.transaction import AFTER_COMMIT
from recovery.words import moments
from recovery.words.errors import Problem

# Of the candidates for the revision so many are told.
LISTED = 10


def lines(event: e.AnyEvent) -> Iterator[str]:
    """What a person is told about an event; nothing for what is only of use to a screen."""
    match event:
        case e.SessionOpened(profile=profile):
            yield f"session for {profile.target.database} ({profile.environment})"
        case e.TargetConfirmed(identity=identity):
            yield from identity_lines(identity)
        case e.StepStarted(step=step):
            yield f"== {step} =="
        case e.StepFailed(step=step, problem=problem):
            yield from problem_lines(problem, f"{step} failed")
        case e.Investigated():
            yield from _investigation(event)
        case e.PlanMade():
            yield from _plan(event)
        case e.PlanApproved(by=by):
            yield f"plan approved by {by}"
        case e.BackupProgress(done=done, total=total, object=table, bytes=size) if table:
            yield f"dumping {done}/{total} {table} ({size:,} bytes so far)"
        case e.BackupMade():
            yield from _backup(event)
        case e.BackupAttested(statement=statement, by=by):
            yield f"backup attested by {by}: {statement}"
        case e.OldBackupAccepted(seconds=seconds, by=by):
            yield f"backup {since_backup.age(seconds)} old accepted by {by}"
        case e.BackupCompared(seconds=seconds):
            yield f"the backup was made {since_backup.age(seconds)} ago"
            yield f"    {since_backup.told(event)}"
        case e.LockAttemptFailed(attempt=attempt, attempts=attempts, blockers=blockers):
            yield f"locks not to be had, attempt {attempt} of {attempts}; in the way:"
            yield from map(_in_the_way, blockers)
        case e.LockAwaited(sessions=sessions) if sessions:
            yield "waits for a lock; in the way:"
            yield from map(_in_the_way, sessions)
        case e.LockAwaited():
            yield "waits no longer for a lock"
        case e.PhaseFinished(number=number, counts=counts, seconds=seconds):
            yield f"phase {number}: {PHASES[number]} in {seconds:.2f} s"
            yield from (f"    {key}: {count}" for key, count in counts.items())
        case e.ParityChecked():
            yield from _parity(event)
        case e.GateOpened(deadline=deadline, differences=differences):
            yield (
                f"at the gate: {differences} differences; nothing is committed; rolls back by "
                f"itself at {_clock(deadline)}"
            )
        case e.GateExtended(deadline=deadline, by=by):
            yield f"{by} moved the deadline to {_clock(deadline)}"
        case e.GatePrice(not_seen=not_seen) if not_seen:
            yield f"who waits for the locks cannot be seen now: {not_seen}"
        case e.GatePrice(blocked=blocked) if blocked:
            yield f"{len(blocked)} sessions wait for the locks:"
            yield from map(_in_the_way, blocked)
        case e.Unreadable(kind=kind, why=why):
            yield f"this entry of the journal cannot be read ({kind or 'of unknown kind'}): {why}"
        case e.CommandRefused(asked_for=wanted, reason=reason):
            yield f"{wanted} refused: {reason}"
        case e.ConversionEnded(outcome=outcome, reason=reason, by=by):
            yield f"{outcome.upper()}: {reason}" + (f" ({by})" if by else "")
            if outcome is e.Outcome.COMMITTED:
                yield AFTER_COMMIT
        case e.ColumnDecided(by=by):
            yield f"{event.words} ({by})"
        case e.CompatibilityRemoved(objects=objects, by=by):
            yield f"{by} dropped {', '.join(objects) or 'nothing: there was nothing of it'}"
        case e.RevisionConfirmed(revisions=revisions, evidence=evidence, by=by):
            yield f"revision confirmed: {named(revisions)} by {by} ({evidence})"
        case e.RevisionSet(before=before, heads=heads):
            set_to = ", ".join(heads) or "nothing"
            yield f"alembic_version set from {', '.join(before) or 'nothing'} to {set_to}"
        case e.CollisionCompared(collision=collision, differences=differences):
            yield f"revision {collision.revision} would create {', '.join(collision.tables)}"
            yield from (f"    {difference}" for difference in differences)
            for statement in event.repair:
                yield f"    would be the same after: {statement}"
        case e.MigrationsForecast(revisions=pending, where=where, why=why):
            yield f"pending migrations {where or 'NOT TRIED: ' + why}"
            for each in pending:
                because = f": {each.problem}" if each.problem else ""
                yield f"    {each.revision} {each.title}: {each.outlook.upper()}{because}"
        case e.RevisionAdopted(collision=collision, by=by, repaired=repaired):
            yield f"{by} adopts them: revision {collision.revision} will be marked as done"
            yield from (f"    after: {statement}" for statement in repaired)
        case e.TablesSetAside(collision=collision, by=by, statements=statements):
            yield f"{by} sets aside the tables of revision {collision.revision}"
            yield from (f"    by: {statement}" for statement in statements)
        case e.RevisionFinished(revision=revision, seconds=seconds, adopted=adopted):
            yield f"revision {revision} " + ("adopted" if adopted else f"run in {seconds:.2f} s")
        case e.Migrated(heads=heads):
            yield f"at {', '.join(heads)}, read back over another connection"
        case e.Verified(checks=checks):
            yield from _checks(checks)
        case e.Reported(markdown=markdown, json=json):
            yield f"report: {markdown}"
            yield f"        {json}"


def _clock(at: datetime) -> str:
    return moments.clock(at, datetime.now(UTC))


def problem_lines(problem: Problem, title: str = "error") -> Iterator[str]:
    """A problem in full: what, where, why, what to do."""
    state = f" [{problem.sqlstate}]" if problem.sqlstate else ""
    yield f"{title}: {' '.join(problem.what.split())}{state}"
    if problem.object:
        yield f"  on: {problem.object}"
    if problem.meaning:
        yield f"  it means: {problem.meaning}"
    if problem.detail:
        yield f"  detail: {' '.join(problem.detail.split())}"
    if problem.statement:
        yield f"  statement: {' '.join(problem.statement.split())[:300]}"
    if problem.stays:
        yield f"  committed before, and stays: {problem.stays}"
    if problem.remedy:
        yield f"  what to do: {problem.remedy}"


def identity_lines(identity: e.Identity) -> Iterator[str]:
    """The identity card."""
    others = ", ".join(other.name for other in identity.other_databases) or "none"
    seen = identity.server_address or "a local socket"
    yield f"database   {identity.database} on {identity.host}:{identity.port}"
    yield f"server     PostgreSQL {identity.server_version_text}, sees this line come by {seen}"
    yield f"role       {identity.role}, owns {identity.owned_tables} of {identity.tables} tables"
    yield f"size       {identity.size_bytes:,} bytes"
    yield f"started    {moments.full(identity.started)}"
    yield f"TLS        {'yes' if identity.tls else 'no'}"
    yield f"others     {others}"


def _investigation(found: e.Investigated) -> Iterator[str]:
    yield f"revision claimed: {', '.join(found.claimed) or 'none'}"
    yield f"revision found: {answer(found)}"
    yield f"head: {', '.join(found.heads) or 'not known'}"
    yield f"{found.tables} tables, {found.foreign_keys} foreign keys, {found.size_bytes:,} bytes"
    for finding in found.findings:
        yield f"{finding.severity.upper():8} {finding.title}"
        yield f"         {finding.evidence}"
        yield f"         -> {finding.remedy}"


def revision_lines(history: History) -> Iterator[str]:
    """What was found of the revision: the answer, the nearest candidates, how it differs."""
    for label, told in facts(history):
        yield f"{label.lower():10} {told}"
    several = choosable(history)
    if not several:
        return
    yield "candidates, nearest first:"
    for number, one in enumerate(several[:LISTED], 1):
        marks = f" {', '.join(one.marks).upper()}" if one.marks else ""
        yield f"{number:4}.{marks} {one.words}: {one.counts}"
    if len(several) > LISTED:
        yield f"      and {len(several) - LISTED} more"
    if several[0].candidate is not None:
        yield f"how the schema differs from {named(several[0].revisions)}:"
        for heading, told_below in differences(several[0]):
            yield f"    {heading}"
            yield from (f"        {line}" for line in told_below)
        not_run = [one for one in several if one.candidate is None]
        if not_run:
            yield "not run, so not compared:"
            yield from (f"    {one.words}: {one.why}" for one in not_run)


def _plan(plan: e.PlanMade) -> Iterator[str]:
    if plan.nothing_to_do:
        yield "nothing to do: every key has the expected type"
        return
    for refusal in plan.refusals:
        yield f"REFUSED  {refusal.object}"
        yield f"         {refusal.reason}"
        yield f"         -> {refusal.remedy}"
    for phase in plan.phases:
        counts = ", ".join(f"{key}: {count}" for key, count in phase.expected.items())
        yield f"phase {phase.number}: {phase.title} ({counts})"
    yield f"{len(plan.tables)} tables, {plan.foreign_keys} foreign keys"
    if plan.rebuilt:
        yield f"dropped and made again, with all they have: {', '.join(plan.rebuilt)}"
    if plan.proof is not None:
        yield f"proof {plan.proof.state}: {plan.proof.words}"
        for rewrite in plan.proof.rewrites:
            yield f"REWRITTEN {rewrite.object}"
            yield f"    was: {' '.join(rewrite.before.split())}"
            yield f"    now: {' '.join(rewrite.after.split())}"
        for found in plan.proof.breaks:
            yield f"AT RUN TIME {found.function}, line {found.line or '?'}: {found.cause}"
            yield f"            ({found.found})"
    for view in plan.refilled:
        yield f"REFILLED {view.words}"
    for one in plan.soft_references:
        yield f"AT RUN TIME {one.stays}"
    if plan.compatibility:
        yield f"operators for code that still has the old type: {', '.join(plan.compatibility)}"
    yield f"plan.sql SHA-256 {plan.sha256}"


def _backup(backup: e.BackupMade) -> Iterator[str]:
    for file in backup.files[:5]:
        yield f"{file.path}  {file.bytes:,} bytes  SHA-256 {file.sha256}"
    if len(backup.files) > 5:
        yield f"and {len(backup.files) - 5} more files"
    rows = sum(backup.row_counts.values())
    yield f"{rows:,} rows in {len(backup.row_counts)} tables; read whole after it was written"
    yield f"manifest: {backup.folder}/manifest.json"
    yield f"restore:  {backup.restore_command}"
    for failing in backup.not_restored:
        yield f"WARNING  {failing.words}"
    if backup.not_restored:
        yield f"         -> {e.NOT_RESTORED_REMEDY}"


def _parity(compared: e.ParityChecked) -> Iterator[str]:
    converted = [row for row in compared.foreign_keys if row.key]
    rows = sum(row.rows_after for row in compared.tables)
    yield (
        f"parity: {len(compared.foreign_keys)} foreign keys ({len(converted)} recreated), "
        f"{len(compared.tables)} tables with {rows:,} rows, {compared.compared} objects compared"
    )
    for key in compared.foreign_keys:
        if key.counts:
            yield f"    {key.table}.{key.name}: {key.state}"
    for table in compared.tables:
        if table.state != e.SAME:
            yield f"    {table.table}: {table.state}"
    for other in compared.unexplained:
        yield f"    {other.words}"
    expected = sum(row.explained is not None for row in compared.catalog)
    if expected:
        yield f"    {expected} objects differ as they have to: the report lists them"
    if compared.by_others:
        yield f"    {e.BY_OTHERS}:"
    for theirs in compared.by_others:
        yield f"        {theirs.words}"
    yield f"parity: {compared.differences} differences"


def _in_the_way(session: e.SessionInTheWay) -> str:
    if session.is_prepared:
        return f"    {session.words}"
    since = "for an unknown time" if session.seconds is None else f"{session.seconds:.0f} s"
    who = f"pid {session.pid} {session.role} {session.application or '-'}"
    return f"    {who} {since}: {session.query}"


def _checks(checks: tuple[e.Check, ...]) -> Iterator[str]:
    for check in checks:
        yield f"{check.state.upper():11} {check.name}: {check.evidence} (expected {check.expected})"
    counted = {state: sum(c.state is state for c in checks) for state in e.CheckState}
    yield ", ".join(f"{count} {state}" for state, count in counted.items())
