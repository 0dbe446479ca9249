"""What the events of a session say about how far it is."""

import msgspec
import pytest

from recovery.record.candidates import confirmable
from recovery.record.events import (
    Answer,
    AnyEvent,
    BackupAttested,
    Candidate,
    ConversionEnded,
    Investigated,
    Migrated,
    Outcome,
    PlanApproved,
    Refusal,
    Reported,
    RevisionConfirmed,
    RevisionEvidence,
    RevisionFinished,
    RevisionMatch,
    RevisionSet,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
    Verified,
)
from recovery.record.history import History, StepState
from recovery.words.errors import Problem
from tests.facts import (
    ANA,
    BEN,
    PROFILE,
    backed_up,
    confirmed,
    history,
    investigated,
    opened,
    planned,
    recovered,
)

NOT_YET, READY, DONE = StepState.NOT_YET, StepState.READY, StepState.DONE
REVISION = RevisionConfirmed(("a1",), "the only one", ANA)
PROBLEM = Problem(what="It broke.", remedy="Mend it.", exit_code=1)


def started(step: Step) -> StepStarted:
    return StepStarted(step, 4711, ANA)


def ended(outcome: Outcome) -> ConversionEnded:
    return ConversionEnded(outcome, "so it was decided", ANA)


def converting(outcome: Outcome) -> tuple[AnyEvent, ...]:
    """A whole attempt at a conversion."""
    return (
        started(Step.CONVERSION),
        ended(outcome),
        StepFinished(Step.CONVERSION, 1.0),
    )


def ready_to_convert() -> tuple[AnyEvent, ...]:
    return (
        opened(),
        confirmed(),
        investigated(),
        planned(),
        PlanApproved("aa", ANA),
        backed_up(),
    )


def states(told: History) -> dict[Step, StepState]:
    return {step: told.state_of(step) for step in Step}


def test_along_the_story_each_step_opens_when_the_one_before_is_done() -> None:
    story: list[tuple[tuple[AnyEvent, ...], Step]] = [
        ((opened(),), Step.TARGET),
        ((confirmed(),), Step.INVESTIGATION),
        ((investigated(),), Step.PLAN),
        ((planned(), PlanApproved("aa", ANA)), Step.BACKUP),
        ((backed_up(),), Step.CONVERSION),
        ((*converting(Outcome.COMMITTED), REVISION), Step.MIGRATIONS),
        ((Migrated(("c3",)),), Step.VERIFICATION),
        ((Verified(()),), Step.REPORT),
    ]
    order = list(Step)
    told: tuple[AnyEvent, ...] = ()
    for events, next_step in story:
        told += events
        now = states(history(*told))
        place = order.index(next_step)
        assert all(now[step] is DONE for step in order[:place]), next_step
        assert now[next_step] is READY
        assert all(now[step] is not DONE for step in order[place:]), next_step

    assert set(states(history(*told, Reported("report.md", "report.json"))).values()) == {DONE}


@pytest.mark.parametrize(
    ("events", "step", "waits_for"),
    [
        ((opened(),), Step.INVESTIGATION, "the target to be confirmed"),
        ((opened(),), Step.CONVERSION, "the target to be confirmed"),
        ((opened(),), Step.VERIFICATION, "the target to be confirmed"),
        ((opened(), confirmed(typed=False)), Step.CONVERSION, "the database's name to be typed"),
        ((opened(), confirmed(typed=False)), Step.MIGRATIONS, "the database's name to be typed"),
        ((opened(), confirmed()), Step.PLAN, "the investigation"),
        ((opened(), confirmed()), Step.MIGRATIONS, "the investigation"),
        ((opened(), confirmed(), investigated()), Step.BACKUP, "a plan"),
        ((opened(), confirmed(), investigated()), Step.CONVERSION, "a plan"),
        (
            (opened(), confirmed(), investigated(), planned()),
            Step.CONVERSION,
            "the plan to be approved",
        ),
        (
            (opened(), confirmed(), investigated(), planned(), PlanApproved("aa", ANA)),
            Step.CONVERSION,
            "a backup, made and verified or attested",
        ),
        (
            (opened(), confirmed(), investigated(), planned()),
            Step.MIGRATIONS,
            "the conversion to be committed",
        ),
        (
            (*ready_to_convert(), *converting(Outcome.ROLLED_BACK)),
            Step.MIGRATIONS,
            "the conversion to be committed",
        ),
        (
            (*ready_to_convert(), *converting(Outcome.UNKNOWN)),
            Step.MIGRATIONS,
            "the conversion to be committed",
        ),
    ],
)
def test_a_step_says_what_it_waits_for(
    events: tuple[AnyEvent, ...], step: Step, waits_for: str
) -> None:
    told = history(*events)

    assert told.waits_for(step) == waits_for
    assert told.state_of(step) is NOT_YET


