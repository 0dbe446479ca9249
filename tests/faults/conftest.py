"""Faults are the same on every version: one server is enough for them."""

import pytest

from recovery import installations
from recovery.installations import Installation


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The first that is found."""
    return installations.for_servers()[0]
