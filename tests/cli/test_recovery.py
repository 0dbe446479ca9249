"""The whole recovery by command."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.program import Shell
from tests.cli.typist import at_a_terminal
from tests.conftest import Database
from tests.outlines import holds_at_every_moment
from tests.recovering import contents_of, schema_of
from wizard.demo import incident


def test_the_incident_is_recovered_command_by_command(
    shell: Shell, incident_database: Database
) -> None:
    database = incident_database
    shell.remember(database)
    shell.profile(
        database,
        '[expect]\ntables = ["folders", "rbac_audit_logs"]\nleast_tables = 170\n'
        f'[alembic]\nscript_location = "{incident.SCRIPT_LOCATION}"\n',
        keys="".join(
            f'"{table}.id" = "varchar(36)"\n' for table in ("users", "organizations", "documents")
        ),
    )
    schema, contents = schema_of(database), contents_of(database)

    found = shell.run("investigate")
    assert found.code == 0
    assert f"revision claimed: {incident.CLAIMED_REVISION}" in found.out
    assert f"revision found: {incident.TRUE_REVISION} is the nearest: 5 extra, " in found.out
    assert (
        f"BLOCKER  alembic_version claims {incident.CLAIMED_REVISION}, the schema is nearest to "
        f"{incident.TRUE_REVISION}"
    ) in found.out
    assert "collision" not in found.err

    told = shell.run("revision")
    assert told.code == 1
    assert f"Found      {incident.TRUE_REVISION} is the nearest".casefold() in told.out.casefold()
    assert f"   1. NEAREST {incident.TRUE_REVISION} (" in told.out
    assert f" CLAIMED {incident.CLAIMED_REVISION} (" in told.out
    assert all(table in told.out for table in incident.HAND_MADE_TABLES)
    assert "Types of keys: 93" in told.out

    as_json = shell.run("revision", "--json")
    assert as_json.code == 1
    (row,) = as_json.rows
    assert (row["claimed"], row["confirmed"]) == ([incident.CLAIMED_REVISION], None)
    assert row["match"]["answer"] == "nearest with differences"
    assert row["match"]["revisions"] == [incident.TRUE_REVISION]
    assert len(row["match"]["candidates"]) > 10

    planned = shell.run("plan")
    assert planned.code == 0
    assert "phase 6: " in planned.out

    backed_up = shell.run("backup")
    assert backed_up.code == 0
    assert "read whole after it was written" in backed_up.out

    rehearsal = ("convert", "--confirm", database.name, "--rollback")
    rolled_back = shell.run(*rehearsal, "--plan", shell.approving()[1][:8])
    assert rolled_back.code == 1
    assert schema_of(database) == schema
    assert contents_of(database) == contents

    committed = shell.run("convert", "--confirm", database.name, "--commit")
    assert committed.code == 0
    assert "parity: 0 differences" in committed.out
    converted = contents_of(database)
    assert {table: rows for table, (rows, _) in converted.items()} == {
        table: rows for table, (rows, _) in contents.items()
    }

    unconfirmed = shell.run("migrate", "--confirm", database.name)
    assert unconfirmed.code == 4
    assert "'pg-rekey revision --confirm REVISION'" in unconfirmed.err

    unknown = shell.run("revision", "--confirm", "nowhere")
    assert unknown.code == 4
    assert "No script has the revision nowhere." in unknown.err

    confirmed = shell.run("revision", "--confirm", incident.TRUE_REVISION)
    assert confirmed.code == 0
    assert f"revision confirmed: {incident.TRUE_REVISION} by " in confirmed.out
    assert "CONFIRMED, NEAREST" in confirmed.out

    collided = shell.run("migrate", "--confirm", database.name)
    assert collided.code == 4
    said = collided.out + collided.err
    assert all(table in said for table in incident.HAND_MADE_TABLES)
    assert f"--adopt {incident.VALUATIONS_REVISION}" in said
    assert contents_of(database) == converted
    assert database.rows("SELECT version_num FROM alembic_version") == [
        (incident.CLAIMED_REVISION,)
    ]

    migrated = shell.run("migrate", "--adopt", incident.VALUATIONS_REVISION)
    assert migrated.code == 0
    assert f"revision {incident.VALUATIONS_REVISION} adopted" in migrated.out
    assert database.rows("SELECT version_num FROM alembic_version") == [(incident.HEAD_REVISION,)]

    verified = shell.run("verify")
    assert verified.code == 0
    assert "FAILED" not in verified.out
    assert "NOT CHECKED" not in verified.out

    written = shell.run("report")
    assert written.code == 0
    (session,) = shell.sessions()
    report = (session.folder / "report.md").read_text(encoding="utf-8")
    assert "**COMMITTED**" in report
    assert f"adopted by {session.history().entries[0].event.by}" in report  # type: ignore[union-attr]
    assert [row["state"] for row in shell.run("sessions", "--json").rows] == ["finished"]

    again = shell.run("verify")
    assert again.code == 0
    assert [row["state"] for row in shell.run("sessions", "--json").rows] == ["report is next"]
    events = [entry.event for entry in session.history().entries]
    assert holds_at_every_moment(events, shell.folder) > len(events) / 2


@pytest.mark.slow
def test_the_readmes_five_lines_recover_the_incident(
    shell: Shell, incident_database: Database
) -> None:
    database = incident_database
    shell.remember(database)
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = readme.partition("in five lines\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\$ (.+?)(?:  +#.*)?$", section, re.MULTILINE)
    here = {
        "host=db.internal user=owner dbname=saas_platform": [database.dsn],
        "backend/migrations": [str(incident.SCRIPT_LOCATION)],
        "saas_platform": [database.name],
        # As the README says of the demo.
        "migrate": ["migrate", "--adopt", incident.VALUATIONS_REVISION],
    }

    assert len(lines) == 1 + 5
    for command in (each for line in lines for each in line.split("&&")):
        _, *words = shlex.split(command)
        typed = [there for word in words for there in here.get(word, [word])]
        if words[0] == "convert":
            # Somebody is there who has read the plan.
            with at_a_terminal(shell, *typed) as typist:
                typist.hears("Approve this plan? Type yes: ")
                typist.types("yes")
                ended = typist.ends()
        else:
            ended = shell.run(*typed)
        assert ended.code == 0, f"{command}\n{ended.out}{ended.err}"

    (session,) = shell.sessions()
    assert session.history().recovered