def test_looking_needs_no_typed_name() -> None:
    told = history(opened(), confirmed(typed=False))

    assert told.waits_for(Step.INVESTIGATION) is None
    assert told.waits_for(Step.VERIFICATION) is None


def test_what_may_be_done_at_any_time_is_not_ready_before_its_turn() -> None:
    told = history(opened(), confirmed(), investigated(), planned())

    assert told.state_of(Step.PLAN) is READY
    for step in (Step.BACKUP, Step.VERIFICATION, Step.REPORT):
        assert told.waits_for(step) is None
        assert told.state_of(step) is NOT_YET


def test_nothing_is_converted_while_the_plan_refuses_something() -> None:
    refusal = Refusal("view v", "It reads users.id.", "Drop it.")
    told = history(
        opened(),
        confirmed(),
        investigated(),
        planned(refusals=(refusal,)),
        PlanApproved("aa", ANA),
        backed_up(),
    )

    assert told.waits_for(Step.CONVERSION) == "the plan's refusals to be resolved"


def test_an_approval_holds_for_the_hash_that_was_shown_and_no_other() -> None:
    approved = (opened(), confirmed(), investigated(), planned("aa"), PlanApproved("aa", ANA))

    assert history(*approved).plan_approved
    assert not history(*approved, planned("bb")).plan_approved
    assert history(*approved, planned("bb")).state_of(Step.PLAN) is READY
    assert not history(*approved, planned("bb"), PlanApproved("aa", ANA)).plan_approved
    assert history(*approved, planned("bb"), PlanApproved("bb", ANA)).plan_approved


def test_the_same_plan_made_again_stays_approved() -> None:
    assert history(opened(), planned("aa"), PlanApproved("aa", ANA), planned("aa")).plan_approved


def test_an_attested_backup_is_a_backup() -> None:
    attested = BackupAttested("RDS snapshot of 12:00", BEN)
    without = ready_to_convert()[:-1]

    assert history(*without).waits_for(Step.CONVERSION) is not None
    assert history(*without, attested).waits_for(Step.CONVERSION) is None
    assert history(*without, attested).backup == attested


def test_with_nothing_to_convert_the_migrations_may_begin() -> None:
    told = history(opened(), confirmed(), investigated(), planned(nothing_to_do=True))

    assert told.converted
    assert not told.committed
    assert told.state_of(Step.PLAN) is DONE
    assert told.state_of(Step.CONVERSION) is StepState.SKIPPED
    assert told.skipped_because(Step.CONVERSION) == "the keys have the expected types already"
    assert told.waits_for(Step.MIGRATIONS) == "the revision to be confirmed"
    # Migrations write, too.
    assert told.state_of(Step.BACKUP) is READY
    decided = (*(e.event for e in told.entries), REVISION)
    assert history(*decided).waits_for(Step.MIGRATIONS) == (
        "a backup, made and verified or attested"
    )
    attested = BackupAttested("RDS snapshot of 12:00", BEN)
    assert history(*decided, attested).waits_for(Step.MIGRATIONS) is None


