"""Step 4: a backup that was read back, or the operator's word that there is another."""

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Button, Input, RadioSet

from recovery.record import since_backup
from recovery.record.events import (
    NOT_RESTORED_REMEDY,
    BackupAttested,
    BackupFormat,
    BackupMade,
    BackupProgress,
    Cancel,
    Step,
)
from recovery.record.history import History
from recovery.words import moments
from screens import words
from screens.step_screen import StepScreen
from screens.widgets.buttons import button
from screens.widgets.field import Field
from screens.widgets.help import page
from screens.widgets.rows import Cell, Facts, Rows
from screens.widgets.text import Note
from screens.widgets.toggles import Choice
from screens.wishes import AttestBackup, GiveCommand, RunStep


class BackupScreen(StepScreen):
    """Make a backup, or attest one."""

    STEP = Step.BACKUP
    NAME = "Backup"
    START = "Back up"
    HELP = page("backup")

    _choosing_again = False

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(id="content", can_focus=False):
            yield Facts(id="progress")
            yield Facts(id="backup")
            yield Rows("File", "Size>", "SHA-256", id="files")
        with Vertical(id="form"):
            yield Note("Make a backup with pg_dump. It is read back whole before it counts.")
            with RadioSet(compact=True, id="format"):
                yield Choice("one file (custom format)", value=True)
                yield Choice("a folder (directory format, several tables at a time)")
            yield Note(
                "Or name a backup that exists already, for example a provider's snapshot. "
                "It is recorded under your name, and not checked:",
                id="attest-title",
            )
            yield Field(id="statement", placeholder="Snapshot's name, time, where")

    def compose_actions(self) -> ComposeResult:
        yield button("Attest", id="attest")
        yield button("Choose another", id="again")
        yield button("Cancel", id="cancel")

    def show_step(self, history: History, now: datetime) -> None:
        backup = history.backup
        self.query_one("#backup", Facts).tell([] if backup is None else _facts(backup, now))
        files = backup.files if isinstance(backup, BackupMade) else ()
        self.query_one("#files", Rows).fill(
            (each.path, words.size(each.bytes), each.sha256) for each in files
        )
        choosing = self.allowed and (backup is None or self._choosing_again)
        self.query_one("#form").display = choosing
        self.query_one("#content").set_class(choosing, "-short")
        progress = self.attempt.last(BackupProgress) if self.running else None
        self.query_one("#progress", Facts).tell([] if progress is None else _so_far(progress))
        if self.running:
            self._choosing_again = False
            self.offer("cancel", focus="cancel")
        elif choosing:
            self.offer("start", "attest", focus="start")
        elif backup is not None:
            again = ["again"] if self.allowed else []
            self.offer("continue", *again, focus="continue")
        else:
            self.offer()

    def what_to_copy(self) -> str | None:
        backup = self.history.backup
        mine = backup.restore_command if isinstance(backup, BackupMade) else None
        return super().what_to_copy() or mine

    def what_runs(self) -> str:
        return "It is read back whole before it counts."

    @on(Button.Pressed, "#start")
    def start(self) -> None:
        self.post_message(RunStep(Step.BACKUP, backup_format=self._format()))

    def _format(self) -> BackupFormat:
        return "directory" if self.query_one(RadioSet).pressed_index == 1 else "custom"

    @on(Button.Pressed, "#attest")
    @on(Input.Submitted, "#statement")
    def attest(self) -> None:
        field = self.query_one("#statement", Input)
        if statement := field.value.strip():
            self._choosing_again = False
            self.post_message(AttestBackup(statement))
        else:
            field.focus()

    @on(Button.Pressed, "#again")
    def choose_again(self) -> None:
        self._choosing_again = True
        self.show(self.history, self.shown_at)

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        self.post_message(GiveCommand(Cancel(by=self.by)))


def _so_far(progress: BackupProgress) -> list[tuple[str, Cell]]:
    """How far pg_dump is."""
    return [
        ("Tables", f"{words.number(progress.done)} of {words.number(progress.total)}"),
        ("On disk", words.size(progress.bytes)),
        ("Now", progress.object),
    ]


def _facts(backup: BackupMade | BackupAttested, now: datetime) -> list[tuple[str, Cell]]:
    """What is known about a backup."""
    if isinstance(backup, BackupAttested):
        return [
            ("ATTESTED", backup.statement),
            ("By", str(backup.by)),
            ("Checked", "no: this is the operator's word"),
        ]
    rows = sum(backup.row_counts.values())
    seconds = since_backup.seconds_old(backup, now)
    return [
        ("MADE", f"{moments.full(backup.finished)}, read back whole"),
        ("Begun", f"{since_backup.age(seconds)} ago; what was written since is not in it"),
        ("Database", f"{backup.database}, server {backup.server_version}"),
        ("With", f"{backup.tool} {backup.tool_version}, {backup.format} format"),
        ("Folder", backup.folder),
        ("Rows", f"{words.number(rows)} in {words.counted(len(backup.row_counts), 'table')}"),
        ("Restore with", backup.restore_command),
        *[("WARNING", each.words) for each in backup.not_restored],
        *([("What to do", NOT_RESTORED_REMEDY)] if backup.not_restored else []),
    ]
