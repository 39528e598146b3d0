"""Talking to a running suite over HTTP: one connection, retries with back-off, answers that say what went wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic, sleep
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from parcours.terminal.console import CommandError

DEFAULT_URL = "http://127.0.0.1:8000"
RETRIED = frozenset({429, 502, 503, 504})
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0
SERVER_ERRORS = 500

TIMEOUT_S = 120.0
"""For one answer: a piece of some thousand events on a slow machine."""


class UnreachableError(CommandError):
    """Nobody answers at the address, or the connection broke."""

    def __init__(self, url: str, cause: object) -> None:
        super().__init__(
            f"nothing answers at {url} ({cause}): start the suite with `parcours up`, or give its address with --url"
        )


class AnswerError(CommandError):
    """The suite answered with a problem."""

    def __init__(self, url: str, answer: Answer) -> None:
        super().__init__(f"{url} answered {answer.status}: {answer.reason()}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        return self.status < 300

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str | None:
        problem = self.json()
        return problem.get("code") if isinstance(problem, dict) else None

    def reason(self) -> str:
        """The problem's faults, else its title, and its code; with what to do where the status says it."""
        found = self.json()
        problem: Mapping[str, Any] = found if isinstance(found, dict) else {}
        faults = "; ".join(f"{fault['pointer']}: {fault['message']}" for fault in problem.get("errors") or ())
        text = faults or str(problem.get("title", "")) or self.body[:200].decode(errors="replace") or "no reason given"
        code = f" ({problem['code']})" if problem.get("code") else ""
        hints = {401: "; give a token with --token or PARCOURS_TOKEN", 404: "; is --url the suite's base address?"}
        return text + code + hints.get(self.status, "")


@dataclass(slots=True)
class Client:
    """`retry_for_s`: how long a request that found the suite away is sent again, counted from its first failure.

    A first request that finds nobody is not repeated: the address is probably wrong, or nothing was started.
    """

    url: str = DEFAULT_URL
    token: str | None = None
    retry_for_s: float = 60.0
    on_wait: Callable[[str, float], None] = lambda cause, seconds: None
    retries: int = 0
    _parts: SplitResult = field(init=False)
    _connection: HTTPConnection | None = None
    _has_answered: bool = False

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        self._parts = urlsplit(self.url)
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise CommandError(f"--url {self.url} is no address: it looks like {DEFAULT_URL}")

    def get(self, path: str, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at an address of the suite. Raise AnswerError, UnreachableError."""
        pairs = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(pairs)}" if pairs else path
        answer = self.request("GET", target, headers=headers)
        if not answer.is_good:
            raise AnswerError(self.url + target, answer)
        return answer.json()

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        accept: Callable[[Answer], bool] = lambda answer: True,
    ) -> Answer:
        """One answer. Sent again while the suite is away or `accept` finds the answer cut short, so the request must
        be one that may be repeated. Raise UnreachableError when that lasts."""
        deadline: float | None = None
        wait = FIRST_WAIT_S
        while True:
            asked = 0.0
            try:
                answer = self._send(method, path, body, headers or {})
                if answer.status not in RETRIED and accept(answer):
                    return answer
                cause: object = answer.reason() if answer.status in RETRIED else "the answer was cut short"
                asked = _seconds(answer.headers.get("retry-after", ""))
            except (OSError, HTTPException) as error:
                self.close()
                if not self._has_answered:
                    raise UnreachableError(self.url, _short(error)) from None
                answer, cause = None, _short(error)
            deadline = deadline or monotonic() + self.retry_for_s
            pause = max(wait, asked)
            if monotonic() + pause > deadline:
                if answer is not None and answer.status in RETRIED:
                    return answer
                raise UnreachableError(self.url, cause) from None
            self.retries += 1
            self.on_wait(str(cause), pause)
            sleep(pause)
            wait = min(2 * wait, LONGEST_WAIT_S)

    def _send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
            self._connection = kind(self._parts.hostname or "", self._parts.port, timeout=TIMEOUT_S)
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self._connection.request(method, self._parts.path + path, body, {**authorization, **headers})
        response = self._connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        self._has_answered = True
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _short(error: BaseException) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()


def _seconds(text: str) -> float:
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() else 0.0
