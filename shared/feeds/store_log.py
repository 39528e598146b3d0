"""The log of a store as a feed reads it: entries become facts or letters, and a place names the fact it stands at."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from shared.feeds.feed import Delivery, Letter, OtherLogError
from shared.log.entries import LogEntry
from shared.log.envelope import Mark, UnreadableError, fact_in, read
from shared.log.place import Place
from shared.log.store import FactStore

FEED = "store"
"""Under this name the places in stores are kept, whoever reads them."""
TOPIC_ID = "store"
START = Place(TOPIC_ID, 0, 0)
PART = 2_000
"""Facts of one subject taken at once."""


def place_at(entry: LogEntry) -> Place:
    """Everything up to this entry has been read. Its id names the log by that fact: a store restored from a backup
    counts its sequence anew."""
    name = f"{entry.subject} {entry.streamversion} {entry.type} {_recordedtime(entry)}"
    topic_id = f"{TOPIC_ID} {blake2b(name.encode(), digest_size=12).hexdigest()}"
    return Place(topic_id, entry.sequence, entry.sequence)


def check_log(store: FactStore, place: Place) -> None:
    """Whether the store still holds at this place what was read there. Raise OtherLogError."""
    # The fact at the place itself, not behind it: what a restored store counts anew is another one.
    entries = store.log(place.offset - 1, 1)
    if not entries:
        raise OtherLogError(store.service, f"ends at {store.last_sequence()}, and was read up to {place.offset}")
    if (entries[0].sequence, place_at(entries[0]).topic_id) != (place.offset, place.topic_id):
        raise OtherLogError(store.service, f"holds another fact at {place.offset} than the one that was read there")


def sort_entries(service: str, entries: Iterable[LogEntry], delivery: Delivery) -> None:
    """Facts and letters of a delivery."""
    for entry in entries:
        value = entry.wire
        try:
            fact = read(service, 0, value)
            if isinstance(fact, Mark):
                raise UnreadableError("a mark has no place in a store")
        except UnreadableError as error:
            key = entry.subject.encode()
            delivery.letters.append(Letter(service, 0, entry.sequence, TOPIC_ID, str(error), key, value))
        else:
            delivery.facts.append(fact)


def log_of_subject(store: FactStore, subject: str) -> Delivery:
    """All that it holds of one subject; no place moves by that."""
    delivery = Delivery(feed=FEED)
    after = 0
    while entries := store.log(after, PART, subject=subject):
        sort_entries(store.service, entries, delivery)
        after = entries[-1].sequence
    return delivery


def _recordedtime(entry: LogEntry) -> str:
    """Of what an erasure leaves as it is; nothing where the fact cannot be read."""
    fact = fact_in(entry.subject, entry.wire)
    return fact.recordedtime if fact else ""
