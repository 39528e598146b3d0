"""A write service killed under load: whatever it answered 2xx is in the store once, and it starts again by itself."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx2
import psycopg
import pytest

from shared.log.store import FactStore
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.shared.events import SOURCE
from tests.shared.intake.running import BATCH, LINES, PATH, SERVICE, lines, new_event, new_subject

CLIENTS = 6


@dataclass
class Load:
    """Clients that post single events, batches and streams, and send again, to the next process, what was not answered."""

    urls: list[str]
    subjects: list[str]
    accepted: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._run, args=[number]) for number in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        with ExitStack() as stack:
            clients = [stack.enter_context(httpx2.Client(base_url=url, timeout=30)) for url in self.urls]
            turns = cycle([*clients[number % len(clients) :], *clients[: number % len(clients)]])
            while not self._stop.is_set():
                events = [new_event(subject=self.subjects[n % len(self.subjects)]) for n in range(1 + number % 3 * 20)]
                self._post_until_answered(turns, events, number % 3)

    def _post_until_answered(self, turns: Iterator[httpx2.Client], events: list[dict[str, Any]], kind: int) -> None:
        while True:
            try:
                answers = post(next(turns), events, kind)
            except httpx2.TransportError:
                self._stop.wait(0.05)
                continue
            if answers is not None:
                assert {answer["outcome"] for answer in answers} <= {"recorded", "duplicate"}
                self.accepted.update(answer["id"] for answer in answers)
                return


def post(client: httpx2.Client, events: list[dict[str, Any]], kind: int) -> list[dict[str, Any]] | None:
    """A single event, a batch, a stream of lines. None where the answer is to send it again."""
    bodies = [json.dumps(events[0]).encode(), json.dumps(events).encode(), lines(*events)]
    response = client.post(
        PATH, content=bodies[kind], headers=[{"Content-Type": "application/json"}, BATCH, LINES][kind]
    )
    if response.status_code == 503:
        return None
    assert response.status_code in (200, 201)
    if kind == 2:
        return [json.loads(line) for line in response.text.splitlines()]
    outcomes: list[dict[str, Any]] = [response.json()] if kind == 0 else response.json()["outcomes"]
    return outcomes


def check(database_url: str, accepted: Counter[str]) -> None:
    """Every accepted event is in the log once, and the streams have neither holes nor inversions."""
    store = FactStore(database_url, SERVICE)
    log = store.log(0, 1_000_000)
    keys = [(SOURCE, name) for name in accepted]
    answers = store.first_answers(keys)
    store.close()
    recorded = Counter(json.loads(entry.wire)["id"] for entry in log)
    assert recorded == accepted
    assert len(answers) == len(keys)
    versions = defaultdict(list)
    for entry in log:
        versions[entry.subject].append(entry.streamversion)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in versions.values())
    times = [json.loads(entry.wire)["recordedtime"] for entry in log]
    assert times == sorted(times)


def start(processes: Processes, database_url: str, port: int) -> Process:
    server = processes.start(sys.executable, "-m", "tests.shared.intake.serve_one", database_url, str(port))
    server.wait_ready(f"http://127.0.0.1:{port}/readyz")
    return server


@pytest.mark.parametrize("events_before", [30, 400])
def test_killed_under_load(durable_database_url: str, processes: Processes, events_before: int) -> None:
    killed_and_started(durable_database_url, processes, [events_before])


@pytest.mark.soak
def test_killed_twenty_times_under_load(durable_database_url: str, processes: Processes) -> None:
    killed_and_started(durable_database_url, processes, [17 * n % 400 for n in range(1, 21)])


def killed_and_started(database_url: str, processes: Processes, events_before: list[int]) -> None:
    port = free_port()
    server = start(processes, database_url, port)
    load = Load([f"http://127.0.0.1:{port}"], [new_subject() for _ in range(7)])
    load.start()
    try:
        for count in events_before:
            seen = load.accepted.total()
            wait_until(lambda enough=seen + count: load.accepted.total() >= enough, "events are accepted")  # type: ignore[misc]
            server.sigkill()
            server = start(processes, database_url, port)
        seen = load.accepted.total()
        wait_until(lambda: load.accepted.total() > seen, "events are accepted again")
    finally:
        load.stop()
    check(database_url, load.accepted)


@pytest.mark.parametrize("rounds", [1, pytest.param(8, marks=pytest.mark.soak)])
def test_of_two_processes_one_is_frozen_and_the_other_killed(
    durable_database_url: str, processes: Processes, rounds: int
) -> None:
    """Both record facts of the same few subjects. A frozen one holds nobody up: its lock is let go by the database once
    its one call is done."""
    ports = [free_port(), free_port()]
    servers = [start(processes, durable_database_url, port) for port in ports]
    load = Load([f"http://127.0.0.1:{port}" for port in ports], [new_subject() for _ in range(7)])
    load.start()

    def wait_for_more(count: int) -> None:
        seen = load.accepted.total()
        wait_until(lambda: load.accepted.total() >= seen + count, "events are accepted")

    try:
        wait_for_more(30)
        for number in range(rounds):
            frozen, killed = servers if number % 2 else reversed(servers)
            for _ in range(3):
                with freeze(frozen):
                    take_the_lock(durable_database_url)
                wait_for_more(1)
            killed.sigkill()
            wait_for_more(30)
            if number < rounds - 1:
                place = servers.index(killed)
                servers[place] = start(processes, durable_database_url, ports[place])
    finally:
        load.stop()
    check(durable_database_url, load.accepted)


@contextmanager
def freeze(process: Process) -> Iterator[None]:
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def take_the_lock(database_url: str) -> None:
    """That of the service; whoever held it while frozen would keep everybody out."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '10s'")
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('parcours tests', 0))")
