"""A topic compared with the store it was filled from, record by record.

A record repeats a fact of the store, byte for byte, under its subject; every fact that the relay says it published lies
between the first and the last offset there is. What retention took away is told, and is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from shared.kafka.publishing import headers_of, partition_of
from shared.kafka.relay_position import RelayPosition, Saved
from shared.kafka.topics import Topics
from shared.kafka.whole_topic import AT_ONCE, Records, read_whole
from shared.log.comparison import LIMIT, Comparison, Difference, FactName, Rest, no_rest
from shared.log.entries import LogEntry
from shared.log.envelope import Mark, UnreadableError, fact_in, is_emptied, read
from shared.log.place import Arrived
from shared.log.store import FactStore
from shared.process.progress import Progress

WANTED_HEADERS = ("sequence", "streamversion", "ce_id", "ce_type", "ce_subject")
"""Every release has written these; of the others, those that a record has must say what its fact says."""


@dataclass(slots=True)
class _Topic:
    """One topic and its store, and what was met so far.

    `last`: of the store's sequences. `seen`: one byte each. `cut`: partitions whose beginning retention took away, with
    through what the first mark there speaks; None where none came yet. Facts up to that may be among what is gone.
    """

    name: str
    topic_id: str
    store: FactStore
    partitions: int
    only: frozenset[str] | None
    last: int
    seen: bytearray
    cut: dict[int, int | None]
    notes: list[str] = field(default_factory=list)
    published_before: int = 0
    """Records of facts that an erasure has emptied since."""


def compare_topic(
    topics: Topics,
    store: FactStore,
    *,
    subjects: Sequence[str] | None = None,
    limit: int = LIMIT,
    progress: Progress = lambda done, total: None,
    rest: Rest = no_rest,
) -> Comparison:
    """The topic of one service; of `subjects` alone, where they are given. Memory: one poll, and a byte a fact.

    Raise UnavailableError.
    """
    comparison = Comparison(f"topic {topics.name(store.service)} with the store of {store.service}", limit)
    # Asked in this order: what is published by now lies before the ends, and what lies there is in the store.
    published = _published(topics, store)
    if published is None:
        comparison.notes.append(f"{topics.name(store.service)} is not there, or no relay has filled it yet")
        return comparison
    ranges = topics.ranges(store.service)
    last = store.last_sequence()
    topic = _Topic(
        name=topics.name(store.service),
        topic_id=published.topic_id,
        store=store,
        partitions=len(ranges),
        only=None if subjects is None else frozenset(subjects),
        last=last,
        seen=bytearray(last + 1),
        cut={number: None for number, (first, _) in ranges.items() if first > 0},
    )
    total = sum(end - first for first, end in ranges.values())
    for records in read_whole(topics, topic.name, ranges, partial(_jump, topics, topic)):
        comparison.records += sum(map(len, records.values()))
        comparison.add(_differing(topic, records))
        progress(comparison.records, max(total, comparison.records))
        rest()
    comparison.facts = sum(topic.seen)
    comparison.add(_missing(topic, min(published.position, last)))
    comparison.notes += [*topic.notes, *_told(topic)]
    return comparison


def _published(topics: Topics, store: FactStore) -> Saved | None:
    with store.connection() as connection:
        saved = RelayPosition(store.service, topics.name(store.service)).load(connection)
    topic_id = topics.ids([store.service])[store.service]
    return saved if saved and saved.topic_id == topic_id else None


def _jump(topics: Topics, topic: _Topic, partition: int, expected: int) -> None:
    """Offsets are missing: where retention took them just now, what stood there is not judged."""
    first, _ = topics.ranges(topic.store.service)[partition]
    if first > expected:
        topic.cut[partition] = None


def _differing(topic: _Topic, records: Records) -> Iterator[Difference]:
    """Records that are no copies of facts. The facts of all of them are looked up at once."""
    copies: list[tuple[Arrived, Any]] = []
    for number, of_partition in records.items():
        for record in of_partition:
            try:
                content = read(topic.store.service, number, record.value)
            except UnreadableError as error:
                if topic.only is None or (record.key or b"").decode(errors="replace") in topic.only:
                    yield _record(topic, record, "surplus", f"it holds no readable envelope: {error}")
                continue
            if isinstance(content, Mark):
                yield from _of_mark(topic, record, content)
            elif topic.only is None or content.subject in topic.only:
                copies.append((content, record))
    sequences = {fact.sequence for fact, _ in copies if fact.sequence <= topic.last}
    entries = {entry.sequence: entry for entry in topic.store.at(sorted(sequences))}
    for fact, record in copies:
        yield from _of_copy(topic, fact, record, entries.get(fact.sequence))


def _of_mark(topic: _Topic, record: Any, mark: Mark) -> Iterator[Difference]:
    if mark.topic_id != topic.topic_id:
        note = f"{topic.name} holds marks of another topic of its name ({mark.topic_id}); readers pass over them"
        topic.notes += [] if note in topic.notes else [note]
    elif mark.through > topic.last:
        yield _record(topic, record, "surplus", f"a mark through {mark.through}, and the log ends at {topic.last}")
    elif topic.cut.get(record.partition, 0) is None:
        topic.cut[record.partition] = mark.through


def _of_copy(topic: _Topic, fact: Arrived, record: Any, entry: LogEntry | None) -> Iterator[Difference]:
    if entry is None:
        yield _record(topic, record, "surplus", f"the store has no fact {fact.sequence}: the record is forged", fact)
        return
    topic.seen[entry.sequence] = 1
    is_of_it = (fact.subject, fact.streamversion) == (entry.subject, entry.streamversion)
    if is_of_it and is_emptied(entry.wire) and not is_emptied(record.value):
        topic.published_before += 1
        return
    columns = [name for name, is_same in _alike(topic, record, entry) if not is_same]
    if columns:
        yield _record(topic, record, "changed", "", fact, entry, columns)


def _alike(topic: _Topic, record: Any, entry: LogEntry) -> Iterator[tuple[str, bool]]:
    yield "value", record.value == entry.wire
    yield "key", record.key == entry.subject.encode()
    # Of as many partitions as there are, or as there were before some were added.
    counts = range(record.partition + 1, topic.partitions + 1)
    yield "partition", any(partition_of(entry.subject, count) == record.partition for count in counts)
    has, wanted = dict(record.headers), dict(headers_of(entry))
    for name, value in wanted.items():
        yield f"header {name}", has[name] == value if name in has else name not in WANTED_HEADERS


def _record(
    topic: _Topic,
    record: Any,
    kind: Literal["surplus", "changed"],
    reason: str,
    fact: Arrived | None = None,
    entry: LogEntry | None = None,
    columns: Sequence[str] = (),
) -> Difference:
    facts = [FactName(fact.service, fact.sequence, fact.id, fact.type)] if fact else []
    return Difference(
        what="record",
        kind=kind,
        where=topic.name,
        subject=fact.subject if fact else None,
        key={"partition": record.partition, "offset": record.offset},
        columns=columns,
        expected=None if entry is None else {"key": entry.subject, "value": entry.wire, "headers": headers_of(entry)},
        found={"key": record.key, "value": record.value, "headers": list(record.headers)},
        facts=facts,
        facts_behind=len(facts),
        reason=reason,
    )


def _missing(topic: _Topic, published: int) -> Iterator[Difference]:
    """Published facts that were not met, beyond what retention may have taken."""
    begin = _judged_from(topic)
    if begin is None:
        return
    unseen: list[int] = []
    for sequence in range(begin + 1, published + 1):
        if not topic.seen[sequence]:
            unseen.append(sequence)
        if len(unseen) == AT_ONCE or (unseen and sequence == published):
            for entry in topic.store.at(unseen):
                if topic.only is None or entry.subject in topic.only:
                    yield _lost(topic, entry)
            unseen = []


def _judged_from(topic: _Topic) -> int | None:
    """After which sequence a fact that is not there was lost, and not taken by retention; None where nobody can tell."""
    marks = list(topic.cut.values())
    return None if None in marks else max((mark for mark in marks if mark is not None), default=0)


def _lost(topic: _Topic, entry: LogEntry) -> Difference:
    fact = fact_in(topic.store.service, entry.wire)
    return Difference(
        what="record",
        kind="missing",
        where=topic.name,
        subject=entry.subject,
        key={"sequence": entry.sequence},
        expected={"key": entry.subject, "value": entry.wire, "headers": headers_of(entry)},
        facts=[FactName(topic.store.service, entry.sequence, fact.id if fact else "", entry.type)],
        facts_behind=1,
        reason=f"published, and not there: `parcours streams republish {topic.store.service}` sends it again",
    )


def _told(topic: _Topic) -> Iterator[str]:
    if topic.published_before:
        yield (
            f"{topic.name}: {topic.published_before} records say what an erasure has emptied since; retention takes them, or"
            f" `parcours streams republish {topic.store.service}` into a topic made anew"
        )
    if topic.cut:
        begin = _judged_from(topic)
        upto = "the end" if begin is None else f"sequence {begin}"
        numbers = ", ".join(map(str, sorted(topic.cut)))
        yield (
            f"{topic.name}: retention took the beginning of partition {numbers}; facts up to {upto} that are not there"
            " any more count as taken by it"
        )
