"""The incident as a story in events: what a journal holds at each stage of its recovery.

Time, names and hosts are fixed, so that a picture of a screen is the same everywhere.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from recovery.record.events import (
    SAME,
    Answer,
    AnyEvent,
    BackupFile,
    BackupMade,
    BackupProgress,
    Break,
    Candidate,
    CatalogDifference,
    Cause,
    Check,
    CheckState,
    Collision,
    CollisionCompared,
    CommitIntended,
    ConversionEnded,
    ConversionWatched,
    Cost,
    Effort,
    Finding,
    Forecasted,
    ForeignKeyParity,
    GateOpened,
    GatePrice,
    Identity,
    Investigated,
    Kept,
    KeyFact,
    LockAttemptFailed,
    Migrated,
    MigrationsForecast,
    NotReplayed,
    OtherDatabase,
    Outcome,
    Outlook,
    ParityChecked,
    Person,
    PhaseFinished,
    PhasePlan,
    PhaseStarted,
    PlanApproved,
    PlanMade,
    PlannedStatement,
    PlannedTable,
    Proof,
    ProofState,
    ProposedKey,
    Refusal,
    Reported,
    RevisionAdopted,
    RevisionConfirmed,
    RevisionDifference,
    RevisionEvidence,
    RevisionFinished,
    RevisionMatch,
    RevisionSet,
    RevisionStarted,
    Rewrite,
    SessionInTheWay,
    SessionOpened,
    Severity,
    SoftReference,
    StatementDone,
    Step,
    StepFailed,
    StepFinished,
    StepStarted,
    TableParity,
    TargetConfirmed,
    Verified,
)
from recovery.record.history import Entry, History
from recovery.words.errors import Problem
from recovery.words.profile import AlembicSection, ExpectSection, HttpCheck, Profile, TargetSection
from recovery.words.sqlstates import KNOWN

SESSION = "20261122-030000-5eed"
NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ADA = Person("ada", "bastion")
PROGRAM = "0.1.0"

PROFILE = Profile(
    target=TargetSection(
        database="saas_platform", dsn="host=db1.example.com user=saas_owner dbname=saas_platform"
    ),
    environment="production",
    keys={
        "users.id": "varchar(36)",
        "organizations.id": "varchar(36)",
        "documents.id": "varchar(36)",
    },
    expect=ExpectSection(
        tables=("folders", "pipeline_templates", "pipeline_template_stages", "rbac_audit_logs"),
        least_tables=170,
        row_counts=("users", "organizations"),
    ),
    alembic=AlembicSection(script_location="migrations"),
    http=(HttpCheck("backend health", "https://app.example.com/health"),),
)

IDENTITY = Identity(
    database="saas_platform",
    database_oid=16_401,
    system_identifier="7291846353029481573",
    role="saas_owner",
    superuser=False,
    host="db1.example.com",
    port=5432,
    server_address="10.20.0.7",
    server_port=5432,
    server_version=160_004,
    server_version_text="16.4",
    size_bytes=48_318_382_080,
    tables=165,
    owned_tables=165,
    started=datetime(2026, 9, 3, 21, 14, 5, tzinfo=UTC),
    in_recovery=False,
    tls=True,
    pooled=False,
    other_databases=(
        OtherDatabase("crm_test_db", 731_906_048),
        OtherDatabase("saas_rehearsal", 47_244_640_256),
    ),
)

FOREIGN_KEYS = {"users.id": 42, "organizations.id": 31, "documents.id": 24}
_COLUMNS = {"users.id": "user_id", "organizations.id": "organization_id"}
CONVERTED = tuple(f"table_{number:03}" for number in range(1, 61))

VALUATIONS = Collision(
    revision="9d40b6c7e3a8",
    title="valuations",
    tables=(
        "valuations",
        "valuation_comments",
        "valuation_inputs",
        "valuation_methods",
        "valuation_results",
    ),
)

KEY_QUERY = """SELECT k.conrelid::pg_catalog.regclass AS table_name, k.conname AS foreign_key
FROM pg_catalog.pg_constraint k -- one row for each
WHERE k.contype = 'f' AND k.confrelid = 'public.users'::pg_catalog.regclass;"""

_REVISIONS = (
    ("6d1f0a9c7e42", "accounts", ("users", "organizations")),
    ("40cbf18a25e9", "documents", ("documents",)),
    ("6af9e02d8c53", "signature requests", ("signature_requests",)),
    ("ba1a5bcdb110", "document approvals", ("document_approvals",)),
    ("c3a7b4bbf913", "rbac audit logs", ("rbac_audit_logs",)),
    ("dc2c0f69c1b1", "pipeline templates", ("pipeline_templates", "pipeline_template_stages")),
    ("7e1c58f0b2d4", "folders", ("folders",)),
    ("9d40b6c7e3a8", "valuations", VALUATIONS.tables),
    ("f867c7e3d51c", "document questions", ("document_questions",)),
    ("b354d12d1e7d", "document templates", ("document_templates", "generated_documents")),
)
_LAST = 3


def _evidence() -> tuple[RevisionEvidence, ...]:
    """Every revision of the scripts; those behind the last that has run have made nothing."""
    told = []
    for place, (revision, title, tables) in enumerate(_REVISIONS):
        there = place <= _LAST or tables == VALUATIONS.tables
        told.append(
            RevisionEvidence(
                revision,
                title,
                tables if there else (),
                () if there else tables,
                revision == "dc2c0f69c1b1",
                place <= _LAST,
                (_REVISIONS[place - 1][0],) if place else (),
            )
        )
    return tuple(told)


def _by_hand(state: str, *tables: str, note: str) -> tuple[RevisionDifference, ...]:
    extra = state.startswith("extra")
    return tuple(
        RevisionDifference(
            f"table {table}",
            state,
            "" if extra else "there",
            "there" if extra else "",
            Cause.BY_HAND,
            note,
        )
        for table in tables
    )


_VALUATIONS_MADE = _by_hand(
    "extra table",
    *sorted(VALUATIONS.tables),
    note="revision 9d40b6c7e3a8, which has not run, makes it",
)
_GONE = "a script made it: it was dropped or renamed since"
_KEY_TYPES = tuple(
    RevisionDifference(
        f"column table_{number:03}.user_id",
        "other type",
        "type: character varying(36)",
        "type: uuid",
        Cause.KEY_TYPE,
    )
    for number in range(1, 94)
)
NEAREST = Candidate(
    ("ba1a5bcdb110",), "document approvals", 0, 0, 5, 93, 50.0, (*_VALUATIONS_MADE, *_KEY_TYPES)
)
MATCH = RevisionMatch(
    Answer.NEAREST,
    ("ba1a5bcdb110",),
    (),
    (
        NEAREST,
        Candidate(
            ("6af9e02d8c53",),
            "signature requests",
            0,
            0,
            7,
            91,
            71.8,
            (
                *_by_hand(
                    "extra table",
                    "document_approvals",
                    note="revision ba1a5bcdb110, which has not run, makes it",
                ),
                RevisionDifference(
                    "column documents.checksum",
                    "extra column",
                    "",
                    "character varying(64)",
                    Cause.BY_HAND,
                    "revision ba1a5bcdb110, which has not run, makes it",
                ),
                *_VALUATIONS_MADE,
            ),
        ),
        Candidate(
            ("c3a7b4bbf913",),
            "rbac audit logs",
            1,
            0,
            5,
            93,
            80.0,
            (*_by_hand("missing table", "rbac_audit_logs", note=_GONE), *_VALUATIONS_MADE),
        ),
        Candidate(
            ("dc2c0f69c1b1",),
            "pipeline templates",
            3,
            0,
            5,
            93,
            140.0,
            (
                *_by_hand(
                    "missing table",
                    "pipeline_template_stages",
                    "pipeline_templates",
                    "rbac_audit_logs",
                    note=_GONE,
                ),
                *_VALUATIONS_MADE,
            ),
        ),
        Candidate(("f867c7e3d51c",), "document questions", 5, 0, 0, 99, 150.0),
        Candidate(("7e1c58f0b2d4",), "folders", 4, 0, 5, 93, 170.0),
        Candidate(("b354d12d1e7d",), "document templates", 7, 0, 0, 99, 210.0),
        Candidate(("40cbf18a25e9",), "documents", 0, 0, 120, 47, 1154.3),
        Candidate(("6d1f0a9c7e42",), "accounts", 0, 0, 160, 10, 1572.5),
        Candidate((), "before all migrations", 0, 0, 164, 0, 1640.0),
    ),
    (),
    "replayed on PostgreSQL 16",
)
# Nothing in the catalog tells the two apart: the second only fills a column.
AMBIGUOUS = msgspec.structs.replace(
    MATCH,
    answer=Answer.AMBIGUOUS,
    alike=(("c3a7b4bbf913",),),
    candidates=(
        NEAREST,
        msgspec.structs.replace(NEAREST, revisions=("c3a7b4bbf913",), title="fill checksums"),
        *(each for each in MATCH.candidates[1:] if each.revisions != ("c3a7b4bbf913",)),
    ),
)
EXACT = msgspec.structs.replace(
    MATCH,
    answer=Answer.EXACT,
    revisions=("dc2c0f69c1b1",),
    candidates=(
        Candidate(("dc2c0f69c1b1",), "pipeline templates", 0, 0, 0, 0, 0.0),
        Candidate(("c3a7b4bbf913",), "rbac audit logs", 0, 0, 2, 0, 20.0),
    ),
)
NOT_REPLAYED = msgspec.structs.replace(
    MATCH,
    candidates=MATCH.candidates[:2],
    not_replayed=tuple(
        NotReplayed(revision, title, why)
        for revision, title, why in (
            ("c3a7b4bbf913", "rbac audit logs", "it reads rows: SELECT id FROM users"),
            ("dc2c0f69c1b1", "pipeline templates", "it comes after c3a7b4bbf913, which failed"),
        )
    ),
)
NO_SERVER = RevisionMatch(
    Answer.NONE,
    (),
    (),
    (),
    (),
    "",
    why="No PostgreSQL server can be started here. Install the programs of PostgreSQL 16.",
)

INVESTIGATED = Investigated(
    findings=(
        Finding(
            Severity.NOTE,
            "decoy",
            "Another database on this server has similar tables",
            "crm_test_db: 151 of the 165 tables have the same names.",
            "Look at the name at the top of the screen before you decide anything.",
        ),
        Finding(
            Severity.BLOCKER,
            "key-type",
            "users.id is uuid, the application expects varchar(36)",
            "42 foreign keys in 38 columns reference it.",
            "The plan converts the key and every column that references it.",
            KEY_QUERY,
        ),
        Finding(
            Severity.BLOCKER,
            "revision-claim",
            "alembic_version claims dc2c0f69c1b1, the schema is at ba1a5bcdb110",
            "pipeline_templates and rbac_audit_logs do not exist.",
            "Do not set a revision by hand. Confirm it; the migrations step sets it.",
            'SELECT version_num FROM "public"."alembic_version" ORDER BY version_num;',
        ),
        Finding(
            Severity.WARNING,
            "collision",
            "5 tables were made by hand that a pending revision creates",
            "valuations and four more exist; 9d40b6c7e3a8 would create them.",
            "They are compared before the migrations run; then adopt them or stop.",
        ),
        Finding(
            Severity.WARNING,
            "missing-tables",
            "7 expected tables are missing",
            "folders, pipeline_templates, rbac_audit_logs and four more.",
            "The pending migrations create them.",
        ),
    ),
    keys=(
        KeyFact("users.id", True, "uuid", "varchar(36)", 42, 38),
        KeyFact("organizations.id", True, "uuid", "varchar(36)", 31, 29),
        KeyFact("documents.id", True, "uuid", "varchar(36)", 24, 24),
    ),
    claimed=("dc2c0f69c1b1",),
    true_revision="ba1a5bcdb110",
    heads=("b354d12d1e7d",),
    match=MATCH,
    evidence=_evidence(),
    collisions=(VALUATIONS,),
    missing_tables=(
        "folders",
        "pipeline_templates",
        "pipeline_template_stages",
        "rbac_audit_logs",
        "document_questions",
        "document_templates",
        "generated_documents",
    ),
    tables=165,
    foreign_keys=118,
    orphans=(),
    row_counts={"users": 18_204, "organizations": 412, "documents": 1_204_113},
    sizes={"documents": 212_400_128, "users": 4_202_496, "organizations": 98_304},
    size_bytes=48_318_382_080,
    server_time=NIGHT,
    soft_references=(
        SoftReference(
            "audit_entries.actor_id", "uuid", "users.id", 100, 97, "", "varchar(36)", "actor_type"
        ),
        SoftReference("teams.members", "uuid[]", "users.id", 41, 41, "", "varchar(36)[]", None),
        SoftReference("webhooks.payload", "jsonb", "documents.id", 100, 12, "", None, None),
        SoftReference(
            "sessions.token",
            "uuid",
            None,
            100,
            0,
            "none of 100 sampled values is a converted key",
            "varchar(36)",
            None,
        ),
    ),
)

VIEW = "view public.active_users"
POLICY = "policy own_documents ON public.documents"
_Planned = tuple[int, str, str, str, tuple[str, ...], str, Effort]


def _planned() -> Iterable[_Planned]:
    """The statements of the plan: phase, SQL, object, why, tables, locks, effort."""
    catalog, hangs = (
        Effort.CATALOG,
        "PostgreSQL does not change the type of a column that it hangs on",
    )
    settings = "SET LOCAL search_path = ''"
    yield 0, settings, "the transaction", "its settings end with it", (), "", catalog
    locked = ",\n  ".join(f"public.{table}" for table in CONVERTED)
    why = "every lock at once: if one cannot be had, nothing is half done"
    lock = f"LOCK TABLE {locked}\n  IN ACCESS EXCLUSIVE MODE"
    yield 0, lock, "all tables that are changed", why, CONVERTED, "", Effort.LOCKS
    for key in FOREIGN_KEYS:
        check = f"DO $pg_rekey$\nBEGIN\n  RAISE NOTICE '{key} is %', 'uuid';\nEND\n$pg_rekey$"
        yield 1, check, key, "it still has the type that the plan was made for", (), "", catalog
    exclusive = f"ACCESS EXCLUSIVE on {VIEW}"
    yield 2, "DROP VIEW public.active_users", VIEW, hangs, (), exclusive, catalog
    documents = ("documents",)
    yield 2, "DROP POLICY own_documents ON public.documents", POLICY, hangs, documents, "", catalog
    names = [(f"table_{n:03}", f"table_{n:03}_user_id_fkey") for n in range(1, 96)]
    for table, name in names:
        drop = f"ALTER TABLE public.{table} DROP CONSTRAINT {name}"
        why, ends = "its two sides have different types meanwhile", (table, "users")
        yield 2, drop, f"foreign key {name} of {table}", why, ends, "", catalog
    for number, table in enumerate(CONVERTED):
        convert = (
            f"ALTER TABLE public.{table}\n  ALTER COLUMN user_id "
            "TYPE character varying(36) USING user_id::text"
        )
        why = "all of the table's columns in one statement: it is rewritten once"
        phase = 3 if number < 3 else 4
        yield phase, convert, f"table {table}", why, (table,), "", Effort.REWRITE
    for table, name in names:
        add = (
            f"ALTER TABLE public.{table}\n  ADD CONSTRAINT {name} FOREIGN KEY (user_id) "
            "REFERENCES public.users(id) ON DELETE CASCADE"
        )
        why, ends = "in the original order: that decides which fires first", (table, "users")
        yield 5, add, f"foreign key {name} of {table}", why, ends, "", Effort.LOOK_UP
    view = (
        "CREATE VIEW public.active_users AS\n SELECT id FROM public.users WHERE name <> 'it''s [b]'"
    )
    yield 5, view, VIEW, "as it was, with everything that it had", (), "", catalog
    policy = "CREATE POLICY own_documents ON public.documents USING (it is)"
    why = "REWRITTEN: as it was, it would fail or mean something else. It was:\nit was"
    yield 5, policy, POLICY, why, documents, "", catalog
    for table in CONVERTED:
        why = "the rewrite loses the planner's statistics"
        yield 6, f"ANALYZE public.{table}", f"table {table}", why, (table,), "", Effort.SAMPLE


def _plan_text() -> tuple[str, tuple[PlannedStatement, ...]]:
    lines = ["-- plan.sql, written by pg-rekey for the database saas_platform", "BEGIN;"]
    told = []
    for phase, sql, named, why, tables, locks, effort in _planned():
        lines += [f"-- {line}" for line in why.split("\n")]
        told.append(PlannedStatement(phase, len(lines) + 1, named, why, tables, locks, effort))
        lines += f"{sql};".split("\n")
    return "\n".join([*lines, "-- Read what is above. COMMIT or ROLLBACK is yours.", ""]), tuple(
        told
    )


PLAN_SQL, PLANNED = _plan_text()

PLAN = PlanMade(
    sha256=hashlib.sha256(PLAN_SQL.encode()).hexdigest(),
    fingerprint=hashlib.sha256(b"catalog").hexdigest(),
    database="saas_platform",
    phases=(
        PhasePlan(1, "Check the current types", 3, dict.fromkeys(FOREIGN_KEYS, 1)),
        PhasePlan(2, "Drop the foreign keys", 97, FOREIGN_KEYS),
        PhasePlan(3, "Convert the keys", 3, dict.fromkeys(FOREIGN_KEYS, 1)),
        PhasePlan(
            4,
            "Convert the referencing columns",
            57,
            {"users.id": 38, "organizations.id": 29, "documents.id": 24},
        ),
        PhasePlan(5, "Recreate the foreign keys", 97, FOREIGN_KEYS),
        PhasePlan(6, "Validate", 60, FOREIGN_KEYS),
    ),
    tables=tuple(
        PlannedTable(table, ("user_id", "organization_id"), 20_000 + number, 9_000_000 * number)
        for number, table in enumerate(CONVERTED, start=1)
    ),
    foreign_keys=97,
    refusals=(),
    rebuilt=(VIEW, POLICY),
    proof=Proof(
        ProofState.PASSED,
        "on a copy of the schema, in 2.4 s",
        (Rewrite("policy own_documents ON public.documents", "it was", "it is"),),
        (Break("public.name_of(uuid)", 3, "operator does not exist", "checked"),),
    ),
    soft_references=INVESTIGATED.soft_references[:1],
    nothing_to_do=False,
    statements=PLANNED,
    locked=CONVERTED,
    kept=(
        Kept("primary key", ("users_pkey ON public.users", "documents_pkey ON public.documents")),
        Kept("index", tuple(f"public.{table}_user_id_idx" for table in CONVERTED)),
        Kept("column's default", ("users.id", "organizations.id", "documents.id")),
    ),
)

COMPATIBLE_PLAN = msgspec.structs.replace(
    PLAN,
    proof=Proof(ProofState.PASSED, "on a copy of the schema, in 2.6 s"),
    compatible=True,
    compatibility=tuple(
        f'{kind} "public".{name}'
        for kind, name in (
            ("function", '"pg_rekey_eq"(text, uuid)'),
            ("operator", "= (text, uuid)"),
        )
    ),
    soft_references=(),
)

REFUSED_PLAN = PlanMade(
    sha256=PLAN.sha256,
    fingerprint=PLAN.fingerprint,
    database=PLAN.database,
    phases=PLAN.phases,
    tables=PLAN.tables,
    foreign_keys=97,
    refusals=(
        Refusal(
            "view reporting.active_users",
            "It selects users.id, and a view's columns cannot change their type.",
            "Drop the view, and create it again after COMMIT.",
        ),
        Refusal(
            "policy own_documents on documents",
            "It compares documents.user_id with a uuid.",
            "Drop the policy, and create it again after COMMIT.",
        ),
    ),
    nothing_to_do=False,
)

BACKUP = BackupMade(
    folder=f"/home/ada/.local/state/pg-rekey/{SESSION}/backup",
    format="custom",
    tool="/usr/lib/postgresql/16/bin/pg_dump",
    tool_version="16.4",
    server_version="16.4",
    database="saas_platform",
    files=(
        BackupFile(
            f"/home/ada/.local/state/pg-rekey/{SESSION}/backup/saas_platform.dump",
            9_663_676_416,
            hashlib.sha256(b"dump").hexdigest(),
        ),
    ),
    row_counts={"users": 18_204, "organizations": 412, "documents": 1_204_113},
    restore_command="pg_restore --clean --if-exists --no-owner --dbname=saas_platform "
    f"/home/ada/.local/state/pg-rekey/{SESSION}/backup/saas_platform.dump",
    started=NIGHT + timedelta(minutes=3),
    finished=NIGHT + timedelta(minutes=14),
)


def _foreign_keys() -> Iterable[ForeignKeyParity]:
    tables = iter(range(1, 1000))
    for key, count in FOREIGN_KEYS.items():
        column = _COLUMNS.get(key, "document_id")
        for _ in range(count):
            table = f"table_{next(tables):03}"
            referenced = key.removesuffix(".id")
            definition = f"FOREIGN KEY ({column}) REFERENCES {referenced}(id) ON DELETE CASCADE"
            yield ForeignKeyParity(
                key=key,
                table=table,
                name=f"{table}_{column}_fkey",
                columns=(column,),
                references=referenced,
                on_delete="CASCADE",
                on_update="NO ACTION",
                before=definition,
                after=definition,
                validated=True,
                orphans_before=0,
                orphans_after=0,
                state=SAME,
            )


_DIGESTS = {"user_id": "6f2c", "organization_id": "81aa"}
PARITY = ParityChecked(
    foreign_keys=tuple(_foreign_keys()),
    tables=tuple(
        TableParity(table, 20_000 + number, 20_000 + number, _DIGESTS, _DIGESTS, SAME)
        for number, table in enumerate(CONVERTED, start=1)
    ),
    catalog=(
        CatalogDifference(
            "column",
            "public.users.id",
            "type: uuid",
            "type: character varying(36)",
            "the plan converts it",
        ),
        CatalogDifference(
            "column",
            "public.active_users.id",
            "type: uuid",
            "type: character varying(36)",
            "it shows a column that the plan converts",
        ),
    ),
    compared=2_431,
)


def parity_of(count: int) -> ParityChecked:
    """A parity of so many foreign keys; the one of the last table differs."""
    one = PARITY.foreign_keys[0]
    *same, last = (
        msgspec.structs.replace(
            one,
            key=tuple(FOREIGN_KEYS)[number % 3],
            table=f"table_{number:05}",
            name=f"fk_{count - number:05}",
        )
        for number in range(1, count + 1)
    )
    lost = msgspec.structs.replace(last, after=None, state="missing")
    return msgspec.structs.replace(PARITY, foreign_keys=(*same, lost))


def differing_parity() -> ParityChecked:
    """A parity in which a foreign key, a table and a comment are not as they were."""
    lost, *others = PARITY.foreign_keys
    wrong = ForeignKeyParity(
        key=lost.key,
        table=lost.table,
        name=lost.name,
        columns=lost.columns,
        references=lost.references,
        on_delete="NO ACTION",
        on_update=lost.on_update,
        before=lost.before,
        after="FOREIGN KEY (user_id) REFERENCES users(id)",
        validated=True,
        orphans_before=0,
        orphans_after=0,
        state="ON DELETE CASCADE became NO ACTION",
    )
    table, *tables = PARITY.tables
    return ParityChecked(
        foreign_keys=(*others, wrong),
        tables=(
            *tables,
            TableParity(
                table.table,
                table.rows_before,
                table.rows_after - 1,
                _DIGESTS,
                {"user_id": "0000", "organization_id": "81aa"},
                "1 row fewer",
            ),
        ),
        catalog=(
            CatalogDifference("comment", "column users.id", "The user's number", None),
            CatalogDifference("index", "users_pkey", None, "CREATE UNIQUE INDEX users_pkey"),
            *PARITY.catalog,
        ),
        compared=2_431,
    )


BLOCKED = (
    SessionInTheWay(41_207, "web", "saas_app", "SELECT * FROM users WHERE id = $1", 31.0),
    SessionInTheWay(41_311, "worker", "saas_app", "UPDATE documents SET state = $1", 12.5),
)
DEADLINE = NIGHT + timedelta(minutes=45)

VERIFIED = Verified(
    (
        Check("backend health", "HTTP 200, status healthy", CheckState.PASSED, "HTTP 200 in 41 ms"),
        Check("frontend", "HTTP 200", CheckState.NOT_CHECKED, "app.example.com has no address"),
        Check("alembic revision", "b354d12d1e7d", CheckState.PASSED, "b354d12d1e7d"),
        Check("users.id", "varchar(36)", CheckState.PASSED, "varchar(36)"),
        Check("organizations.id", "varchar(36)", CheckState.PASSED, "varchar(36)"),
        Check("required tables", "4 present", CheckState.PASSED, "4 present"),
        Check("total tables", "at least 170", CheckState.PASSED, "172"),
        Check("rows of users", "18,204", CheckState.FAILED, "18,205: one was added since"),
        Check("rows of organizations", "412", CheckState.PASSED, "412"),
        Check("orphans", "none", CheckState.PASSED, "97 foreign keys, 0 orphans"),
        Check("foreign keys", "118, each validated", CheckState.PASSED, "118, each validated"),
    )
)
REPORTED = Reported(
    markdown=f"/home/ada/.local/state/pg-rekey/{SESSION}/report.md",
    json=f"/home/ada/.local/state/pg-rekey/{SESSION}/report.json",
)
PROBLEM = Problem(
    what='foreign key constraint "x_fkey" cannot be implemented',
    remedy=KNOWN["42804"].remedy,
    exit_code=1,
    object="public.x x_fkey",
    sqlstate="42804",
    statement="ALTER TABLE public.x ADD CONSTRAINT x_fkey FOREIGN KEY (a) REFERENCES users(id)",
    detail='Key columns "a" [/b] and "id" are of incompatible types: uuid and character varying.',
    meaning=KNOWN["42804"].means,
)


@dataclass
class Story:
    """A journal in the making: each chapter adds its events, a second apart."""

    entries: list[Entry] = field(default_factory=list)
    at: datetime = NIGHT

    @property
    def history(self) -> History:
        return History(tuple(self.entries))

    def tell(self, *events: AnyEvent, seconds: float = 1) -> "Story":
        """Adds events."""
        for event in events:
            self.at += timedelta(seconds=seconds)
            self.entries.append(Entry(len(self.entries) + 1, self.at, event))
        return self


def begun(profile: Profile = PROFILE) -> Story:
    return Story().tell(SessionOpened(PROGRAM, profile, ADA))


def started(step: Step) -> StepStarted:
    return StepStarted(step, 4_711, ADA)


def confirmed(profile: Profile = PROFILE) -> Story:
    return begun(profile).tell(TargetConfirmed(IDENTITY, "the keyring", True, ADA))


def investigated(match: RevisionMatch | None = MATCH) -> Story:
    found = msgspec.structs.replace(INVESTIGATED, match=match)
    return confirmed().tell(
        started(Step.INVESTIGATION), found, StepFinished(Step.INVESTIGATION, 4.2)
    )


def with_proposed_keys() -> Story:
    """The profile leaves out a key that the migrations make otherwise."""
    found = msgspec.structs.replace(
        INVESTIGATED, proposed_keys=(ProposedKey("teams.id", "uuid", "varchar(36)", 7),)
    )
    return confirmed().tell(
        started(Step.INVESTIGATION), found, StepFinished(Step.INVESTIGATION, 4.2)
    )


CONFIRMED = RevisionConfirmed(MATCH.revisions, MATCH.evidence(MATCH.revisions), ADA)


def revision_confirmed() -> Story:
    return investigated().tell(CONFIRMED, seconds=0)


def unconfirmed(told: Story, match: RevisionMatch = MATCH) -> Story:
    """The same without the operator's word about the revision, and maybe with another match."""
    kept = [entry for entry in told.entries if entry.event is not CONFIRMED]
    found = msgspec.structs.replace(INVESTIGATED, match=match)
    entries = [
        Entry(number, entry.at, found if isinstance(entry.event, Investigated) else entry.event)
        for number, entry in enumerate(kept, 1)
    ]
    return Story(entries, told.at)


