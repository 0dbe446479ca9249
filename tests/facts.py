"""Small facts to build histories from; each test says only what matters to it."""

from datetime import UTC, datetime, timedelta

from recovery.record.events import (
    AnyEvent,
    BackupMade,
    Check,
    CheckState,
    ConversionEnded,
    Identity,
    Investigated,
    Migrated,
    OtherDatabase,
    Outcome,
    Person,
    PlanApproved,
    PlanMade,
    Refusal,
    Reported,
    RevisionConfirmed,
    SessionOpened,
    TargetConfirmed,
    Verified,
)
from recovery.record.history import Entry, History
from recovery.words.profile import Profile, parse

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ANA = Person("ana", "bastion")
BEN = Person("ben", "bastion")
PROFILE: Profile = parse(
    """
environment = "staging"
[target]
dsn = "host=db.internal port=5432 user=owner dbname=saas"
database = "saas"
[keys]
"users.id" = "varchar(36)"
[alembic]
script_location = "scripts"
"""
)
IDENTITY = Identity(
    database="saas",
    database_oid=16384,
    system_identifier="7300000000000000001",
    role="owner",
    superuser=False,
    host="db.internal",
    port=5432,
    server_address="10.0.0.7",
    server_port=5432,
    server_version=150018,
    server_version_text="15.18",
    size_bytes=1_234_567,
    tables=3,
    owned_tables=3,
    started=BEGAN,
    in_recovery=False,
    tls=True,
    pooled=False,
    other_databases=(OtherDatabase("crm", 7), OtherDatabase("secret", None)),
)


def history(*events: AnyEvent) -> History:
    """The events as a journal would number them, a second apart."""
    return History(
        tuple(
            Entry(number, BEGAN + timedelta(seconds=number), event)
            for number, event in enumerate(events, start=1)
        )
    )


def opened(profile: Profile = PROFILE) -> SessionOpened:
    return SessionOpened("0.1.0", profile, ANA)


def confirmed(*, typed: bool = True) -> TargetConfirmed:
    return TargetConfirmed(IDENTITY, "typed", typed, ANA)


def investigated() -> Investigated:
    return Investigated(
        findings=(),
        keys=(),
        claimed=("b2",),
        true_revision="a1",
        heads=("c3",),
        evidence=(),
        collisions=(),
        missing_tables=(),
        tables=3,
        foreign_keys=2,
        orphans=(),
        row_counts={"users": 2},
        size_bytes=1_234_567,
        server_time=BEGAN,
    )


def planned(
    sha256: str = "aa", *, refusals: tuple[Refusal, ...] = (), nothing_to_do: bool = False
) -> PlanMade:
    return PlanMade(
        sha256=sha256,
        fingerprint="ff",
        database="saas",
        phases=(),
        tables=(),
        foreign_keys=0,
        refusals=refusals,
        nothing_to_do=nothing_to_do,
    )


def backed_up() -> BackupMade:
    return BackupMade(
        folder="/backup",
        format="custom",
        tool="/usr/bin/pg_dump",
        tool_version="15.18",
        server_version="15.18",
        database="saas",
        files=(),
        row_counts={"users": 2, "orders": 1_000},
        restore_command="pg_restore --dbname saas_restored x.dump",
        started=BEGAN,
        finished=BEGAN + timedelta(seconds=9),
    )


def recovered(profile: Profile = PROFILE) -> tuple[AnyEvent, ...]:
    """A whole recovery, up to its report."""
    return (
        opened(profile),
        confirmed(),
        investigated(),
        planned("aa"),
        PlanApproved("aa", ANA),
        backed_up(),
        ConversionEnded(Outcome.COMMITTED, "so it was decided", ANA),
        RevisionConfirmed(("a1",), "the only one", ANA),
        Migrated(("c3",)),
        Verified((Check("orphans", "none", CheckState.PASSED, "0"),)),
        Reported("report.md", "report.json"),
    )
