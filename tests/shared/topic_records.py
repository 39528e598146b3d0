"""Everything that is in a topic, read without a group."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from shared.kafka.topics import Topics
from shared.log.envelope import Mark, read
from shared.log.place import Arrived
from shared.log.store import FactStore


@dataclass(frozen=True)
class Topic:
    """Records by partition, in the order of the topic."""

    partitions: dict[int, list[Any]]

    @property
    def facts(self) -> list[Arrived]:
        return [one for number in self.partitions for one in self._read(number) if isinstance(one, Arrived)]

    @property
    def sequences(self) -> list[int]:
        return sorted(fact.sequence for fact in self.facts)

    def first_versions_of(self, subject: str) -> list[int]:
        """In the order in which they first came."""
        return list(dict.fromkeys(fact.streamversion for fact in self.facts if fact.subject == subject))

    @property
    def subjects(self) -> set[str]:
        return {fact.subject for fact in self.facts}

    def marks_of(self, partition: int) -> list[int]:
        return [one.through for one in self._read(partition) if isinstance(one, Mark)]

    @property
    def last_marks(self) -> set[int]:
        return {(self.marks_of(number) or [0])[-1] for number in self.partitions}

    def broken_marks(self) -> list[tuple[int, int]]:
        """Marks (partition, through) that come before a fact they speak for."""
        broken = []
        for number in self.partitions:
            ours = {one.sequence for one in self._read(number) if isinstance(one, Arrived)}
            come: set[int] = set()
            for one in self._read(number):
                if isinstance(one, Arrived):
                    come.add(one.sequence)
                elif {sequence for sequence in ours if sequence <= one.through} - come:
                    broken.append((number, one.through))
        return broken

    def assert_whole(self, store: FactStore) -> None:
        """Every fact of the store is there, each subject's in order at first sight, and no mark lies."""
        assert set(self.sequences) == {entry.sequence for entry in store.log(0, 100_000)}
        for subject in self.subjects:
            versions = self.first_versions_of(subject)
            assert versions == sorted(versions)
        assert not self.broken_marks()

    def _read(self, number: int) -> Iterable[Arrived | Mark]:
        return [read("pathways", number, record.value) for record in self.partitions[number]]


def records_of(topics: Topics, service: str = "pathways") -> Topic:
    name = topics.name(service)
    ends = {TopicPartition(name, number): end for number, (_, end) in topics.ranges(service).items()}
    found: dict[int, list[Any]] = {one.partition: [] for one in ends}
    with closing(KafkaConsumer(bootstrap_servers=topics.bootstrap, enable_auto_commit=False)) as consumer:
        consumer.assign(list(ends))
        consumer.seek_to_beginning()
        while any(consumer.position(one) < end for one, end in ends.items()):
            for one, records in consumer.poll(timeout_ms=1_000).items():
                found[one.partition] += records
    return Topic(found)
