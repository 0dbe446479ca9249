"""Which session a command works on: the one that is named, or the latest of the target."""

import wizard
from recovery.record.session import Session, create, open_session
from recovery.record.session_list import latest_of
from recovery.words.errors import ProfileError, Refused
from recovery.words.profile import Profile
from wizard.output import Output


def to_work_on(
    profile: Profile | None, session_id: str | None, output: Output, *, new: bool = False
) -> Session:
    """The session that is named; else the latest of the target goes on, or one begins.

    One begins if ``new`` asks for it, if there is none, or if the profile was changed since: what
    was found and planned may no longer be meant. Raises ``ProfileError`` if nothing is named.
    """
    if session_id is not None:
        return open_session(session_id)
    profile = _named(profile)
    latest = None if new else latest_of(profile)
    if latest is not None and latest.history is not None:
        if latest.history.opened_with == profile:
            return open_session(latest.id)
        output.left(latest.id)
    return create(profile, wizard.__version__)


def to_look_at(profile: Profile | None, session_id: str | None) -> str:
    """The id of the session that is named, else of the latest of the target; none begins.

    Raises ``ProfileError`` if nothing is named, ``Refused`` if there is none.
    """
    if session_id is not None:
        return session_id
    profile = _named(profile)
    latest = latest_of(profile)
    if latest is None:
        database = profile.target.database
        raise Refused(
            f"There is no session for {database} yet.",
            "'pg-rekey sessions' lists those that there are; 'pg-rekey investigate' begins one.",
            object=database,
        )
    return latest.id


def refuse_to_write(session: Session) -> None:
    """Raises ``Refused``, and lets go of the session, if it can only be looked at here."""
    try:
        session.journal.refuse_to_write()
    except Refused:
        session.close()
        raise


def _named(profile: Profile | None) -> Profile:
    if profile is None:
        raise ProfileError(
            "Neither a profile nor a session is named.",
            "Give --profile rekey.toml, --dsn with --key, or --session ID; "
            "'pg-rekey init' writes a profile.",
        )
    return profile
