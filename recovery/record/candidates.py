"""The revisions that the operator can choose from, and what speaks for each, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from recovery.record.events import (
    Answer,
    Candidate,
    Cause,
    Investigated,
    RevisionDifference,
    RevisionFinished,
    RevisionMatch,
    RevisionSet,
)
from recovery.record.history import History

# So many key types are named; the others are like them.
_KEY_TYPES = 5
# So many states that cannot be told apart are named in a line.
_NAMED = 3

_NOT_COMPARED = "The scripts were not replayed."


@dataclass(frozen=True, slots=True)
class Choosable:
    """Revisions that the schema may be at, by ``marks`` in words what they are.

    ``candidate`` is None where nothing was compared with them; ``why`` then says why.
    """

    revisions: tuple[str, ...]
    title: str
    marks: tuple[str, ...] = ()
    candidate: Candidate | None = None
    why: str = ""

    @property
    def words(self) -> str:
        """Its name, and what it is."""
        return f"{named(self.revisions)} ({self.title})"

    @property
    def counts(self) -> str:
        """How far the schema is from it."""
        return "not compared" if self.candidate is None else self.candidate.counts


def named(revisions: tuple[str, ...]) -> str:
    """Revisions in a sentence."""
    return ", ".join(revisions) or "no revision"


def choosable(history: History) -> tuple[Choosable, ...]:
    """Every state that was compared, nearest first; then the revisions that were not."""
    found = history.last(Investigated)
    if found is None:
        return ()
    match, said = found.match, history.revision_confirmed
    confirmed = None if said is None else said.revisions
    compared = () if match is None else match.candidates

    def marks(revisions: tuple[str, ...]) -> Iterator[str]:
        if revisions == confirmed:
            yield "confirmed"
        if compared and match is not None and revisions == compared[0].revisions:
            yield "exact" if match.answer is Answer.EXACT else "nearest"
        elif match is not None and revisions in match.alike:
            yield "as near"
        if revisions == found.claimed:
            yield "claimed"

    several = [
        Choosable(one.revisions, one.title, tuple(marks(one.revisions)), one) for one in compared
    ]
    if match is not None and compared:
        others = [(one.revision, one.title, one.why) for one in match.not_replayed]
    else:
        why = (match.why if match is not None else "") or _NOT_COMPARED
        others = [(one.revision, one.title, why) for one in reversed(found.evidence)]
    known = {one.revisions for one in several}
    several += [
        Choosable((revision,), title, tuple(marks((revision,))), None, why)
        for revision, title, why in others
        if (revision,) not in known
    ]
    return tuple(several)


def chosen(history: History, revisions: tuple[str, ...]) -> Choosable:
    """The one with these revisions; one that nothing is known of, if there is none."""
    fits = (one for one in choosable(history) if one.revisions == revisions)
    return next(fits, Choosable(revisions, "not among those that were compared"))


def confirmable(history: History) -> bool:
    """Whether a revision can be confirmed: the scripts are known, and nothing has moved on."""
    found = history.last_entry(Investigated)
    if history.running is not None or found is None or history.profile.alembic is None:
        return False
    return not any(
        isinstance(entry.event, RevisionSet | RevisionFinished)
        for entry in history.entries[history.entries.index(found) :]
    )


def proposal(history: History) -> tuple[str, ...] | None:
    """The revisions to be confirmed that the catalog speaks for; None if there are none."""
    found = history.last(Investigated)
    if history.start_revisions is not None or not confirmable(history) or found is None:
        return None
    match = found.match
    return None if match is None or match.answer is Answer.NONE else match.revisions


# --- in words ---


def answer(found: Investigated) -> str:
    """What the catalog says of the revision, without an end of the sentence."""
    match = found.match
    if match is None or not match.candidates:
        return f"nothing: {_reason(match)}"
    name, counts = named(match.revisions), match.candidates[0].counts
    match match.answer:
        case Answer.EXACT:
            return f"{name}, exactly" + (", as claimed" if match.revisions == found.claimed else "")
        case Answer.NEAREST:
            return f"{name} is the nearest: {counts}"
        case Answer.AMBIGUOUS:
            return f"{name} or {_alike(match)}: nothing in the catalog tells them apart ({counts})"
        case Answer.NONE:
            return "no revision fits: these scripts make another schema"


def _reason(match: RevisionMatch | None) -> str:
    return ((match.why if match is not None else "") or _NOT_COMPARED).removesuffix(".")


def _alike(match: RevisionMatch) -> str:
    names = [named(one) for one in match.alike]
    more = len(names) - _NAMED
    return " or ".join(names[:_NAMED]) + (f" or {more} more" if more > 0 else "")


def facts(history: History) -> Iterator[tuple[str, str]]:
    """What is known of the revision: a label, and what it stands for."""
    found = history.last(Investigated)
    if found is None:
        return
    match, said = found.match, history.revision_confirmed
    scripts = {one.revision: one.title for one in found.evidence}
    claims = (f"{one} ({scripts.get(one, 'no script has it')})" for one in found.claimed)
    yield "Claimed", ", ".join(claims) or "nothing"
    yield "Found", answer(found)
    if said is not None:
        yield "Confirmed", f"{named(said.revisions)}, by {said.by}"
    elif history.start_revisions is not None:
        yield "Confirmed", "not needed: the catalog is exactly as claimed"
    elif history.profile.alembic is not None:
        yield "Confirmed", "not yet; the migrations wait for it"
    yield "Head", ", ".join(found.heads) or "not known"
    if match is not None and match.candidates:
        yield "Compared", "; ".join(filter(None, (match.where, match.why)))
        if match.not_replayed:
            yield "Not run", f"{len(match.not_replayed)} scripts; they are at the end of the list"


def differences(one: Choosable) -> Iterator[tuple[str, list[str]]]:
    """How the schema differs from a state: headings, and what stands below each."""
    candidate = one.candidate
    if candidate is None:
        yield "Not compared", [one.why]
        return
    kept = candidate.differences
    listed = 0
    for cause, heading in ((Cause.BY_HAND, "By hand"), (Cause.UNKNOWN, "Of unknown cause")):
        found = [each for each in kept if each.cause is cause]
        listed += len(found)
        if found:
            yield f"{heading}: {len(found)}", list(_together(found, 0))
    rest = candidate.missing + candidate.changed + candidate.extra - listed
    if rest > 0 and not listed:
        yield (
            f"Other than in types of keys: {rest}",
            ["They were not kept: only those of the nearest states and of the claimed one are."],
        )
    elif rest > 0:
        yield f"And {rest} more", ["They were not kept."]
    if candidate.key_types:
        of_keys = [each for each in kept if each.cause is Cause.KEY_TYPE]
        more = candidate.key_types - len(of_keys)
        yield (
            f"Types of keys: {candidate.key_types} (they say nothing about the revision)",
            list(_together(of_keys[:_KEY_TYPES], more + len(of_keys[_KEY_TYPES:])))
            or ["They are listed with the nearest revision."],
        )
    if not kept and not rest and not candidate.key_types:
        yield "No difference", []


def _together(found: list[RevisionDifference], more: int) -> Iterator[str]:
    """A line for all objects that differ in the same way; ``more`` are not among them."""
    groups: dict[tuple[str, str], list[str]] = {}
    for each in found:
        groups.setdefault((each.state, each.how), []).append(each.name)
    for (state, how), names in groups.items():
        yield f"{state}: {', '.join(names)}{how}"
    if found and more:
        yield f"and {more} more"
