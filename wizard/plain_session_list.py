"""Which session to go on with, asked line by line."""

import wizard
from recovery.record.session import create, open_session
from recovery.record.session_list import Listed, listed_sessions
from recovery.words.errors import ProfileError
from recovery.words.profile import Profile
from wizard.console import Console
from wizard.headless import Client
from wizard.session_rows import exposed, state_in_words


def opened(console: Console, profile: Profile | None, session_id: str | None) -> Client:
    """The session that is named or chosen, or a new one. Raises ``RecoveryError``, ``EOFError``."""
    if session_id is not None:
        return Client(open_session(session_id), console)
    listed = list(listed_sessions())
    if listed:
        session_id = _chosen(console, profile, listed)
    elif profile is None:
        raise ProfileError(
            "There is no session to resume.",
            "Name a profile with --profile FILE; 'pg-rekey init' writes one from a live database.",
        )
    if session_id is not None:
        return Client(open_session(session_id), console)
    assert profile is not None
    return Client(create(profile, wizard.__version__), console)


def _chosen(console: Console, profile: Profile | None, listed: list[Listed]) -> str | None:
    """The id of the session to go on with; None for a new one."""
    for number, each in enumerate(listed, 1):
        console.line(f"{number}. {each.id}, {_how_far(each)}")
    for problem in exposed(listed):
        console.problem(problem)
    if profile is not None:
        target = f"{profile.environment.upper()} {profile.target.database}"
        console.line(f"n. a new session for {target}")
    while True:
        console.prompt("Which session? Type its number" + (", or n" if profile else ""))
        while (typed := console.typed(60)) is None:
            pass
        if typed.lower() == "n" and profile is not None:
            return None
        if not typed.isdecimal() or not 1 <= int(typed) <= len(listed):
            console.line(f"{typed!r} is none of them.")
        elif (chosen := listed[int(typed) - 1]).history is None:
            console.line("Nothing is guessed from a damaged journal. Begin a new session.")
        else:
            return chosen.id


def _how_far(listed: Listed) -> str:
    """What a session is for and what it came to, in a line."""
    if listed.history is None:
        return f"damaged: {listed.damage}"
    profile = listed.history.profile
    state = state_in_words(listed.history)
    return f"{profile.environment.upper()} {profile.target.database}: {state}"
