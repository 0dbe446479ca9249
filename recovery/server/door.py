"""The one door to the target: signing in once, and every connection from then on.

A connection string is resolved when somebody signs in, as libpq does it. Each later connection goes
to the address that was found then, and is asked who it is before anything else.
"""

import os
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from recovery.connection.address import Address, account
from recovery.connection.opening import open_at, opened
from recovery.connection.settings import FOR_OTHERS, PINNED
from recovery.record.events import Identity
from recovery.server import credentials
from recovery.server.identity import identify, instance_of, refuse_strangers
from recovery.words import sqlstates
from recovery.words.errors import Refused, Unreachable, problem_of
from recovery.words.profile import Profile

# libpq's parameters, unless something else is said. A lost line is noticed within a minute.
_WAYS = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

POOLER = (
    "The connection goes through a pooler, which may hand one session's transactions to several "
    "server sessions."
)
POOLER_REMEDY = "Connect to the server itself: its own host and port, not the pooler's."


class PasswordNeeded(Unreachable):
    """The server wants a password, and none that was tried is right."""

    def __init__(self, account: str, what: str) -> None:
        super().__init__(
            what,
            f"Type the password of {account}. Without a terminal: --password-stdin, ~/.pgpass or "
            "PGPASSWORD.",
            object=account,
        )
        self.account = account


