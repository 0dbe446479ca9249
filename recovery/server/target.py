"""Whether this is a database that can be worked on, and the operator's word that it is the one."""

from recovery.record.events import Identity, Refusal, TargetConfirmed
from recovery.record.session import Session, this_person
from recovery.server.door import POOLER, POOLER_REMEDY, SignedIn
from recovery.server.identity import refuse_strangers
from recovery.words.errors import Refused
from recovery.words.profile import Profile

OLDEST_SERVER = 130000


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
        found.append(Refusal(place, POOLER, POOLER_REMEDY))
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

    A session keeps to the database that was confirmed first: its plan and its backup belong to it.

    None: nobody typed a name, the profile's has to do; that opens the way to looking only.
    """
    history = session.history()
    profile = history.profile
    refuse_others(signed_in.identity, profile)
    if history.identity is not None:
        refuse_strangers(signed_in.identity, history.identity)
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
