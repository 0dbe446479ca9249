"""The imaginary application's HTTP service: ``GET /`` and ``GET /health``.

``python -m wizard.demo.service`` reads one JSON line from its standard input, ``{"conninfo": ...,
"password": ..., "port": 0}``, answers one on its standard output, ``{"port": N}`` or ``{"error":
...}``, and serves on 127.0.0.1 until its standard input ends. So it ends with its parent, however
the parent ends, and the password is never in its arguments or its environment.

``Service`` runs it as a child process.
"""

import json
import subprocess
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg

from recovery.connection.children import python_module

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 3000
STOP_TIMEOUT_S = 5

_SOMEBODY = "00000000-0000-0000-0000-000000000000"

# What the application asks, with its own types for the keys: it binds every id as varchar(36).
_BY_KEY: tuple[LiteralString, ...] = (
    "SELECT u.email FROM users u WHERE u.id = %s::varchar(36)",
    "SELECT o.name, u.email FROM organizations o JOIN users u ON u.organization_id = o.id"
    " WHERE o.id = %s::varchar(36)",
    "SELECT d.title, o.name FROM documents d JOIN organizations o ON o.id = d.organization_id"
    " WHERE d.id = %s::varchar(36)",
    "SELECT f.name, u.email FROM folders f LEFT JOIN users u ON u.id = f.created_by_id"
    " WHERE f.organization_id = %s::varchar(36)",
    "SELECT t.name, s.name FROM pipeline_templates t"
    " JOIN pipeline_template_stages s ON s.template_id = t.id"
    " WHERE t.organization_id = %s::varchar(36)",
    "SELECT a.action FROM rbac_audit_logs a WHERE a.organization_id = %s::varchar(36)",
    "SELECT q.question FROM document_questions q WHERE q.document_id = %s::varchar(36)",
    "SELECT t.name, g.generated_at FROM document_templates t"
    " JOIN generated_documents g ON g.template_id = t.id"
    " WHERE g.document_id = %s::varchar(36)",
    "SELECT v.amount, r.outcome FROM valuations v"
    " JOIN valuation_reviews r ON r.valuation_id = v.id"
    " WHERE v.document_id = %s::varchar(36)",
)

_FRONT_PAGE = b"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>SaaS Platform</title></head>
<body><h1>SaaS Platform</h1><p>Documents, deals and projects in one place.</p></body>
</html>
"""


class Service:
    """The service as a child process; ends on ``close()``, and with this process.

    Raises ``RuntimeError`` if the child does not come to serve, for one on a port in use.
    """

    def __init__(self, conninfo: str, password: str, port: int = 0) -> None:
        self._process = subprocess.Popen(
            python_module("wizard.demo.service"),
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in the terminal is for the program, which closes the service itself.
            start_new_session=True,
        )
        try:
            self.port = self._start({"conninfo": conninfo, "password": password, "port": port})
        except BaseException:
            self.close()
            raise
        self.url = f"http://127.0.0.1:{self.port}"

    def _start(self, settings: dict[str, object]) -> int:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the service has no pipes")
        try:
            stdin.write(json.dumps(settings).encode() + b"\n")
        except BrokenPipeError as error:
            raise RuntimeError("the service ended before it was told what to serve") from error
        line = stdout.readline()
        if not line:
            raise RuntimeError("the service ended before it served")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"the service cannot serve: {answer['error']}")
        return int(answer["port"])

    def close(self) -> None:
        """End the service; waits until it has ended. Does nothing the second time."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def health(conninfo: str, password: str) -> dict[str, str]:
    """Ask the database what the application asks; answers its name and its revision.

    Raises ``psycopg.Error`` for the first question that the database refuses.
    """
    with psycopg.connect(
        conninfo, password=password, connect_timeout=CONNECT_TIMEOUT_S, application_name="saas"
    ) as conn:
        conn.execute(
            "SELECT set_config('statement_timeout', %s, true)", (f"{STATEMENT_TIMEOUT_MS}",)
        )
        for query in _BY_KEY:
            conn.execute(query, (_SOMEBODY,))
        found = conn.execute("SELECT version_num FROM alembic_version").fetchone()
        return {"database": conn.info.dbname, "revision": found[0] if found else "none"}


class _Server(ThreadingHTTPServer):
    def __init__(self, conninfo: str, password: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Request)
        self.conninfo = conninfo
        self.password = password


class _Request(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", _FRONT_PAGE)
        elif self.path == "/health":
            self._answer_health()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _answer_health(self) -> None:
        try:
            answer = {"status": "healthy"} | health(self.server.conninfo, self.server.password)
            status = HTTPStatus.OK
        except psycopg.Error as error:
            message = error.diag.message_primary or str(error).strip()
            answer = {
                "status": "unhealthy",
                "error": f"{error.sqlstate}: {message}" if error.sqlstate else message,
            }
            status = HTTPStatus.SERVICE_UNAVAILABLE
        self._answer(status, "application/json", json.dumps(answer).encode())

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log nothing: the terminal belongs to somebody else."""


def main() -> int:
    """Serve as the module says; returns the exit code."""
    settings: dict[str, Any] = json.loads(sys.stdin.readline())
    try:
        server = _Server(settings["conninfo"], settings["password"], settings.get("port", 0))
    except OSError as error:
        _tell({"error": str(error)})
        return 1
    with server:
        Thread(target=server.serve_forever, daemon=True).start()
        _tell({"port": server.server_port})
        sys.stdin.read()
        server.shutdown()
    return 0


def _tell(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