@dataclass(frozen=True, slots=True)
class Door:
    """The way to a database. Once ``identity`` is known, it leads to no other."""

    address: Address
    password: str | None = field(default=None, repr=False)
    identity: Identity | None = None

    def of(self, identity: Identity) -> "Door":
        """The same way, to the database that was confirmed."""
        return replace(self, identity=identity)

    def connect(
        self,
        *,
        read_only: bool = True,
        autocommit: bool = False,
        search_path: str = "",
    ) -> psycopg.Connection[Any]:
        """A connection, read only unless the caller may change something.

        Names are qualified everywhere but in other people's code: ``search_path`` is for that.
        Raises ``Unreachable``; ``Refused`` if it is another database.
        """
        write = "on" if read_only else "off"
        own = {"default_transaction_read_only": write, "search_path": search_path}
        return self._checked({**PINNED, **own}, autocommit=autocommit)

    def connect_for_others(self, search_path: str | None) -> psycopg.Connection[Any]:
        """A connection for other people's code, which may write, with the role's own settings.

        ``search_path`` is the application's; None leaves it, too. Raises as ``connect`` does.
        """
        own = {} if search_path is None else {"search_path": search_path}
        return self._checked({**FOR_OTHERS, **own}, autocommit=False)

    def _checked(self, settings: dict[str, str], *, autocommit: bool) -> psycopg.Connection[Any]:
        try:
            conn = open_at(self.address, self.password, settings=settings, autocommit=True)
        except psycopg.OperationalError as error:
            raise unreachable(error) from error
        try:
            if self.identity is not None:
                refuse_strangers(instance_of(conn), self.identity)
            conn.autocommit = autocommit
        except BaseException:
            conn.close()
            raise
        return conn


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A way in that worked, and who is there. ``password_from`` says in words what gave it."""

    identity: Identity
    door: Door
    password_from: str


def sign_in(profile: Profile, password: str | None = None) -> SignedIn:
    """Connects by libpq's own sources, then the keyring, then ``password``, and looks around.

    Raises ``PasswordNeeded`` if none of these is right, ``Unreachable``.
    """
    conninfo = conninfo_of(profile)
    if password is not None:
        return _look(conninfo, password, "typed")
    try:
        return _look(conninfo, None, "libpq")
    except PasswordNeeded as needed:
        kept = credentials.load(needed.account)
        if kept is None:
            raise
    try:
        return _look(conninfo, kept, "keyring")
    except PasswordNeeded as wrong:
        raise PasswordNeeded(
            wrong.account, f"The keyring's password of {wrong.account} is wrong."
        ) from wrong


def conninfo_of(profile: Profile) -> str:
    """What is given to libpq: the profile's string.

    The database's name is added where neither the string, a service nor the environment gives one.
    """
    dsn = profile.target.dsn
    given = conninfo_to_dict(dsn)
    named = {"dbname", "service"} & set(given) or {"PGDATABASE", "PGSERVICE"} & set(os.environ)
    database = {} if named else {"dbname": profile.target.database}
    return make_conninfo(dsn, **{**_WAYS, **given}, **database)


def sign_in_elsewhere(dsn: str) -> tuple[Address, str | None]:
    """Where a connection string leads besides the target, and the password for it, if any.

    By libpq's own sources, then the keyring; the target's password is not tried. Raises
    ``PasswordNeeded``, ``Unreachable``.
    """
    try:
        return _resolved(dsn, None)
    except PasswordNeeded as needed:
        kept = credentials.load(needed.account)
        if kept is None:
            raise
        return _resolved(dsn, kept)


def _resolved(conninfo: str, password: str | None) -> tuple[Address, str | None]:
    try:
        with opened(conninfo, password, autocommit=True) as conn:
            return Address.of(conn.pgconn), password or conn.info.password or None
    except psycopg.OperationalError as error:
        raise unreachable(error) from error


def _look(conninfo: str, password: str | None, password_from: str) -> SignedIn:
    settings = {**PINNED, "default_transaction_read_only": "on"}
    try:
        conn = opened(conninfo, password, settings=settings, autocommit=True)
    except psycopg.OperationalError as error:
        raise unreachable(error) from error
    with conn:
        if password is None:
            # What ~/.pgpass, a service file or PGPASSWORD gave; the runner gets it through a pipe.
            password = conn.info.password or None
            password_from = "libpq's own sources" if conn.pgconn.used_password else "none needed"
        door = Door(Address.of(conn.pgconn), password)
        return SignedIn(identify(conn), door, password_from)


def unreachable(error: psycopg.OperationalError) -> Unreachable:
    """Why there is no connection, in words for the operator. Raises ``Refused`` for a pooler."""
    failed = error.pgconn
    # libpq puts the server's own words behind "FATAL:"; what comes before is host and port.
    said = str(error).strip()
    if failed is not None and (failed.needs_password or failed.used_password):
        who = _account(failed)
        if failed.needs_password:
            return PasswordNeeded(who, f"{who} needs a password.")
        if "authentication failed" in said:
            return PasswordNeeded(who, f"The password of {who} is wrong.")
    problem = problem_of(error)
    if "unsupported startup parameter" in said:
        raise Refused(POOLER, POOLER_REMEDY, detail=said)
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Unreachable(
            "The server let nobody finish signing in: a statement_timeout is set that is too short "
            "for any question.",
            "Set it higher for the role or the database (ALTER ROLE ... SET statement_timeout); "
            "pg-rekey takes it off for its own sessions, which needs a statement, too.",
            sqlstate=problem.sqlstate,
            detail=said,
        )
    known = sqlstates.said(said)
    remedy = "Check host, port and database name, and that the server is up."
    if known is not None:
        remedy = known.remedy
    if "FATAL" in said and "does not exist" in said:
        # The server's own words; a file that does not exist is libpq's complaint.
        remedy = "Check the name; the server's other databases are listed by 'psql -l'."
    elif "does not support SSL" in said:
        remedy = (
            "The server takes no TLS: switch it on there (ssl = on); or, if the line is safe "
            "without, leave sslmode out."
        )
    elif "certificate" in said:
        remedy = (
            "Name the file with the authority's certificate by sslrootcert, or PGSSLROOTCERT "
            "('system': the authorities that this machine trusts); your own by sslcert and sslkey."
        )
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
    """The account that was tried; there is no complete address of a connection that failed."""
    words = (conn.user, conn.host, conn.port, conn.db)
    return account(*((word or b"").decode(errors="replace") for word in words))
