"""Repairs a definition that, made again, calls another function or operator of the same name.

With ``tag(text)`` beside ``tag(uuid)`` a call takes the other one as soon as it is given a text.
What it is given is cast back to what was taken before: ``public.tag((id)::uuid)``.
"""

from collections.abc import Collection, Iterator

from recovery.conversion.definitions import Span, arguments, cast, operands, unquoted, written_at

# What stands for the type of what is given.
_POLYMORPHIC = ("anyelement", "anynonarray", "anycompatible", "anycompatiblenonarray")
_POLYMORPHIC_ARRAYS = ("anyarray", "anycompatiblearray")


def candidates(text: str, was: str, now: str | None, types: Collection[str]) -> Iterator[str]:
    """Texts in which one call is given what ``was`` takes, where ``now`` takes something else.

    Both as regprocedure or regoperator writes them; ``types`` are those that columns had before.
    """
    name, takes = signature(was)
    instead, given = ("", []) if now is None else signature(now)
    alike = instead == name and len(given) == len(takes)
    changed = [not alike or was != now for was, now in zip(takes, given or takes, strict=alike)]
    for spans in _calls(text, name):
        for old in types:
            better = text
            for span, type_, cast_back in reversed(list(zip(spans, takes, changed, strict=False))):
                to = _named(type_, old)
                if cast_back and to is not None:
                    better = cast(better, span, to)
            if better != text:
                yield better


def signature(callee: str) -> tuple[str, list[str]]:
    """The name of a callee, and the types of what it takes: NONE where it takes nothing."""
    begins = next(at for at in unquoted(callee) if callee[at] == "(")
    return callee[:begins], [
        callee[span.start : span.end].strip() for span in arguments(callee, begins)
    ]


def _named(type_: str, old: str) -> str | None:
    if type_ in _POLYMORPHIC:
        return old
    if type_ in _POLYMORPHIC_ARRAYS:
        return f"{old}[]"
    # What takes anything, or nothing.
    return None if type_.startswith(("any", '"any"')) or type_ == "NONE" else type_


def _calls(text: str, name: str) -> Iterator[list[Span]]:
    """What is given in each call of a function, or to each operator, by name."""
    for at in written_at(text, name):
        if text.startswith("(", at + len(name)):
            yield arguments(text, at + len(name))
    for at in written_at(text, f"OPERATOR({name})"):
        sides = operands(text, at, name)
        if sides is not None:
            yield list(sides)
