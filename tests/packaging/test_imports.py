"""What a command loads: commands without a screen nothing for screens, and some next to nothing."""

import subprocess
import sys

import pytest

import wizard
from recovery.record.session import create
from tests.screens.story import PROFILE

RUN = """
import sys
before = set(sys.modules)
from wizard.__main__ import main
sys.argv = ["pg-rekey", *sys.argv[1:]]
code = 0
try:
    main()
except SystemExit as end:
    code = end.code
print("CODE", code or 0)
print("LOADED", *sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


def loaded(program: str, *arguments: str) -> tuple[str, set[str]]:
    """The exit code, and the top-level modules that a program has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    *_, code, modules = done.stdout.splitlines()
    assert modules.startswith("LOADED ")
    return code, set(modules.split()[1:])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--help",), "CODE 0"),
        (("--version",), "CODE 0"),
        (("convert", "--help"), "CODE 0"),
        (("sessions",), "CODE 0"),
        (("sessions", "--json"), "CODE 0"),
        (("report",), "CODE 2"),
        (("resume", "none"), "CODE 4"),
        (("init", "--dsn", "host=/nowhere"), "CODE 3"),
        (("investigate", "--dsn", "host=/nowhere dbname=saas"), "CODE 3"),
        (("verify", "--dsn", "host=/nowhere dbname=saas", "--json"), "CODE 3"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_without_a_screen_does_not_import_textual(
    arguments: tuple[str, ...], code: str
) -> None:
    ended, modules = loaded(RUN, *arguments)

    assert ended == code
    assert "textual" not in modules
    assert "screens" not in modules


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("plan", "-h")])
def test_version_and_help_are_said_with_nothing_but_the_standard_library(
    arguments: tuple[str, ...],
) -> None:
    ended, modules = loaded(RUN, *arguments)

    assert ended == "CODE 0"
    assert modules - set(sys.stdlib_module_names) == {"wizard"}


@pytest.mark.parametrize(
    "arguments", [("sessions",), ("sessions", "--json"), ("--json", "sessions")]
)
def test_the_list_of_sessions_loads_the_record_only_for_what_has_changed(
    arguments: tuple[str, ...],
) -> None:
    known = create(PROFILE, wizard.__version__)
    known.close()
    # It was written a moment ago, which may be the moment of a change that is to come.
    at_once = RUN.replace(
        "from wizard", "import wizard.listing; wizard.listing._TICK = 0; from wizard"
    )

    ended, modules = loaded(at_once, *arguments)
    assert ended == "CODE 0"
    needed = {"wizard", "recovery", "msgspec", "platformdirs", "typing_extensions"}
    assert modules - set(sys.stdlib_module_names) <= needed

    ended, modules = loaded(at_once, *arguments)
    assert ended == "CODE 0"
    assert modules - set(sys.stdlib_module_names) == {"wizard", "recovery", "platformdirs"}
    assert "sqlite3" not in modules


def test_a_shell_that_completes_a_word_does_not_wait_for_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("_PG_REKEY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "pg-rekey resume ")
    monkeypatch.setenv("COMP_CWORD", "2")

    ended, modules = loaded(RUN)

    assert ended == "CODE 0"
    assert modules.isdisjoint({"psycopg", "sqlalchemy", "textual"})


def test_the_plain_wizard_does_not_import_textual() -> None:
    ended, modules = loaded(RUN, "--plain", "--dsn", "host=/nowhere dbname=saas")

    assert ended == "CODE 3"
    assert "textual" not in modules


@pytest.mark.parametrize(
    "module",
    ["recovery.steps.runner", "recovery.steps.follow", "recovery.record.report", "queries"],
)
def test_the_work_imports_neither_screens_nor_the_command_line(module: str) -> None:
    program = f"""
import sys, {module}
print("CODE", 0)
print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    _, modules = loaded(program)

    assert modules.isdisjoint({"textual", "screens", "wizard", "typer", "rich"})


def test_an_http_client_is_imported_only_where_a_service_is_asked() -> None:
    program = """
import sys, recovery.steps.runner, recovery.steps.verification, wizard.headless
print("CODE", 0)
print("LOADED", *sorted({name.partition(".")[0] for name in sys.modules}))
"""
    _, modules = loaded(program)

    assert "httpx" not in modules


@pytest.mark.parametrize("script", ["private.keeper", "revision.metadata_child"])
def test_a_script_that_runs_alone_needs_nothing_but_the_standard_library(script: str) -> None:
    program = f"""
import sys
before = set(sys.modules)
import recovery.{script}
print("CODE", 0)
print("LOADED", *sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""
    _, modules = loaded(program)

    assert modules - set(sys.stdlib_module_names) == {"recovery"}
