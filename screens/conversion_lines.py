"""What the conversion's screen says of what runs and what it costs, in lines."""

from collections.abc import Iterator

from recovery.record.events import ConversionWatched, SessionInTheWay
from screens import words
from screens.phases import PhaseProgress, Rewriting


def phase(phase: PhaseProgress) -> str:
    """A phase's line, in columns."""
    seconds = "" if phase.word == "not yet" else words.duration(phase.seconds)
    of = f"{phase.statements} of {phase.plan.statements}"
    title = f"{phase.plan.number} {words.plain_line(phase.plan.title)}"
    return columns(title, phase.word.upper(), of, seconds)


def columns(title: str, state: str, statements: str, time: str) -> str:
    return f"{words.fitted(title, 43)} {state:<8} {statements:>10} {time:>9}"


def blocked(blocked: tuple[SessionInTheWay, ...], not_seen: str) -> str:
    """How many sessions the held locks keep waiting, in a line."""
    if not_seen:
        return f"Who is blocked cannot be seen now: {not_seen}"
    if not blocked:
        return "No session is blocked by these locks."
    return f"{words.counted(len(blocked), 'session')} blocked by these locks: press 5 to see them."


def rewritten(done: Rewriting) -> str:
    """How far the tables are that have to be rewritten, and what is left of it."""
    if not done.done:
        return f"To rewrite: {words.size(done.total)} in {words.counted(done.tables, 'table')}."
    said = f"Rewritten {words.size(done.done)} of {words.size(done.total)}"
    if done.rate is None or done.left is None or done.done == done.total:
        return f"{said}."
    return f"{said}, {words.size(int(done.rate))}/s; at that rate {words.duration(done.left)} more."


def cost(seen: ConversionWatched | None) -> str:
    """What the server pays, in a line."""
    if seen is None:
        return ""
    if seen.cost is None:
        return f"What it costs the server cannot be seen now: {seen.not_seen}"
    cost = seen.cost
    blocked = (
        f"{words.counted(len(cost.blocked), 'session')} blocked: press 5."
        if cost.blocked
        else "No session blocked."
    )
    free = "" if cost.free_bytes is None else f" Server's disk: {words.size(cost.free_bytes)} free."
    return f"{blocked} WAL {words.size(cost.wal_bytes)}.{free}"


def sessions(sessions: tuple[SessionInTheWay, ...], since: float = 0) -> Iterator[tuple[str, ...]]:
    """``since`` is how long ago they were seen, in seconds."""
    for each in sessions:
        yield (
            "" if each.is_prepared else str(each.pid),
            each.role,
            each.application,
            "?" if each.seconds is None else words.duration(each.seconds + since),
            each.query,
        )


def digests(before: dict[str, str], after: dict[str, str]) -> str:
    """Whether each column's digest is as it was."""
    changed = tuple(column for column in before if before[column] != after.get(column))
    if changed:
        return f"differ: {words.names(changed)}"
    return f"{words.counted(len(before), 'column')} the same" if before else "none taken"
