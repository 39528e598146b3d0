"""Talking to a running suite over HTTP: httpx2 sends, tenacity repeats, answers say what went wrong."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import sleep
from typing import Any, Self
from uuid import uuid4

import httpx2
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from parcours.terminal.console import CommandError

DEFAULT_URL = "http://127.0.0.1:8000"
HIGHEST_PORT = 65_535
RETRIED = frozenset({429, 502, 503, 504})
"""What says "not now", the suite's own or that of what stands before it. 500 does not: it would be answered again."""
LASTING = frozenset({"took_too_long", "erasure_not_set_up"})
"""Codes of such answers that the same request would be given again: of a question, of how the suite is set up."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0

TIMEOUT_S = 120.0
"""For one answer: a piece of some thousand events on a slow machine."""


class UnreachableError(CommandError):
    """Nobody answers at the address, or the connection broke."""

    def __init__(self, url: str, cause: object) -> None:
        self.short = f"nothing answers at {url} ({cause})"
        super().__init__(f"{self.short}: start the suite with `parcours up`, or give its address with --url")


class AnswerError(CommandError):
    """The suite answered with a problem."""

    def __init__(self, url: str, answer: Answer) -> None:
        named = f" [request {answer.request_id}]" if answer.request_id else ""
        super().__init__(f"{url} answered {answer.status}: {answer.reason()}{named}")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What the suite answered. `headers`: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        return self.status < 300

    def json(self) -> Any:
        """The document, or None where the body is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def request_id(self) -> str | None:
        """By which whoever runs the suite finds it in the log, and what it recorded."""
        return self.headers.get("x-request-id")

    @property
    def code(self) -> str | None:
        problem = self.json()
        return problem.get("code") if isinstance(problem, dict) else None

    def reason(self) -> str:
        """The problem's faults, else its title, and its code; with what to do where the status says it."""
        document = self.json()
        problem: Mapping[str, Any] = document if isinstance(document, dict) else {}
        faults = "; ".join(f"{fault['pointer']}: {fault['message']}" for fault in problem.get("errors") or ())
        text = faults or str(problem.get("title", "")) or self.body[:200].decode(errors="replace") or "no reason given"
        code = f" ({problem['code']})" if problem.get("code") else ""
        hints = {401: "; give a token with --token or PARCOURS_TOKEN", 404: "; is --url the suite's base address?"}
        return text + code + hints.get(self.status, "")


class _AwayError(Exception):
    """One attempt failed in a way that may pass. `answer`: what the suite said, where it could."""

    def __init__(self, cause: str, answer: Answer | None = None) -> None:
        super().__init__(cause)
        self.answer = answer


@dataclass(slots=True)
class Client:
    """One connection to a suite, kept open between requests; not for several threads at once.

    `retry_for_s`: how long a request that found the suite away is sent again, counted from its first failure. A first
    request that finds nobody is not repeated: the address is probably wrong, or nothing was started.
    """

    url: str = DEFAULT_URL
    token: str | None = None
    retry_for_s: float = 60.0
    on_wait: Callable[[str, float], None] = lambda cause, seconds: None
    timeout_s: float = TIMEOUT_S
    retries: int = 0
    _http: httpx2.Client = field(init=False)
    _has_answered: bool = False

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")
        try:
            address = httpx2.URL(self.url)
        except httpx2.InvalidURL:
            address = httpx2.URL("")
        if address.scheme not in ("http", "https") or not address.host or (address.port or 0) > HIGHEST_PORT:
            raise CommandError(f"--url {self.url} is no address: it looks like {DEFAULT_URL}")
        self._http = httpx2.Client(
            headers={"Authorization": f"Bearer {self.token}"} if self.token else None,
            timeout=self.timeout_s,
            # A proxy set for the web must not stand between a command and the suite on the same machine.
            trust_env=False,
            # Python's own context reads SSL_CERT_FILE, which is how an organisation names its authority.
            verify=ssl.create_default_context() if address.scheme == "https" else True,
        )

    def get(self, path: str, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON at an address of the suite. Raise AnswerError, UnreachableError."""
        pairs = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{httpx2.QueryParams(pairs)}" if pairs else path
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
        is_progress: Callable[[Answer], bool] = lambda answer: False,
    ) -> Answer:
        """One answer. Sent again while the suite is away or `accept` finds the answer cut short, so the request must
        be one that may be repeated; a "not now" in which `is_progress` finds that something was done is an answer,
        given once the suite has had the pause it asks for. Raise UnreachableError when that lasts."""
        retrying = Retrying(
            retry=retry_if_exception(self._may_pass),
            wait=_pause,
            stop=_Patience(self.retry_for_s),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            # One id for all attempts: they are one request, of which at most one is recorded.
            named = {"X-Request-Id": str(uuid4()), **(headers or {})}
            return retrying(self._send, method, path, body, named, accept, is_progress)
        except _AwayError as away:
            if away.answer is not None and away.answer.status in RETRIED:
                return away.answer
            raise UnreachableError(self.url, away) from None

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        accept: Callable[[Answer], bool],
        is_progress: Callable[[Answer], bool],
    ) -> Answer:
        try:
            response = self._http.request(method, self.url + path, content=body, headers=headers)
        except httpx2.TransportError as error:
            raise _AwayError(_short(error)) from error
        # Whatever it said: somebody is there, so what fails from now on may pass.
        self._has_answered = True
        answer = Answer(response.status_code, response.headers, response.content)
        if answer.status in RETRIED and answer.code not in LASTING:
            if is_progress(answer):
                self.retries += 1
                sleep(_seconds(answer.headers.get("retry-after", "")))
                return answer
            raise _AwayError(answer.reason(), answer)
        if not accept(answer):
            raise _AwayError("the answer was cut short", answer)
        return answer

    def _may_pass(self, error: BaseException) -> bool:
        return isinstance(error, _AwayError) and self._has_answered

    def _tell(self, state: RetryCallState) -> None:
        self.retries += 1
        self.on_wait(str(_failure(state)), state.upcoming_sleep)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Patience:
    """Stop where the next pause would end later than so many seconds after the first failure.

    tenacity's own limits count from the first attempt, which may itself have taken two minutes to fail.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._failed_at: float | None = None

    def __call__(self, state: RetryCallState) -> bool:
        now = state.outcome_timestamp or 0.0
        # Of this request: each has a patience of its own, so that a long import may meet several restarts.
        self._failed_at = now if self._failed_at is None else self._failed_at
        return now + state.upcoming_sleep > self._failed_at + self._seconds


# Jitter, so that the senders of a whole group do not come back in one instant.
_back_off = wait_exponential_jitter(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S, jitter=FIRST_WAIT_S)


def _pause(state: RetryCallState) -> float:
    """Longer each time; at least what the suite asks for with `Retry-After`, up to ten seconds."""
    answer = getattr(_failure(state), "answer", None)
    asked = _seconds(answer.headers.get("retry-after", "")) if answer is not None else 0.0
    return max(_back_off(state), asked)


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _short(error: httpx2.TransportError) -> str:
    """In a few words: what the system said, where it was the system."""
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    return (getattr(cause, "strerror", None) or str(error) or type(error).__name__).lower().rstrip(".")


def _seconds(text: str) -> float:
    return min(float(text), LONGEST_WAIT_S) if text.isascii() and text.isdigit() else 0.0
