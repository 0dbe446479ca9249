"""What the operator asks for on a screen. The application carries it out, or says why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from textual.message import Message

from recovery.record.events import AnyCommand, BackupFormat, Step, Way


@dataclass
class OpenSession(Message):
    """Go on with a session of the list."""

    session_id: str


class NewSession(Message):
    """Begin a session for the profile that the program was started with."""


@dataclass(repr=False)
class SignIn(Message):
    """Connect; ``password`` is what was typed, ``keep`` asks for the keyring to keep it."""

    password: str | None = None
    keep: bool = False


@dataclass
class ConfirmTarget(Message):
    """The operator typed the database's name."""

    typed: str


@dataclass
class RunStep(Message):
    """Start a step in a runner."""

    step: Step
    backup_format: BackupFormat = "custom"
    ways: Mapping[str, Way] = field(default_factory=dict)
    despite_forecast: bool = False
    compatible: bool = False


@dataclass
class DecideColumn(Message):
    """What is to be done with a soft reference: convert it with its key, or leave it."""

    column: str
    take: bool


@dataclass
class ConfirmRevision(Message):
    """The operator's word that the schema is at these revisions."""

    revisions: tuple[str, ...]


@dataclass
class ApprovePlan(Message):
    """The operator has read the plan and wants it so."""

    sha256: str


@dataclass
class AttestBackup(Message):
    """The operator's word that another backup exists."""

    statement: str


@dataclass
class AcceptOldBackup(Message):
    """The operator typed that a backup will do that is older than the profile allows."""

    typed: str


@dataclass
class GiveCommand(Message):
    """Ask something of the runner that is at work."""

    command: AnyCommand


@dataclass
class SavePlan(Message):
    """Copy plan.sql to a folder or a new file. Answered by ``FileSaved``."""

    to: str


@dataclass
class FileSaved(Message):
    """What the application answers the screen that wished for a file: where it is."""

    path: str


class AskServer(Message):
    """Ask the server what became of a transaction whose outcome is unknown."""


@dataclass
class ShowStep(Message):
    """Go to a step, whether or not it may be started."""

    step: Step


class SaveBundle(Message):
    """Pack the session into a file that can be sent to somebody."""


class MoveOn(Message):
    """Go to the next step."""


@dataclass
class CopyText(Message):
    """Put a text onto the terminal's clipboard, and into the session's folder."""

    text: str