def planned(plan: PlanMade = PLAN) -> Story:
    return revision_confirmed().tell(started(Step.PLAN), plan, StepFinished(Step.PLAN, 2.0))


def approved() -> Story:
    return planned().tell(PlanApproved(PLAN.sha256, ADA))


def backing_up() -> Story:
    return approved().tell(
        started(Step.BACKUP), BackupProgress(61, 165, "public.documents", 3_221_225_472)
    )


def backed_up() -> Story:
    return backing_up().tell(BACKUP, StepFinished(Step.BACKUP, 660.0))


def waiting_for_locks() -> Story:
    return begun_to_convert().tell(LockAttemptFailed(2, 10, (BLOCKED[0],)))


def begun_to_convert() -> Story:
    story = backed_up()
    story.at = DEADLINE - timedelta(minutes=16)
    return story.tell(started(Step.CONVERSION))


def converting() -> Story:
    """In the middle of phase 4."""
    story = begun_to_convert()
    for number in (1, 2, 3):
        _whole_phase(story, number)
    story.tell(PhaseStarted(4))
    for table in CONVERTED[:21]:
        story.tell(
            StatementDone(4, f"table {table}", {"users.id": 1, "organizations.id": 1}, 0.7),
            seconds=0.7,
        )
    story.at = DEADLINE - timedelta(minutes=12, seconds=2)
    return story.tell(
        ConversionWatched(
            4,
            f"table {CONVERTED[21]}",
            f"ALTER TABLE {CONVERTED[21]} ALTER COLUMN user_id TYPE varchar(36) USING "
            "user_id::text",
            12.4,
            Cost(wal_bytes=2_345_678_901, blocked=BLOCKED[:1], free_bytes=41_234_567_890),
        )
    )


