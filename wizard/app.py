"""The wizard: shows a session's events, and carries out what is asked for on its screens."""

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from textual import on
from textual.app import SystemCommand
from textual.binding import Binding
from textual.command import CommandPalette
from textual.screen import ModalScreen, Screen
from textual.widgets import Input
from textual.worker import Worker

import screens
from recovery.record.events import RollBack, Step
from recovery.record.history import History
from recovery.record.transaction import transaction_state, until_when
from recovery.words import moments
from recovery.words.errors import FAILED, Problem, RecoveryError
from recovery.words.profile import Profile
from screens.quitting import QuitQuestion
from screens.session_list import SessionsScreen
from screens.step_screen import StepScreen
from screens.target import Connected, Connecting, Connection, NotConnected, TargetScreen
from screens.widgets.help import HelpScreen
from screens.wishes import (
    AcceptOldBackup,
    ApprovePlan,
    AskServer,
    AttestBackup,
    ConfirmRevision,
    ConfirmTarget,
    CopyText,
    DecideColumn,
    FileSaved,
    GiveCommand,
    MoveOn,
    NewSession,
    OpenSession,
    RunStep,
    SaveBundle,
    SavePlan,
    ShowStep,
    SignIn,
)
from wizard import palette, steps
from wizard.crash import SilentAboutVariables
from wizard.messages import BundleSaved, ConnectionChanged, Copied, News, NotDone, NotRead
from wizard.ports import Sessions, Work
from wizard.settings import Settings
from wizard.step_screens import screens_of
from wizard.terminal import exit_with_the_line

