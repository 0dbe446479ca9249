"""Faults are the same on every version: one server is enough for them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql

from recovery.private import installations, scratch
from recovery.private.installations import Installation
from tests.conftest import Database
from tests.faults import table
from tests.faults.distant import TABLES


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The first that is found."""
    return installations.for_servers()[0]


@pytest.fixture(scope="session")
def listening(installation: Installation) -> Iterator[scratch.Server]:
    """A server on the network, with a template of the database."""
    with scratch.start(installation, tcp=True) as server:
        with server.connect(autocommit=True) as conn:
            conn.execute("CREATE DATABASE original")
        Database(server, "original").execute(TABLES)
        yield server


@pytest.fixture
def distant(listening: scratch.Server) -> Database:
    """A database of that server, to be reached through a proxy."""
    name = f"app_{uuid4().hex[:8]}"
    with listening.connect(autocommit=True) as conn:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE original")
        conn.execute(make.format(sql.Identifier(name)))
    return Database(listening, name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Writes the table of the matrix where ``$RELIABILITY`` names a file."""
    target = os.environ.get("RELIABILITY")
    if target is None:
        return
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    cells: list[table.Cell] = []
    in_flight: list[tuple[str, bool]] = []
    for report in reports:
        told: dict[str, Any] = dict(report.user_properties)
        if "cell" in told:
            row, column, moment, fault, result = told["cell"]
            came = result if report.passed else "FAILED"
            cells.append(table.Cell(row, column, moment, fault, came))
        if "in flight" in told:
            in_flight.append((told["in flight"], report.passed))
    Path(target).write_text(table.page(cells, in_flight), encoding="utf-8")
