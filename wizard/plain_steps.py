"""What can be done in each step, as words with a letter; the same as on the step's screen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from recovery.conversion import plan
from recovery.record import decisions
from recovery.record import events as e
from recovery.record.candidates import choosable, confirmable, named
from recovery.record.history import REVISION, StepState
from recovery.record.session import this_person
from recovery.record.transaction import TransactionState, gate
from recovery.server import target
from recovery.steps.launch import Options
from recovery.words.errors import Refused
from screens import consequences
from wizard.event_lines import LISTED, revision_lines
from wizard.watch import Watch

PURPOSE = {
    e.Step.TARGET: "Connect, read which database this is, and type its name.",
    e.Step.INVESTIGATION: "What is wrong with the schema, read without changing anything.",
    e.Step.PLAN: "What will be done, in full, before anything is done.",
    e.Step.BACKUP: "A backup that is read back whole, or your word that there is another.",
    e.Step.CONVERSION: "One transaction, which stops before COMMIT and waits for you.",
    e.Step.MIGRATIONS: "The revision that you confirm is recorded; what is pending runs to head.",
    e.Step.VERIFICATION: "What was expected and what is there, check by check.",
    e.Step.REPORT: "What happened, as files that stay.",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be done now; its letter is in brackets: ``[n]ext``."""

    label: str
    deed: Callable[[], object]

    def is_meant(self, typed: str) -> bool:
        """Whether somebody typed the letter, or the words."""
        letter = self.label.partition("[")[2][:1]
        words = self.label.replace("[", "").replace("]", "")
        return typed.lower() in (letter.lower(), words.lower())


def offered(watch: Watch, step: e.Step) -> Iterator[Choice]:
    """What can be done in a step as things stand; moving between the steps is not in it."""
    if watch.session.only_reads is not None:
        return
    unknown = step is e.Step.CONVERSION and watch.transaction_state is TransactionState.UNKNOWN
    if watch.lost or unknown:
        yield Choice("as[k] the server what became of it", watch.ask_server)
    yield from _OFFERED[step](watch)


def _again(watch: Watch, step: e.Step) -> str:
    return " again" if watch.history.state_of(step) is StepState.DONE else ""


def _start(watch: Watch, step: e.Step, label: str, options: Options | None = None) -> Choice:
    return Choice(f"{label}{_again(watch, step)}", lambda: watch.start(step, options))


# --- the target ---


def _confirm(watch: Watch) -> None:
    typed = watch.ask(
        "Is this the database? Type its name to confirm; nothing is changed yet. "
        "An empty line goes back."
    )
    if typed:
        target.confirm(watch.session, watch.client.sign_in(), typed)


def _target(watch: Watch) -> Iterator[Choice]:
    connected = watch.client.signed_in is not None
    if connected and not watch.history.name_typed:
        yield Choice("con[f]irm the target", lambda: _confirm(watch))
    yield Choice("c[o]nnect again" if connected else "c[o]nnect", watch.connect)


# --- looking and planning ---


def _investigation(watch: Watch) -> Iterator[Choice]:
    if watch.allowed(e.Step.INVESTIGATION):
        yield _start(watch, e.Step.INVESTIGATION, "[i]nvestigate")
    found = watch.history.last(e.Investigated)
    if found is not None and any(finding.query for finding in found.findings):
        yield Choice("s[h]ow the findings' SQL", lambda: _tell_queries(watch, found))
    if found is not None and confirmable(watch.history):
        yield Choice("the [r]evision", lambda: _confirm_revision(watch))
    if found is not None and found.decidable:
        yield Choice("decide about column[s]", lambda: _decide(watch, found))


def _tell_queries(watch: Watch, found: e.Investigated) -> None:
    """The SQL that shows each finding, for psql."""
    for finding in found.findings:
        if finding.query:
            watch.console.line(f"{finding.severity.upper()}: {finding.title}")
            watch.console.lines(finding.query)


def _confirm_revision(watch: Watch) -> None:
    """Tells what was found of the revision, and asks which one is to be confirmed."""
    history = watch.history
    for line in revision_lines(history):
        watch.console.line(line)
    several = choosable(history)
    listed = {str(number): one.revisions for number, one in enumerate(several[:LISTED], 1)}
    typed = watch.ask(
        "Which of them is the schema at? Type its number, or the id of any revision (of several "
        "that stand side by side, with spaces between). An empty line goes back."
    )
    if not typed:
        return
    revisions = listed.get(typed, tuple(sorted({*typed.split()})))
    known = {revision for one in several for revision in one.revisions}
    if unknown := [each for each in revisions if each not in known]:
        watch.console.line(f"{', '.join(map(repr, unknown))} is none of them.")
    elif watch.agrees(
        f"Is the schema at {named(revisions)}?", consequences.what_is_confirmed(history, revisions)
    ):
        decisions.confirm_revision(watch.session, revisions, this_person())


