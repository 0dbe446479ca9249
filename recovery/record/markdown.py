"""Text and tables as the report for people writes them."""

from collections.abc import Iterable, Iterator

from recovery.words import foreign


def text(value: object) -> str:
    """Text in which nothing is taken for Markdown."""
    return foreign.markdown(str(value))


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """A table and the empty line after it."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(_cell(value) for value in row)} |"
    yield ""


def _cell(value: object) -> str:
    return text(" ".join(str(value).splitlines()))
