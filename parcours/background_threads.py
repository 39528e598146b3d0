"""What runs beside the server until it is told to stop, each part in a thread of its own."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from shared.web.serving import Check

log = structlog.get_logger(__name__)

TO_STOP = (signal.SIGINT, signal.SIGTERM)


class Work(Protocol):
    """What runs beside the server until it is told to stop; `check` says what it waits for."""

    def run(self, stop: threading.Event) -> None: ...
    async def check(self) -> str | None: ...


@dataclass(slots=True)
class Background:
    """Threads of one process. One that ends by an error takes the process down: a supervisor starts it again."""

    stop: threading.Event
    failures: list[BaseException] = field(default_factory=list)
    _works: dict[str, Work] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, name: str, work: Work) -> None:
        self._works[name] = work
        thread = threading.Thread(target=self._run, args=(name, work), name=name)
        self._threads.append(thread)
        thread.start()

    def _run(self, name: str, work: Work) -> None:
        try:
            work.run(self.stop)
        except Exception as error:  # kept and told: nothing may go on as if this part still ran
            log.critical("part_failed", part=name, error=str(error), exc_info=error)
            self.failures.append(error)
            self.stop.set()

    def checks(self) -> Mapping[str, Check]:
        return {name: work.check for name, work in self._works.items()}

    def raise_failure(self) -> None:
        # In the main thread, once everything has ended: the exit code and the traceback are of the first to fail.
        if self.failures:
            raise self.failures[0]

    def join(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def running(works: Mapping[str, Work], stop: threading.Event) -> Iterator[Background]:
    """The works in threads, ended before what they use is closed."""
    background = Background(stop)
    try:
        for name, work in works.items():
            background.start(name, work)
        yield background
    finally:
        background.join()


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, alike.

    Python runs handlers in the main thread alone, between two of its steps: it may be holding the event's own lock, and
    one that has just begun to wait without end takes that step never. So the interpreter itself writes which signal came,
    at once and whatever the main thread does, and a thread sets the event.
    """
    stop = threading.Event()
    told, telling = socket.socketpair()
    telling.setblocking(False)

    def listen() -> None:
        # Read to the end: a signal that nobody reads any more is a line of "Broken pipe" for whoever stops twice.
        with told:
            while number := told.recv(1):
                if number[0] in TO_STOP:
                    stop.set()

    threading.Thread(target=listen, name="signals", daemon=True).start()
    before = {number: signal.signal(number, lambda *_: None) for number in TO_STOP}
    written_before = signal.set_wakeup_fd(telling.fileno(), warn_on_full_buffer=False)
    try:
        yield stop
    finally:
        signal.set_wakeup_fd(written_before)
        telling.close()
        for number, handler in before.items():
            signal.signal(number, handler)