def test_with_nothing_to_convert_or_migrate_no_backup_is_asked_for() -> None:
    nothing = (opened(), confirmed(), planned(nothing_to_do=True))
    at_head = RevisionConfirmed(("c3",), "", ANA)
    told = history(
        *nothing, msgspec.structs.replace(matched(Answer.NONE), claimed=("c3",)), at_head
    )

    assert told.state_of(Step.BACKUP) is told.state_of(Step.CONVERSION) is StepState.SKIPPED
    assert told.waits_for(Step.MIGRATIONS) is None


def matched(answer: Answer, *revisions: str) -> Investigated:
    """A line of three revisions, a1, b2 and c3, of which b2 is claimed."""
    evidence = tuple(
        RevisionEvidence(revision, "", (), (), revision == "b2", None, below)
        for revision, below in (("a1", ()), ("b2", ("a1",)), ("c3", ("b2",)))
    )
    candidate = Candidate(revisions, "", 0, 0, 0, 0, 0.0)
    match = RevisionMatch(answer, revisions, (), (candidate,), (), "replayed")
    return msgspec.structs.replace(investigated(), evidence=evidence, match=match)


def test_only_an_exact_match_of_the_claim_needs_no_word() -> None:
    exact, nearest = matched(Answer.EXACT, "b2"), matched(Answer.NEAREST, "b2")

    assert history(opened(), exact).start_revisions == ("b2",)
    assert history(opened(), matched(Answer.EXACT, "a1")).start_revisions is None
    assert history(opened(), nearest).start_revisions is None
    assert history(opened(), nearest, REVISION).start_revisions == ("a1",)
    assert history(opened(), nearest, REVISION, nearest).start_revisions is None
    assert history(opened(), nearest, REVISION, nearest).revision_confirmed is None


def test_what_is_pending_is_above_the_confirmed_revision() -> None:
    found = matched(Answer.NEAREST, "a1")

    assert [each.revision for each in found.pending(("a1",))] == ["b2", "c3"]
    assert [each.revision for each in found.pending(("c3",))] == []
    assert [each.revision for each in found.pending(())] == ["a1", "b2", "c3"]


def test_a_revision_can_be_confirmed_until_the_version_was_set() -> None:
    found = matched(Answer.NEAREST, "a1")

    assert not confirmable(history(opened()))
    assert confirmable(history(opened(), found, REVISION))
    assert not confirmable(history(opened(), found, StepStarted(Step.PLAN, 7, ANA)))
    assert not confirmable(history(opened(), found, REVISION, RevisionSet(("b2",), ("a1",))))


def test_a_step_runs_from_its_start_to_its_end() -> None:
    begun = (*ready_to_convert(), started(Step.CONVERSION))

    assert history(*begun).running is Step.CONVERSION
    assert history(*begun).state_of(Step.CONVERSION) is StepState.RUNNING
    assert history(*begun, StepFinished(Step.CONVERSION, 1.0)).running is None
    assert history(*begun, StepFailed(Step.CONVERSION, PROBLEM)).running is None


def test_a_failed_step_is_failed_until_it_succeeds() -> None:
    failed = (
        opened(),
        confirmed(),
        started(Step.INVESTIGATION),
        StepFailed(Step.INVESTIGATION, PROBLEM),
    )

    assert history(*failed).state_of(Step.INVESTIGATION) is StepState.FAILED
    again = (*failed, started(Step.INVESTIGATION))
    assert history(*again).state_of(Step.INVESTIGATION) is StepState.RUNNING
    done = (*again, investigated(), StepFinished(Step.INVESTIGATION, 1.0))
    assert history(*done).state_of(Step.INVESTIGATION) is DONE


def test_another_step_that_fails_later_does_not_count_against_this_one() -> None:
    told = history(
        *ready_to_convert(),
        *converting(Outcome.ROLLED_BACK),
        started(Step.VERIFICATION),
        StepFailed(Step.VERIFICATION, PROBLEM),
    )

    assert told.state_of(Step.VERIFICATION) is StepState.FAILED
    assert told.state_of(Step.CONVERSION) is READY


