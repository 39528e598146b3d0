"""The load generator, a process of its own: raw asyncio, bodies made of lives, answers kept for the checks.

    python -m benchmarks.load '{"url": …, "clients": 32, "seconds": 4, …}'

Without `rate` each client sends as soon as it is answered; with it, requests start at that pace whatever the answers
take. A client has persons of its own and sends their facts in order. It prints one line of JSON when it is done.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time, time
from typing import Any
from urllib.parse import urlsplit

import uvloop

from benchmarks.figures import percentile
from benchmarks.lives import A_LIFE, one_more, unending

CONTENT_TYPE = "application/json"
UNTIL_ALL_ARE_TOLD_S = 600.0
"""Of a job that has an end of its own."""


@dataclass(frozen=True, slots=True)
class Job:
    """`batch`: events a request. `first`: the first person, so that no two rounds share one; with `known`, so many
    persons' lives are there, and one more event is told about each of those from place `begin` to `end`, then no more. `facts`: how
    many of each life are told, the first; `token`: of the caller, empty: the local one. `answers`: a file that
    gets a line for each request, `[ids, status, body, sent, answered]`, the instants in seconds of the epoch."""

    url: str
    clients: int
    seconds: float
    first: int
    answers: str
    batch: int = 1
    rate: float | None = None
    known: int = 0
    begin: int = 0
    end: int = 0
    facts: int = A_LIFE
    token: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    events: int
    seconds: float
    p50_ms: float
    p99_ms: float
    processor_s: float
    """What the generator itself took: near `seconds`, it was the slowest part."""

    @property
    def rate(self) -> float:
        return self.events / self.seconds


@dataclass(frozen=True, slots=True)
class Answer:
    ids: list[str]
    status: int
    body: Any
    sent: float
    answered: float


def run(job: Job) -> Told:
    """In a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load", json.dumps(asdict(job))]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr}")
    return Told(**json.loads(done.stdout))


def answers(path: Path) -> Iterator[Answer]:
    with path.open() as lines:
        for line in lines:
            ids, status, body, sent, answered = json.loads(line)
            yield Answer(ids, status, json.loads(body), sent, answered)


class Client(asyncio.Protocol):
    """One kept connection, one request at a time."""

    def __init__(self, job: Job, number: int) -> None:
        address = urlsplit(job.url)
        self._head = (
            f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
            + (f"Authorization: Bearer {job.token}\r\n" if job.token else "")
            + f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: "
        ).encode()
        self._events = (
            one_more(job.first, job.known, range(job.begin + number, job.end, job.clients))
            if job.known
            else (event for event in unending(job.first + number, job.clients) if event.number <= job.facts)
        )
        self._batch = job.batch
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answered: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # TCP gives a Transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(exc or ConnectionError("closed by the server"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or self._answered is None:
            return
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:")
        if len(body) >= length:
            self._received = b""
            self._answered.set_result((int(head[9:12]), body))

    def prepare(self) -> tuple[list[str], bytes]:
        events = list(islice(self._events, self._batch))
        text = ",".join(event.cloud_event() for event in events)
        body = (text if self._batch == 1 else f"[{text}]").encode()
        return [event.id for event in events], self._head + b"%d\r\n\r\n" % len(body) + body

    async def post(self, request: bytes) -> tuple[int, bytes]:
        self._answered = asyncio.get_running_loop().create_future()
        assert self._transport is not None
        self._transport.write(request)
        return await self._answered


class Load:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._kept: list[tuple[list[str], int, bytes, float, float]] = []
        self._latencies: list[float] = []

    async def run(self) -> Told:
        address = urlsplit(self._job.url)
        loop = asyncio.get_running_loop()
        made = [
            await loop.create_connection(partial(Client, self._job, number), str(address.hostname), address.port or 80)
            for number in range(self._job.clients)
        ]
        clients = [client for _, client in made]
        started, used = perf_counter(), process_time()
        end = started + self._job.seconds
        if self._job.rate is None:
            await asyncio.gather(*(self._repeat(client, end) for client in clients))
        else:
            await self._pace(clients, started, self._job.rate)
        seconds, used = perf_counter() - started, process_time() - used
        self._write()
        milliseconds = [1000 * one for one in self._latencies]
        events = sum(len(ids) for ids, *_ in self._kept)
        return Told(events, seconds, percentile(milliseconds, 50), percentile(milliseconds, 99), used)

    async def _repeat(self, client: Client, end: float) -> None:
        while perf_counter() < end and await self._send(client):
            pass

    async def _pace(self, clients: list[Client], started: float, rate: float) -> None:
        """What finds no free client waits for one, and goes as soon as it can."""
        free: asyncio.Queue[Client] = asyncio.Queue()
        for client in clients:
            free.put_nowait(client)
        waiting: set[asyncio.Task[None]] = set()
        for number in range(round(self._job.seconds * rate)):
            await asyncio.sleep(max(started + number / rate - perf_counter(), 0))
            task = asyncio.ensure_future(self._send_by(await free.get(), free))
            waiting.add(task)
            task.add_done_callback(waiting.discard)
        await asyncio.gather(*waiting)

    async def _send_by(self, client: Client, free: asyncio.Queue[Client]) -> None:
        await self._send(client)
        free.put_nowait(client)

    async def _send(self, client: Client) -> bool:
        """Whether there was anything left to be sent."""
        ids, request = client.prepare()
        if not ids:
            return False
        sent, started = time(), perf_counter()
        status, body = await client.post(request)
        taken = perf_counter() - started
        self._latencies.append(taken)
        self._kept.append((ids, status, body, sent, time()))
        return True

    def _write(self) -> None:
        with Path(self._job.answers).open("w") as file:
            for ids, status, body, sent, answered in self._kept:
                file.write(json.dumps([ids, status, body.decode(), sent, answered]) + "\n")


def main() -> None:
    job = Job(**json.loads(sys.argv[1]))
    gc.disable()
    print(json.dumps(asdict(uvloop.run(Load(job).run()))))


if __name__ == "__main__":
    main()
