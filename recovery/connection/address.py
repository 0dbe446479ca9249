"""Where a connection string leads: all that libpq looks up for it, looked up once."""

from typing import TYPE_CHECKING

import msgspec
from psycopg import pq
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn

# What has served its purpose when a connection is open: it says where others are looked for, or is
# the password, which goes its own way.
_LOOKED_UP = frozenset(
    {
        *("service", "servicefile", "passfile", "password", "host", "hostaddr", "port"),
        *("target_session_attrs", "load_balance_hosts", "replication"),
        *("application_name", "fallback_application_name", "client_encoding"),
    }
)
# Defaults that libpq fills in and does not name.
_FILLED_IN = {"sslcertmode": "allow"}
# libpq's parameters that are secrets.
SECRETS = frozenset(
    {
        *("password", "sslpassword", "oauth_client_secret"),
        *("scram_client_key", "scram_server_key"),
    }
)


class Address(msgspec.Struct, frozen=True):
    """One server's one database for one role, with every parameter that libpq had for it.

    Without the password. Neither the environment nor a service file nor a name server is asked
    again for what stands here. A secret may be among it: it is passed on through pipes only.
    """

    parameters: dict[str, str]

    @classmethod
    def of(cls, conn: "PGconn") -> "Address":
        """Where an open connection has come to."""
        found = {
            option.keyword.decode(): option.val.decode()
            for option in conn.info
            if option.val is not None
        }
        kept = {name: value for name, value in found.items() if name not in _LOOKED_UP}
        place = {"host": conn.host, "hostaddr": conn.hostaddr, "port": conn.port}
        kept |= {name: value.decode() for name, value in place.items() if value}
        if kept["host"].startswith(("/", "@")):
            kept.pop("hostaddr", None)
        return cls(kept)

    def to(self, database: str) -> "Address":
        """The same server's other database."""
        return Address({**self.parameters, "dbname": database})

    @property
    def conninfo(self) -> str:
        """A connection string for this program's own libpq, without the password."""
        return make_conninfo("", **self.parameters)

    @property
    def conninfo_for_programs(self) -> str:
        """A connection string that everybody may read, for a program with a libpq of its own.

        An older one does not know every parameter: what is as it is by default is left out.
        """
        default = {
            option.keyword.decode(): (option.compiled or b"").decode()
            for option in pq.Conninfo.get_defaults()
        } | _FILLED_IN
        said = {
            name: value
            for name, value in self.parameters.items()
            if name not in SECRETS and (name == "port" or value != default.get(name))
        }
        return make_conninfo("", **said)

    @property
    def secrets(self) -> dict[str, str]:
        """The parameters that a program is given where nobody else can read them."""
        return {name: value for name, value in self.parameters.items() if name in SECRETS}

    @property
    def account(self) -> str:
        """``user@host:port/database``, as the keyring has it."""
        return account(*(self.parameters.get(name, "") for name in ACCOUNT))

    def __repr__(self) -> str:
        return f"Address({self.account})"


ACCOUNT = ("user", "host", "port", "dbname")


def account(user: str, host: str, port: str, database: str) -> str:
    """How the keyring, and everybody here, calls a role on a server."""
    return f"{user}@{host}:{port}/{database}"
