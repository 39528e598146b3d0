"""What the records of a topic are: facts of the service's log, marks of its relay, or neither.

A record with the seal of the store is taken as it is. One without, and one that says otherwise than what is kept here,
is doubtful: the store is asked, once for all of a poll. What is not of its log becomes a letter, and nothing waits for
it; where the log itself says otherwise than before, the service stops. See docs/adr/0022.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from shared.feeds.feed import Delivery, Letter, OtherLogError
from shared.feeds.origin import Origin
from shared.kafka.topics import Topics
from shared.log.entries import LogEntry
from shared.log.envelope import Mark, UnreadableError, is_emptied, is_same, read
from shared.log.place import Arrived, Key, Place
from shared.log.seal import Seal

log = structlog.get_logger(__name__)

MOST_PARTITIONS = 100_000
"""Beyond what Kafka can have: a mark that says more is not believed in this."""


@dataclass(slots=True)
class Reading:
    """One partition. `stored`: its place in the database, as far as known here; `offset`, `through`: where to go on."""

    topic_id: str
    stored: Place | None
    offset: int
    through: int


def begun(key: Key, topic_id: str, stored: Place | None) -> Reading:
    """Where reading goes on in a partition, were there no gap. Of a topic that was never read every fact is wanted."""
    if stored is not None and stored.topic_id == topic_id:
        return Reading(topic_id, stored, stored.offset, stored.through)
    if stored is not None:
        log.warning("topic_recreated", service=key[0], partition=key[1], before=stored.topic_id, now=topic_id)
    return Reading(topic_id, stored, 0, 0)


@dataclass(slots=True)
class Sorted:
    """`partitions`: how many facts of the service go to by now; 0: as before. `another_topic`: a mark was for one."""

    delivery: Delivery
    partitions: int = 0
    another_topic: bool = False


@dataclass(frozen=True, slots=True)
class _Doubtful:
    found: Arrived | Mark
    record: Any
    is_sealed: bool


@dataclass(slots=True)
class Sorter:
    """`origin`: None where no store can be asked; then every readable record is believed."""

    topics: Topics
    origin: Origin | None
    _contradicting: set[tuple[str, int]] = field(default_factory=set)
    """Service and sequence of what came and is not what is kept."""
    _looked_at: set[tuple[str, int]] = field(default_factory=set)

    def doubt(self, service: str, sequences: Iterable[int]) -> None:
        self._contradicting.update((service, sequence) for sequence in sequences)

    def applied(self) -> None:
        """What was looked at came for the last time."""
        self._contradicting -= self._looked_at
        self._looked_at.clear()

    def sort(self, service: str, batches: Sequence[tuple[int, Reading, Iterable[Any]]]) -> Sorted:
        """Records of one service, by partition; the readings move on. Raise StoreAwayError, OtherLogError."""
        seal = self.origin.seal(service) if self.origin else None
        found = [
            (partition, reading, [(record, self._look(service, partition, record, seal)) for record in records])
            for partition, reading, records in batches
        ]
        doubtful = [one.found for _, _, items in found for _, one in items if isinstance(one, _Doubtful)]
        entries = self._entries(service, doubtful)
        done = Sorted(Delivery())
        for partition, reading, items in found:
            for record, looked in items:
                one = self._judged(service, reading, looked, entries) if isinstance(looked, _Doubtful) else looked
                _take(done, (service, partition), reading, record, one)
            done.delivery.moves[service, partition] = (
                reading.stored,
                Place(reading.topic_id, reading.offset, reading.through),
            )
        return done

    def _look(self, service: str, partition: int, record: Any, seal: Seal | None) -> Arrived | Mark | _Doubtful | str:
        """A text: why it cannot be read."""
        try:
            found = read(service, partition, record.value)
        except UnreadableError as error:
            return str(error)
        if self.origin is None:
            return found
        is_sealed = seal is not None and seal.is_on(record.headers, record.value)
        contradicts = isinstance(found, Arrived) and (service, found.sequence) in self._contradicting
        return found if is_sealed and not contradicts else _Doubtful(found, record, is_sealed)

    def _entries(self, service: str, doubtful: Sequence[Arrived | Mark]) -> dict[int, LogEntry]:
        sequences = {one.sequence for one in doubtful if isinstance(one, Arrived)}
        return self.origin.at(service, sequences) if self.origin and sequences else {}

    def _judged(
        self, service: str, reading: Reading, one: _Doubtful, entries: dict[int, LogEntry]
    ) -> Arrived | Mark | str | None:
        """What a doubtful record is by the store; a text: why it is not of the log; None: nothing any more."""
        assert self.origin is not None  # else nothing is doubtful
        fact = one.found
        if isinstance(fact, Mark):
            if fact.topic_id != reading.topic_id:
                return fact
            saved = self.origin.relayed(service, self.topics.name(service))
            if saved is None or saved.topic_id != fact.topic_id or saved.position < fact.through:
                return f"not of the log: a mark up to {fact.through}, which the relay of {service} has not reached"
            return Mark(fact.through, fact.topic_id)
        entry = entries.get(fact.sequence)
        self._looked_at.add((service, fact.sequence))
        if entry is None:
            return f"not of the log: {service} holds nothing at {fact.sequence}"
        if is_same(entry.wire, one.record.value):
            if (service, fact.sequence) in self._contradicting:
                raise OtherLogError(service, f"says otherwise than before at {fact.sequence}")
            self.origin.doubt_seal(service)
            return fact
        # Emptied since: whatever seal it has, what it says is to be found nowhere any more, in no letter either.
        if (one.is_sealed or is_emptied(entry.wire)) and (entry.subject, entry.streamversion) == (
            fact.subject,
            fact.streamversion,
        ):
            log.info("published_before_it_was_changed", service=service, sequence=fact.sequence)
            return None
        return f"not of the log: {service} holds another fact at {fact.sequence}"


def _take(done: Sorted, key: Key, reading: Reading, record: Any, one: Arrived | Mark | str | None) -> None:
    if isinstance(one, Arrived):
        done.delivery.facts.append(one)
    elif isinstance(one, str):
        done.delivery.letters.append(_letter(key, reading.topic_id, one, record))
    elif isinstance(one, Mark):
        if one.topic_id == reading.topic_id:
            reading.through = max(reading.through, one.through)
            if one.partitions <= MOST_PARTITIONS:
                done.partitions = max(done.partitions, one.partitions)
        else:
            done.another_topic = True
    reading.offset = record.offset + 1


def _letter(key: Key, topic_id: str, reason: str, record: Any) -> Letter:
    headers = tuple((name, value or b"") for name, value in record.headers)
    return Letter(key[0], key[1], record.offset, topic_id, reason, record.key, record.value, headers)
