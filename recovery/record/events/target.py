"""The session and its target."""

from datetime import datetime

from recovery.record.events.base import Event, Fact, Person
from recovery.words.profile import Profile


class OtherDatabase(Fact, frozen=True):
    name: str
    size_bytes: int | None


class Identity(Fact, frozen=True):
    """Which database this is, as the server sees it. ``server_address`` is None on a Unix socket.

    What a role may not know is None: ``system_identifier``, ``data_directory``, and ``timeline``
    and ``log_bytes``, how far the write-ahead log was then. Older journals have the last three not.
    """

    database: str
    database_oid: int
    system_identifier: str | None
    role: str
    superuser: bool
    host: str
    port: int
    server_address: str | None
    server_port: int
    server_version: int
    server_version_text: str
    size_bytes: int
    tables: int
    owned_tables: int
    started: datetime
    in_recovery: bool
    tls: bool
    pooled: bool
    other_databases: tuple[OtherDatabase, ...]
    data_directory: str | None = None
    timeline: str | None = None
    log_bytes: int | None = None


class SessionOpened(Event, frozen=True):
    """``machine`` tells the machine from others; empty in journals that are older."""

    program: str
    profile: Profile
    by: Person
    machine: str = ""


class TargetConfirmed(Event, frozen=True):
    """``identity`` is what was shown. ``typed``: the operator typed the database's name.

    Without that, the profile or the command line named it; that is enough for looking, not for
    changing anything.
    """

    identity: Identity
    password_from: str
    typed: bool
    by: Person
