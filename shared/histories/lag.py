"""How far a reader is behind a log: in facts, and in the age of the oldest one that it has not applied. By partition, too,
since one that nobody reads holds up nothing but itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.kafka.publishing import partition_of
from shared.log.envelope import fact_in
from shared.log.store import FactStore

MOST_COUNTED = 50_000
"""Facts looked at, of a log: a reader that is further behind is so much behind, and more."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Of a reader, or of one partition for it. `applied`: every fact up to it is. `facts`: recorded and not applied; at
    least so many where `is_more`. `seconds`: since the oldest of them was recorded, by the database's clock; None where
    that cannot be known, as of a log that is ahead of its clock."""

    applied: int
    facts: int
    is_more: bool
    seconds: float | None


@dataclass(frozen=True, slots=True)
class ReaderLag:
    """The whole and, by number, its partitions; without Kafka there is the one, 0."""

    whole: Lag
    partitions: Mapping[int, Lag]


@dataclass(slots=True)
class LogTail:
    """What a log holds behind the reader that is furthest behind, up to `MOST_COUNTED` facts; and what time it is there."""

    store: FactStore
    facts: Sequence[tuple[int, str]]
    """Sequence and subject, in order."""
    is_cut: bool
    now: datetime
    _recorded: dict[int, datetime | None]

    @classmethod
    def of(cls, store: FactStore, after: int) -> LogTail:
        """Raise UnavailableError."""
        facts = store.subjects_of(after, MOST_COUNTED)
        return cls(store, facts, len(facts) == MOST_COUNTED, store.database_time(), {})

    def behind(self, through: Mapping[int, int], partitions: int | None) -> ReaderLag:
        """`through`: of each partition that is known to be read. `partitions`: how many the topic has; None without
        Kafka, where the log has one."""
        numbers = range(partitions) if partitions else range(1)
        waiting: dict[int, list[int]] = {number: [] for number in numbers}
        for sequence, subject in self.facts:
            number = partition_of(subject, partitions) if partitions else 0
            if sequence > through.get(number, 0):
                waiting[number].append(sequence)
        by_partition = {number: self._lag(through.get(number, 0), waiting[number]) for number in numbers}
        everything = sorted(sequence for of_partition in waiting.values() for sequence in of_partition)
        least = min((through.get(number, 0) for number in numbers), default=0)
        return ReaderLag(self._lag(least, everything), by_partition)

    def after(self, sequence: int) -> Lag:
        """Of whoever has done everything up to a sequence: the relay."""
        return self._lag(sequence, [one for one, _ in self.facts if one > sequence])

    def _lag(self, applied: int, waiting: Sequence[int]) -> Lag:
        oldest = self._recorded_at(waiting[0]) if waiting else None
        seconds = None if oldest is None else (self.now - oldest).total_seconds()
        if seconds is not None and seconds < 0:
            # The instant is still to come: since when it waits nothing here says. 0 would say that all is well. (By less
            # than a second: whoever recorded it counts the database's clock on by itself.)
            seconds = 0.0 if seconds > -1 else None
        return Lag(applied, len(waiting), self.is_cut and bool(waiting), seconds)

    def _recorded_at(self, sequence: int) -> datetime | None:
        if sequence not in self._recorded:
            self._recorded[sequence] = _instant(self.store, sequence)
        return self._recorded[sequence]


def _instant(store: FactStore, sequence: int) -> datetime | None:
    """None where it cannot be read."""
    for entry in store.at([sequence]):
        fact = fact_in(store.service, entry.wire)
        return datetime.fromisoformat(fact.recordedtime) if fact else None
    return None
