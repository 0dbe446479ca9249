"""The plan, its proof on a copy of the schema, and its approval."""

from enum import StrEnum

from recovery.record.events.base import Event, Fact, Person
from recovery.record.events.investigation import SoftReference


class Refusal(Fact, frozen=True):
    """Something that the conversion cannot carry over, by name."""

    object: str
    reason: str
    remedy: str


class PhasePlan(Fact, frozen=True):
    """``expected`` counts by key what the phase will drop, convert, recreate or check."""

    number: int
    title: str
    statements: int
    expected: dict[str, int]


class PlannedTable(Fact, frozen=True):
    name: str
    columns: tuple[str, ...]
    rows_estimated: int
    bytes: int


class Effort(StrEnum):
    """What a statement's time depends on."""

    CATALOG = "catalog"
    LOCKS = "locks"
    REWRITE = "rewrite"
    LOOK_UP = "look-up"
    READ = "read"
    BUILD = "build"
    FILL = "fill"
    SAMPLE = "sample"


class PlannedStatement(Fact, frozen=True):
    """A statement of plan.sql, where it begins in ``line``. Phase 0 is what the phases begin with.

    It works on ``tables``. ``locks`` says what it locks besides what is locked from the beginning.
    """

    phase: int
    line: int
    object: str
    why: str
    tables: tuple[str, ...] = ()
    locks: str = ""
    effort: Effort = Effort.CATALOG


class Kept(Fact, frozen=True):
    """What PostgreSQL carries over by itself when it converts a table: things of one kind."""

    kind: str
    names: tuple[str, ...]


class ProofState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_MADE = "not made"


class Rewrite(Fact, frozen=True):
    """A statement that would fail or mean something else after the conversion, and its repair."""

    object: str
    before: str
    after: str


class Break(Fact, frozen=True):
    """A function that would fail, or may, when it is called after the conversion.

    ``line`` is of its definition; ``found`` says how it was found: checked, or only read.
    """

    function: str
    line: int | None
    cause: str
    found: str


class Refilled(Fact, frozen=True):
    """A materialized view that holds other rows than its query gives; ``given`` None: not known."""

    view: str
    held: int
    given: int | None

    @property
    def words(self) -> str:
        """What the conversion makes of it."""
        if self.given is None:
            return f"{self.view} is filled anew; whether it is stale is not known, it takes long"
        rows = f"{self.held} rows" if self.held != self.given else f"{self.held} rows, not the same"
        return f"{self.view} is stale and is filled anew: {rows} now, its query gives {self.given}"


class Proof(Fact, frozen=True):
    """What came of running the plan on a copy of the schema; ``words`` say how, or why not."""

    state: ProofState
    words: str
    rewrites: tuple[Rewrite, ...] = ()
    breaks: tuple[Break, ...] = ()


class PlanMade(Event, frozen=True):
    """``sha256`` is of plan.sql, ``fingerprint`` of the catalog that it was made for.

    ``rebuilt`` names what is dropped and made again because it hangs on a converted column.
    ``proof`` is None if it was not asked for. ``compatible``: operators were asked for, so
    that code with the old type goes on working; ``compatibility`` names what is made for them.
    ``soft_references`` are those that nobody has decided. ``statements`` are in the order of
    plan.sql; the ``locked`` tables are locked ACCESS EXCLUSIVE from the beginning to the end.
    ``refilled`` are the materialized views that were stale when the plan was made.
    ``rests_on`` has a digest of each object that the list of breaks rests on; None in old journals.
    """

    sha256: str
    fingerprint: str
    database: str
    phases: tuple[PhasePlan, ...]
    tables: tuple[PlannedTable, ...]
    foreign_keys: int
    refusals: tuple[Refusal, ...]
    nothing_to_do: bool
    rebuilt: tuple[str, ...] = ()
    proof: Proof | None = None
    compatible: bool = False
    compatibility: tuple[str, ...] = ()
    soft_references: tuple[SoftReference, ...] = ()
    statements: tuple[PlannedStatement, ...] = ()
    locked: tuple[str, ...] = ()
    kept: tuple[Kept, ...] = ()
    rests_on: dict[str, str] | None = None
    refilled: tuple[Refilled, ...] = ()

    @property
    def breaks(self) -> int:
        """How many functions and columns worked before, and may fail at run time afterwards."""
        functions = {found.function for found in self.proof.breaks} if self.proof else ()
        return len(self.soft_references) + len(functions)


class PlanApproved(Event, frozen=True):
    sha256: str
    by: Person
