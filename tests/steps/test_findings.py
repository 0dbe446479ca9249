"""The SQL of a finding, pasted into psql, shows what the finding says."""

import os
import subprocess
from pathlib import Path

from recovery.record import events as e
from recovery.words.profile import Profile, parse
from tests.conftest import Database, incident_profile
from tests.recovering import Recovery

# Names that end a quoted text or a line wherever they are not written as SQL writes them.
ODD = r"""
CREATE TABLE "a'b\n"" {x} :'y'
c" ("i'd""
{0}" uuid PRIMARY KEY);
CREATE TABLE notes ("of'" uuid REFERENCES "a'b\n"" {x} :'y'
c", tags uuid[], document jsonb);
INSERT INTO "a'b\n"" {x} :'y'
c" VALUES ('00000000-0000-0000-0000-00000000000a');
ALTER TABLE notes DISABLE TRIGGER ALL;
INSERT INTO notes VALUES ('00000000-0000-0000-0000-000000000001', '{}',
  '["00000000-0000-0000-0000-00000000000a"]');
ALTER TABLE notes ENABLE TRIGGER ALL;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""


def _findings(database: Database, profile: Profile) -> dict[str, e.Finding]:
    recovery = Recovery(database, profile)
    recovery.planned()
    found = recovery.session.history().last(e.Investigated)
    assert found is not None
    return {finding.code: finding for finding in found.findings}


def _in_psql(database: Database, query: str, tmp_path: Path) -> list[list[str]]:
    """What psql prints for a query, as an administrator's psql would: nothing is set up for it."""
    file = tmp_path / "pasted.sql"
    file.write_text(query, encoding="utf-8")
    options = ["--no-psqlrc", "--tuples-only", "--no-align", "--field-separator=\t"]
    printed = subprocess.run(
        [
            database.server.installation.program("psql"),
            *options,
            "--set=ON_ERROR_STOP=1",
            f"--file={file}",
            f"--dbname={database.dsn}",
        ],
        env=os.environ | {"PGPASSWORD": database.password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert printed.returncode == 0, f"{printed.stderr}\n{query}"
    return [line.split("\t") for line in printed.stdout.splitlines()]


def test_the_incidents_findings(incident_database: Database, tmp_path: Path) -> None:
    found = _findings(incident_database, incident_profile(incident_database))
    told = {code: _in_psql(incident_database, f.query, tmp_path) for code, f in found.items()}
    assert {code for code, finding in found.items() if not finding.query} == {"compared-as-text"}
    (key, *references) = [row for row in told["key-type"] if row]
    assert key[1:] == ["id", "uuid", ""]
    assert found["key-type"].evidence.startswith(f"{len(references)} foreign keys reference it")
    claimed, *tables = told["revision-claim"]
    assert f"claims {claimed[0]}," in found["revision-claim"].title
    assert {is_there for _, is_there, _ in tables} == {"f"}
    assert {is_there for _, is_there, _ in told["collision"]} == {"t"}
    assert {is_there for _, is_there, _ in told["tables-missing"]} == {"f"}
    assert found["tables-missing"].title.startswith(f"{len(told['tables-missing'])} tables")
    size = sum(int(row[2]) for row in told["disk"])
    assert f"{len(told['disk'])} tables of {size / 1e6:,.0f} MB" in found["disk"].evidence


def test_odd_names_are_quoted(database: Database, tmp_path: Path) -> None:
    database.execute(ODD)
    keys = '"\\"a\'b\\\\n\\"\\" {x} :\'y\'\\nc\\".\\"i\'d\\"\\"\\n{0}\\"" = "varchar(36)"'
    profile = parse(
        f'environment = "test"\n[target]\ndsn = "{database.dsn}"\n'
        f'database = "{database.name}"\n[keys]\n{keys}\n'
    )
    found = _findings(database, profile)
    told = {code: _in_psql(database, f.query, tmp_path) for code, f in found.items() if f.query}
    assert [row[-1] for row in told["key-type"] if "fkey" in row[-1]]
    assert told["orphans"] == [["1"]]
    assert told["routines"] == [["1", "f()"]]
    assert told["soft-references"] == [["1", "{1}"]]
    assert told["other-uuids"] == [["0", "{0}"]]
