"""Work spread over processes that end with the one that started them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from traceback import format_exc
from typing import Any, Self

from services.projections.folding.giving_way import step_back
from shared.process.collector import collect_seldom
from shared.process.logs import log_to_stderr
from shared.process.parent import end_with_parent

LOOK_S = 1.0
"""How often the progress is told."""
ENDING_S = 5.0
"""How long a worker may go on with what it has begun once it is to end."""


class WorkerError(Exception):
    """What a worker did failed, and why cannot be sent here as it was raised; or the worker itself is gone."""


class Workers:
    """Processes that call one function, each time with the arguments given; which of them does it is not said.

    One is spawned and the others are forked from it: not from here, where threads and connections would be copied
    half-way, and importing what the function needs takes longer than folding some thousand facts.

    `gives_way`: they take only what others leave of the processors. `ahead`: how many calls wait at each of them, the one
    that is under way included: with two none stands still until it is looked at here again.
    """

    def __init__(self, function: Callable[..., Any], count: int, *, gives_way: bool = False, ahead: int = 1) -> None:
        context = multiprocessing.get_context("spawn")
        pairs = [context.Pipe() for _ in range(count)]
        self._ahead = ahead
        self._under_way: dict[Connection, int] = dict.fromkeys((ours for ours, _ in pairs), 0)
        self._process = context.Process(
            target=_begin, args=(function, [theirs for _, theirs in pairs], gives_way), daemon=True
        )
        self._process.start()
        for _, theirs in pairs:  # else nothing here would tell that a worker is gone
            theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_room(self) -> bool:
        return min(self._under_way.values()) < self._ahead

    @property
    def are_busy(self) -> bool:
        return any(self._under_way.values())

    def call(self, *values: Any) -> None:
        """To be asked for only while there `has_room`. Raise WorkerError."""
        least = min(self._under_way, key=self._under_way.__getitem__)
        try:
            least.send(values)
        except OSError as error:
            raise WorkerError("a worker is gone") from error
        self._under_way[least] += 1

    def returned(self, timeout_s: float) -> Iterator[Any]:
        """What calls that have ended returned; waits so long for the first. Raise what one of them raised, WorkerError."""
        for connection in wait(list(self._under_way), timeout_s) if self.are_busy else ():
            assert isinstance(connection, Connection)
            try:
                is_done, result = connection.recv()
            except (EOFError, OSError) as error:
                raise WorkerError("a worker ended before its work did: it was killed, or had no memory") from error
            self._under_way[connection] -= 1
            if not is_done:
                raise result
            yield result

    def close(self) -> None:
        """Each ends after the call that is under way, or is ended after some seconds; what it returns is lost."""
        for connection in self._under_way:
            connection.close()
        # Not readable before the last of them has ended, since those that were forked have it too.
        if not wait([self._process.sentinel], ENDING_S):
            self._kill()
        self._process.join()
        self._process.close()

    def _kill(self) -> None:
        """Not reaped yet, so that its number is still theirs."""
        try:
            os.killpg(self._process.pid or 0, signal.SIGKILL)
        except ProcessLookupError:  # on its way to be a group, and alone
            self._process.kill()


def side_by_side(
    function: Callable[..., Any],
    tasks: Sequence[tuple[Any, ...]],
    workers: int,
    progress: Callable[[], None],
    done: Callable[[Any], None] = lambda result: None,
) -> None:
    """Call a function with each of these arguments, so many at a time. Raise what the first to fail raises; no other begins
    then. `done` is called here with what each returned, in the order in which they end."""
    waiting = deque(tasks)
    with Workers(function, max(1, min(workers, len(tasks))), gives_way=True) as pool:
        while waiting or pool.are_busy:
            while waiting and pool.has_room:
                pool.call(*waiting.popleft())
            for result in pool.returned(LOOK_S):
                done(result)
            progress()


def _begin(function: Callable[..., Any], connections: Sequence[Connection], gives_way: bool) -> None:
    """In the process that was spawned, whose group they all are: what a terminal sends reaches none of them."""
    os.setpgid(0, 0)
    log_to_stderr()
    # What is imported is never garbage, and a fold makes many objects that all live until its piece is written.
    gc.freeze()
    collect_seldom()
    if gives_way:
        step_back()
    own = next((one for one in connections[1:] if os.fork() == 0), connections[0])
    try:
        _work(function, own, connections)
    finally:
        os._exit(0)  # a fork never goes back into what it was forked from; and taking a process down takes long


def _work(function: Callable[..., Any], ours: Connection, connections: Sequence[Connection]) -> None:
    for others in connections:
        if others is not ours:  # else nobody would learn of another one's end
            others.close()
    end_with_parent()
    with suppress(OSError, EOFError):  # nobody asks any more
        while True:
            ours.send(_called(function, ours.recv()))


def _called(function: Callable[..., Any], values: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, function(*values)
    except Exception as error:
        return False, _as_sent(error)


def _as_sent(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # what is made from more than its message can be sent, and not made again
        return WorkerError(format_exc())
    return error
