"""Keyrings as they are found on servers: one that works, and the ways in which others do not."""

import threading

from keyring import errors
from keyring.backend import KeyringBackend


class Memory(KeyringBackend):
    """Works, for as long as the process lives."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring is not typed
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Hanging(Memory):
    """Never answers: it waits for a window that nobody sees."""

    def set_password(self, service: str, username: str, password: str) -> None:
        threading.Event().wait()


class Locked(Memory):
    """Is there, but its collection is locked."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise errors.KeyringLocked("Failed to unlock the collection!")


class Foreign(Memory):
    """Raises errors of a library of its own."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError("[org.freedesktop.DBus.Error] no such name\nand a second line")


class Silent(Memory):
    """Raises an error that has nothing to say."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise ValueError


class Garbling(Memory):
    """Answers something else than what it was given."""

    def get_password(self, service: str, username: str) -> str | None:
        kept = super().get_password(service, username)
        return None if kept is None else kept[::-1]


class LockedLater(Memory):
    """Works when it is tried, and is locked by the time it is needed."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if not username.startswith("probe-"):
            raise errors.KeyringLocked("locked by now")
        super().set_password(service, username, password)

    def get_password(self, service: str, username: str) -> str | None:
        if not username.startswith("probe-"):
            raise errors.KeyringLocked("locked by now")
        return super().get_password(service, username)


class LostLater(Memory):
    """Works when it is tried; then its service is gone, which is no error of the keyring's own."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if not username.startswith("probe-"):
            raise ConnectionResetError("the bus is gone")
        super().set_password(service, username, password)

    def get_password(self, service: str, username: str) -> str | None:
        if not username.startswith("probe-"):
            raise ConnectionResetError("the bus is gone")
        return super().get_password(service, username)


class HangingLater(Memory):
    """Works when it is tried, and hangs when it is needed."""

    def set_password(self, service: str, username: str, password: str) -> None:
        if not username.startswith("probe-"):
            threading.Event().wait()
        super().set_password(service, username, password)

    def get_password(self, service: str, username: str) -> str | None:
        if not username.startswith("probe-"):
            threading.Event().wait()
        return super().get_password(service, username)
