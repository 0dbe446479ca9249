"""Whether each walk is answered as declared, and the database is as it should be in the end."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from recovery.record.folders import STATE_VARIABLE
from tests.cli.program import TEXT, UUID, Shell, type_of_key
from tests.conftest import Database
from tests.waiting import until
from tests.walks.walk import Walk, themes
from tests.walks.walking import Walking

ROWS = """
SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders), (SELECT count(*) FROM items),
       (SELECT count(*) FROM orders JOIN users ON users.id = user_id)
"""
OPEN = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name LIKE 'pg-rekey%' AND datname = current_database() AND state <> 'idle'
"""


def _parameters() -> list[Any]:
    return [
        pytest.param(
            (i, j), theme.title, walk, marks=[pytest.mark.slow] if walk.slow else [], id=walk.name
        )
        for i, theme in enumerate(themes())
        for j, walk in enumerate(theme.walk)
    ]


@pytest.mark.parametrize(("place", "theme", "walk"), _parameters())
def test_a_walk_hurts_nobody(
    place: tuple[int, int],
    theme: str,
    walk: Walk,
    shell: Shell,
    small: Database,
    record_property: Callable[[str, object], None],
) -> None:
    before = small.rows(ROWS)
    shell.profile(small, walk.profile)
    shell.remember(small)
    if walk.begins == "planned":
        shell.planned(small).close()
    with ExitStack() as own:
        walking = Walking(shell, small, own)
        if walk.begins == "planned":
            walking.reads_the_plan()
        try:
            for step in walk.steps:
                walking.takes(step)
        finally:
            record_property("walk", (*place, theme, walk.name, walk.ends, *walking.heard))

    assert type_of_key(small) == (UUID if walk.ends == "before" else TEXT)
    assert small.rows(ROWS) == before
    until(lambda: True if small.rows(OPEN) == [(0,)] else None)
    for file in Path(os.environ[STATE_VARIABLE]).rglob("*"):
        assert not file.is_file() or small.password.encode() not in file.read_bytes(), file
