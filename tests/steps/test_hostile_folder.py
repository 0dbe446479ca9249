"""Every Python process of ours, started in a folder where somebody has planted modules."""

from pathlib import Path

import msgspec
import pytest

from recovery.record import events as e
from recovery.steps import follow
from recovery.steps.launch import launch
from recovery.words.profile import AlembicSection, MetadataSection
from tests.conftest import Database, profile_for
from tests.recovering import Recovery
from tests.steps.test_migrations import created, write_history
from wizard.demo.service import Service

# Each would run inside a process that is given the password.
PLANTED = (
    *("queries/__init__.py", "http.py", "msgspec.py", "json.py", "psycopg.py", "sqlalchemy.py"),
    *("recovery/__init__.py", "recovery/steps/__init__.py", "recovery/steps/runner.py"),
    *("wizard/__init__.py", "wizard/demo/__init__.py", "wizard/demo/service.py", "keyring.py"),
    *("subprocess.py", "pathlib.py", "importlib/__init__.py", "recovery/private/keeper.py"),
)
CODE = """
from os import open, write, O_CREAT, O_WRONLY, O_APPEND
write(open({ran!r}, O_CREAT | O_WRONLY | O_APPEND), (__file__ + "\\n").encode())
"""
MODELS = """
from sqlalchemy import Column, MetaData, String, Table
metadata = MetaData()
Table("users", metadata, Column("id", String(36), primary_key=True))
"""


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where planted code leaves its name. The current folder is full of it."""
    ran, folder = tmp_path / "ran", tmp_path / "hostile"
    for name in PLANTED:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(CODE.format(ran=str(ran)))
    monkeypatch.chdir(folder)
    return ran


def _done(recovery: Recovery, step: e.Step) -> None:
    """The step, done by a runner of its own."""
    last = follow.last_number(recovery.session)
    process = launch(recovery.session, step, recovery.options())
    events = [x.event for x in follow.follow(recovery.session, recovery.door, last, process)]
    log = recovery.session.runner_log.read_text()
    assert isinstance(events[-1], e.StepFinished), (events[-1], log)


def test_runner_keeper_and_private_servers(database: Database, tmp_path: Path, ran: Path) -> None:
    database.execute("CREATE TABLE users (id uuid PRIMARY KEY)")
    scripts = write_history(tmp_path / "scripts", ("aa", created("users")))
    profile = msgspec.structs.replace(
        profile_for(database, users__id="varchar(36)"), alembic=AlembicSection(scripts)
    )
    recovery = Recovery(database, profile)
    recovery.client.confirm(database.name)
    _done(recovery, e.Step.INVESTIGATION)
    _done(recovery, e.Step.PLAN)
    assert recovery.made.proof is not None
    assert recovery.made.proof.state is e.ProofState.PASSED, recovery.made.proof.words
    assert not ran.exists(), ran.read_text()


def test_the_process_that_imports_the_applications_models(
    database: Database, tmp_path: Path, ran: Path
) -> None:
    database.execute("CREATE TABLE users (id uuid PRIMARY KEY)")
    application = tmp_path / "application"
    application.mkdir()
    (application / "models.py").write_text(MODELS)
    section = MetadataSection("models:metadata", folder=str(application))
    profile = msgspec.structs.replace(profile_for(database), metadata=section)
    recovery = Recovery(database, profile)
    recovery.client.confirm(database.name)
    _done(recovery, e.Step.INVESTIGATION)
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    assert [one.key for one in found.proposed_keys] == ["users.id"]
    assert not ran.exists(), ran.read_text()


def test_the_demos_service(database: Database, ran: Path) -> None:
    with Service(database.dsn, database.password) as service:
        assert service.port
    assert not ran.exists(), ran.read_text()