def _whole_phase(story: Story, number: int) -> None:
    phase = PLAN.phases[number - 1]
    story.tell(
        PhaseStarted(number),
        *[
            StatementDone(number, f"statement {place}", {}, 0.01)
            for place in range(phase.statements)
        ],
        PhaseFinished(number, phase.expected, 3.5 * number),
        seconds=0.01,
    )


def at_the_gate(parity: ParityChecked = PARITY) -> Story:
    story = begun_to_convert()
    for number in range(1, 7):
        _whole_phase(story, number)
    story.at = DEADLINE - timedelta(minutes=15)
    return story.tell(
        parity, GateOpened(DEADLINE, parity.differences), GatePrice(2.0, BLOCKED), seconds=0
    )


def ended(outcome: Outcome, reason: str, by: Person | None = ADA) -> Story:
    story = at_the_gate()
    if outcome is not Outcome.ROLLED_BACK:
        story.tell(CommitIntended("7731", ADA))
    return story.tell(ConversionEnded(outcome, reason, by), StepFinished(Step.CONVERSION, 301.0))


def committed() -> Story:
    return ended(Outcome.COMMITTED, "the operator chose COMMIT")


COMPARED = CollisionCompared(VALUATIONS, (), True)


def collided() -> Story:
    """The migrations have found the tables made by hand, and stopped."""
    return committed().tell(
        started(Step.MIGRATIONS),
        COMPARED,
        StepFailed(
            Step.MIGRATIONS,
            Problem(
                what="5 tables exist that the pending revision 9d40b6c7e3a8 creates.",
                remedy="Adopt them (their columns are as the revision makes them), or stop here.",
                exit_code=4,
                object="valuations",
            ),
        ),
    )


