"""A shell completes commands, options and sessions."""

import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

import wizard
from recovery.record import folders
from recovery.record.session import create
from tests.cli.program import PROGRAM, Shell
from tests.screens.story import PROFILE

# What bash does when somebody presses Tab, for each line of its input.
BASH = """
eval "$("$1" --show-completion bash)"
while IFS= read -r line; do
    IFS=' ' read -r -a COMP_WORDS <<< "$line"
    case "$line" in *' ') COMP_WORDS+=('') ;; esac
    COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
    COMPREPLY=()
    _pg_rekey_completion "$1"
    printf '%s\\n' "${COMPREPLY[*]}"
done
complete -p pg-rekey
"""


def test_bash_completes_commands_options_and_sessions() -> None:
    known = create(PROFILE, wizard.__version__).id
    wanted = {
        "in": "init investigate",
        "plan --no": "--no-proof",
        "resume ": known,
        f"bundle {known[:8]}": known,
        "verify -s ": known,
        "--profile t": "",
        "-p x plan --no": "--no-proof",
        # Refused when it is run, and no reason to be silent about the rest.
        "--plain plan --no": "--no-proof",
        f"--session {known[:8]}": known,
        "--dsn dbname=x bun": "bundle",
    }

    typed = "".join(f"pg-rekey {line}\n" for line in wanted)
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", PROGRAM],
        input=typed,
        capture_output=True,
        text=True,
        check=True,
    )

    *completed, registered = done.stdout.splitlines()
    assert dict(zip(wanted, completed, strict=True)) == wanted
    assert registered == "complete -o default -F _pg_rekey_completion pg-rekey"
    assert done.stderr == ""


def test_zsh_gets_its_own_script_and_words_with_help(shell: Shell) -> None:
    script = shell.run_alone("--show-completion", "zsh")
    assert script.code == 0
    assert script.out.strip().startswith("#compdef pg-rekey\n")
    # The script's way to ask.
    asked = {"_TYPER_COMPLETE_ARGS": "pg-rekey ver", "_PG_REKEY_COMPLETE": "complete_zsh"}
    assert all(name in script.out for name in asked)

    answer = shell.run(**asked)
    assert answer.code == 0
    assert '"verify":"Goes through the check-list;' in answer.out


def test_a_shell_that_is_not_known_gets_no_other_ones_script(shell: Shell) -> None:
    ended = shell.run_alone("--show-completion", "tcsh")

    assert ended.code == 1
    assert ended.out == ""
    assert "Shell tcsh not supported" in ended.err


def test_sessions_that_cannot_be_listed_are_no_noise_in_a_prompt(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> NoReturn:
        raise PermissionError(13, "Permission denied", str(Path("/root")))

    monkeypatch.setattr(folders, "session_ids", fail)
    ended = shell.run(
        COMP_WORDS="pg-rekey resume ", COMP_CWORD="2", _PG_REKEY_COMPLETE="complete_bash"
    )

    assert (ended.code, ended.out.strip(), ended.err) == (0, "", "")