def test_a_conversion_that_was_rolled_back_can_be_tried_again() -> None:
    told = history(*ready_to_convert(), *converting(Outcome.ROLLED_BACK))

    assert told.outcome is Outcome.ROLLED_BACK
    assert not told.committed
    assert told.state_of(Step.CONVERSION) is READY


def test_while_the_next_attempt_runs_the_outcome_of_the_last_does_not_count() -> None:
    told = history(*ready_to_convert(), *converting(Outcome.ROLLED_BACK), started(Step.CONVERSION))

    assert told.outcome is None


def test_an_unknown_outcome_is_not_taken_as_done() -> None:
    told = history(*ready_to_convert(), *converting(Outcome.UNKNOWN))

    assert told.outcome is Outcome.UNKNOWN
    assert told.state_of(Step.CONVERSION) is not DONE


def test_since_the_start_of_a_step_only_the_latest_attempt_is_told() -> None:
    told = history(
        *ready_to_convert(),
        *converting(Outcome.ROLLED_BACK),
        started(Step.CONVERSION),
        ended(Outcome.COMMITTED),
    )

    attempt = told.since_start_of(Step.CONVERSION)
    assert [event.outcome for event in attempt.of(ConversionEnded)] == [Outcome.COMMITTED]
    assert told.since_start_of(Step.BACKUP).entries == ()


def test_the_latest_of_a_kind_comes_with_its_line_of_the_journal() -> None:
    told = history(opened(), planned("aa"), planned("bb"))

    assert [event.sha256 for event in told.of(type(planned()))] == ["aa", "bb"]
    latest = told.last_entry(type(planned()))
    assert latest is not None
    assert (latest.number, latest.event) == (3, planned("bb"))
    assert told.last(Verified) is None
    assert told.last_entry(Verified) is None


def test_the_profile_is_the_one_that_the_session_was_opened_with() -> None:
    assert history(opened()).profile == PROFILE
    with pytest.raises(ValueError, match="no beginning"):
        _ = History().profile


*UNREPORTED, REPORT = recovered()
PASSED = UNREPORTED[-1]


def test_a_session_is_finished_when_every_step_is_settled_and_the_report_tells_of_all() -> None:
    assert not history(*UNREPORTED).finished
    assert history(*UNREPORTED, REPORT).finished
    assert not history(*UNREPORTED[:-1], REPORT).finished


@pytest.mark.parametrize("way", [(opened(), confirmed(), investigated()), ready_to_convert()])
def test_a_report_that_is_written_early_finishes_nothing(way: tuple[AnyEvent, ...]) -> None:
    told = history(*way, REPORT)

    assert told.state_of(Step.REPORT) is DONE
    assert not told.finished


def test_a_report_is_done_until_another_step_begins() -> None:
    nothing = (opened(), confirmed(), investigated(), planned(nothing_to_do=True), backed_up())
    checked = (*nothing, REVISION, Migrated(("c3",)), PASSED, started(Step.REPORT), REPORT)
    again = (started(Step.VERIFICATION), PASSED, StepFinished(Step.VERIFICATION, 1.0))

    assert history(*checked, StepFinished(Step.REPORT, 0.1)).finished
    assert not history(*checked, *again).finished
    assert history(*checked, *again).state_of(Step.REPORT) is READY
    assert history(*checked, *again, REPORT).finished


@pytest.mark.parametrize(
    "change",
    [
        ended(Outcome.COMMITTED),
        RevisionFinished("r1", ("r1",), 0.1, adopted=False),
        Migrated(("r1",)),
    ],
    ids=lambda event: type(event).__name__,
)
def test_checks_and_report_do_not_outlive_a_change_of_the_database(change: AnyEvent) -> None:
    before = recovered()
    told = history(*before, change)

    assert (told.recovered, told.finished) == (False, False)
    assert told.state_of(Step.VERIFICATION) is not DONE
    assert told.state_of(Step.REPORT) is not DONE
    again = history(*before, change, PASSED)
    assert again.recovered
    assert again.state_of(Step.VERIFICATION) is DONE
    assert history(*before, ended(Outcome.ROLLED_BACK)).finished