def _decide(watch: Watch, found: e.Investigated) -> None:
    """Lists keys that nobody named, and what may hold values of a key; asks about one."""
    profile, references = watch.history.profile, found.decidable
    taken, left = ({str(name) for name in names} for names in (profile.key_types, profile.left))
    for number, one in enumerate(references, 1):
        word = "taken" if one.column in taken else "left" if one.column in left else "open"
        becomes = f"It can be {one.becomes}." if one.becomes else "It cannot be converted."
        watch.console.line(
            f"{number}. {word.upper()}: {one.column} is {one.type}: {one.seen}. {becomes}"
        )
    typed = watch.ask("Which of them? Type its number; an empty line goes back.")
    if not typed:
        return
    if not typed.isdecimal() or not 1 <= int(typed) <= len(references):
        watch.console.line(f"{typed!r} is none of them.")
        return
    chosen = references[int(typed) - 1]
    take = "" if chosen.becomes is None else "[t]ake it, "
    answer = watch.ask(
        f"{chosen.column}: what is to be done with it?",
        consequences.taken_or_left(found, chosen),
        f"{take}[l]eave it, [n]ot yet",
    ).lower()
    if answer in ("t", "l"):
        decisions.decide_column(watch.session, chosen.column, take=answer == "t", by=this_person())


def _plan(watch: Watch) -> Iterator[Choice]:
    history = watch.history
    made, last = history.plan, history.last(e.PlanMade)
    compatible = last is not None and last.compatible
    settled = made is not None and (made.nothing_to_do or history.plan_approved)
    if watch.allowed(e.Step.PLAN):
        again = "" if made is None else " again"
        yield _start_plan(watch, f"[m]ake the plan{again}", compatible=compatible)
        if made is not None and not settled:
            if consequences.other_plan(history):
                label = "plan without [o]perators" if compatible else "plan with [o]perators"
                yield _start_plan(watch, label, compatible=not compatible)
            if not made.refusals:
                yield Choice("[a]pprove the plan", lambda: _approve(watch, made))
    if made is not None and not made.nothing_to_do:
        yield Choice("[s]how plan.sql", lambda: watch.console.lines(_plan_sql(watch)))


def _start_plan(watch: Watch, label: str, *, compatible: bool) -> Choice:
    options = Options(by=this_person(), compatible=compatible)
    return Choice(label, lambda: watch.start(e.Step.PLAN, options))


def _plan_sql(watch: Watch) -> str:
    return watch.session.read_plan()


def _approve(watch: Watch, made: e.PlanMade) -> None:
    if plan.sha256(_plan_sql(watch)) != made.sha256:
        raise Refused(
            "plan.sql is not the file that this plan was made with.",
            "Make a new plan.",
            object=str(watch.session.plan_file),
        )
    if watch.agrees("Approve this plan?", consequences.what_is_approved(made)):
        decisions.approve_plan(watch.session, made.sha256, this_person())


# --- the backup ---


def _backup(watch: Watch) -> Iterator[Choice]:
    step, again = e.Step.BACKUP, _again(watch, e.Step.BACKUP)
    if watch.history.running is step:
        yield Choice("[x] cancel the backup", lambda: watch.give(e.Cancel(by=this_person())))
    elif watch.allowed(step):
        yield _start(watch, step, "[b]ack up into one file")
        options = Options(by=this_person(), backup_format="directory")
        yield _start(watch, step, "back up into a [f]older", options)
        yield Choice(f"a[t]test a backup{again}", lambda: _attest(watch))


def _attest(watch: Watch) -> None:
    statement = watch.ask(
        "Name a backup that exists already: the snapshot's name, its time, and where it is. "
        "It is recorded under your name, and not checked. An empty line goes back."
    )
    if statement:
        decisions.attest_backup(watch.session, statement, this_person())


# --- the conversion ---


def _conversion(watch: Watch) -> Iterator[Choice]:
    opened = gate(watch.history)
    if opened is not None and opened.differences == 0:
        yield Choice("[C]OMMIT", lambda: _commit(watch))
    if watch.transaction_state in (TransactionState.IN_TRANSACTION, TransactionState.AT_THE_GATE):
        yield Choice("[R]OLL BACK", lambda: _roll_back(watch))
    if opened is not None:
        extend = e.ExtendGate(by=this_person(), seconds=consequences.EXTENSION)
        yield Choice("[e]xtend by 15 min", lambda: watch.give(extend))
    if watch.allowed(e.Step.CONVERSION) and not watch.history.converted:
        yield Choice("[s]tart the conversion", lambda: _convert(watch))


