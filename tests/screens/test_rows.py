"""Tables that are read: nothing is cut off, and names are broken where they can be read."""

from io import StringIO

from rich.console import Console

from screens.widgets.rows import Facts

PATH = "/home/ada/.local/state/pg-rekey/20261122-030000-5eed/plan.sql"


def lines(text: str, width: int) -> list[str]:
    """A fact's lines, without its label."""
    facts = Facts()
    facts.tell([("", text)])
    console = Console(width=width, file=StringIO())
    with console.capture() as capture:
        console.print(facts.content)
    return [line.strip() for line in capture.get().splitlines()]


def test_a_path_is_broken_behind_a_slash() -> None:
    assert lines(PATH, 60) == [
        "/home/ada/.local/state/pg-rekey/20261122-030000-5eed/",
        "plan.sql",
    ]
    assert lines("/sessions/one/saas_platform.dump", 26)[1:] == ["saas_platform.dump"]
    assert lines(f"saved to {PATH}", 200) == [f"saved to {PATH}"]


def test_a_table_is_broken_behind_an_underscore_and_what_has_none_anywhere() -> None:
    told = "pipeline_template_stages is there"
    assert lines(told, 22) == ["pipeline_template_", "stages is there"]
    assert [len(line) for line in lines("x" * 64, 42)] == [40, 24]
