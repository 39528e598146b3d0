"""Those who mean ill, all at once, in a process of their own.

    python -m benchmarks.attacks '{"write": "127.0.0.1:8001", "query": "127.0.0.1:8002", "seconds": 30, …}'

It prints one line of JSON when it is done: of each attack how often it was answered what.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import uvloop

from benchmarks.crowd import LONG_LIFE, structure_id
from benchmarks.lives import SERVICE, Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MIB = 1 << 20
PROBE = "/healthz"
ALERTS = "/projections/v1/alerts?limit=1000"
OPENED_AT_ONCE = 50
AGAIN_S = 0.2
"""Before a connection is tried again that was closed."""
PIPELINED, PIPELINED_QUERY = "requests ahead", "requests ahead, query"
LEFT, CLOSED = "left", "closed"
FILES_BESIDE = 500


@dataclass(frozen=True, slots=True)
class Job:
    """`write`, `query`: host and port of a write service and of the query API."""

    write: str
    query: str
    seconds: float
    pipelined_mib: int = 32
    items: int = 200_000
    abandoned: int = 6
    idle: int = 1_200
    checks: int = 8
    alerts: int = 40


@dataclass(frozen=True, slots=True)
class Attacked:
    """`answers`: by attack, how often it was answered what; `recorded`: ids of the facts about the long life that were
    acknowledged, with their positions."""

    answers: dict[str, dict[str, int]]
    recorded: dict[str, str]


def said_of_long_life(number: int) -> Event:
    """One more interview of the person with very many facts."""
    action = {
        "action_id": f"{number:08x}-000a-4000-8000-{LONG_LIFE:012x}",
        "structure_id": structure_id(0),
        "done_on": "2024-11-04",
        "kind": "interview",
        "outcome": "done",
        "theme": "project",
    }
    return Event(LONG_LIFE, number, f"{SERVICE}.support_action.v1", json.dumps(action))


def get(host: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def post(host: str, path: str, body: bytes, kind: str = "application/json") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@dataclass
class Attackers:
    job: Job
    answers: dict[str, Counter[str]] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=lambda: count(10_000_000))

    async def run(self) -> Attacked:
        job = self.job
        attacks: list[tuple[str, Callable[[], Awaitable[object]], int]] = [
            ("idle connections", self._idle, 1),
            (PIPELINED, lambda: self._pipelined(PIPELINED, job.write), 1),
            (PIPELINED_QUERY, lambda: self._pipelined(PIPELINED_QUERY, job.query), 1),
            ("batches of small items", self._batch, 1),
            ("batches abandoned", self._abandoned, job.abandoned),
            ("checks of a long life", self._check, job.checks),
            ("facts of a long life", self._fact, 1),
            ("alerts", lambda: self._asked("alerts", job.query, get(job.query, ALERTS)), job.alerts),
        ]
        tasks = [
            asyncio.ensure_future(self._again_and_again(name, attack))
            for name, attack, times in attacks
            for _ in range(times)
        ]
        await asyncio.sleep(job.seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return Attacked({name: dict(counted) for name, counted in self.answers.items()}, self.recorded)

    async def _again_and_again(self, name: str, attack: Callable[[], Awaitable[object]]) -> None:
        self.answers.setdefault(name, Counter())
        while True:
            try:
                await attack()
            except (OSError, asyncio.IncompleteReadError):
                self.answers[name][CLOSED] += 1
                await asyncio.sleep(AGAIN_S)

    @asynccontextmanager
    async def _connected(self, host: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        name, _, port = host.partition(":")
        reader, writer = await asyncio.open_connection(name, int(port), limit=MIB)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def _idle(self) -> None:
        """Of each process so many connections that say nothing; each that is closed is opened again."""
        opening = asyncio.Semaphore(OPENED_AT_ONCE)

        async def stay(host: str) -> None:
            while True:
                with suppress(OSError):
                    async with opening:
                        connected = self._connected(host)
                        reader, _ = await connected.__aenter__()
                    self.answers["idle connections"]["opened"] += 1
                    try:
                        await reader.read()
                    finally:
                        await connected.__aexit__(None, None, None)
                await asyncio.sleep(AGAIN_S)

        await asyncio.gather(*(stay(host) for host in (self.job.write, self.job.query) for _ in range(self.job.idle)))

    async def _pipelined(self, name: str, host: str) -> None:
        """Requests one after another on one connection, whose answers nobody reads."""
        request = get(host, PROBE)
        block = request * (MIB // len(request))
        async with self._connected(host) as (_, writer):
            writer.transport.set_write_buffer_limits(high=MIB)
            self.answers[name]["begun"] += 1
            for _ in range(self.job.pipelined_mib):
                writer.write(block)
                await writer.drain()

    async def _batch(self) -> None:
        await self._asked("batches of small items", self.job.write, self._small_items())

    async def _abandoned(self) -> None:
        async with self._connected(self.job.write) as (_, writer):
            writer.write(self._small_items())
            await writer.drain()
        self.answers["batches abandoned"][LEFT] += 1

    def _small_items(self) -> bytes:
        body = b"[" + b",".join([b'{"a":1}'] * self.job.items) + b"]"
        return post(self.job.write, f"/{SERVICE}/v1/events", body, "application/cloudevents-batch+json")

    async def _check(self) -> None:
        body = said_of_long_life(next(self._numbers)).cloud_event().encode()
        await self._asked("checks of a long life", self.job.write, post(self.job.write, f"/{SERVICE}/v1/check", body))

    async def _fact(self) -> None:
        event = said_of_long_life(next(self._numbers))
        request = post(self.job.write, f"/{SERVICE}/v1/events", event.cloud_event().encode())
        status, body = await self._asked("facts of a long life", self.job.write, request)
        if status == "201":
            self.recorded[event.id] = json.loads(body)["position"]

    async def _asked(self, name: str, host: str, request: bytes) -> tuple[str, bytes]:
        async with self._connected(host) as (reader, writer):
            writer.write(request)
            await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
            body = await reader.readexactly(length)
        status = head[9:12]
        self.answers[name][status] += 1
        return status, body


def as_many_files_as_needed(job: Job) -> bool:
    """Whether the system lets this process have them."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * job.idle + FILES_BESIDE
    if most != resource.RLIM_INFINITY and most < wanted:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, wanted), most))
    return True


def main() -> None:
    job = Job(**json.loads(sys.argv[1]))
    if not as_many_files_as_needed(job):
        sys.exit(f"the system does not let a process have {2 * job.idle + FILES_BESIDE} files")
    found: dict[str, Any] = asdict(uvloop.run(Attackers(job).run()))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
