"""A moment is told in UTC, with its date where that is not today for who reads it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from recovery.words import moments


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 23), ("East-9", 14), ("West+3", 2)])
def test_a_time_of_the_day_has_its_date_from_the_readers_midnight_on(
    zone: str, hour: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    now = datetime(2026, 11, 22, hour, 50, tzinfo=UTC)
    today, tomorrow = (now + timedelta(minutes=minutes) for minutes in (5, 15))

    assert moments.clock(today, now) == f"{today:%H:%M}:00 UTC"
    assert moments.clock(tomorrow, now) == f"{tomorrow:%Y-%m-%d %H:%M}:00 UTC"
    assert moments.clock(today, now + timedelta(hours=25)) == f"{today:%Y-%m-%d %H:%M}:00 UTC"


def test_whatever_zone_a_moment_comes_in_utc_is_told() -> None:
    assert moments.full(datetime.fromisoformat("2026-11-22T01:30:00+02:00")) == (
        "2026-11-21 23:30:00 UTC"
    )
