"""The report for people, in Markdown: what was done, in the order of the steps."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from recovery.record import unreadable
from recovery.record.candidates import facts, named
from recovery.record.events import (
    BY_OTHERS,
    BackupCompared,
    Check,
    ColumnDecided,
    CompatibilityRemoved,
    ConversionEnded,
    Identity,
    Investigated,
    Migrated,
    MigrationsForecast,
    Outcome,
    ParityChecked,
    PhaseFinished,
    PlanApproved,
    PlanMade,
    Proof,
    RevisionAdopted,
    RevisionFinished,
    RevisionSet,
    SessionOpened,
    Step,
    StepFailed,
    TablesSetAside,
    TargetConfirmed,
    Verified,
)
from recovery.record.events.conversion import PHASES
from recovery.record.history import Entry, History
from recovery.record.markdown import table, text
from recovery.record.report_backup import backup, counted_since
from recovery.record.transaction import AFTER_COMMIT
from recovery.record.verdict import verdict
from recovery.words import foreign, moments


def as_markdown(session_id: str, history: History) -> str:
    """The report for people."""
    # Whatever a line says, it is one line, and nothing in it is obeyed by a terminal.
    return "\n".join(map(foreign.line, _lines(session_id, history))) + "\n"


def _lines(session_id: str, history: History) -> Iterator[str]:
    opened = history.last_entry(SessionOpened)
    yield f"# Recovery {session_id}"
    yield ""
    yield f"**{text(verdict(history))}**"
    yield ""
    if lost := unreadable.told(history):
        yield f"**{lost}**"
        yield ""
    if opened is not None and isinstance(opened.event, SessionOpened):
        by, program = text(opened.event.by), opened.event.program
        yield f"Opened {moments.full(opened.at)} by {by} with pg-rekey {program}."
        yield ""
    confirmed = history.last(TargetConfirmed)
    if confirmed is not None:
        yield from _identity(confirmed.identity, history.profile.environment, str(confirmed.by))
    if (investigated := history.last(Investigated)) is not None:
        yield from _investigation(investigated)
        yield from _revision(history, investigated)
    if history.plan is not None:
        yield from _plan(history.plan, history.last(PlanApproved), history.of(ColumnDecided))
    yield from backup(history)
    yield from _conversion(history)
    for removed in history.of(CompatibilityRemoved):
        yield f"{text(removed.by)} dropped what was made for code that still had the old type: "
        yield f"{text(', '.join(removed.objects))}."
        yield ""
    yield from _migrations(history)
    if (verified := history.last_entry(Verified)) is not None:
        assert isinstance(verified.event, Verified)
        yield from _check_list(verified.at, verified.event.checks)
        if history.verified is None:
            yield "The database was changed after these checks: they have to be made again."
            yield ""
    yield from _failures(history.entries)


def _identity(identity: Identity, environment: str, by: str) -> Iterator[str]:
    yield "## Target"
    yield ""
    yield from table(
        ("fact", "value"),
        [
            ("database", f"{identity.database} (oid {identity.database_oid})"),
            ("environment", environment),
            ("host", f"{identity.host}:{identity.port}"),
            ("as the server sees it", f"{identity.server_address or 'local socket'}"),
            (
                "server",
                f"PostgreSQL {identity.server_version_text}, "
                f"up since {moments.full(identity.started)}",
            ),
            ("system identifier", identity.system_identifier or "withheld"),
            ("role", f"{identity.role}, owns {identity.owned_tables} of {identity.tables} tables"),
            ("size", f"{identity.size_bytes:,} bytes"),
            ("TLS", "yes" if identity.tls else "no"),
            ("other databases", ", ".join(o.name for o in identity.other_databases) or "none"),
            ("confirmed by", by),
        ],
    )


def _investigation(found: Investigated) -> Iterator[str]:
    yield "## Findings"
    yield ""
    yield from table(
        ("severity", "finding", "evidence", "what to do"),
        ((f.severity, f.title, f.evidence, f.remedy) for f in found.findings),
    )
    yield from table(
        ("key", "type", "expected", "foreign keys", "referencing columns"),
        ((k.key, k.actual, k.expected, k.foreign_keys, k.referencing_columns) for k in found.keys),
    )


def _revision(history: History, found: Investigated) -> Iterator[str]:
    if history.profile.alembic is None:
        return
    yield "## Revision"
    yield ""
    said = history.revision_confirmed
    told = [*facts(history)]
    if said is not None:
        told.append(("What spoke for it", said.evidence))
    yield from table(("fact", "value"), told)
    match = found.match
    if match is None:
        return
    start = history.start_revisions
    at = match.revisions if start is None else start
    candidate = match.candidate(at)
    if candidate is not None and (others := candidate.others):
        yield f"Not as {text(named(at))} leaves it, types of keys apart:"
        yield ""
        yield from table(
            ("object", "state", "expected", "there", "cause", "note"),
            ((d.object, d.state, d.expected, d.actual, d.cause, d.note) for d in others),
        )
    if match.not_replayed:
        yield from table(
            ("not run", "title", "why"),
            ((each.revision, each.title, each.why) for each in match.not_replayed),
        )


def _plan(
    plan: PlanMade, approval: PlanApproved | None, decisions: Iterable[ColumnDecided]
) -> Iterator[str]:
    yield "## Plan"
    yield ""
    yield f"plan.sql, SHA-256 `{plan.sha256}`, for the catalog `{plan.fingerprint}`."
    if approval is not None and approval.sha256 == plan.sha256:
        yield f"Approved by {text(approval.by)}."
    yield ""
    for decided in decisions:
        yield f"{text(decided.words)}: decided by {text(decided.by)}."
        yield ""
    if plan.nothing_to_do:
        yield "Nothing to convert: every key has the expected type."
        yield ""
    if plan.refusals:
        yield from table(
            ("refused", "reason", "what to do"),
            ((r.object, r.reason, r.remedy) for r in plan.refusals),
        )
    if plan.rebuilt:
        yield f"Dropped and made again, with all they have: {text(', '.join(plan.rebuilt))}."
        yield ""
    if plan.proof is not None:
        yield from _proof(plan.proof)
    for view in plan.refilled:
        yield f"Materialized view {text(view.words)}."
        yield ""
    if plan.soft_references:
        yield "Columns that hold values of a key, and stay as they are:"
        yield ""
        yield from table(
            ("column", "type", "key", "sampled"),
            (
                (one.column, one.type, one.key, f"{one.contained} of {one.sampled}")
                for one in plan.soft_references
            ),
        )
    if plan.compatibility:
        yield f"For code that still has the old type: {text(', '.join(plan.compatibility))}. "
        yield "'pg-rekey compatibility --remove' drops them."
        yield ""


def _conversion(history: History) -> Iterator[str]:
    attempt = history.since_start_of(Step.CONVERSION)
    if not attempt.entries:
        return
    yield "## Conversion"
    yield ""
    yield from table(
        ("phase", "counts", "seconds"),
        (
            (
                f"{phase.number}. {PHASES[phase.number]}",
                ", ".join(f"{key}: {count}" for key, count in phase.counts.items()),
                f"{phase.seconds:.2f}",
            )
            for phase in attempt.of(PhaseFinished)
        ),
    )
    if (counted := attempt.last(BackupCompared)) is not None:
        yield from counted_since(counted)
    if (compared := attempt.last(ParityChecked)) is not None:
        yield from _parity(compared)
    ended = attempt.last_entry(ConversionEnded)
    if ended is not None and isinstance(ended.event, ConversionEnded):
        by, reason = text(ended.event.by or "nobody"), text(ended.event.reason)
        outcome = ended.event.outcome.upper()
        yield f"**{outcome}** at {moments.full(ended.at)}: {reason} ({by})."
        if ended.event.outcome is Outcome.COMMITTED:
            yield AFTER_COMMIT
    else:
        yield "The conversion has not ended."
    yield ""


def _parity(compared: ParityChecked) -> Iterator[str]:
    yield f"Parity: {compared.compared} objects compared, {compared.differences} differences."
    yield ""
    yield from table(
        ("foreign key", "references", "definition before", "after", "orphans", "state"),
        (
            (
                f"{row.table}.{row.name}",
                row.references,
                row.before,
                "same" if row.after == row.before else row.after,
                f"{row.orphans_before} / {row.orphans_after}",
                row.state,
            )
            for row in compared.foreign_keys
            if row.key or row.counts
        ),
    )
    yield from table(
        ("table", "rows before", "rows after", "digests", "state"),
        (
            (
                row.table,
                row.rows_before,
                row.rows_after,
                ", ".join(f"{c}: {d}" for c, d in row.digests_after.items()),
                row.state,
            )
            for row in compared.tables
        ),
    )
    if any(not d.by_others for d in compared.catalog):
        yield from table(
            ("kind", "object", "before", "after", "why"),
            (
                (d.kind, d.name, d.before, d.after, d.explained or "UNEXPLAINED")
                for d in compared.catalog
                if not d.by_others
            ),
        )
    if compared.by_others:
        yield from table((BY_OTHERS,), ((theirs.words,) for theirs in compared.by_others))


def _proof(proof: Proof) -> Iterator[str]:
    yield f"Proof {proof.state}: {text(proof.words)}."
    yield ""
    if proof.rewrites:
        yield from table(
            ("rewritten", "before", "after"),
            ((rewrite.object, rewrite.before, rewrite.after) for rewrite in proof.rewrites),
        )
    if proof.breaks:
        yield "Functions that fail, or may, when they are called after the conversion:"
        yield ""
        yield from table(
            ("function", "line", "cause", "found how"),
            ((b.function, b.line or "?", b.cause, b.found) for b in proof.breaks),
        )


def _migrations(history: History) -> Iterator[str]:
    finished = list(history.of(RevisionFinished))
    was_set = history.last(RevisionSet)
    if not finished and was_set is None:
        return
    yield "## Migrations"
    yield ""
    if was_set is not None:
        before, after = ", ".join(was_set.before), ", ".join(was_set.heads)
        why = f" ({was_set.evidence})" if was_set.evidence else ""
        told = f"alembic_version set from {before or 'nothing'} to {after or 'nothing'}{why}."
        yield text(told)
    section = history.profile.alembic
    yield (
        f"Migrated by {text(' '.join(section.command))}."
        if section is not None and section.command
        else "The scripts ran without the application's env.py."
    )
    yield ""
    forecast = history.last(MigrationsForecast)
    if forecast is not None and forecast.why:
        yield f"They were NOT TRIED on a copy first: {text(forecast.why)}"
        yield ""
    adopted = {e.collision.revision: e for e in history.of(RevisionAdopted)}
    aside = {e.collision.revision: e for e in history.of(TablesSetAside)}
    yield from table(
        ("revision", "seconds", "how"),
        (
            (
                row.revision,
                f"{row.seconds:.2f}",
                _how(adopted.get(row.revision), aside.get(row.revision)),
            )
            for row in finished
        ),
    )
    if (migrated := history.last(Migrated)) is not None:
        yield f"Heads read back: {text(', '.join(migrated.heads))}."
        yield ""


def _how(adopted: RevisionAdopted | None, aside: TablesSetAside | None) -> str:
    """How a revision was carried out, with the statements that were run besides its script."""
    if adopted is not None:
        after = f" after {'; '.join(adopted.repaired)}" if adopted.repaired else ""
        return f"adopted by {adopted.by}{after}"
    if aside is not None:
        return f"run, after {aside.by} set tables aside: {'; '.join(aside.statements)}"
    return "run"


def _check_list(at: datetime, checks: tuple[Check, ...]) -> Iterator[str]:
    yield f"## Check-list of {moments.full(at)}"
    yield ""
    yield from table(
        ("check", "expected", "state", "evidence"),
        ((c.name, c.expected, c.state, c.evidence) for c in checks),
    )


def _failures(entries: tuple[Entry, ...]) -> Iterator[str]:
    rows = [
        (moments.full(e.at), e.event.step, e.event.problem.what, e.event.problem.sqlstate or "")
        for e in entries
        if isinstance(e.event, StepFailed)
    ]
    if rows:
        yield "## What failed on the way"
        yield ""
        yield from table(("at", "step", "what", "SQLSTATE"), rows)
