"""Which targets are refused, and how a connection string is completed."""

from datetime import timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from recovery.server import target
from recovery.server.door import conninfo_of, unreachable
from recovery.server.identity import Stranger, refuse_strangers
from recovery.words.errors import Refused
from recovery.words.profile import parse
from tests.facts import IDENTITY, PROFILE


def test_the_expected_target_is_not_refused() -> None:
    assert target.refusals(IDENTITY, PROFILE) == []
    target.refuse_others(IDENTITY, PROFILE)


@pytest.mark.parametrize(
    ("differs", "reason", "remedy"),
    [
        ({"database": "crm"}, "'crm', but the profile expects 'saas'", "Correct the connection"),
        (
            {"server_version": 120_022, "server_version_text": "12.22"},
            "PostgreSQL 12.22",
            "needs 13 or newer",
        ),
        ({"in_recovery": True}, "standby", "Connect to the primary"),
        ({"pooled": True}, "pooler", "Connect to the server itself"),
        ({"owned_tables": 2}, "owner owns 2 of 3 tables", "Connect as the tables' owner"),
    ],
)
def test_a_target_that_cannot_be_worked_on_is_refused_with_what_to_do(
    differs: dict[str, Any], reason: str, remedy: str
) -> None:
    identity = msgspec.structs.replace(IDENTITY, **differs)

    (refusal,) = target.refusals(identity, PROFILE)
    assert reason in refusal.reason
    assert remedy in refusal.remedy
    with pytest.raises(Refused) as refused:
        target.refuse_others(identity, PROFILE)
    assert refused.value.problem.what == refusal.reason


def test_every_reason_is_told_at_once() -> None:
    identity = msgspec.structs.replace(IDENTITY, in_recovery=True, owned_tables=0, pooled=True)

    assert len(target.refusals(identity, PROFILE)) == 3


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"database": "crm"}, "its database is crm, it was saas"),
        ({"database_oid": 5}, "its database oid is 5, it was 16384"),
        ({"system_identifier": "9"}, "its system identifier is 9, it was 7300000000000000001"),
    ],
)
def test_another_database_than_the_confirmed_one_is_refused(
    differs: dict[str, Any], said: str
) -> None:
    stranger = msgspec.structs.replace(IDENTITY, **differs)

    with pytest.raises(Refused) as refused:
        refuse_strangers(stranger, IDENTITY)
    assert said in refused.value.problem.what


def test_a_server_that_is_reached_otherwise_or_grew_is_the_same() -> None:
    later = msgspec.structs.replace(IDENTITY, host="10.0.0.7", size_bytes=9, tables=9, role="ben")

    refuse_strangers(later, IDENTITY)


# As the server itself sees where it is.
HERE = {
    "server_address": "10.0.0.1",
    "data_directory": "/srv/data",
    "timeline": "00000001",
    "log_bytes": 5_000,
}
LATER = IDENTITY.started + timedelta(days=1)


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"server_address": "10.0.0.2"}, "server address is 10.0.0.2, it was 10.0.0.1"),
        ({"server_port": 5433}, "server port is 5433"),
        ({"data_directory": "/srv/copy"}, "data directory is /srv/copy, it was /srv/data"),
        ({"timeline": "00000002"}, "timeline is 00000002, it was 00000001"),
        ({"log_bytes": 4_999}, "write-ahead log's end is 4999, it was 5000"),
    ],
)
def test_a_copy_of_the_server_is_refused_though_its_identifiers_are_the_same(
    differs: dict[str, Any], said: str
) -> None:
    confirmed = msgspec.structs.replace(IDENTITY, **HERE)
    copy = msgspec.structs.replace(confirmed, started=LATER, **differs)

    with pytest.raises(Stranger) as refused:
        refuse_strangers(copy, confirmed)
    assert said in refused.value.problem.what
    assert "promoted standby" in str(refused.value.problem.detail)


@pytest.mark.parametrize("unknown", [*HERE, "nothing"])
def test_a_server_that_was_restarted_where_it_was_is_the_same(unknown: str) -> None:
    """What a role may not know, or an older journal has not, is no difference."""
    confirmed = msgspec.structs.replace(IDENTITY, **HERE)
    restarted = msgspec.structs.replace(confirmed, started=LATER, log_bytes=6_000)
    if unknown != "nothing":
        restarted = msgspec.structs.replace(restarted, **{unknown: None})

    refuse_strangers(restarted, confirmed)
    refuse_strangers(confirmed, confirmed)


@pytest.mark.parametrize(
    ("dsn", "environment", "database"),
    [
        ("host=h", {}, "saas"),
        ("host=h dbname=crm", {}, "crm"),
        ("postgresql://h/crm", {}, "crm"),
        ("service=prod", {}, None),
        ("host=h", {"PGDATABASE": "crm"}, None),
        ("host=h", {"PGSERVICE": "prod"}, None),
    ],
)
def test_the_profiles_database_is_added_where_nothing_else_names_one(
    monkeypatch: pytest.MonkeyPatch, dsn: str, environment: dict[str, str], database: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    profile = parse(f'[target]\ndatabase = "saas"\ndsn = "{dsn}"\n')

    assert conninfo_to_dict(conninfo_of(profile)).get("dbname") == database


def test_a_lost_line_is_noticed_unless_the_operator_says_otherwise() -> None:
    profile = parse('[target]\ndatabase = "saas"\ndsn = "host=h connect_timeout=3"\n')

    settings = conninfo_to_dict(conninfo_of(profile))
    assert settings["connect_timeout"] == "3"
    assert {"keepalives_idle", "tcp_user_timeout"} <= set(settings)


def test_a_time_out_that_lets_nobody_sign_in_is_named() -> None:
    """It cannot be had from a server with certainty: its clock ticks in milliseconds."""
    problem = unreachable(psycopg.errors.QueryCanceled("canceling statement")).problem

    assert "statement_timeout" in problem.what
    assert "ALTER ROLE ... SET statement_timeout" in problem.remedy
    assert problem.sqlstate == "57014"
