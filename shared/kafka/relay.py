"""The relay of one service: its log, which is the outbox, followed into its topic. At least once, in order.

One works at a time per service; others wait for its lock. The lock's connection also moves the position, so a relay
that lost its lock cannot move it, and finds out before it sends more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from shared.kafka.publishing import Publisher
from shared.kafka.relay_position import PositionMovedError, RelayPosition, Saved
from shared.kafka.topics import TopicError, Topics
from shared.log.entries import LogEntry
from shared.log.listener import Listener
from shared.log.store import FactStore
from shared.process.embedded import connect_options
from shared.process.metrics import Metrics
from shared.process.pace import Pace
from shared.process.unavailable import UnavailableError
from shared.roles.presence import STARTING, Pulse

log = structlog.get_logger(__name__)

CHUNK = 10_000
CHUNK_BYTES = 32 << 20
"""Of what is sent between two moves of the position, and is in memory twice: being sent, and being read."""
READ_AHEAD = 1_000
"""Facts of one turn from which on there are most likely more: the log is read beside sending them."""
TURN_S = 0.008
"""While facts follow each other: two round trips to the database and one to Kafka are for all that come within."""
MARK_EVERY_S = 0.02
"""At most: a mark goes to every partition, so one behind each fact would be most of the topic."""
LOOK_EVERY_S = 1.0
"""Without a NOTIFY: the connection that listens may have been lost."""
TOPIC_CHECK_S = 5.0
"""How long facts may be sent into a topic that was deleted and made again, before it is filled from the beginning."""
TURN_EVERY_S = 0.5
"""How often a waiting relay tries to take over."""
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0
"""After a failure, doubled each time; the shortest again once it has worked for longer than the longest."""

FROZEN_S = 15.0
"""A holder of the lock that is silent for so long loses it; one that works asks something every second."""
LOCK_PARAMETERS = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    # A position lost with the server's memory is an older one: some facts are sent twice.
    "synchronous_commit": "off",
    # The log is read here too: a plan prepared while it was empty would stay.
    "plan_cache_mode": "force_custom_plan",
}


class TopicReplacedError(Exception):
    """The topic was deleted, or made again, while it was written to."""


class TopicGrewError(Exception):
    """The topic has more partitions than facts are sent to: from now on they go to all of them."""


class _StoppedError(Exception):
    """The end was asked for while Kafka did not answer."""


class Relay:
    """`run` until the event is set, in a thread of its own; `problem` says why nothing is published, for readiness. `daily`:
    called again and again by the one that works, while there is nothing to publish; what else one process of a service
    does."""

    def __init__(
        self,
        store: FactStore,
        topics: Topics,
        metrics: Metrics,
        *,
        topic_check_s: float = TOPIC_CHECK_S,
        frozen_s: float = FROZEN_S,
        pulse: Pulse | None = None,
        daily: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
    ) -> None:
        self.store = store
        self.service = store.service
        self.topics = topics
        self.topic = topics.name(store.service)
        self.metrics = metrics
        self.pulse = pulse or Pulse()
        self.daily = daily
        self.pace = pace or Pace(TURN_S)
        self.topic_check_s = topic_check_s
        self._lock_parameters = LOCK_PARAMETERS | {"idle_session_timeout": f"{int(frozen_s * 1_000)}ms"}
        self.positions = RelayPosition(self.service, self.topic)
        self.problem: str | None = STARTING
        self.is_working = False
        """False also while another relay of the service works."""

    async def check(self) -> str | None:
        return self.pulse.said or self.problem

    def run(self, stop: Event) -> None:
        """Relay until `stop`. What can pass is waited for; nothing is skipped."""
        wait_s = SHORTEST_WAIT_S
        self.pulse.beat(problem=self.problem)
        while not stop.is_set():
            if self.pulse.pause is not None:
                self.pulse.rest(stop)
                continue
            started = monotonic()
            try:
                self._work_in_turn(stop)
            except TopicReplacedError as error:
                log.error("topic_replaced", service=self.service, topic=self.topic, error=str(error))
            except TopicGrewError as error:
                log.warning("topic_grew", service=self.service, topic=self.topic, change=str(error))
            except _StoppedError:
                log.info("relay_stopped_waiting", service=self.service)
            except (UnavailableError, PositionMovedError, TopicError, psycopg.Error) as error:
                self.problem = _reason(error)
                wait_s = SHORTEST_WAIT_S if monotonic() - started > LONGEST_WAIT_S else min(2 * wait_s, LONGEST_WAIT_S)
                log.warning("relay_waits", service=self.service, reason=self.problem, again_in_s=wait_s)
                self.pulse.beat(problem=self.problem)
                stop.wait(wait_s)
            finally:
                self.is_working = False

    def _work_in_turn(self, stop: Event) -> None:
        with self._lock_connection() as lock:
            if not _is_ours(lock, self.service):
                log.info("relay_stands_by", service=self.service)
                self.problem = None
                while not _is_ours(lock, self.service):
                    self.pulse.beat(state="standby")
                    if stop.wait(TURN_EVERY_S) or self.pulse.pause is not None:
                        return
            self._work(lock, stop)

    def _work(self, lock: Connection[Any], stop: Event) -> None:
        self.store.create()
        self.positions.create(lock)
        topic_id = self.topics.ensure([self.service])[self.service]
        saved = self._start(lock, topic_id)
        publisher = Publisher(self.topics.bootstrap, self.topic, self.service, topic_id, self.store.seal())
        listener = Listener({self.store.channel_name: self.store.database_url})
        try:
            # Of a long log more is read beside sending: whoever sends is busy, whoever reads waits for the database.
            with ThreadPoolExecutor(1, f"relay {self.service} reads") as reader:
                _Run(self, lock, saved, publisher, listener, reader, stop).follow()
        except BaseException:
            publisher.abandon()
            raise
        finally:
            listener.close()
        publisher.close()

    def _start(self, lock: Connection[Any], topic_id: str) -> Saved:
        """Where to go on. Another topic of the same name is filled from the beginning."""
        new = Saved(topic_id, 0)
        self.positions.insert(lock, new)  # does nothing where there is one, so that the load below finds a row
        saved = self.positions.load(lock)
        if saved is None:
            raise PositionMovedError(f"the relay's row of {self.topic} was deleted")
        if saved.topic_id != topic_id:
            log.error(
                "topic_recreated", service=self.service, topic=self.topic, before=saved.topic_id, now=topic_id,
                consequence="every fact is published again",
            )  # fmt: skip
            self.positions.move(lock, saved, new)
            saved = new
        return saved

    @contextmanager
    def _lock_connection(self) -> Iterator[Connection[Any]]:
        options = connect_options(f"relay {self.service}", self._lock_parameters)
        with psycopg.connect(self.store.database_url, autocommit=True, **options) as connection:
            yield connection


@dataclass(slots=True)
class _Run:
    """One stay at work: from taking the lock until something fails or the end is asked for."""

    relay: Relay
    lock: Connection[Any]
    saved: Saved
    publisher: Publisher
    listener: Listener
    reader: Executor
    stop: Event
    marked: int = 0
    marked_at: float = 0.0
    limit: int = READ_AHEAD
    check_topic_at: float = 0.0

    def follow(self) -> None:
        self.check_topic_at = monotonic() + self.relay.topic_check_s
        self.relay.problem, self.relay.is_working = None, True
        self.listener.listen()
        start = self.saved.position
        entries = self._read_next()
        is_told = False
        while not self._is_over:
            self._beat()
            entries = self._publish(entries) if entries else self._awaited()
            if not is_told:  # now it does: told before, each try of an outage would say so
                log.info("relay_works", service=self.relay.service, topic=self.relay.topic, position=start)
                is_told = True
        if self.marked < self.saved.position:
            self._mark()

    @property
    def _is_over(self) -> bool:
        return self.stop.is_set() or self.relay.pulse.pause is not None

    def _beat(self) -> None:
        self.relay.pulse.beat({self.relay.service: self.saved.position}, self.relay.problem)

    def _publish(self, entries: Sequence[LogEntry]) -> list[LogEntry]:
        """Send what was read just now; of a long log, read what comes next meanwhile."""
        self.relay.pace.begin(monotonic())
        last = entries[-1].sequence
        reading = self.reader.submit(self._read, last) if len(entries) >= READ_AHEAD else None
        marked = self._mark_ahead()
        following: list[LogEntry] = []
        try:
            self.publisher.send(entries)
        finally:
            if reading is not None:
                following = reading.result()
        self.publisher.flush(self._look_around)
        self.marked = marked
        # Only now: facts up to the position are in the topic. A crash before this line sends them twice.
        self._move(last)
        self.relay.metrics.relayed.labels(self.relay.service).inc(len(entries))
        if following:
            # Just before sending: who was frozen and lost the lock may be behind, and would repeat old facts after new ones.
            self._hold_lock()
            self.listener.listen()
        return following

    def _read_next(self) -> list[LogEntry]:
        """Asked of the connection that holds the lock: who gets an answer just before sending holds it still."""
        return self._sized(self.relay.store.log_by(self.lock, self.saved.position, self.limit))

    def _read(self, after: int) -> list[LogEntry]:
        return self._sized(self.relay.store.log(after, self.limit))

    def _sized(self, entries: list[LogEntry]) -> list[LogEntry]:
        if entries:
            # The next part is as many as fit by the size of these.
            size = sum(len(entry.state) for entry in entries) // len(entries)
            self.limit = max(1, min(CHUNK, CHUNK_BYTES // size))
        return entries

    def _move(self, position: int) -> None:
        after = Saved(self.saved.topic_id, position)
        self.relay.positions.move(self.lock, self.saved, after)
        self.saved = after
        self._look_at_topic()

    def _mark_ahead(self) -> int:
        """Where one is owed, in front of the next facts and sent with them. Return up to where it says."""
        if self.marked == self.saved.position or monotonic() < self.marked_at + MARK_EVERY_S:
            return self.marked
        self.publisher.mark(self.saved.position)
        self.marked_at = monotonic()
        return self.saved.position

    def _mark(self) -> None:
        self.publisher.mark(self.saved.position)
        self.publisher.flush(self._look_around)
        self.marked, self.marked_at = self.saved.position, monotonic()

    def _awaited(self) -> list[LogEntry]:
        self._rest()
        self.listener.listen()
        return [] if self._is_over else self._read_next()

    def _rest(self) -> None:
        """Nothing to publish, as far as known: owe no mark, then wait to be woken, and for more to come."""
        now = monotonic()
        if self.marked >= self.saved.position:
            is_woken = self.listener.wait(LOOK_EVERY_S)
        else:
            # A turn later, so that facts that follow take it with them.
            is_woken = self.listener.wait(max(self.marked_at + MARK_EVERY_S - now, self.relay.pace.left_s(now)))
            if not is_woken:
                self._mark()
        if self._is_over:
            return
        if left_s := self.relay.pace.left_s(monotonic()):
            self.stop.wait(left_s)
            self.listener.wait(0)
        if not is_woken:
            self._look_around()
        self.relay.daily()

    def _look_around(self) -> None:
        """While waiting: is the lock still ours, the topic the same, and is anybody waiting for the end?"""
        self._hold_lock()
        self._look_at_topic()
        self._beat()
        if self._is_over:
            raise _StoppedError

    def _hold_lock(self) -> None:
        """Raise psycopg.OperationalError when the connection that holds the lock is lost."""
        self.lock.execute("SELECT 1")

    def _look_at_topic(self) -> None:
        if monotonic() < self.check_topic_at:
            return
        self.check_topic_at = monotonic() + self.relay.topic_check_s
        try:
            now, partitions = self.relay.topics.shape(self.relay.service)
        except UnavailableError as error:  # the producer goes on trying
            self.relay.problem = _reason(error)
            log.warning("topic_not_checked", service=self.relay.service, reason=self.relay.problem)
            return
        self.relay.problem = None
        if now != self.saved.topic_id:
            raise TopicReplacedError(f"its id was {self.saved.topic_id} and is {now}")
        if partitions > self.publisher.partitions:
            # Begun anew, with all that was sent in its place: what follows of a subject may go to another partition, and
            # the marks behind it tell readers how many there are.
            raise TopicGrewError(f"{self.publisher.partitions} partitions, now {partitions}")


def _is_ours(lock: Connection[Any], service: str) -> bool:
    # Of the session, not of a transaction: it ends with the connection, whatever ends that.
    row = lock.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"parcours relay {service}"]).fetchone()
    return bool(row and row[0])


def _reason(error: Exception) -> str:
    if isinstance(error, UnavailableError):
        return error.told
    return str(error).strip() or repr(error)
