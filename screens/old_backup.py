"""The question about a backup that is older than the profile allows, wherever it is asked."""

from collections.abc import Callable

from recovery.record import since_backup
from screens.consequences import OLD_BACKUP, old_backup
from screens.step_screen import StepScreen
from screens.widgets.questions import TypedQuestion
from screens.wishes import AcceptOldBackup


def with_backup(screen: StepScreen, go_on: Callable[[], None]) -> None:
    """Goes on; where the backup is too old, only after somebody has typed that it will do."""
    means = old_backup(screen.history, screen.shown_at)
    if means is None:
        go_on()
        return

    def answered(typed: str | None) -> None:
        if typed is not None:
            screen.post_message(AcceptOldBackup(typed))
            go_on()

    screen.app.push_screen(
        TypedQuestion("Go on with an old backup?", means, OLD_BACKUP, "Go on", _not_the_word),
        answered,
    )


def _not_the_word(typed: str) -> str | None:
    return None if typed == since_backup.WORD else f"{typed!r} is not the word."
