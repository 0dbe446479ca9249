"""Checks of services over HTTP: what a URL answers, held against what the profile expects.

Importing this module imports an HTTP client: it is for those who have such checks.
"""

import json
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from threading import Thread
from urllib.request import getproxies, proxy_bypass

import httpx

from recovery.record.events import Check, CheckState
from recovery.words import secrets
from recovery.words.profile import HttpCheck

# How long a service may take for its whole answer, redirects included, in seconds.
_PATIENCE = 10.0
# How often it is asked meanwhile whether to stop, in seconds.
_GLANCE = 0.1
# How much of an answer is read, in bytes.
_MOST_OF_A_BODY = 1_000_000


def made(check: HttpCheck, stop: Callable[[], None] = lambda: None) -> Check:
    """A check of one service, made now: it has failed if the answer is not the expected one.

    ``stop`` is called while the answer is waited for, and may raise, to cancel.
    """
    answer: Future[Check] = Future()

    def ask() -> None:
        try:
            answer.set_result(_asked(check))
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            answer.set_exception(error)

    # httpx begins its time-outs anew with every byte, and has none for looking a name up. An answer
    # that comes too late is not waited for, and does not keep this process from ending.
    Thread(target=ask, daemon=True).start()
    until = time.monotonic() + _PATIENCE
    while not answer.done():
        stop()
        left = until - time.monotonic()
        if left <= 0:
            return _failed(check, f"{check.url} {_too_late()}")
        wait([answer], timeout=min(_GLANCE, left))
    return answer.result()


def _asked(check: HttpCheck) -> Check:
    by = ""
    try:
        by = _named_proxy(httpx.URL(check.url))
        with (
            httpx.Client(
                transport=_ByTheEnvironmentsProxy(),
                headers={"User-Agent": "pg-rekey", "Accept-Encoding": "identity"},
                timeout=_PATIENCE,
                follow_redirects=True,
            ) as client,
            client.stream("GET", check.url) as answer,
        ):
            status, body = answer.status_code, _beginning(answer)
            way = _redirected(check, answer.url)
    except (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError) as error:
        lost = _lost_at(check, error)
        return _failed(check, f"{check.url}{by}{lost} {_in_words(error)}")
    differing = list(_differing(check, body))
    if status != check.status or differing:
        said = f"HTTP {status} from {check.url}{by}{way}"
        return _failed(check, "; ".join([said, *differing]))
    said = f"HTTP {status} from {check.url}{way}"
    return Check(check.name, _expected(check), CheckState.PASSED, said)


def _redirected(check: HttpCheck, answering: httpx.URL) -> str:
    """Who answered, where that is another than was asked, in words to stand behind a URL."""
    asked = httpx.URL(check.url)
    if not answering.host or _place(answering) == _place(asked):
        return ""
    return f", redirected to {secrets.place(str(answering))}"


def _place(url: httpx.URL) -> tuple[object, ...]:
    # A URL without a path is asked with one: of this, both have it.
    return url.scheme, url.host, url.port, url.raw_path


def _lost_at(check: HttpCheck, error: Exception) -> str:
    """The same where nobody answered."""
    try:
        asked = error.request.url if isinstance(error, httpx.RequestError) else None
    except RuntimeError:
        # It was raised before there was a request.
        return ""
    way = "" if asked is None else _redirected(check, asked)
    return f"{way}," if way else ""


class _ByTheEnvironmentsProxy(httpx.BaseTransport):
    """Sends each request by the proxy that the environment names for it, as urllib reads that.

    httpx itself fails on a no_proxy that has networks or addresses of IPv6 in it. Trusted are the
    authorities that this machine trusts, an organisation's own among them; httpx has its own list.
    """

    def __init__(self) -> None:
        self._trust = ssl.create_default_context()
        self._used: list[httpx.HTTPTransport] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.HTTPTransport(verify=self._trust, proxy=_proxy(request.url))
        self._used.append(transport)
        return transport.handle_request(request)

    def close(self) -> None:
        for transport in self._used:
            transport.close()


def _proxy(url: httpx.URL) -> httpx.URL | None:
    named = None if proxy_bypass(url.netloc.decode()) else getproxies().get(url.scheme)
    return None if named is None else httpx.URL(named if "://" in named else f"http://{named}")


def _named_proxy(url: httpx.URL) -> str:
    """The proxy in words, without the user and the password that may stand before it."""
    proxy = _proxy(url)
    return "" if proxy is None else f", by the proxy {proxy.netloc.decode()},"


def _beginning(answer: httpx.Response) -> bytes:
    body = b""
    for part in answer.iter_bytes():
        body += part
        if len(body) > _MOST_OF_A_BODY:
            break
    return body


def _differing(check: HttpCheck, body: bytes) -> Iterator[str]:
    """What is not as expected in an answer's JSON."""
    if not check.json:
        return
    if len(body) > _MOST_OF_A_BODY:
        yield f"the answer is longer than {_MOST_OF_A_BODY} bytes"
        return
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        yield "the answer is not JSON"
        return
    if not isinstance(answer, dict):
        yield "the answer is not a JSON object"
        return
    shown = f", error: {answer['error']}" if "error" in answer else ""
    for name, value in check.json.items():
        if answer.get(name) != value:
            yield f"{name} is {json.dumps(answer.get(name))}{shown}"


def _expected(check: HttpCheck) -> str:
    fields = ", ".join(f'"{name}": {json.dumps(value)}' for name, value in check.json.items())
    return f"HTTP {check.status}" + (f" and {fields}" if fields else "")


def _failed(check: HttpCheck, evidence: str) -> Check:
    return Check(check.name, _expected(check), CheckState.FAILED, evidence)


def _in_words(error: Exception) -> str:
    """Why there is no answer, to stand behind a URL.

    httpx's own sentences leave out the system's, or have nothing but its number.
    """
    if isinstance(error, httpx.TimeoutException):
        return _too_late()
    if isinstance(error.__context__, httpx.InvalidURL):
        # httpx repeats of it what it could not read: a password, where that has a slash.
        return "does not answer: it redirects to what is no URL"
    match _cause(error):
        case ssl.SSLCertVerificationError(verify_message=said):
            return f"has a certificate that is not trusted here: {said}"
        case ssl.SSLError(reason=str() as said):
            return f"does not answer: TLS says {said.replace('_', ' ').lower()}"
        case OSError(strerror=str() as said):
            return f"does not answer: {said}"
    if isinstance(error, httpx.ProxyError):
        return f"does not answer: the proxy says {error}"
    return f"does not answer: {error}"


def _cause(error: BaseException) -> BaseException:
    while (before := error.__cause__ or error.__context__) is not None:
        error = before
    return error


def _too_late() -> str:
    return f"gives no whole answer within {_PATIENCE:g} seconds"
