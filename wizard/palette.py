"""What the command palette offers: what the screen in sight can do now, and nothing else."""

from collections.abc import Iterator
from functools import partial

from textual.app import SystemCommand
from textual.screen import Screen
from textual.widgets import Button


def deeds(screen: Screen[object]) -> Iterator[SystemCommand]:
    """The buttons that are offered, and the keys that the footer shows, each once.

    A command presses the button or runs the key's action, which looks again whether it may.
    """
    keys = {
        active.binding.action: active
        for active in reversed(screen.active_bindings.values())
        if active.binding.show and active.enabled
    }
    for button in screen.query("#actions Button").results(Button):
        if button.display:
            # A button and a key that do the same have the same name.
            same = keys.pop((button.id or "").replace("-", "_"), None)
            told = "The button below." if same is None else same.binding.tooltip
            # They are sorted by name, and the first one is an Enter away: never COMMIT.
            name = f"Decide: {button.label}" if button.has_class("danger") else str(button.label)
            yield SystemCommand(name, told, button.press)
    for action, active in keys.items():
        run = partial(screen.app.run_action, action, active.node)
        yield SystemCommand(active.binding.description, active.binding.tooltip, run)