def _convert(watch: Watch) -> None:
    made = watch.history.plan
    if made is None or not _with_backup(watch):
        return
    locked = consequences.what_is_locked(made, watch.history, datetime.now(UTC))
    if watch.agrees(f"Convert {made.database} now?", locked):
        watch.start(e.Step.CONVERSION)


def _with_backup(watch: Watch) -> bool:
    """Whether there is a backup to go on with: one that is too old needs a typed word."""
    means = consequences.old_backup(watch.history, datetime.now(UTC))
    if means is None:
        return True
    typed = watch.ask(means, f"{consequences.OLD_BACKUP} an empty line goes back.")
    if not typed:
        return False
    now = datetime.now(UTC)
    decisions.accept_old_backup(watch.session, typed, this_person(), now)
    return True


def _commit(watch: Watch) -> None:
    profile = watch.history.profile
    database = profile.target.database
    typed = watch.ask(
        f"COMMIT in {database}?",
        consequences.what_becomes_permanent(watch.history, datetime.now(UTC)),
        f"Type the database's name to COMMIT ({profile.environment.upper()}). "
        "An empty line goes back.",
    )
    if typed == database:
        watch.give(e.Commit(by=this_person(), typed=typed))
    elif typed:
        watch.console.line(f"{typed!r} is not its name. Nothing is committed.")


def _roll_back(watch: Watch) -> None:
    if watch.agrees("Roll back?", consequences.AFTER_ROLL_BACK):
        watch.give(e.RollBack(by=this_person()))


# --- what comes afterwards ---


def _migrations(watch: Watch) -> Iterator[Choice]:
    if watch.history.waits_for(e.Step.MIGRATIONS) == REVISION and confirmable(watch.history):
        yield Choice("confirm the [r]evision", lambda: _confirm_revision(watch))
    if watch.history.running is e.Step.MIGRATIONS:
        yield Choice("[x] cancel the migrations", lambda: watch.give(e.Cancel(by=this_person())))
    elif watch.allowed(e.Step.MIGRATIONS) and watch.history.last(e.Migrated) is None:
        collisions = consequences.undecided(watch.history)
        if collisions:
            adopted = consequences.only_adopted(collisions)
            label = "[d]ecide and migrate" if adopted is None else "[a]dopt and migrate"
            yield Choice(label, lambda: _migrate(watch, _ways(watch, collisions)))
        elif consequences.would_fail(watch.history):
            yield Choice("[m]igrate all the same", lambda: _migrate(watch, {}, despite=True))
        else:
            yield Choice("[m]igrate", lambda: _migrate(watch, {}))


def _ways(watch: Watch, collisions: tuple[e.CollisionCompared, ...]) -> Mapping[str, e.Way] | None:
    """What is to be done with each; None if it is not to be decided now."""
    adopted = consequences.only_adopted(collisions)
    if adopted is not None:
        return adopted
    ways: dict[str, e.Way] = {}
    for compared in collisions:
        watch.console.lines(consequences.what_is_made_by_hand(compared))
        offered = [f"{n}: {consequences.WAYS[way]}" for n, way in enumerate(compared.ways, 1)]
        typed = watch.ask(
            f"{compared.collision.revision}: what is to be done? {', '.join(offered)}. "
            "An empty line goes back."
        )
        if not typed.isdecimal() or not 1 <= int(typed) <= len(compared.ways):
            return None
        ways[compared.collision.revision] = compared.ways[int(typed) - 1]
    return ways


def _migrate(watch: Watch, ways: Mapping[str, e.Way] | None, *, despite: bool = False) -> None:
    if ways is None or not _with_backup(watch):
        return
    if watch.agrees(
        f"Migrate {watch.history.profile.target.database} to head?",
        consequences.what_is_migrated(watch.history, ways, despite_forecast=despite),
    ):
        options = Options(by=this_person(), ways=dict(ways), despite_forecast=despite)
        watch.start(e.Step.MIGRATIONS, options)


def _verification(watch: Watch) -> Iterator[Choice]:
    if watch.allowed(e.Step.VERIFICATION):
        yield _start(watch, e.Step.VERIFICATION, "[v]erify")


def _report(watch: Watch) -> Iterator[Choice]:
    if watch.allowed(e.Step.REPORT):
        yield _start(watch, e.Step.REPORT, "[w]rite the report")


_OFFERED: dict[e.Step, Callable[[Watch], Iterator[Choice]]] = {
    e.Step.TARGET: _target,
    e.Step.INVESTIGATION: _investigation,
    e.Step.PLAN: _plan,
    e.Step.BACKUP: _backup,
    e.Step.CONVERSION: _conversion,
    e.Step.MIGRATIONS: _migrations,
    e.Step.VERIFICATION: _verification,
    e.Step.REPORT: _report,
}
