"""Checks of services: what is asked, by which way, and what becomes of each answer."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import trustme

from recovery.record import events as e
from recovery.record.events import Check, CheckState
from recovery.record.session import Session
from recovery.steps import http_checks
from recovery.steps.runner import perform
from recovery.words.errors import CANCELLED
from recovery.words.profile import HttpCheck, parse
from tests.conftest import Database
from tests.recovering import ME, Recovery

PASSED, FAILED = CheckState.PASSED, CheckState.FAILED
HEALTHY = {"status": "healthy"}
# A path's status, body and Location. As a proxy sees it, a path is a whole URL.
ANSWERS = {
    "/": (200, b"<h1>here</h1>", ""),
    "/healthy": (200, b'{"status": "healthy", "checks": {"db": true}}', ""),
    "/degraded": (200, b'{"status": "degraded", "error": "operator does not exist"}', ""),
    "/broken": (500, b'{"status": "unhealthy"}', ""),
    "/broken-but-healthy": (500, b'{"status": "healthy"}', ""),
    "/list": (200, b'["healthy"]', ""),
    "/cut": (200, b'{"status": "healthy"', ""),
    "/deep": (200, b"[" * 900_000, ""),
    "/long": (200, b'{"status": "healthy", "rest": "' + b"x" * 1_000_000 + b'"}', ""),
    "/moved": (302, b"", "/healthy"),
    "/moved-for-good": (308, b"", "/moved"),
    "/moved-with-a-ticket": (302, b"", "/healthy?ticket=secret"),
    "/healthy?ticket=secret": (200, b'{"status": "healthy"}', ""),
    "/moved-with-a-session": (302, b"", "/healthy;sid=hunter2?token=hunter2#hunter2"),
    "/healthy;sid=hunter2?token=hunter2": (200, b'{"status": "healthy"}', ""),
    "/to-nobody-as-somebody": (
        302,
        b"",
        "http://svc:hunter2@127.0.0.1:1/a;sid=hunter2?token=hunter2",
    ),
    "/to-no-url": (302, b"", "http://svc:hunter2/3@127.0.0.1:1/?token=hunter2"),
    "/to-nobody": (302, b"", "http://127.0.0.1:1/"),
    "/in-circles": (302, b"", "/in-circles"),
    "/elsewhere": (302, b"", "ftp://127.0.0.1/"),
    "/nowhere": (302, b"", ""),
    "http://backend.internal/healthy": (200, b'{"status": "healthy"}', ""),
    "http://backend.internal/down": (503, b"<h1>squid</h1>", ""),
}


class Service(BaseHTTPRequestHandler):
    """Answers as the table says."""

    def do_GET(self) -> None:
        status, body, location = ANSWERS[self.path]
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def serving(trust: ssl.SSLContext | None = None) -> Iterator[str]:
    """The service; its host and port."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that does not trust this server, or has read enough, just goes."""

    server = Server(("127.0.0.1", 0), Service)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    with serving() as place:
        yield place


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def asked(url: str, expected: dict[str, Any] | None = None) -> Check:
    return http_checks.made(HttpCheck("backend", url, json=expected or {}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", {}),
        ("/", {}),
        ("/healthy", HEALTHY),
        ("/healthy", {"checks": {"db": True}}),
        ("/long", {}),
    ],
)
def test_an_answer_as_expected_has_passed(
    service: str, path: str, expected: dict[str, Any]
) -> None:
    url = f"http://{service}{path}"

    check = asked(url, expected)

    assert (check.state, check.evidence) == (PASSED, f"HTTP 200 from {url}")


@pytest.mark.parametrize(
    "path", ["/moved", "/moved-for-good", "/moved-with-a-ticket", "/moved-with-a-session"]
)
def test_a_redirect_is_told(service: str, path: str) -> None:
    url = f"http://{service}{path}"

    passed, failed = asked(url, HEALTHY), asked(url, {"status": "green"})

    told = f"HTTP 200 from {url}, redirected to http://{service}/healthy"
    assert (passed.state, passed.evidence) == (PASSED, told)
    assert (failed.state, failed.evidence) == (FAILED, f'{told}; status is "healthy"')