_MIGRATIONS = (
    ("c3a7b4bbf913", "rbac audit logs"),
    ("dc2c0f69c1b1", "pipeline templates"),
    ("7e1c58f0b2d4", "folders"),
    ("9d40b6c7e3a8", "valuations"),
    ("f867c7e3d51c", "document questions"),
    ("b354d12d1e7d", "document templates"),
)


DIFFERENT = CollisionCompared(
    VALUATIONS,
    (
        "other type: valuations.currency_code, type: text and not type: character(3)",
        "missing index: ix_valuations_method_id",
    ),
    adoptable=False,
    repair=(
        "ALTER TABLE public.valuations ALTER COLUMN currency_code TYPE character(3) "
        "USING currency_code::character(3)",
        "CREATE INDEX ix_valuations_method_id ON public.valuations USING btree (method_id)",
    ),
    aside=(
        'ALTER INDEX public.ix_valuations_created_by_id RENAME TO "ix_valuations_created_by_id_b"',
        'ALTER TABLE public.valuations RENAME TO "valuations_by_hand"',
    ),
)


def forecast(*failing: str) -> MigrationsForecast:
    """What the pending migrations did on a copy; nothing is tried behind a failing one."""
    told = []
    outlook = Outlook.RUNS
    for revision, title in _MIGRATIONS:
        problem = ""
        if revision in failing:
            outlook, problem = Outlook.FAILS, 'relation "folders" already exists [42P07]'
        elif revision == VALUATIONS.revision and outlook is Outlook.RUNS:
            tables = ", ".join(VALUATIONS.tables)
            told.append(
                Forecasted(revision, title, Outlook.COLLIDES, f"{tables}: there already [42P07]")
            )
            continue
        told.append(Forecasted(revision, title, outlook, problem))
        if outlook is Outlook.FAILS:
            outlook = Outlook.NOT_TRIED
    return MigrationsForecast(tuple(told), "on a copy of the schema")


