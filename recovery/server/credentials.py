"""Passwords in the operating system's keyring, where one works."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from recovery.words.errors import Refused

SERVICE = "pg-rekey"
# Some desktops never answer; a person waits this long at the most, in seconds.
_PATIENCE = 3.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Vault:
    """Whether a keyring works here, and what to tell the operator about it."""

    works: bool
    words: str


class _NoAnswer(Exception):
    """The keyring did not answer in time."""


def _within_patience(call: Callable[[], T]) -> T:
    """What ``call`` answers or raises; ``_NoAnswer`` if it takes too long.

    The thread is a daemon: a keyring that hangs must not keep the program from ending.
    """
    answers: list[T] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            answers.append(call())
        except Exception as error:  # noqa: BLE001 - backends raise what they like; passed on below
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    if errors:
        raise errors[0]
    if not answers:
        raise _NoAnswer(f"it did not answer within {_PATIENCE:.0f} s")
    return answers[0]


@cache
def vault() -> Vault:
    """Tries the keyring with a secret of its own: set, get, compare, delete. Takes up to 3 s."""

    def probe() -> bool:
        import keyring

        account, secret = f"probe-{secrets.token_hex(4)}", secrets.token_hex(8)
        keyring.set_password(SERVICE, account, secret)
        kept = keyring.get_password(SERVICE, account)
        if kept is not None:
            keyring.delete_password(SERVICE, account)
        return kept == secret

    try:
        works = _within_patience(probe)
    except Exception as error:  # noqa: BLE001 - every backend has errors of its own
        # Some backends go on with pages of advice.
        return _without((str(error) or type(error).__name__).splitlines()[0].partition(". ")[0])
    return Vault(True, "The keyring works.") if works else _without("it does not keep what it gets")


def _without(reason: str) -> Vault:
    return Vault(
        False,
        f"No keyring works here ({reason.rstrip('.')}): "
        "the password is kept in memory for this run and asked for again in the next.",
    )


def load(account: str) -> str | None:
    """The keyring's password of ``user@host:port/database``; None if it has none."""
    if not vault().works:
        return None
    import keyring

    try:
        return _within_patience(lambda: keyring.get_password(SERVICE, account))
    except Exception:  # noqa: BLE001 - every backend has errors of its own; then it is asked for
        return None


def store(account: str, password: str) -> None:
    """Keeps a password. Raises ``Refused`` if the keyring does not."""
    import keyring

    try:
        if vault().works:
            _within_patience(lambda: keyring.set_password(SERVICE, account, password))
            return
        reason = vault().words
    except Exception as error:  # noqa: BLE001 - every backend has errors of its own
        reason = str(error)
    raise Refused(
        "The password was not stored.",
        "Go on without: it is kept in memory for this run.",
        object=account,
        detail=reason,
    )
