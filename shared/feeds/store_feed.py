"""A feed that reads the stores themselves: no Kafka, nothing between the commit and the reader but a NOTIFY."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from time import monotonic

from shared.feeds.feed import Delivery, EnsurePlaces, Letter, LoadPlaces, OtherLogError, PlaceOutOfRangeError
from shared.log.entries import LogEntry
from shared.log.envelope import Mark, UnreadableError, read
from shared.log.listener import Listener
from shared.log.place import Arrived, Key, Place
from shared.log.store import FactStore

TOPIC_ID = "store"
START = Place(TOPIC_ID, 0, 0)
LOOK_EVERY_S = 1.0
"""Without a NOTIFY: the connection that listens may have been lost a moment ago."""


class StoreFeed:
    """Follows the logs of several stores. One reader of a place at a time works; of several, all but one are refused
    when they move it."""

    name = "store"

    def __init__(
        self,
        stores: Sequence[FactStore],
        load_places: LoadPlaces,
        ensure_places: EnsurePlaces,
        *,
        max_records: int = 10_000,
    ) -> None:
        self._stores = {store.service: store for store in stores}
        self._load_places = load_places
        self._ensure_places = ensure_places
        self._max_records = max_records
        self._places: dict[Key, Place | None] = {}
        self._turn = 0
        self._listener = Listener({store.channel_name: store.database_url for store in stores})

    def poll(self, timeout_s: float) -> Delivery:
        deadline = monotonic() + timeout_s
        while True:
            self._listener.listen()  # before reading: what is recorded from here on wakes the wait below
            delivery = self._read()
            left = deadline - monotonic()
            if not delivery.is_empty or left <= 0:
                return delivery
            self._listener.wait(min(left, LOOK_EVERY_S))

    def applied(self, delivery: Delivery) -> None:
        self._places.update({key: after for key, (_, after) in delivery.moves.items()})

    def reset(self) -> None:
        self._places.clear()

    def close(self) -> None:
        self._listener.close()

    def _read(self) -> Delivery:
        """Up to `max_records`; services take turns to be first, so that a long log does not hold up the others."""
        if not self._places:
            self._load()
        delivery = Delivery()
        left = self._max_records
        services = list(self._stores)
        self._turn = (self._turn + 1) % len(services)
        for service in services[self._turn :] + services[: self._turn]:
            left -= self._read_one(self._stores[service], left, delivery)
            if left <= 0:
                break
        return delivery

    def _read_one(self, store: FactStore, limit: int, delivery: Delivery) -> int:
        key = (store.service, 0)
        before = self._places[key]
        entries = store.log((before or START).offset, limit)
        if entries:
            for entry in entries:
                _sort(store.service, entry, delivery)
            last = entries[-1].sequence
            delivery.moves[key] = (before, Place(_log_id(entries[-1]), last, last))
        return len(entries)

    def _load(self) -> None:
        keys: list[Key] = [(service, 0) for service in self._stores]
        self._ensure_places(keys)
        stored = self._load_places(keys)
        for service, store in self._stores.items():
            place = stored.get((service, 0))
            if place is not None:
                _check_log(store, place)
        self._places = {key: stored.get(key) for key in keys}


def _log_id(entry: LogEntry) -> str:
    """Names a log by the last fact read of it: a store restored from a backup counts its sequence anew."""
    name = f"{entry.subject} {entry.streamversion} {entry.type} {_recordedtime(entry)}"
    return f"{TOPIC_ID} {blake2b(name.encode(), digest_size=12).hexdigest()}"


def _recordedtime(entry: LogEntry) -> str:
    """Of what an erasure leaves as it is; nothing where the fact cannot be read."""
    with suppress(UnreadableError):
        fact = read(entry.subject, 0, entry.wire)
        return fact.recordedtime if isinstance(fact, Arrived) else ""
    return ""


def _check_log(store: FactStore, place: Place) -> None:
    """Raise PlaceOutOfRangeError, OtherLogError."""
    # The fact at the place itself, not behind it: what a restored store counts anew is another one.
    entries = store.log(place.offset - 1, 1)
    if not entries:
        last = store.last_sequence()
        raise PlaceOutOfRangeError(store.service, f"the store of {store.service}", 0, place.offset, 0, last)
    if (entries[0].sequence, _log_id(entries[0])) != (place.offset, place.topic_id):
        raise OtherLogError(store.service, place.offset)


def _sort(service: str, entry: LogEntry, delivery: Delivery) -> None:
    value = entry.wire
    try:
        fact: Arrived | Mark = read(service, 0, value)
        if isinstance(fact, Mark):
            raise UnreadableError("a mark has no place in a store")
    except UnreadableError as error:
        delivery.letters.append(Letter(service, 0, entry.sequence, TOPIC_ID, str(error), entry.subject.encode(), value))
    else:
        delivery.facts.append(fact)
