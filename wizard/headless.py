"""The commands without a screen: each asks the runner of one session, and prints what happens."""

import getpass
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import psycopg

from recovery.record import decisions, since_backup
from recovery.record import events as e
from recovery.record.history import BACKUP, REVISION, History
from recovery.record.session import Session, this_person
from recovery.server import credentials, target
from recovery.server.door import Door, PasswordNeeded, SignedIn, sign_in
from recovery.server.identity import refuse_strangers
from recovery.server.lock_waits import LockWaits
from recovery.steps import follow
from recovery.steps.launch import Options, launch, stillborn
from recovery.words.errors import (
    CANCELLED,
    DONE,
    FAILED,
    REFUSED,
    ProfileError,
    RecoveryError,
    Refused,
    ServerError,
)
from wizard.approving import approve
from wizard.output import Output


@dataclass
class Client:
    """One command's view of one session."""

    session: Session
    output: Output
    password: str | None = None
    ask: Callable[[str], str | None] = field(default=lambda _account: None)
    offer_to_keep: Callable[[str, str], None] = field(default=lambda _account, _password: None)
    signed_in: SignedIn | None = None

    @property
    def history(self) -> History:
        return self.session.history()

    def sign_in(self) -> SignedIn:
        """A way in to the target; asks for the password once if nothing else has it."""
        if self.signed_in is None:
            profile = self.history.profile
            try:
                self.signed_in = sign_in(profile, self.password)
            except PasswordNeeded as needed:
                typed = None if self.password is not None else self.ask(needed.account)
                if typed is None:
                    raise
                self.signed_in = sign_in(profile, typed)
                self.offer_to_keep(needed.account, typed)
            self.password = self.signed_in.door.password
        return self.signed_in

    @property
    def door(self) -> Door:
        """The way to the database that was confirmed."""
        identity = self.history.identity
        door = self.sign_in().door
        return door if identity is None else door.of(identity)

    def confirm(self, typed: str | None) -> None:
        """Looks who the server is, and journals it if that is news."""
        signed_in = self.sign_in()
        known = self.history.identity
        if known is None or (typed is not None and not self.history.name_typed):
            target.confirm(self.session, signed_in, typed)
            self.output.entry(self.history.entries[-1])
        else:
            target.refuse_others(signed_in.identity, self.history.profile)
            refuse_strangers(signed_in.identity, known)
            if typed is not None and typed != known.database:
                raise Refused(
                    f"{typed!r} is not the name of the confirmed database.",
                    f"It is {known.database!r}.",
                )

    def run(
        self,
        step: e.Step,
        options: Options | None = None,
        at: Callable[[e.AnyEvent], None] = lambda _event: None,
    ) -> int:
        """Does a step, printing its events; answers the exit code. Ctrl+C cancels the work.

        ``at`` is told the events of the runner that was started here, and of no other's.
        """
        base = options or Options(by=this_person())
        door = self.sign_in().door
        chosen = msgspec.structs.replace(base, address=door.address, password=door.password)
        code = DONE
        seen = follow.last_number(self.session)
        process = launch(self.session, step, chosen)
        begun = False
        while True:
            try:
                for entry in follow.follow(self.session, door, seen, process, self.output.notice):
                    seen = entry.number
                    self.output.entry(entry)
                    match entry.event:
                        case e.StepStarted(pid=pid) if pid == process.pid:
                            begun = True
                    # Another client's may have been quicker: its gate is not ours to decide.
                    if not begun and (problem := stillborn(self.session, process)) is not None:
                        raise RecoveryError.of(problem)
                    if begun and code != CANCELLED:
                        at(entry.event)
                    if isinstance(entry.event, e.StepFailed):
                        code = entry.event.problem.exit_code
                return code
            except KeyboardInterrupt:
                # The runner is told, and watched until it has rolled back.
                self.session.journal.command(e.Cancel(by=this_person()))
                code = CANCELLED

    # --- the commands ---

    def investigate(self) -> int:
        """Looks at everything, changes nothing."""
        self.confirm(None)
        return self.run(e.Step.INVESTIGATION)

    def plan(
        self,
        *,
        prove: bool = True,
        compatible: bool = False,
        take: Iterable[str] = (),
        leave: Iterable[str] = (),
    ) -> int:
        """Makes a plan, proved on a copy of the schema; 4 if it refuses something."""
        self.confirm(None)
        if self.history.last(e.Investigated) is None and (code := self.investigate()) != DONE:
            return code
        for columns, taken in ((take, True), (leave, False)):
            for column in columns:
                decisions.decide_column(self.session, column, take=taken, by=this_person())
                self.output.entry(self.history.entries[-1])
        options = Options(by=this_person(), prove=prove, compatible=compatible)
        code = self.run(e.Step.PLAN, options)
        made = self.history.plan
        return REFUSED if code == DONE and made is not None and made.refusals else code

    def back_up(self, backup_format: e.BackupFormat) -> int:
        """Makes and verifies a backup."""
        self.confirm(None)
        return self.run(e.Step.BACKUP, Options(by=this_person(), backup_format=backup_format))

    def convert(
        self,
        typed: str,
        *,
        commit: bool,
        attested: str | None,
        gate_seconds: float,
        accept_breaks: bool = False,
        accept_old_backup: bool = False,
        plan: str | None = None,
    ) -> int:
        """Runs the latest plan to the gate and decides there; 1 if it ended in a roll-back.

        ``plan`` is the beginning of the hash of the plan that was read.
        """
        self.confirm(typed)
        made = self.history.plan
        if made is None:
            raise Refused("There is no plan yet.", "Run 'pg-rekey plan' and read it first.")
        if made.nothing_to_do:
            self.output.event(made)
            return DONE
        decisions.refuse_after_commit(self.history, made.database)
        if made.breaks and not accept_breaks:
            raise Refused(
                f"The plan lists {made.breaks} things that worked before, and may fail at run time "
                "afterwards.",
                "Read them: 'pg-rekey plan' prints them. Then give --accept-breaks, and the list "
                "goes into the report; or plan with --compatibility, --take or --leave; or change "
                "the functions and plan again.",
            )
        self._attest(attested)
        approve(self.session, made, plan, self.output)
        self._tell_backup(accept_old_backup)
        database = self.history.profile.target.database

        def decide(event: e.AnyEvent) -> None:
            me = this_person()
            match event:
                case e.GateOpened() if commit:
                    self.session.journal.command(e.Commit(by=me, typed=database))
                case e.GateOpened():
                    self.session.journal.command(e.RollBack(by=me))
                case e.CommandRefused(command="Commit", by=by) if commit and by == me:
                    # Nobody is there to decide otherwise, and the locks are held.
                    self.session.journal.command(e.RollBack(by=me))

        options = Options(by=this_person(), gate_seconds=gate_seconds)
        code = self.run(e.Step.CONVERSION, options, decide)
        if code == DONE and self.history.outcome is not e.Outcome.COMMITTED:
            return FAILED
        return code

    def _tell_backup(self, accept_old: bool) -> None:
        """Says how old the backup is; accepts it though it is old, if that was asked for."""
        now, backup = datetime.now(UTC), self.history.backup
        if isinstance(backup, e.BackupMade) and not self.output.as_json:
            self.output.line(f"The backup was {since_backup.ago(backup, now)}.")
        if accept_old and since_backup.too_old(self.history, now) is not None:
            decisions.accept_old_backup(self.session, since_backup.WORD, this_person(), now)
            self.output.entry(self.history.entries[-1])

    def _attest(self, statement: str | None) -> None:
        """Journals the operator's word that there is a backup, if it was given."""
        if statement is not None:
            decisions.attest_backup(self.session, statement, this_person())

    def revision(self, confirmed: Iterable[str] = ()) -> int:
        """Tells which revision the schema is at; 1 while that has to be confirmed.

        ``confirmed`` are the revisions that it is at by the operator's word.
        """
        if self.history.profile.alembic is None:
            raise Refused(
                "The profile names no migration scripts.",
                "Name them: --scripts FOLDER, or script_location under [alembic] in the profile.",
            )
        if self.history.last(e.Investigated) is None and (code := self.investigate()) != DONE:
            return code
        if said := tuple(confirmed):
            decisions.confirm_revision(self.session, said, this_person())
            if not self.output.as_json:
                self.output.entry(self.history.entries[-1])
        self.output.revision(self.history)
        return FAILED if self.history.start_revisions is None else DONE

    def migrate(
        self,
        ways: dict[str, e.Way],
        typed: str | None,
        *,
        attested: str | None = None,
        despite_forecast: bool = False,
        accept_old_backup: bool = False,
    ) -> int:
        """Sets the confirmed revision and runs what is pending."""
        self.confirm(typed)
        self._attest(attested)
        waits_for = self.history.waits_for(e.Step.MIGRATIONS)
        if waits_for == REVISION:
            raise Refused(
                "Nobody has said which revision the schema is at.",
                "'pg-rekey revision' tells what was found; read it, and give the revision with "
                "'pg-rekey revision --confirm REVISION'.",
            )
        if waits_for == BACKUP:
            raise _no_backup("The migrations write")
        self._tell_backup(accept_old_backup)
        options = Options(by=this_person(), ways=ways, despite_forecast=despite_forecast)
        return self.run(e.Step.MIGRATIONS, options)

    def compatibility(self, typed: str | None, *, remove: bool, attested: str | None = None) -> int:
        """Lists the operators for code that still has the old type, or drops them."""
        from recovery.conversion import compatibility
        from recovery.steps import backup

        self.confirm(typed)
        if remove and typed is None:
            raise ProfileError("--confirm is not given.", "Type the database's name behind it.")
        self._attest(attested)
        if remove and backup.trusted(self.history.backup) is None:
            raise _no_backup("Dropping them writes")
        try:
            with self.door.connect(read_only=not remove) as conn:
                if not remove:
                    self.output.names(map(compatibility.named, compatibility.there(conn)))
                    return DONE
                with LockWaits(self.door, self.session.journal, conn):
                    dropped = compatibility.remove(conn)
        except psycopg.Error as error:
            raise ServerError(error) from error
        self.session.journal.append(e.CompatibilityRemoved(dropped, this_person()))
        self.output.entry(self.history.entries[-1])
        return DONE

    def verify(self) -> int:
        """Goes through the check-list; 1 if a check failed."""
        self.confirm(None)
        code = self.run(e.Step.VERIFICATION)
        verified = self.history.last(e.Verified)
        if code == DONE and verified is not None:
            failed = any(check.state is e.CheckState.FAILED for check in verified.checks)
            return FAILED if failed else DONE
        return code

    def report(self) -> int:
        """Writes the report; asks nothing of the server."""
        from recovery.record import report

        self.session.journal.append(report.write(self.session))
        self.output.entry(self.history.entries[-1])
        return DONE


def _no_backup(writes: str) -> Refused:
    return Refused(
        f"{writes}, and this session has no backup.",
        "Make one with 'pg-rekey backup', or name one that exists: --backup-attested TEXT.",
    )


def ask_on_terminal(account: str) -> str | None:
    """Asks a person for a password; None where there is nobody to ask."""
    return getpass.getpass(f"Password of {account}: ") if sys.stdin.isatty() else None


def offer_to_keep(account: str, password: str) -> None:
    """Asks whether the keyring should keep a password that was right; says so if none works."""
    vault = credentials.vault()
    if not vault.works:
        sys.stderr.write(f"{vault.words}\n")
    elif input("Keep it in the keyring? [y/N] ").strip().lower() in ("y", "yes"):
        credentials.store(account, password)
