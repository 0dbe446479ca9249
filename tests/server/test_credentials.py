"""Passwords: kept where a keyring works; where none does, that is said, and nothing hangs."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend

from recovery.server import credentials
from recovery.words.errors import Refused
from tests.server import keyrings

ACCOUNT = "ana@db.internal:5432/saas"
SECRET = "hunter2"
ASK = """
from recovery.server import credentials
vault = credentials.vault()
print(vault.works, vault.words, sep="|")
"""
HANG = """
import keyring
from tests.server.keyrings import Hanging
keyring.set_keyring(Hanging())
from recovery.server import credentials
print(credentials.vault().works)
"""

Use = Callable[[KeyringBackend], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Use]:
    """Makes a backend the keyring of this process, with little patience for it."""
    monkeypatch.setattr(credentials, "_PATIENCE", 0.3)
    before = keyring.get_keyring()

    def choose(backend: KeyringBackend) -> None:
        keyring.set_keyring(backend)
        credentials.vault.cache_clear()

    yield choose
    choose(before)


# --- a keyring that works ---------------------------------------------------------------------


def test_a_password_is_kept_and_found_again(use: Use) -> None:
    backend = keyrings.Memory()
    use(backend)

    assert credentials.vault().works
    assert credentials.load(ACCOUNT) is None
    credentials.store(ACCOUNT, SECRET)
    assert credentials.load(ACCOUNT) == SECRET
    assert credentials.load("ben@db.internal:5432/saas") is None
    assert backend.kept == {("pg-rekey", ACCOUNT): SECRET}


def test_trying_the_keyring_leaves_nothing_in_it(use: Use) -> None:
    backend = keyrings.Memory()
    use(backend)

    assert credentials.vault().works
    assert backend.kept == {}


# --- keyrings that do not ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        (keyrings.Locked(), "Failed to unlock the collection!"),
        (keyrings.Foreign(), "[org.freedesktop.DBus.Error] no such name"),
        (keyrings.Silent(), "ValueError"),
        (keyrings.Garbling(), "it does not keep what it gets"),
        (keyrings.Hanging(), "it did not answer within"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, KeyringBackend) else "",
)
def test_a_keyring_that_does_not_work_is_told_with_the_reason(
    use: Use, backend: KeyringBackend, reason: str
) -> None:
    use(backend)

    vault = credentials.vault()

    assert not vault.works
    assert vault.words.startswith(f"No keyring works here ({reason}")
    assert "kept in memory for this run" in vault.words
    assert "\n" not in vault.words
    assert credentials.load(ACCOUNT) is None
    with pytest.raises(Refused, match="was not stored") as refused:
        credentials.store(ACCOUNT, SECRET)
    assert SECRET not in repr(refused.value.problem)


@pytest.mark.parametrize(
    "backend",
    [keyrings.LockedLater(), keyrings.LostLater(), keyrings.HangingLater()],
    ids=lambda backend: type(backend).__name__,
)
def test_a_keyring_that_fails_later_counts_as_having_nothing(
    use: Use, backend: KeyringBackend
) -> None:
    use(backend)

    assert credentials.vault().works
    assert credentials.load(ACCOUNT) is None
    with pytest.raises(Refused, match="was not stored") as refused:
        credentials.store(ACCOUNT, SECRET)
    assert refused.value.problem.object == ACCOUNT
    assert "kept in memory for this run" in refused.value.problem.remedy
    assert SECRET not in repr(refused.value.problem)


# --- as the environment has it ----------------------------------------------------------------


def ask(monkeypatch: pytest.MonkeyPatch, backend: str, tmp_path: Path) -> tuple[bool, str]:
    """Whether a keyring works in a process of its own, and what is said about it."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, timeout=30, check=True
    )
    works, words = done.stdout.strip().split("|")
    return works == "True", words


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("keyring.backends.fail.Keyring", "No recommended backend was available"),
        ("keyring.backends.null.Keyring", "it does not keep what it gets"),
        ("no_such_module.Keyring", "No module named 'no_such_module'"),
        ("keyring.backends.fail.NoSuchClass", "NoSuchClass"),
        ("nonsense", "Empty module name"),
        ("keyring.backends.SecretService.Keyring", "("),
    ],
)
def test_whatever_the_environment_names_it_is_answered_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, backend: str, reason: str
) -> None:
    works, words = ask(monkeypatch, backend, tmp_path)

    assert not works
    assert reason in words
    assert words.endswith(
        "the password is kept in memory for this run and asked for again in the next."
    )


def test_a_keyring_that_hangs_does_not_keep_the_program_from_ending() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HANG],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert done.stdout == "False\n"
