"""What the screens of all steps have in common."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Footer, Input, TabbedContent

from recovery.record import unreadable
from recovery.record.events import LockAwaited, Person, Step, StepFailed
from recovery.record.history import Entry, History
from recovery.words.errors import Problem
from screens import words
from screens.widgets.buttons import button
from screens.widgets.comparison import Comparison
from screens.widgets.help import HELP_KEY
from screens.widgets.problem import ProblemPanel
from screens.widgets.steps import STEPS, Steps
from screens.widgets.text import Line, Note
from screens.widgets.top_lines import TopLines
from screens.wishes import CopyText, MoveOn, SaveBundle, ShowStep

# What every step has gives way where the footer, which never wraps, has no room for all hints.
_HINTS = 6
_COMMON = ("app.next_step", "app.previous_step")
# The buttons that do nothing to the database.
_CHANGE_NOTHING = ("continue", "go-back", "bundle")


class StepScreen(Screen[None]):
    """One step. What it shows is a function of the events; what it does it asks for by message."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
    STEP: ClassVar[Step]
    NAME: ClassVar[str]
    START: ClassVar[str]

    # Which step was asked for and has not begun yet.
    starting: Step | None = None
    # Whether the journal can be read: else what is shown is how things were.
    known = True
    # Whether it is only shown how things were: then nothing is said of now, and only what changes
    # nothing is offered.
    as_it_was = False
    # That the runner gives no sign of life, in words.
    unheard = ""
    folder = Path()
    # What becomes of the session when the wizard is left; empty: it stays.
    passing = ""

    BINDINGS = [
        Binding(
            "n",
            "app.next_step",
            "Next",
            id="next",
            tooltip="Shows the next step, and starts nothing.",
        ),
        Binding("p", "app.previous_step", "Previous", id="previous", tooltip="The step before."),
        HELP_KEY,
        Binding(
            "y",
            "copy",
            "Copy",
            id="copy",
            tooltip="To the terminal's clipboard, and to copied.txt in the session's folder.",
        ),
        Binding(
            "q",
            "app.quit",
            "Quit",
            show=False,
            id="quit",
            tooltip="Leaves pg-rekey; asks first while a transaction is open.",
        ),
        Binding("up", "scroll(-1)", "Scroll up", show=False, id="scroll-up"),
        Binding("down", "scroll(1)", "Scroll down", show=False, id="scroll-down"),
        Binding("pageup", "scroll(-10)", "Scroll up by ten rows", show=False, id="page-up"),
        Binding("pagedown,space", "scroll(10)", "Scroll down by ten rows", False, id="page-down"),
        Binding("tab,right", "app.focus_next", "The next button or field", show=False),
        Binding("shift+tab,left", "app.focus_previous", "The button or field before", show=False),
        Binding("slash", "compared('filter')", "Filter the table", show=False, id="filter"),
        Binding("s", "compared('sort')", "Sort the table", show=False, id="sort"),
        Binding("escape", "compared('show_all')", "Show all rows again", show=False),
        *[
            Binding(str(place), f"pane({place})", "Open the pane of this number", show=False)
            for place in range(1, 7)
        ],
    ]

    def __init__(self, session: str, by: Person) -> None:
        super().__init__()
        self.session = session
        self.by = by
        self.history = History()
        self.shown_at = datetime.min.replace(tzinfo=UTC)
        self._offered: tuple[frozenset[str], str | None] | None = None
        self._can_copy = False

    def compose(self) -> ComposeResult:
        yield TopLines()
        with Horizontal(id="frame"):
            yield Steps(id="steps")
            with Vertical(id="main"):
                yield Note(id="unreadable")
                yield Note(id="waits")
                yield ProblemPanel(id="refused")
                yield ProblemPanel(id="failed")
                yield from self.compose_content()
                yield Note(id="bundle-saved")
                yield Note(id="copied")
                yield Line(id="runs")
                with Horizontal(id="actions"):
                    yield button(self.START, id="start")
                    yield from self.compose_actions()
                    yield button("Go back", id="go-back")
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
        self.query_one(TopLines).tell(
            history, self.STEP, self.NAME, self.session, self.starting, known=self.known
        )
        self.query_one(Steps).tell(history, self.STEP, self.starting)
        self.query_one("#unreadable", Note).say(unreadable.told(history))
        self.query_one("#waits", Note).say(self._why_not(history))
        self._show_failure()
        self.set_class(self.as_it_was, "-as-it-was")
        self.query_one("#runs", Line).say("" if self.as_it_was else self._runs(now))
        self.show_step(history, now)
        self.offer_copy()

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
        self.offer_copy()

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
            self.starting is None
            and self.history.running is None
            and self.history.waits_for(self.STEP) is None
        )

    @property
    def failure(self) -> Problem | None:
        """Why the latest attempt at this step failed; None when a new one is on its way."""
        if self.starting is self.STEP:
            return None
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
            what = self.unheard or self._waits() or self.what_runs()
            return f"Running for {words.elapsed(started.at, now)}. {what}"
        if self.starting is self.STEP:
            return "Starting ..."
        if self.history.running is not None:
            place = STEPS.index(self.history.running) + 1
            return f"The {self.history.running} step is running: it is step {place}."
        return ""

    def _waits(self) -> str:
        """Who the step waits for at a lock; empty if for nobody."""
        awaited = self.attempt.last(LockAwaited)
        if awaited is None or not awaited.sessions:
            return ""
        return f"Waits for a lock of {'; '.join(each.words for each in awaited.sessions)}."

    def what_runs(self) -> str:
        """What the step does at the moment, in words."""
        return ""

    def _started(self) -> Entry | None:
        entries = self.attempt.entries
        return entries[0] if entries else None

    def offer_usual(self, *, done: bool, also: tuple[str, ...] = ()) -> None:
        """The buttons of a step that is started, and then gone on from or started again.

        ``also`` are those of the step's own that are offered beside them when it is done.
        """
        if self.running or self.starting is self.STEP:
            self.offer()
        elif done:
            again = ["start"] if self.allowed else []
            self.offer("continue", *also, *again, focus="continue")
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
            ids = (*ids, "go-back", "bundle")
        if self.as_it_was:
            ids = tuple(each for each in ids if each in _CHANGE_NOTHING)
            focus = focus if focus in ids else None
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
        elif event.button.id == "go-back":
            event.stop()
            self.post_message(ShowStep(STEPS[STEPS.index(self.STEP) - 1]))
        elif event.button.id == "bundle":
            event.stop()
            self.post_message(SaveBundle())

    def what_to_copy(self) -> str | None:
        """What the key for copying takes now; None where nothing is worth it.

        A step adds its own to this: a problem that is shown, or how to come back to what runs.
        """
        for panel in self.query(ProblemPanel):
            if panel.text:
                return panel.text
        return f"pg-rekey resume {self.session}" if self.running else None

    def offer_copy(self) -> None:
        """Gives copying a key, or takes it away."""
        if self._can_copy is not (self.what_to_copy() is not None):
            self._can_copy = not self._can_copy
            self.refresh_bindings()

    def action_copy(self) -> None:
        """Has what is worth it copied."""
        if (text := self.what_to_copy()) is not None:
            self.post_message(CopyText(text))

    def tell_copied(self, text: str, saved: Path) -> None:
        """Says what was copied, and where it is for those whose terminal takes nothing."""
        first, *more = text.splitlines()
        cut = words.fitted(first, 40).rstrip() + (" ..." if more else "")
        self.query_one("#copied", Note).say(
            f"Sent to the terminal's clipboard: {cut}\nAlso saved to {saved}"
        )

    def on_screen_suspend(self) -> None:
        self.query_one("#copied", Note).say("")

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The keys that work now; no more of them have a hint than there is room for."""
        active = super().active_bindings
        hints = {each.binding.action for each in active.values() if each.binding.show}
        if len(hints) <= _HINTS:
            return active
        return {
            key: each._replace(binding=replace(each.binding, show=False))
            if each.binding.action in _COMMON
            else each
            for key, each in active.items()
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what would do something has a key."""
        match action, parameters:
            case "copy", _:
                return self.what_to_copy() is not None
            case "compared", _:
                return any(each.is_on_screen for each in self.query(Comparison))
            case "pane", (int(place),):
                return any(place <= tabs.tab_count for tabs in self._tabs)
        return super().check_action(action, parameters)

    @property
    def _tabs(self) -> list[TabbedContent]:
        return [tabs for tabs in self.query(TabbedContent) if tabs.display]

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
        for tabs in self._tabs:
            panes = list(tabs.query("TabPane").results(Widget))
            pane = panes[place - 1] if place <= len(panes) else None
            if pane is None or pane.id is None:
                continue
            around = () if self.focused is None else self.focused.ancestors
            if any(other in around for other in panes if other is not pane):
                # Textual gives what is hidden with the focus's neighbour the focus, and opens its
                # pane again.
                self._focus_offered()
            tabs.active = pane.id
            self.call_after_refresh(self._focus_table, tabs, pane)

    def _focus_offered(self) -> None:
        """Puts the focus where it was when the buttons were offered."""
        focus = None if self._offered is None else self._offered[1]
        self.set_focus(None if focus is None else self.query_one(f"#{focus}"))

    def _focus_table(self, tabs: TabbedContent, pane: Widget) -> None:
        """Gives the pane's table the focus, unless another pane was opened meanwhile."""
        if tabs.active == pane.id:
            for each in pane.query("DataTable, VirtualTable, Log").results(Widget):
                self.set_focus(each)
