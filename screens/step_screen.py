"""What the screens of all steps have in common."""

from datetime import UTC, datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Footer, Input, TabbedContent

from recovery.errors import Problem
from recovery.events import Person, Step, StepFailed
from recovery.history import Entry, History
from screens import words
from screens.widgets.buttons import button
from screens.widgets.comparison import Comparison
from screens.widgets.line import Line, Note
from screens.widgets.problem import ProblemPanel
from screens.widgets.steps import Steps
from screens.widgets.top_lines import TopLines
from screens.wishes import MoveOn, SaveBundle


class StepScreen(Screen[None]):
    """One step. What it shows is a function of the events; what it does it asks for by message."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    STEP: ClassVar[Step]
    NAME: ClassVar[str]
    START: ClassVar[str]

    starting = False

    BINDINGS = [
        Binding("n", "app.next_step", "Next"),
        Binding("p", "app.previous_step", "Previous"),
        Binding("q", "app.quit", "Quit", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
        Binding("slash", "compared('filter')", show=False),
        Binding("s", "compared('sort')", show=False),
        Binding("escape", "compared('show_all')", show=False),
        *[Binding(str(place), f"pane({place})", show=False) for place in range(1, 7)],
    ]

    def __init__(self, session: str, by: Person) -> None:
        super().__init__()
        self.session = session
        self.by = by
        self.history = History()
        self.shown_at = datetime.min.replace(tzinfo=UTC)
        self._offered: tuple[frozenset[str], str | None] | None = None

    def compose(self) -> ComposeResult:
        yield TopLines()
        with Horizontal(id="frame"):
            yield Steps(id="steps")
            with Vertical(id="main"):
                yield Note(id="waits")
                yield ProblemPanel(id="refused")
                yield ProblemPanel(id="failed")
                yield from self.compose_content()
                yield Note(id="bundle-saved")
                yield Line(id="runs")
                with Horizontal(id="actions"):
                    yield button(self.START, id="start")
                    yield from self.compose_actions()
                    yield button("Save a bundle", id="bundle")
                    yield button("Continue", id="continue", classes="far")
        yield Footer(show_command_palette=False)

    def compose_content(self) -> ComposeResult:
        """The step's own widgets."""
        raise NotImplementedError

    def compose_actions(self) -> ComposeResult:
        """The step's own buttons, beside those that start it and go on."""
        yield from ()

    def show_step(self, history: History, now: datetime) -> None:
        """Brings the step's own widgets up to date."""
        raise NotImplementedError

    def show(self, history: History, now: datetime) -> None:
        """Brings the screen up to date."""
        self.history = history
        self.shown_at = now
        self.query_one(TopLines).tell(history, self.STEP, self.NAME, self.session)
        self.query_one(Steps).tell(history, self.STEP)
        self.query_one("#waits", Note).say(self._why_not(history))
        self._show_failure()
        self.query_one("#runs", Line).say(self._runs(now))
        self.show_step(history, now)

    def _why_not(self, history: History) -> str:
        """What the step waits for, or why it has nothing to do."""
        if (skipped := history.skipped_because(self.STEP)) is not None:
            return f"Skipped: {skipped}."
        waits = history.waits_for(self.STEP)
        return "" if waits is None else f"This step waits for {waits}."

    def refuse(self, problem: Problem | None) -> None:
        """Shows why the last wish was not carried out; None when a new one is on its way."""
        self.query_one("#refused", ProblemPanel).tell(problem)
        self._show_failure()

    def tell_saved(self, words: str) -> None:
        """Says where a bundle was saved, for as long as the failure stays."""
        self.query_one("#bundle-saved", Note).say(words)

    @property
    def attempt(self) -> History:
        """The events since the step was last started."""
        return self.history.since_start_of(self.STEP)

    @property
    def running(self) -> bool:
        """Whether a runner works on this step."""
        return self.history.running is self.STEP

    @property
    def allowed(self) -> bool:
        """Whether the step may be started: nothing is missing and nothing else runs."""
        return (
            not self.starting
            and self.history.running is None
            and self.history.waits_for(self.STEP) is None
        )

    @property
    def failure(self) -> Problem | None:
        """Why the latest attempt at this step failed."""
        failures = (e.problem for e in self.attempt.of(StepFailed) if e.step is self.STEP)
        return next(failures, None)

    def _show_failure(self) -> None:
        """Two problems at a time would leave no room: what was just refused comes first."""
        refused = self.query_one("#refused").display
        self.query_one("#failed", ProblemPanel).tell(None if refused else self.failure)
        if self.failure is None:
            self.tell_saved("")

    def _runs(self, now: datetime) -> str:
        started = self._started()
        if self.running and started is not None:
            return f"Running for {words.elapsed(started.at, now)}. {self.what_runs()}"
        if self.starting:
            return "Starting ..."
        if self.history.running is not None:
            return f"The {self.history.running} step is running: press n or p to go there."
        return ""

    def what_runs(self) -> str:
        """What the step does at the moment, in words."""
        return ""

    def _started(self) -> Entry | None:
        entries = self.attempt.entries
        return entries[0] if entries else None

    def offer_usual(self, *, done: bool) -> None:
        """The buttons of a step that is started, and then gone on from or started again."""
        if self.running or self.starting:
            self.offer()
        elif done:
            again = ["start"] if self.allowed else []
            self.offer("continue", *again, focus="continue")
        elif self.allowed:
            self.offer("start", focus="start")
        else:
            self.offer()
        self.name_start(again=done)

    def name_start(self, *, again: bool) -> None:
        """What the button says that starts the step."""
        first = "Try again" if self.failure else self.START
        self.query_one("#start", Button).label = Content(f"{self.START} again" if again else first)

    def offer(self, *ids: str, focus: str | None = None) -> None:
        """Shows these buttons and hides the others; moves the focus when the choice is a new one.

        What is being typed keeps the focus.
        """
        if self.failure is not None:
            ids = (*ids, "bundle")
        choice = (frozenset(ids), focus)
        if choice == self._offered:
            return
        self._offered = choice
        for each in self.query_one("#actions").query(Button):
            each.display = each.id in ids
        if not self._typing:
            self.set_focus(None if focus is None else self.query_one(f"#{focus}"))

    @property
    def _typing(self) -> bool:
        """Whether something is half typed into a field that can be seen."""
        field = self.focused
        return (
            isinstance(field, Input)
            and bool(field.value)
            and all(each.display for each in field.ancestors_with_self)
        )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "continue":
            event.stop()
            self.post_message(MoveOn())
        elif event.button.id == "bundle":
            event.stop()
            self.post_message(SaveBundle())

    def action_scroll(self, rows: int) -> None:
        """Scrolls what is in sight, whatever has the focus."""
        for area in self.query("VirtualTable, VerticalScroll").results(Widget):
            if area.is_on_screen and area.allow_vertical_scroll:
                area.scroll_relative(y=rows, animate=False)
                return

    async def action_compared(self, action: str) -> None:
        """Filters or sorts the comparison that is in sight, whatever has the focus."""
        for comparison in self.query(Comparison):
            if comparison.is_on_screen:
                await comparison.run_action(action)

    def action_pane(self, place: int) -> None:
        """Opens one of the screen's panes."""
        for tabs in self.query(TabbedContent):
            panes = list(tabs.query("TabPane").results(Widget))
            if place <= len(panes) and panes[place - 1].id is not None:
                tabs.active = panes[place - 1].id or ""
                tables = panes[place - 1].query("DataTable, VirtualTable, Log")
                for each in tables.results(Widget):
                    self.call_after_refresh(each.focus)