def test_who_does_not_answer_behind_a_redirect_is_named(service: str) -> None:
    check = asked(f"http://{service}/to-nobody")

    assert check.state is FAILED
    assert check.evidence == (
        f"http://{service}/to-nobody, redirected to http://127.0.0.1:1/, does not answer: "
        "Connection refused"
    )


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/to-nobody-as-somebody", ", redirected to http://127.0.0.1:1/a, does not answer: "),
        ("/to-no-url", " does not answer: it redirects to what is no URL"),
    ],
)
def test_nothing_secret_of_a_redirect_is_told(service: str, path: str, told: str) -> None:
    check = asked(f"http://{service}{path}")

    assert check.state is FAILED
    assert check.evidence.startswith(f"http://{service}{path}{told}")
    assert "hunter2" not in check.evidence


@pytest.mark.parametrize(
    ("path", "evidence"),
    [
        ("/degraded", '; status is "degraded", error: operator does not exist'),
        ("/", "; the answer is not JSON"),
        ("/cut", "; the answer is not JSON"),
        ("/deep", "; the answer is not JSON"),
        ("/list", "; the answer is not a JSON object"),
        ("/long", "; the answer is longer than 1000000 bytes"),
    ],
)
def test_another_answer_has_failed_and_says_what_it_is(
    service: str, path: str, evidence: str
) -> None:
    url = f"http://{service}{path}"

    check = asked(url, HEALTHY)

    assert check.expected == 'HTTP 200 and "status": "healthy"'
    assert (check.state, check.evidence) == (FAILED, f"HTTP 200 from {url}{evidence}")


def test_another_status_has_failed_whatever_the_answer_says(service: str) -> None:
    broken = asked(f"http://{service}/broken", HEALTHY)
    healthy = asked(f"http://{service}/broken-but-healthy", HEALTHY)
    moved = asked(f"http://{service}/nowhere")

    assert broken.state is healthy.state is moved.state is FAILED
    assert broken.evidence.endswith('/broken; status is "unhealthy"')
    assert healthy.evidence == f"HTTP 500 from http://{service}/broken-but-healthy"
    assert moved.evidence.startswith("HTTP 302 ")


def test_a_status_that_is_an_error_may_be_the_expected_one(service: str) -> None:
    check = http_checks.made(
        HttpCheck("b", f"http://{service}/broken", 500, {"status": "unhealthy"})
    )

    assert check.state is PASSED


@pytest.mark.parametrize(
    ("path", "words"),
    [("/in-circles", "redirects"), ("/elsewhere", "ftp://")],
)
def test_a_redirect_that_leads_nowhere_has_failed(service: str, path: str, words: str) -> None:
    check = asked(f"http://{service}{path}")

    assert check.state is FAILED
    assert words in check.evidence


def test_a_refused_connection_has_failed_in_the_systems_words() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        check = asked(url)

    assert (check.state, check.evidence) == (FAILED, f"{url} does not answer: Connection refused")


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "http://h:port/", "http://..", "http://a b/", "http://xn--/"]
)
def test_an_url_that_is_none_has_failed(url: str) -> None:
    check = asked(url)

    assert check.state is FAILED
    assert check.evidence.startswith(f"{url} does not answer: ")


def _silence(_line: socket.socket, over: Event) -> None:
    over.wait()


