"""The screens look the same on every machine: nothing of the developer's own shows."""

import pytest


@pytest.fixture(autouse=True)
def _own_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual reads NO_COLOR for every application; the theme is set in ``stage``."""
    monkeypatch.delenv("NO_COLOR", raising=False)
