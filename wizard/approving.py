"""How a command comes to an approved plan: by its hash, by an earlier approval, or by asking."""

import re
import shlex
import sys
from collections.abc import Iterator

from recovery.record import decisions
from recovery.record import events as e
from recovery.record.history import History
from recovery.record.plan_changes import approved_before, changes
from recovery.record.session import Session, this_person
from recovery.words.errors import ProfileError, Refused
from wizard.output import Output

# So much of a hash says which plan is meant; and so much is said where it is to be typed.
_LEAST, _SAID = 8, 12


def approve(session: Session, made: e.PlanMade, meant: str | None, output: Output) -> None:
    """Sees to it that the latest plan is approved by somebody who has read it.

    ``meant`` is what was given of the hash of the plan that was read. Without it a plan that was
    approved before stays so; else a person is asked, at a terminal. Raises ``Refused`` if it is
    another plan, if nobody can be asked, or if the answer is no.
    """
    if meant is not None:
        _refuse_others(made, meant)
    elif session.history().plan_approved:
        return
    elif not made.refusals:
        _ask(session, made, output)
    decisions.approve_plan(session, made.sha256, this_person())
    output.entry(session.history().entries[-1])


def _refuse_others(made: e.PlanMade, meant: str) -> None:
    if re.fullmatch(rf"[0-9a-f]{{{_LEAST},64}}", meant.lower()) is None:
        raise ProfileError(
            f"--plan {meant}: this is no hash of a plan.",
            f"'pg-rekey plan' prints it as SHA-256; its first {_LEAST} characters are enough.",
        )
    if not made.sha256.startswith(meant.lower()):
        raise Refused(
            f"The latest plan is not {meant}: it is {made.sha256[:_SAID]}.",
            "Read the latest plan, then give its hash with --plan.",
            object=made.database,
        )


def _ask(session: Session, made: e.PlanMade, output: Output) -> None:
    # What is asked stands where it is read also if the output is kept in a file.
    if output.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        again = shlex.join(["pg-rekey", *sys.argv[1:], "--plan", made.sha256[:_SAID]])
        raise Refused(
            f"Nobody has approved the latest plan, {made.sha256[:_SAID]}.",
            "Read it: 'pg-rekey plan' has printed it, and plan.sql has each statement. "
            f"Then: {again}",
            object=str(session.plan_file),
        )
    for line in _summary(session.history(), made):
        output.notice(line)
    output.notice(f"Every statement is in {session.plan_file}.")
    sys.stderr.write("Approve this plan? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise Refused("The plan was not approved.", "Nothing was changed. Read it, then try again.")


def _summary(history: History, made: e.PlanMade) -> Iterator[str]:
    """The plan in short, or what is other than in the one that was approved before."""
    from screens.consequences import what_is_approved

    before = approved_before(history)
    if before is not None:
        yield f"Since the plan that was approved last ({before.sha256[:_SAID]}), this is other:"
        yield from (f"  {line}" for line in changes(before, made))
    yield from what_is_approved(made).splitlines()
