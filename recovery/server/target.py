"""Which database is this: connecting as libpq does, the identity card, and who may not go on."""

import os
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from queries import ask, ask_one, compose
from queries.rows import DatabaseRow, IdentityRow, SystemIdentifierRow
from recovery.record.events import Identity, OtherDatabase, Refusal, TargetConfirmed
from recovery.record.session import Session, this_person
from recovery.server import credentials
from recovery.words import sqlstates
from recovery.words.errors import Refused, Unreachable, problem_of
from recovery.words.profile import Profile

OLDEST_SERVER = 130000
_PROGRAM = "pg-rekey"
# A lost line is noticed within a minute.
_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


_POOLER = (
    "The connection goes through a pooler, which may hand one session's transactions to several "
    "server sessions."
)
_POOLER_REMEDY = "Connect to the server itself: its own host and port, not the pooler's."


class PasswordNeeded(Unreachable):
    """The server wants a password, and none that was tried is right."""

    def __init__(self, account: str, what: str) -> None:
        super().__init__(what, f"Type the password of {account}.", object=account)
        self.account = account


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A way in that worked. ``account`` is ``user@host:port/database``, as the keyring has it."""

    identity: Identity
    password: str | None
    password_from: str
    account: str


def conninfo(profile: Profile, **more: str | int) -> str:
    """The connection string for a profile, without a password.

    The database's name is added where neither the string, a service nor the environment gives one.
    """
    given = conninfo_to_dict(profile.target.dsn)
    named = {"dbname", "service"} & set(given) or {"PGDATABASE", "PGSERVICE"} & set(os.environ)
    database = {} if named else {"dbname": profile.target.database}
    return make_conninfo(profile.target.dsn, **{**_CONNECTION, **given}, **database, **more)


def connect(
    profile: Profile,
    password: str | None,
    *,
    read_only: bool = True,
    autocommit: bool = False,
    search_path: str | None = "",
) -> psycopg.Connection[Any]:
    """A connection to the target; read only unless the caller may change something.

    Names are qualified everywhere but in other people's code: ``search_path`` is for that; None
    leaves it as it is set for the role.
    Raises ``PasswordNeeded``, ``Unreachable``.
    """
    try:
        # The time-outs that somebody has set for the application must not end long work.
        conn = psycopg.connect(
            conninfo(profile, application_name=_PROGRAM),
            password=password,
            autocommit=True,
            options=" ".join(
                (
                    "-c client_min_messages=warning",
                    *(() if search_path is None else (path_option(search_path),)),
                    *(("-c default_transaction_read_only=on",) if read_only else ()),
                )
            ),
        )
        conn.prepare_threshold = None
        conn.execute(compose("no_time_outs"))
        conn.autocommit = autocommit
    except psycopg.OperationalError as error:
        raise _unreachable(error) from error
    return conn


def path_option(search_path: str) -> str:
    """A search_path as one of libpq's options: a space would end it."""
    return "-c search_path=" + search_path.replace("\\", "\\\\").replace(" ", "\\ ")


def _unreachable(error: psycopg.OperationalError) -> Unreachable:
    failed = error.pgconn
    # libpq puts the server's own words behind "FATAL:"; what comes before is host and port.
    said = str(error).strip()
    if failed is not None and (failed.needs_password or failed.used_password):
        account = _account(failed)
        if failed.needs_password:
            return PasswordNeeded(account, f"{account} needs a password.")
        if "password authentication failed" in said or "authentication failed" in said:
            return PasswordNeeded(account, f"The password of {account} is wrong.")
    problem = problem_of(error)
    if "unsupported startup parameter" in said:
        raise Refused(
            _POOLER,
            _POOLER_REMEDY,
            detail=said,
        )
    known = sqlstates.said(said)
    remedy = "Check host, port and database name, and that the server is up."
    if known is not None:
        remedy = known.remedy
    if "does not exist" in said:
        remedy = "Check the name; the server's other databases are listed by 'psql -l'."
    what, _, more = said.partition("\n")
    detail = " ".join(more.split()) or None
    return Unreachable(
        what,
        remedy,
        sqlstate=problem.sqlstate,
        detail=detail,
        meaning=None if known is None else known.means,
    )


def _account(conn: "psycopg.pq.abc.PGconn") -> str:
    def word(value: bytes | None) -> str:
        return (value or b"").decode(errors="replace")

    return f"{word(conn.user)}@{word(conn.host)}:{word(conn.port)}/{word(conn.db)}"


def sign_in(profile: Profile, password: str | None = None) -> SignedIn:
    """Connects by libpq's own sources, then the keyring, then ``password``, and looks around.

    Raises ``PasswordNeeded`` if none of these is right, ``Unreachable``.
    """
    if password is not None:
        return _look(profile, password, "typed")
    try:
        return _look(profile, None, "libpq")
    except PasswordNeeded as needed:
        kept = credentials.load(needed.account)
        if kept is None:
            raise
    try:
        return _look(profile, kept, "keyring")
    except PasswordNeeded as wrong:
        raise PasswordNeeded(
            wrong.account, f"The keyring's password of {wrong.account} is wrong."
        ) from wrong