def collided_differently() -> Story:
    """The tables made by hand are not as the revision would make them."""
    return committed().tell(
        started(Step.MIGRATIONS),
        DIFFERENT,
        forecast(),
        StepFailed(
            Step.MIGRATIONS,
            Problem(
                what="Revision 9d40b6c7e3a8 (valuations of documents) would create tables that "
                "exist. They differ.",
                remedy="Let pg-rekey make them the same, then adopt them; or rename them aside.",
                exit_code=4,
                object="9d40b6c7e3a8",
            ),
        ),
    )


def would_fail() -> Story:
    """A pending migration failed on the copy; nothing was changed."""
    revision, title = _MIGRATIONS[2]
    return committed().tell(
        started(Step.MIGRATIONS),
        forecast(revision),
        StepFailed(
            Step.MIGRATIONS,
            Problem(
                what=f'Revision {revision} ({title}) would fail: relation "folders" already '
                "exists [42P07].",
                remedy="It failed on a copy of the schema, which has no rows. Mend what it says.",
                exit_code=4,
                object=revision,
            ),
        ),
    )


def migrating(done: int = 3) -> Story:
    story = collided().tell(
        started(Step.MIGRATIONS),
        COMPARED,
        RevisionSet(("dc2c0f69c1b1",), ("ba1a5bcdb110",)),
    )
    for revision, title in _MIGRATIONS[:done]:
        adopted = revision == VALUATIONS.revision
        story.tell(RevisionStarted(revision, title))
        if adopted:
            story.tell(RevisionAdopted(VALUATIONS, ADA))
        story.tell(RevisionFinished(revision, (revision,), 0.2, adopted))
    if done < len(_MIGRATIONS):
        story.tell(RevisionStarted(*_MIGRATIONS[done]))
    return story


def migrated() -> Story:
    return migrating(len(_MIGRATIONS)).tell(
        Migrated(("b354d12d1e7d",)), StepFinished(Step.MIGRATIONS, 2.4)
    )


def verified(found: Verified = VERIFIED) -> Story:
    return migrated().tell(started(Step.VERIFICATION), found, StepFinished(Step.VERIFICATION, 1.9))


def recovered() -> Story:
    """Every check passed."""
    passed = (
        Check(check.name, check.expected, CheckState.PASSED, check.expected)
        for check in VERIFIED.checks
    )
    return verified(Verified(tuple(passed)))


def reported() -> Story:
    return verified().tell(started(Step.REPORT), REPORTED, StepFinished(Step.REPORT, 0.1))