_ABANDONED = Problem(
    what="The process that worked on this step is gone.",
    remedy="Connect (step 1), so that the server can be asked what became of it.",
    exit_code=FAILED,
)
_NOT_CONNECTED = Problem(
    what="This program is not connected to the database yet.",
    remedy="Connect, then start the step again.",
    exit_code=FAILED,
)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Wizard(SilentAboutVariables):
    """One client of a session's journal. Closing it ends nothing else."""

    TITLE = "pg-rekey"
    CSS_PATH = Path(screens.__file__).with_name("theme.tcss")

    BINDINGS = [
        Binding(
            "ctrl+q",
            "quit",
            "Quit",
            priority=True,
            tooltip="Leaves pg-rekey; asks first while a transaction is open.",
        ),
        Binding(
            "ctrl+p",
            "command_palette",
            "Commands",
            show=False,
            priority=True,
            id="commands",
            tooltip="Lists what can be done now, to be searched and chosen.",
        ),
    ]

    def __init__(
        self,
        sessions: Sessions,
        program: str,
        profile: Profile | None = None,
        work: Work | None = None,
        settings: Settings | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        look_every: float | None = 0.5,
        passing: str = "",
    ) -> None:
        """Without ``work`` it asks which session. ``look_every`` is None where a test looks.

        ``passing`` says what becomes of a session that does not outlive the wizard.
        """
        # Without this, Textual makes greys of the colours, and red becomes too dark to be read.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        if settings is not None:
            self.set_keymap(settings.keys)
            self.theme = settings.theme or self.theme
        self.animation_level = "none"
        self.farewell = ""
        self._sessions = sessions
        self._program = program
        self._profile = profile
        self._given = work
        self._now = now
        self._look_every = look_every
        self._passing = passing
        self._history = History()
        self._connection: Connection = Connecting()
        self._looking: Worker[None] | None = None
        self._starting: Step | None = None
        self._not_read: Problem | None = None
        self._unheard = ""
        self._leaving = False
        self._lonely_looks = 0
        self._reconciling = False

    # --- beginning ---

    async def on_mount(self) -> None:
        if not self.is_headless:
            exit_with_the_line(self)
        if self._given is not None:
            await self._begin(self._given)
        else:
            await self.push_screen(
                SessionsScreen(self._program, self._profile, self._sessions.listed())
            )

    async def _begin(self, work: Work) -> None:
        self._work = work
        self._steps = screens_of(work.id, work.by, work.plan_sql, work.sql_log)
        for step, screen in self._steps.items():
            screen.folder = work.folder
            screen.passing = self._passing
            self.install_screen(screen, step)
        self._history = History(work.entries(after=0))
        if work.only_reads is not None:
            self._connection = NotConnected(work.only_reads)
            await self._go(steps.first_open(self._history))
            return
        at_work = self._history.running is not None and work.runner_alive()
        await self._go(steps.first_open(self._history) if at_work else Step.TARGET)
        self.post_message(SignIn())
        if self._look_every is not None:
            self.set_interval(self._look_every, self.look)
            self.set_interval(1, self._count_seconds)

    @on(OpenSession)
    async def _open(self, message: OpenSession) -> None:
        await self._begin_with(partial(self._sessions.open, message.session_id))

    @on(NewSession)
    async def _create(self) -> None:
        if self._profile is not None:
            await self._begin_with(partial(self._sessions.create, self._profile))

    async def _begin_with(self, opened: Callable[[], Work]) -> None:
        try:
            work = opened()
        except RecoveryError as error:
            self.query_one(SessionsScreen).refuse(error.problem)
            return
        await self._begin(work)

    # --- showing ---

    async def _go(self, step: Step) -> None:
        self._current = self._steps[step]
        await self.switch_screen(step) if len(self.screen_stack) > 1 else await self.push_screen(
            step
        )
        self._show()

    def _show(self) -> None:
        self._current.starting = self._starting
        self._current.unheard = self._unheard
        for screen in self._steps.values():
            if isinstance(screen, TargetScreen):
                screen.connection = self._connection
        self._current.known = self._not_read is None
        why = self._not_read or self._work.only_reads
        self._current.as_it_was = why is not None
        if why is None:
            self._current.show(self._history, self._now())
        else:
            self._show_as_it_was(why)

    def _show_as_it_was(self, why: Problem) -> None:
        """What goes on in a session that cannot be read now, or only be read, is not known here."""
        at = self._history.entries[-1].at
        self._current.show(self._history, at)
        words = f"What is shown was so at {moments.full(at)}, the journal's last entry."
        self._current.refuse(msgspec.structs.replace(why, detail=words))

    def _count_seconds(self) -> None:
        if self._history.running is not None:
            self._show()

    def look(self) -> None:
        """Reads what is new in the journal; what it finds comes as ``News``."""
        if self._looking is None or self._looking.is_finished:
            self._looking = self.run_worker(self._read, thread=True, group="look")

    def _read(self) -> None:
        seen = self._history.entries[-1].number if self._history.entries else 0
        try:
            # In this order: a runner that ends in between has left its last event.
            alive = self._work.runner_alive()
            unheard = self._work.unheard()
            news = News(self._work.entries(seen), alive, unheard, self._work.stillborn())
        except RecoveryError as error:
            self.post_message(NotRead(error.problem))
        else:
            self.post_message(news)

    @on(NotRead)
    def _say_nothing_is_known(self, message: NotRead) -> None:
        """What was asked of a state that may have passed is taken back."""
        if self._not_read is None:
            self._withdraw_question()
        self._not_read = message.problem
        self._show()

    @on(News)
    def _take(self, news: News) -> None:
        if self._not_read is not None:
            self._not_read = None
            self._current.refuse(None)
            self._show()
        if news.entries:
            before = transaction_state(self._history)
            self._history = History(self._history.entries + news.entries)
            self._starting = None
            self._show()
            if transaction_state(self._history) is not before:
                self._withdraw_question()
        if news.unheard != self._unheard:
            self._unheard = news.unheard
            self._show()
        if news.stillborn is not None:
            self._say_why(NotDone(news.stillborn))
        self._attend(news.runner_alive)
        if self._leaving and not transaction_state(self._history).open:
            self.exit()

    def _withdraw_question(self) -> None:
        """Takes back what was asked, told or offered of a state which has passed."""
        while isinstance(self.screen, ModalScreen):
            self.screen.dismiss(None)

    def _attend(self, alive: bool) -> None:
        """Has the server asked what became of a step whose runner is gone.

        Twice in a row, because a runner takes the lease a moment before it says so. A session that
        can only be read here may have a runner elsewhere.
        """
        lonely = self._history.running is not None and not alive and self._work.only_reads is None
        self._lonely_looks = self._lonely_looks + 1 if lonely else 0
        if not lonely:
            self._reconciling = False
        elif self._lonely_looks >= 2 and not self._reconciling:
            if isinstance(self._connection, Connected):
                self._reconciling = True
                self._carry_out(self._work.reconcile)
            else:
                self._current.refuse(_ABANDONED)

    @on(NotDone)
    def _say_why(self, message: NotDone) -> None:
        self._starting = None
        self._current.refuse(message.problem)
        self._show()

    @on(ConnectionChanged)
    def _take_connection(self, message: ConnectionChanged) -> None:
        self._connection = message.connection
        self._reconciling = False
        self._show()

    # --- carrying out ---

    def _carry_out(self, deed: Callable[[], None]) -> None:
        self._current.refuse(None)
        self._attempt(deed)

    def _attempt(self, deed: Callable[[], None]) -> None:
        def attempt() -> None:
            try:
                deed()
            except RecoveryError as error:
                self.post_message(NotDone(error.problem))

        self.run_worker(attempt, thread=True, group="deeds")

    @on(SignIn)
    def _sign_in(self, message: SignIn) -> None:
        def attempt() -> None:
            connection = self._work.sign_in(message.password)
            self.post_message(ConnectionChanged(connection))
            if message.keep and isinstance(connection, Connected):
                self._work.keep_password()

        self._connection = Connecting()
        self._show()
        self._carry_out(attempt)

    @on(ConfirmTarget)
    def _confirm(self, message: ConfirmTarget) -> None:
        self._carry_out(partial(self._work.confirm, message.typed))

    @on(RunStep)
    async def _run(self, message: RunStep) -> None:
        if self._starting is not None:
            return
        if message.step is not Step.REPORT and not isinstance(self._connection, Connected):
            await self._go(Step.TARGET)
            self._current.refuse(_NOT_CONNECTED)
            return
        self._starting = message.step
        self._show()
        self._carry_out(partial(self._work.run, message))

    @on(ApprovePlan)
    def _approve(self, message: ApprovePlan) -> None:
        self._carry_out(partial(self._work.approve, message.sha256))

    @on(DecideColumn)
    def _decide(self, message: DecideColumn) -> None:
        self._carry_out(partial(self._work.decide, message.column, message.take))

    @on(ConfirmRevision)
    def _confirm_revision(self, message: ConfirmRevision) -> None:
        self._carry_out(partial(self._work.confirm_revision, message.revisions))

    @on(AttestBackup)
    def _attest(self, message: AttestBackup) -> None:
        self._carry_out(partial(self._work.attest, message.statement))

    @on(AcceptOldBackup)
    def _accept_old_backup(self, message: AcceptOldBackup) -> None:
        self._carry_out(partial(self._work.accept_old_backup, message.typed))

    @on(GiveCommand)
    def _give(self, message: GiveCommand) -> None:
        self._carry_out(partial(self._work.give, message.command))

    @on(SavePlan)
    def _save_plan(self, message: SavePlan) -> None:
        asking = self._current

        def attempt() -> None:
            asking.post_message(FileSaved(self._work.save_plan(message.to)))

        self._carry_out(attempt)

    @on(AskServer)
    def _ask_server(self) -> None:
        self._carry_out(self._work.reconcile)

    @on(SaveBundle)
    def _save_bundle(self) -> None:
        def attempt() -> None:
            self.post_message(BundleSaved(self._work.save_bundle()))

        self._carry_out(attempt)

    @on(BundleSaved)
    def _tell_saved(self, message: BundleSaved) -> None:
        self._current.tell_saved(message.words)

    @on(CopyText)
    def _copy(self, message: CopyText) -> None:
        def save() -> None:
            self.post_message(Copied(message.text, self._work.save_copy(message.text)))

        self.copy_to_clipboard(message.text)
        self._attempt(save)

    @on(Copied)
    def _say_copied(self, message: Copied) -> None:
        self._current.tell_copied(message.text, message.saved)

    # --- moving and leaving ---

    @on(MoveOn)
    async def _move_on(self) -> None:
        await self._go(steps.after(self._current.STEP, self._history))

    @on(ShowStep)
    async def _show_step(self, message: ShowStep) -> None:
        await self._go(message.step)

    async def action_next_step(self) -> None:
        """Shows the next step, whether or not it may be started yet."""
        await self._go(steps.neighbour(self._current.STEP, 1))

    async def action_previous_step(self) -> None:
        """Shows the step before."""
        await self._go(steps.neighbour(self._current.STEP, -1))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is before the first step or after the last; a question is answered first."""
        match action:
            case "next_step":
                return self._current.STEP is not steps.ORDER[-1]
            case "previous_step":
                return self._current.STEP is not steps.ORDER[0]
            case "command_palette":
                return not isinstance(self.screen, ModalScreen)
        return super().check_action(action, parameters)

    async def action_help(self) -> None:
        """Shows what the screen in sight is for, and its keys."""
        await self.push_screen(HelpScreen(self.screen))

    async def action_quit(self) -> None:
        """Quits; with a transaction open, asks what becomes of it."""
        if not transaction_state(self._history).open:
            self.exit()
        elif not any(isinstance(screen, QuitQuestion) for screen in self.screen_stack):
            await self.push_screen(QuitQuestion(self._history, self._now()), self._quit_as)

    def _quit_as(self, answer: str | None) -> None:
        if answer == "leave":
            self.farewell = (
                f"The runner goes on. {until_when(self._history, self._now())} "
                f"Come back with: pg-rekey resume {self._work.id}"
            )
            self.exit()
        elif answer == "roll-back":
            self._leaving = True
            self._carry_out(partial(self._work.give, RollBack(by=self._work.by)))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What can be done now; of Textual's commands, the one that changes nothing but colours."""
        yield from palette.deeds(screen)
        if isinstance(screen, StepScreen):
            for number, (step, other) in enumerate(self._steps.items(), start=1):
                if other is not screen:
                    name = f"Go to step {number}: {other.NAME}"
                    yield SystemCommand(
                        name, f"It is {self._history.state_of(step)}.", partial(self._go, step)
                    )
        yield SystemCommand("Theme", "Changes the colours.", self.action_change_theme)

    @on(CommandPalette.Opened)
    def _still_the_cursor(self) -> None:
        """A blinking cursor would cost the line 1.8 KB a second."""
        for field in self.screen.query(Input):
            field.cursor_blink = False
