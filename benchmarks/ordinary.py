"""An ordinary client: a few requests a second, facts and questions in turns, at a pace that waits for no answer."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter

import httpx2

from benchmarks.asking import V1
from benchmarks.lives import ACI, SERVICE, life, person_id, subject

FIRST = 2_000_000_000
"""Its persons come after all others."""
PATIENCE_S = 60.0
TRIES = 3
"""Of a request whose connection was closed on its way: any kept connection may be, and facts are recorded once."""

Request = tuple[str, str, str | None]
"""Method, address, body."""


@dataclass
class Served:
    """`facts_ms`, `questions_ms`: from when a request was due until its answer was there, of those that were served;
    `refused`: how often the others were answered what; `recorded`: ids of its facts, with the positions that it was told."""

    facts_ms: list[float] = field(default_factory=list)
    questions_ms: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    recorded: dict[str, str] = field(default_factory=dict)

    @property
    def taken_ms(self) -> list[float]:
        return self.facts_ms + self.questions_ms

    @property
    def asked(self) -> int:
        return len(self.taken_ms) + self.refused.total()

    @property
    def served_percent(self) -> float:
        return 100 * len(self.taken_ms) / self.asked


class Ordinary:
    """`write`, `query`: addresses of a write service and of the query API; `persons`: how many are known there."""

    def __init__(self, write: str, query: str, persons: int) -> None:
        self._write, self._query = f"{write}/{SERVICE}/v1", f"{query}{V1}"
        self._persons = persons
        self._numbers = count()
        self._turns: Sequence[Callable[[int], Request]] = (self._fact, self._timeline, self._own_log, self._pathways)

    async def serve(self, rate: float, until: asyncio.Event) -> Served:
        """So many requests a second until then, all of them answered or given up."""
        served = Served()
        asking: set[asyncio.Task[None]] = set()
        async with httpx2.AsyncClient(timeout=PATIENCE_S) as client:
            started = perf_counter()
            for place in count():
                due = started + place / rate
                await asyncio.sleep(max(due - perf_counter(), 0))
                if until.is_set():
                    break
                number = next(self._numbers)
                asking.add(asyncio.ensure_future(self._ask(client, self._turns[number % 4](number), due, served)))
            await asyncio.gather(*asking)
        return served

    def _fact(self, number: int) -> Request:
        return "POST", f"{self._write}/events", life(FIRST + number)[0].cloud_event()

    def _timeline(self, number: int) -> Request:
        return "GET", f"{self._query}/persons/{person_id(number % self._persons)}/timeline", None

    def _own_log(self, number: int) -> Request:
        return "GET", f"{self._write}/events?subject={subject(number % self._persons)}", None

    def _pathways(self, _: int) -> Request:
        return "GET", f"{self._query}/tables/contracts?structure_id={ACI}", None

    async def _ask(self, client: httpx2.AsyncClient, request: Request, due: float, served: Served) -> None:
        method, address, body = request
        headers = {"Content-Type": "application/json"} if body else {}
        for _ in range(TRIES):
            try:
                answer = await client.request(method, address, content=body, headers=headers)
            except httpx2.TimeoutException:
                served.refused["no answer"] += 1
                return
            except httpx2.TransportError as error:
                said = type(error).__name__
                continue
            if answer.status_code not in (200, 201):
                served.refused[
                    f"{method} {answer.status_code} {answer.json().get('reason') or answer.json().get('code')}"
                ] += 1
                return
            (served.facts_ms if body else served.questions_ms).append(1000 * (perf_counter() - due))
            if body:
                served.recorded[json.loads(body)["id"]] = answer.json()["position"]
            return
        served.refused[said] += 1