def _a_header_without_end(line: socket.socket, over: Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not over.wait(0.01):
        line.sendall(b"x")


def _a_body_without_end(line: socket.socket, over: Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.01):
        line.sendall(b"x")


def _half_a_body(line: socket.socket, _over: Event) -> None:
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def _no_http(line: socket.socket, _over: Event) -> None:
    line.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


@contextmanager
def answering(answer: Callable[[socket.socket, Event], None]) -> Iterator[str]:
    """A service that answers one line in a way of its own; its URL."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65_536)
                try:
                    answer(line, over)
                except OSError:
                    return

        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize("answer", [_silence, _a_header_without_end, _a_body_without_end])
def test_who_does_not_come_to_an_end_has_failed(
    answer: Callable[[socket.socket, Event], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_checks, "_PATIENCE", 0.5)

    with answering(answer) as url:
        check = asked(url)

    assert check.state is FAILED
    assert check.evidence == f"{url} gives no whole answer within 0.5 seconds"


def test_asking_to_stop_ends_the_wait_and_no_snapshot_is_open_meanwhile(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_checks, "_PATIENCE", 600)
    database.execute("CREATE TABLE users (id uuid PRIMARY KEY)")
    sessions: list[tuple[object, ...]] = []

    def cancelled(line: socket.socket, over: Event) -> None:
        sessions.extend(
            database.rows(
                "SELECT xact_start, backend_xmin FROM pg_stat_activity "
                "WHERE application_name = 'pg-rekey' AND datname = %s",
                database.name,
            )
        )
        Session(folder).journal.command(e.Cancel(by=ME))
        over.wait()

    with answering(cancelled) as url:
        services = [{"name": "slow", "url": url}, {"name": "never asked", "url": url}]
        said = {
            "environment": "test",
            "target": {"dsn": database.dsn, "database": database.name},
            "keys": {"users.id": "uuid"},
            "http": services,
        }
        recovery = Recovery(database, parse("", None, said)).planned()
        folder = recovery.session.folder
        code = perform(recovery.session, e.Step.VERIFICATION, recovery.options())

    assert code == CANCELLED
    assert "asked to stop" in recovery.problem.what
    assert sessions == [(None, None)]


@pytest.mark.parametrize("answer", [_half_a_body, _no_http])
def test_an_answer_that_breaks_off_or_is_none_has_failed(
    answer: Callable[[socket.socket, Event], None],
) -> None:
    with answering(answer) as url:
        check = asked(url)

    assert check.state is FAILED
    assert check.evidence.startswith(f"{url} does not answer: ")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def serving_tls(authority: trustme.CA, name: str) -> Iterator[str]:
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(trust)
    with serving(trust) as place:
        yield f"https://{place}/healthy"


def test_an_unknown_certificate_has_failed_in_words(authority: trustme.CA) -> None:
    with serving_tls(authority, "127.0.0.1") as url:
        check = asked(url, HEALTHY)

    assert check.state is FAILED
    assert check.evidence.startswith(f"{url} has a certificate that is not trusted here: ")
    assert "certificate" in check.evidence.rpartition(": ")[2]


def test_an_authority_that_this_machine_trusts_is_trusted(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    with serving_tls(authority, "127.0.0.1") as url:
        check = asked(url, HEALTHY)
    with serving_tls(authority, "backend.internal") as url:
        for_another = asked(url, HEALTHY)

    assert check.state is PASSED
    assert for_another.state is FAILED
    assert "not valid for '127.0.0.1'" in for_another.evidence


def test_a_service_without_tls_has_failed_in_words(service: str) -> None:
    check = asked(f"https://{service}/healthy")

    assert check.state is FAILED
    assert check.evidence.startswith(f"https://{service}/healthy does not answer: TLS says ")


def test_the_environments_proxy_is_asked_and_named_where_it_failed(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://somebody:secret@{service}")

    passed = asked("http://backend.internal/healthy", HEALTHY)
    failed = asked("http://backend.internal/down", HEALTHY)

    assert passed.state is PASSED
    assert failed.state is FAILED
    assert failed.evidence.startswith(
        f"HTTP 503 from http://backend.internal/down, by the proxy {service}"
    )
    assert "secret" not in json.dumps([passed.evidence, failed.evidence])


@pytest.mark.parametrize("hosts", ["127.0.0.1", "localhost,::1,fe80::/10,[::1],127.0.0.1", "*"])
def test_no_proxy_is_asked_for_a_host_that_is_to_be_asked_itself(
    service: str, hosts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", hosts)

    assert asked(f"http://{service}/healthy", HEALTHY).state is PASSED


@pytest.mark.parametrize("proxy", ["socks4://127.0.0.1:1", "http://h:port", "127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_has_failed(
    service: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)

    check = asked(f"http://{service}/healthy", HEALTHY)

    assert check.state is FAILED
    assert "does not answer: " in check.evidence
