"""Step 6: the confirmed revision is recorded, then the pending migrations run to head."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Button, TabbedContent, TabPane

from recovery.record.candidates import confirmable, facts, named, proposal
from recovery.record.events import (
    Cancel,
    CollisionCompared,
    Investigated,
    Migrated,
    MigrationsForecast,
    Person,
    RevisionAdopted,
    RevisionFinished,
    RevisionSet,
    RevisionStarted,
    Step,
    TablesSetAside,
    Way,
)
from recovery.record.history import REVISION, History
from screens import words
from screens.confirming import ask_revision
from screens.consequences import (
    WAYS,
    only_adopted,
    undecided,
    what_is_made_by_hand,
    what_is_migrated,
    would_fail,
)
from screens.old_backup import with_backup
from screens.step_screen import StepScreen
from screens.widgets.buttons import button
from screens.widgets.help import page
from screens.widgets.questions import Question
from screens.widgets.rows import Cell, Facts, Rows
from screens.widgets.sql_log import ReadLog, SqlLog
from screens.widgets.text import Note
from screens.wishes import GiveCommand, RunStep


class MigrationsScreen(StepScreen):
    """Tables made by hand, each migration as it runs, the heads read back.

    ``read_log`` gives sql.log's text.
    """

    STEP = Step.MIGRATIONS
    NAME = "Migrations"
    START = "Migrate"
    HELP = page("migrations")

    def __init__(self, session: str, by: Person, read_log: ReadLog) -> None:
        super().__init__(session, by)
        self._read_log = read_log

    def compose_content(self) -> ComposeResult:
        with TabbedContent(id="content"):
            with TabPane("1 Migrations", id="migrations-pane"), VerticalScroll(can_focus=False):
                yield Facts(id="revisions")
                yield Note(id="confirm-words")
                yield Note(id="env")
                yield Note(
                    "Tables made by hand that a pending revision creates",
                    id="collisions-title",
                    classes="section",
                )
                yield Rows("Revision", "State", "Tables; differences", id="collisions")
                yield Note("Migrations", id="runs-title", classes="section")
                yield Rows("Revision", "State", "Time>", "Title", id="migrations")
            with TabPane("2 SQL log", id="log-pane"):
                yield SqlLog(self._read_log, id="sql-log")

    def compose_actions(self) -> ComposeResult:
        yield button("Confirm the revision", id="confirm-revision")
        yield button("Adopt and migrate", id="adopt")
        yield button("Decide and migrate", id="decide")
        yield button("Migrate all the same", id="despite")
        yield button("Cancel", id="cancel")

    def show_step(self, history: History, now: datetime) -> None:
        found = history.last(Investigated)
        self.query_one("#revisions", Facts).tell(_revisions(history))
        proposed = proposal(history)
        self.query_one("#confirm-words", Note).say(_confirming(history, proposed))
        self.query_one("#env", Note).say(_by_whom(history))
        self.query_one(SqlLog).follow()
        collisions = list(_collisions(history, found))
        self.query_one("#collisions-title").display = bool(collisions)
        self.query_one("#collisions", Rows).fill(collisions)
        migrations = list(_migrations(history, found))
        self.query_one("#runs-title").display = bool(migrations)
        self.query_one("#migrations", Rows).fill(migrations)
        if self.running:
            self.offer("cancel")
        elif self.starting is self.STEP:
            self.offer()
        elif history.last(Migrated) is not None:
            self.offer("continue", focus="continue")
        elif self.allowed and (by_hand := undecided(history)):
            offered = "decide" if only_adopted(by_hand) is None else "adopt"
            self.offer(offered, focus=offered)
        elif self.allowed and would_fail(history):
            self.offer("start", "despite", focus="start")
        elif proposed is not None and history.waits_for(self.STEP) == REVISION:
            self.offer("confirm-revision")
        else:
            self.offer_usual(done=False)

    def what_runs(self) -> str:
        started = self.attempt.last(RevisionStarted)
        return "" if started is None else f"Now {started.revision} {started.title}"

    @on(Button.Pressed, "#start")
    def migrate(self) -> None:
        self._ask({})

    @on(Button.Pressed, "#despite")
    def migrate_despite_forecast(self) -> None:
        self._ask({}, despite_forecast=True)

    @on(Button.Pressed, "#confirm-revision")
    def confirm_revision(self) -> None:
        """Asks about the revision that the catalog speaks for."""
        if (proposed := proposal(self.history)) is not None:
            ask_revision(self, proposed)

    @on(Button.Pressed, "#adopt")
    def adopt(self) -> None:
        self._ask(only_adopted(undecided(self.history)) or {})

    @on(Button.Pressed, "#decide")
    def decide(self) -> None:
        """Asks about each of the tables made by hand in turn, then about all of it."""
        self._decide(undecided(self.history), {})

    def _decide(
        self, collisions: tuple[CollisionCompared, ...], decided: Mapping[str, Way]
    ) -> None:
        if not collisions:
            self._ask(decided)
            return
        first, *others = collisions
        revision = first.collision.revision

        def answered(answer: str | None) -> None:
            chosen = next((way for way in first.ways if way.name.lower() == answer), None)
            if chosen is not None:
                self._decide(tuple(others), {**decided, revision: chosen})

        self.app.push_screen(
            Question(
                f"Revision {revision}: what becomes of the tables made by hand?",
                what_is_made_by_hand(first),
                ("back", "Not yet"),
                *((way.name.lower(), WAYS[way]) for way in first.ways),
            ),
            answered,
        )

    def _ask(self, ways: Mapping[str, Way], *, despite_forecast: bool = False) -> None:
        with_backup(self, lambda: self._ask_last(ways, despite_forecast))

    def _ask_last(self, ways: Mapping[str, Way], despite_forecast: bool) -> None:
        def answered(answer: str | None) -> None:
            if answer == "migrate":
                self.post_message(
                    RunStep(Step.MIGRATIONS, ways=ways, despite_forecast=despite_forecast)
                )

        self.app.push_screen(
            Question(
                f"Migrate {self.history.profile.target.database} to head?",
                what_is_migrated(self.history, ways, despite_forecast=despite_forecast),
                ("back", "Not yet"),
                ("migrate", "Migrate"),
            ),
            answered,
        )

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        self.post_message(GiveCommand(Cancel(by=self.by)))


def _revisions(history: History) -> Iterator[tuple[str, Cell]]:
    yield from facts(history)
    if (moved := history.last(RevisionSet)) is not None:
        yield "Set", f"from {words.names(moved.before, 'nothing')} to {named(moved.heads)}"
    if (migrated := history.last(Migrated)) is not None:
        yield "Read back", words.names(migrated.heads)


def _by_whom(history: History) -> str:
    """Whose Alembic migrates."""
    section = history.profile.alembic
    if section is not None and section.command:
        return (
            f"The application's own Alembic migrates: {' '.join(section.command)}. What it prints "
            "is in alembic.log."
        )
    return (
        "The migration scripts run through Alembic's own operations; the project's env.py is not "
        "run."
    )


def _confirming(history: History, proposed: tuple[str, ...] | None) -> str:
    """What is to be done before the step may start, if it is this."""
    if history.waits_for(Step.MIGRATIONS) != REVISION or not confirmable(history):
        return ""
    if proposed is None:
        return "No revision was found. Choose one in step 2, pane 3, if you know which it is."
    return "Step 2, pane 3, lists the differences, and the other candidates."


def _collisions(history: History, found: Investigated | None) -> Iterator[tuple[Cell, ...]]:
    """Each collision, compared or not yet."""
    compared = {each.collision.revision: each for each in history.of(CollisionCompared)}
    adopted = {each.collision.revision for each in history.of(RevisionAdopted)}
    aside = {each.collision.revision for each in history.of(TablesSetAside)}
    for collision in () if found is None else found.collisions:
        differences: tuple[str, ...] = ()
        result = compared.get(collision.revision)
        if result is None:
            word = "not compared"
        else:
            word = "adoptable" if result.adoptable else "different"
            differences = tuple(map(str, result.differences))
        yield (
            collision.revision,
            words.state(
                "adopted"
                if collision.revision in adopted
                else "set aside"
                if collision.revision in aside
                else word
            ),
            (f"{collision.title}: {words.names(collision.tables)}", *differences),
        )


def _migrations(history: History, found: Investigated | None) -> Iterator[tuple[Cell, ...]]:
    """Every migration that has run or is pending, in order."""
    finished = {each.revision: each for each in history.of(RevisionFinished)}
    started = {each.revision: each.title for each in history.of(RevisionStarted)}
    pending = dict(_pending(history, found))
    running = history.running is Step.MIGRATIONS
    forecast = history.last(MigrationsForecast)
    outlook = {each.revision: each for each in (forecast.revisions if forecast else ())}
    for revision, title in (pending | started).items():
        end = finished.get(revision)
        if end is not None:
            yield (
                revision,
                words.state("adopted" if end.adopted else "done"),
                words.duration(end.seconds),
                title,
            )
        elif revision in started:
            yield revision, words.state("running" if running else "failed"), "", title
        else:
            told = outlook.get(revision)
            problem = (told.problem,) if told is not None and told.problem else ()
            outcome = words.state(told.outlook if told else "not yet")
            yield revision, outcome, "", (title, *problem)


def _pending(history: History, found: Investigated | None) -> Iterator[tuple[str, str]]:
    """The revisions above the confirmed ones, or while there are none, above those found."""
    if found is None:
        return
    start = history.start_revisions
    if start is None and not found.found_revisions:
        return
    for each in found.pending(found.found_revisions if start is None else start):
        yield each.revision, each.title
