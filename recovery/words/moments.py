"""Moments, as people are told them: in UTC, whoever reads them and wherever."""

from datetime import UTC, datetime, timedelta


def full(at: datetime) -> str:
    """A date and time."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def clock(at: datetime, now: datetime) -> str:
    """A time of the day; with its date, unless that is today where this is read."""
    near = abs(at - now) < timedelta(days=1)
    if near and at.astimezone().date() == now.astimezone().date():
        return f"{at.astimezone(UTC):%H:%M:%S} UTC"
    return full(at)
