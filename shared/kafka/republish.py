"""Sending facts to their topic again, for readers that missed some. Needs no lock and moves no position."""

from __future__ import annotations

from dataclasses import dataclass

from shared.kafka.publishing import Publisher
from shared.kafka.relay_position import RelayPosition, Saved
from shared.kafka.topics import Topics
from shared.log.place import Key, Place
from shared.log.store import FactStore
from shared.process.progress import Progress

CHUNK = 2_000
"""Facts between two reports of progress; all of them wait in memory until Kafka has them."""


class NotRelayedError(Exception):
    """There is no topic with relayed facts; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Republished:
    """`before`: where each partition ended when this began; a reader that goes on from there gets all of it."""

    facts: int
    through: int
    before: dict[Key, Place]


def republish(
    store: FactStore,
    topics: Topics,
    *,
    subject: str | None = None,
    from_sequence: int = 0,
    to_sequence: int | None = None,
    progress: Progress | None = None,
) -> Republished:
    """Send facts that were relayed already, both bounds included, and a mark for what the relay has done.

    Raise NotRelayedError, UnavailableError.
    """
    saved = _saved(store, topics)
    # Not beyond the relay: facts it has still to send would else stand before others of their subject.
    last = saved.position if to_sequence is None else min(to_sequence, saved.position)
    # Asked before anything is sent, so that a reader set to these places misses nothing of it.
    before: dict[Key, Place] = {
        (store.service, partition): Place(saved.topic_id, end, 0)
        for partition, (_, end) in topics.ranges(store.service).items()
    }
    publisher = Publisher(topics.bootstrap, topics.name(store.service), store.service, saved.topic_id, store.seal())
    try:
        sent = _send(store, publisher, subject, max(from_sequence - 1, 0), last, progress)
        # Again: the relay has worked meanwhile, and an older mark at the end would say less than is there.
        through = _saved(store, topics).position
        publisher.mark(through)
        publisher.flush(_wait)
    except BaseException:
        publisher.abandon()
        raise
    publisher.close()
    return Republished(sent, through, before)


def _send(
    store: FactStore, publisher: Publisher, subject: str | None, after: int, last: int, progress: Progress | None
) -> int:
    sent = 0
    while entries := [entry for entry in store.log(after, CHUNK, subject=subject) if entry.sequence <= last]:
        publisher.send(entries)
        publisher.flush(_wait)
        sent, after = sent + len(entries), entries[-1].sequence
        if progress is not None:
            progress(sent, after)
    return sent


def _saved(store: FactStore, topics: Topics) -> Saved:
    topic = topics.name(store.service)
    with store.connection() as connection:
        saved = RelayPosition(store.service, topic).load(connection)
    topic_id = topics.ids([store.service])[store.service]
    if saved is None or topic_id is None or saved.topic_id != topic_id:
        raise NotRelayedError(
            f"the relay has not filled {topic} yet: run `parcours relay {store.service}`, which publishes every fact"
        )
    return saved


def _wait() -> None:
    """The client goes on trying until it is interrupted."""
