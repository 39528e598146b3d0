"""One write service over the small catalogue of the tests, served by uvicorn over a real database."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import httpx2
import uvicorn

from shared.deciding.refusals import DomainError
from shared.deciding.rules import ACCEPTED, Context, Verdict, refused
from shared.facts.fact import Recorded
from shared.intake.write_service import Surroundings, WriteService, write_service
from shared.log.envelope import read
from shared.log.log_clock import LogClock
from shared.log.place import Arrived
from shared.process.metrics import Metrics
from shared.web.callers import Callers, LocalCallers
from shared.web.connections import Limits
from shared.web.http_protocol import HttpConfig
from shared.web.quotas import FactQuota
from shared.web.serving import Suite
from tests.parts.ports import free_port
from tests.parts.waiting import wait_until
from tests.shared.events import CATALOGUE, Closed, Opened, event

SERVICE = "tests"
PATH = f"/{SERVICE}/v1/events"
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
LINES = {"Content-Type": "application/x-ndjson"}
UNAVAILABLE = 503
PATIENCE = 10
"""Times that a client asks: each answer of a busy machine has waited for the database already."""

_numbers = count(1)


class TooManyHoursError(DomainError):
    code = "too_many_hours"
    title = "More hours than a test may have"
    article = "L1-1"


def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
    """Hours over 1000 are refused; what opens big closes on the same day, twice; `b` inside is a bug of ours."""
    fact = event.data
    if not isinstance(fact, Opened):
        return ACCEPTED
    if fact.inside is not None and fact.inside.note == "b":
        raise ZeroDivisionError("a rule with a bug")
    if (fact.hours or 0) > 1000:
        return refused(TooManyHoursError(hours=fact.hours, starts_on=fact.starts_on))
    return Verdict(effects=(Closed(ended_on=fact.starts_on),) * 2) if fact.kind == "big" else ACCEPTED


def a_service(
    database_url: str,
    *,
    callers: Callers | None = None,
    clock: LogClock | None = None,
    quota: FactQuota | None = None,
) -> WriteService:
    around = Surroundings(database_url, callers or LocalCallers(), Metrics(), quota or FactQuota())
    if clock is not None:
        around = replace(around, clock=clock)
    return write_service(SERVICE, "A service of tests", CATALOGUE, decide, around)


@dataclass(slots=True)
class Served:
    """A write service and its address."""

    service: WriteService
    url: str
    client: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx2.Client(base_url=self.url, timeout=30)

    def post(self, body: Any, headers: dict[str, str] | None = None, **query: str | Sequence[str]) -> httpx2.Response:
        """JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(
            self.path, content=content, params=query, headers={"Content-Type": "application/json", **(headers or {})}
        )

    def post_all(self, bodies: Sequence[Any], headers: dict[str, str] | None = None) -> list[httpx2.Response]:
        """All at once, each over a connection of its own; answers in the order of the bodies. What a busy machine could not
        take in time is sent again, as clients do."""
        head = {"Content-Type": "application/json", **(headers or {})}

        async def answer(client: httpx2.AsyncClient, body: Any) -> httpx2.Response:
            for _ in range(PATIENCE):
                told = await client.post(self.path, content=json.dumps(body), headers=head)
                if not is_unavailable(told):
                    break
            return told

        async def post() -> list[httpx2.Response]:
            limits = httpx2.Limits(max_connections=len(bodies))
            async with httpx2.AsyncClient(base_url=self.url, timeout=30, limits=limits) as client:
                return await asyncio.gather(*(answer(client, body) for body in bodies))

        return asyncio.run(post())

    @property
    def path(self) -> str:
        return f"/{self.service.name}/v1/events"

    def log(self, subject: str | None = None) -> list[Arrived]:
        """The log, or what it holds of one subject, each fact read as a feed reads it."""
        entries = self.service.store.log(0, 1_000_000, subject=subject)
        facts = [read(self.service.name, 0, entry.wire) for entry in entries]
        return [fact for fact in facts if isinstance(fact, Arrived)]

    def ids_of(self, subject: str) -> list[str]:
        """In the order of the log; the numbers of the stream must have no hole."""
        facts = self.log(subject)
        assert [fact.streamversion for fact in facts] == list(range(1, len(facts) + 1))
        return [fact.id for fact in facts]


@contextmanager
def served(service: WriteService, port: int = 0) -> Iterator[Served]:
    """Started, over HTTP, and stopped."""
    service.start()
    try:
        with over_http(_suite(service), port) as url:
            running = Served(service, url)
            try:
                yield running
            finally:
                running.client.close()
    finally:
        service.stop()


def answered(ask: Callable[[], httpx2.Response], wanted: int) -> httpx2.Response:
    """The answer that is wanted. On a busy machine the database may not answer in time: then it is asked again, as clients
    do, and what was recorded all the same is a duplicate, which is told where 201 is wanted."""
    answers = [ask()] if wanted == UNAVAILABLE else asked_again(ask)
    told = 200 if len(answers) > 1 and wanted == 201 and is_duplicate(answers[-1]) else wanted
    assert answers[-1].status_code == told, answers[-1].text
    return answers[-1]


def asked_again(ask: Callable[[], httpx2.Response]) -> list[httpx2.Response]:
    """All answers up to the first that is no `unavailable`, PATIENCE at most."""
    answers = [ask()]
    while is_unavailable(answers[-1]) and len(answers) < PATIENCE:
        answers.append(ask())
    return answers


def is_unavailable(answer: httpx2.Response) -> bool:
    """Not what a rule waits for (`not_yet_known`): the database, or the time there was for it."""
    return answer.status_code == UNAVAILABLE and bool(answer.json()["code"] == "unavailable")


def is_duplicate(answer: httpx2.Response) -> bool:
    return answer.status_code == 200 and answer.json().get("outcome") == "duplicate"


def _suite(service: WriteService) -> Suite:
    name = service.name
    return Suite({name: service.app}, Metrics(), {name: service.check}, {name: service.warning})


class _Server(uvicorn.Server):
    def capture_signals(self) -> Any:
        return nullcontext()


@contextmanager
def over_http(app: Any, port: int = 0, limits: Limits | None = None) -> Iterator[str]:
    """As `parcours` serves it; `limits` of a test's own, which need not wait long."""
    port = port or free_port()
    config = HttpConfig(app, app.metrics.registry, limits, graceful_s=1)
    config.port = port
    server = _Server(config)
    thread = threading.Thread(target=server.run, name="http")
    thread.start()
    try:
        wait_until(lambda: server.started, "the server listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def new_subject() -> str:
    """A person nobody has spoken of yet."""
    return f"person/00000000-0000-4000-8000-{next(_numbers):012}"


def new_event(**changes: Any) -> dict[str, Any]:
    """A well-formed event with an id of its own, about a new person."""
    return event(**{"id": f"event-{next(_numbers)}", "subject": new_subject(), **changes})


def lines(*events: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in events)
