"""The roles of a server made on another one: what each may by itself, and as whom it may act."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from queries import ask
from queries.rows import MembershipRow, RoleAttributesRow
from recovery.words.composing import listed, written

# From this version on a membership says by itself whether the member inherits, and may SET ROLE.
_OPTIONS = 160000


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles that not every server has, and all memberships. Passwords are not read."""

    attributes: tuple[RoleAttributesRow, ...]
    memberships: tuple[MembershipRow, ...]


def read(conn: psycopg.Connection[Any]) -> Roles:
    """The roles of the server at the other end."""
    return Roles(
        tuple(ask(conn, "role_attributes", RoleAttributesRow)),
        tuple(ask(conn, "memberships", MembershipRow)),
    )


def make(conn: psycopg.Connection[Any], roles: Roles) -> None:
    """Makes them on a server of the same major that has none of them, as its superuser."""
    for one in roles.attributes:
        attributes = written(one.attributes)
        conn.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(one.name), attributes))
    for each in roles.memberships:
        grant = sql.SQL("GRANT {} TO {}").format(
            sql.Identifier(each.role), sql.Identifier(each.member)
        )
        if options := _options(each, conn.info.server_version):
            grant += sql.SQL(" WITH {}").format(listed(map(written, options)))
        conn.execute(grant)


def _options(each: MembershipRow, version: int) -> list[str]:
    if version < _OPTIONS:
        return ["ADMIN OPTION"] if each.administers else []
    said = (("ADMIN", each.administers), ("INHERIT", each.inherits), ("SET", each.sets))
    return [f"{option} {'TRUE' if given else 'FALSE'}" for option, given in said]
