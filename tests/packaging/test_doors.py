"""Every way in which a connection is made or a process started: none goes around its one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

TREE = Path(__file__).parents[2]

# The one place for each, and what else is meant to be: not PostgreSQL, or not the product's work.
ALLOWED = {
    "psycopg.connect": {
        "recovery/connection/opening.py",
        # The demo's imaginary application, a process of its own.
        "wizard/demo/service.py",
        "scripts/screenshots.py",
    },
    "subprocess": {
        "recovery/connection/children.py",
        # Answers "--version" only, and knows no server.
        "recovery/private/installations.py",
        # Starts the keeper, by a path, isolated; and the keeper starts a private server.
        "recovery/private/scratch.py",
        "recovery/private/keeper.py",
        # The runner, by ``python_module``.
        "recovery/steps/launch.py",
        # The application's own programs, in its folder, with the operator's environment.
        "recovery/revision/application_alembic.py",
        "recovery/revision/metadata.py",
        "wizard/demo/service.py",
    },
    "create_engine": {
        # The journal's file; and Alembic's engine, whose connections others make for it.
        "recovery/record/journal.py",
        "recovery/revision/upgrading.py",
        "wizard/demo/application/migrations/env.py",
    },
}
_STARTS = {"Popen", "run", "call", "check_call", "check_output"}


def _sources() -> Iterator[tuple[str, ast.AST]]:
    for folder in ("wizard", "screens", "recovery", "queries", "scripts"):
        for path in sorted((TREE / folder).rglob("*.py")):
            yield str(path.relative_to(TREE)), ast.parse(path.read_text(encoding="utf-8"))


def _ways(tree: ast.AST) -> Iterator[str]:
    """What of the three a module does; also under another name."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        first, _, rest = called.partition(".")
        full = f"{names.get(first, first)}.{rest}".rstrip(".")
        module, _, name = full.rpartition(".")
        if module.startswith("psycopg") and name in ("connect", "connect_start"):
            yield "psycopg.connect"
        elif (
            (module == "subprocess" and name in _STARTS)
            or (
                module == "os"
                and name.startswith(("exec", "spawn", "posix_spawn", "system", "popen"))
            )
            or (module == "asyncio" and name.startswith("create_subprocess"))
        ):
            yield "subprocess"
        elif name.endswith("create_engine") and module.startswith("sqlalchemy"):
            yield "create_engine"
        elif module.endswith("Connection") and name == "connect":
            yield "psycopg.connect"


def test_every_connection_and_every_child_comes_through_its_one_place() -> None:
    found: dict[str, set[str]] = {way: set() for way in ALLOWED}
    for path, tree in _sources():
        for way in _ways(tree):
            found[way].add(path)
    assert found == ALLOWED


def test_a_way_around_is_seen() -> None:
    for source, way in (
        ("import psycopg\npsycopg.connect('')", "psycopg.connect"),
        ("from psycopg import connect as c\nc('')", "psycopg.connect"),
        ("from psycopg import Connection\nConnection.connect('')", "psycopg.connect"),
        ("import subprocess as s\ns.run(['x'])", "subprocess"),
        ("from subprocess import Popen\nPopen(['x'])", "subprocess"),
        ("import os\nos.execv('x', [])", "subprocess"),
        ("import sqlalchemy as sa\nsa.create_engine('')", "create_engine"),
    ):
        assert list(_ways(ast.parse(source))) == [way], source