def _look(profile: Profile, password: str | None, password_from: str) -> SignedIn:
    with connect(profile, password, autocommit=True) as conn:
        if password is None:
            # What ~/.pgpass, a service file or PGPASSWORD gave; the runner gets it through a pipe.
            password = conn.info.password or None
            password_from = "libpq's own sources" if conn.pgconn.used_password else "none needed"
        return SignedIn(identify(conn), password, password_from, _account(conn.pgconn))


def identify(conn: psycopg.Connection[Any]) -> Identity:
    """The identity card of the database at the other end of an autocommit connection."""
    row = ask_one(conn, "identity", IdentityRow)
    try:
        system = ask_one(conn, "system_identifier", SystemIdentifierRow).system_identifier
    except psycopg.errors.InsufficientPrivilege:
        system = None
    return Identity(
        database=row.database,
        database_oid=row.database_oid,
        system_identifier=system,
        role=row.role,
        superuser=row.superuser,
        host=conn.info.host,
        port=conn.info.port,
        server_address=row.server_address,
        server_port=row.server_port,
        server_version=row.server_version,
        server_version_text=row.server_version_text,
        size_bytes=row.size_bytes,
        tables=row.tables,
        owned_tables=row.owned_tables,
        started=row.started,
        in_recovery=row.in_recovery,
        tls=row.tls,
        pooled=conn.info.backend_pid != row.backend_pid or _setting_is_lost(conn),
        other_databases=tuple(
            OtherDatabase(other.name, other.size_bytes)
            for other in ask(conn, "databases", DatabaseRow)
        ),
    )


def _setting_is_lost(conn: psycopg.Connection[Any]) -> bool:
    """Whether a session's setting is gone in the next transaction, as behind a pooler.

    A pooler also answers with a process number of its own; this is for one that does not.
    """
    conn.execute("SELECT pg_catalog.set_config('pg_rekey.probe', 'here', false)")
    row = conn.execute("SELECT pg_catalog.current_setting('pg_rekey.probe', true)").fetchone()
    return row is None or row[0] != "here"


def refusals(identity: Identity, profile: Profile) -> list[Refusal]:
    """Why this target cannot be worked on, each with what to do."""
    place = identity.database
    found = []
    if identity.database != profile.target.database:
        found.append(
            Refusal(
                place,
                f"This is {identity.database!r}, but the profile expects "
                f"{profile.target.database!r}.",
                "Correct the connection, or the profile if it names the wrong database.",
            )
        )
    if identity.server_version < OLDEST_SERVER:
        found.append(
            Refusal(
                place,
                f"The server is PostgreSQL {identity.server_version_text}.",
                "pg-rekey needs 13 or newer: older servers cannot tell what became of a "
                "transaction. Upgrade the server first.",
            )
        )
    if identity.in_recovery:
        found.append(
            Refusal(
                place, "The server is a standby: nothing can be changed.", "Connect to the primary."
            )
        )
    if identity.pooled:
        found.append(Refusal(place, _POOLER, _POOLER_REMEDY))
    if identity.owned_tables < identity.tables:
        found.append(
            Refusal(
                place,
                f"{identity.role} owns {identity.owned_tables} of {identity.tables} tables.",
                "Connect as the tables' owner, or as a member of the owning role.",
            )
        )
    return found


def confirm(session: Session, signed_in: SignedIn, typed: str | None) -> None:
    """Journals that the operator named the database. Raises ``Refused`` if it is another.

    None: nobody typed a name, the profile's has to do; that opens the way to looking only.
    """
    profile = session.history().profile
    refuse_others(signed_in.identity, profile)
    if typed is not None and typed != profile.target.database:
        raise Refused(
            f"{typed!r} is not the name of the profile's database.",
            f"Look at the identity card: type {profile.target.database!r} if this is the one.",
            object=signed_in.identity.database,
        )
    session.journal.append(
        TargetConfirmed(
            signed_in.identity, signed_in.password_from, typed is not None, this_person()
        )
    )


def refuse_others(identity: Identity, profile: Profile) -> None:
    """Raises ``Refused`` with the first reason why the target cannot be worked on."""
    for refusal in refusals(identity, profile):
        raise Refused(refusal.reason, refusal.remedy, object=refusal.object)


def refuse_strangers(found: Identity, confirmed: Identity) -> None:
    """Raises ``Refused`` if the server is not the one whose identity was confirmed."""
    for name in ("database", "database_oid", "system_identifier"):
        if getattr(found, name) != getattr(confirmed, name):
            raise Refused(
                f"This is not the database that was confirmed: its {name.replace('_', ' ')} is "
                f"{getattr(found, name)}, it was {getattr(confirmed, name)}.",
                "Find out where the connection leads; confirm the target in a new session.",
                object=found.database,
            )
