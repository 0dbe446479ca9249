"""The wheel holds what the program needs, and it runs from a clean environment."""

import subprocess
import sys
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

import wizard

TREE = Path(__file__).parents[2]
PACKAGES = ("wizard", "screens", "recovery", "queries")
CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, TREE],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _in_tree(pattern: str) -> set[str]:
    return {
        str(path.relative_to(TREE))
        for package in PACKAGES
        for path in (TREE / package).rglob(pattern)
        if path.is_file() and not any(part in CACHES for part in path.parts)
    }


@pytest.mark.parametrize("pattern", ["*.py", "*.sql", "*.tcss", "*.mako", "*.ini"])
def test_the_wheel_has_every_file_that_the_program_reads(wheel: Path, pattern: str) -> None:
    wanted = _in_tree(pattern)

    assert wanted, f"there is no {pattern} in the tree"
    assert wanted - _names(wheel) == set()


def test_the_wheel_has_the_incidents_migrations(wheel: Path) -> None:
    versions = "wizard/demo/application/migrations/versions/"
    scripts = [name for name in _names(wheel) if name.startswith(versions)]

    assert len(scripts) > 20


def test_the_wheel_has_nothing_else(wheel: Path) -> None:
    own = f"pg_rekey-{wizard.__version__}"
    roots = {name.partition("/")[0] for name in _names(wheel)}
    installed = {name for name in _names(wheel) if name.startswith(f"{own}.data/")}

    assert roots == {*PACKAGES, f"{own}.dist-info", f"{own}.data"}
    assert installed == {f"{own}.data/data/share/man/man1/pg-rekey.1"}
    assert [n for n in _names(wheel) if "test" in n or any(cache in n for cache in CACHES)] == []


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        information = f"pg_rekey-{wizard.__version__}.dist-info"
        metadata = message_from_string(archive.read(f"{information}/METADATA").decode())
        scripts = archive.read(f"{information}/entry_points.txt").decode()

    assert metadata["Name"] == "pg-rekey"
    assert metadata["Version"] == wizard.__version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    needed = {line.partition(";")[0] for line in metadata.get_all("Requires-Dist", [])}
    assert any(line.startswith("textual==") for line in needed)
    assert "pg-rekey = wizard.__main__:main" in scripts


@pytest.mark.slow
def test_the_wheel_recovers_the_incident_in_a_clean_environment(
    wheel: Path, tmp_path: Path
) -> None:
    """No PostgreSQL, no git, nothing on the PATH: only the wheel and what it asks for."""
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    subprocess.run(
        [environment / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", wheel],
        check=True,
        capture_output=True,
    )
    empty, home = tmp_path / "empty", tmp_path / "home"
    empty.mkdir()
    home.mkdir()

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [environment / "bin" / "pg-rekey", *arguments],
            env={"PATH": str(empty), "HOME": str(home), "LANG": "C.UTF-8"},
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )

    version = run("--version")
    assert (version.returncode, version.stdout) == (0, f"pg-rekey {wizard.__version__}\n")

    before = set(home.iterdir())
    demo = run("demo", "--unattended", "--rows", "500")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stderr == ""
    lines = demo.stdout.splitlines()
    steps = [line.strip("= ") for line in lines if line.startswith("== ")]
    assert steps == [
        "investigation",
        "plan",
        "backup",
        "conversion",
        "migrations",
        "verification",
    ]
    checks = [line.removeprefix("PASSED").strip() for line in lines if line.startswith("PASSED")]
    for check in (
        "backend health endpoint: HTTP 200",
        "frontend: HTTP 200",
        "alembic revision: ",
        "type of users.id: character varying(36)",
        "type of organizations.id: character varying(36)",
        "type of documents.id: character varying(36)",
        "table folders: present",
        "tables in all: ",
        "rows of users: ",
        "every reference finds its key: 0 in ",
        "foreign keys: ",
    ):
        assert any(line.startswith(check) for line in checks), check
    assert f"{len(checks)} passed, 0 failed, 0 not checked" in lines
    assert "RECOVERED: every check was passed" in lines
    # What was replayed of the scripts is kept for the next time.
    left = {path.name for path in set(home.iterdir()) - before}
    assert left == {".cache"}
    assert [path.name for path in (home / ".cache").iterdir()] == ["pg-rekey"]
