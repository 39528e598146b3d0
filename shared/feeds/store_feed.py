"""A feed that reads the stores themselves: no Kafka, nothing between the commit and the reader but a NOTIFY."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from time import monotonic, sleep

from shared.feeds.feed import (
    TURN_S,
    Delivery,
    EnsurePlaces,
    LoadPlaces,
    OnStop,
    OtherLogError,
    Room,
    Stops,
    nobody_told,
)
from shared.feeds.store_log import FEED, START, check_log, log_of_subject, place_at, sort_entries
from shared.log.listener import Listener
from shared.log.place import Key, Place
from shared.log.store import FactStore
from shared.process.pace import Pace

LOOK_EVERY_S = 1.0
"""Without a NOTIFY: the connection that listens may have been lost a moment ago."""
PART = 5_000
"""Facts read at once: between two parts it is seen how large the delivery has become. The first delivery of many holds no
more, and each that follows twice as many: who learns early how much comes can let others begin."""
CHECK_EVERY_S = 5.0
"""How long a store restored under a running reader may go unnoticed."""


class StoreFeed:
    """Follows the logs of several stores. One reader of a place at a time works; of several, all but one are refused
    when they move it. A store that is not the one that was read before is left alone; the others go on."""

    name = FEED

    def __init__(
        self,
        stores: Sequence[FactStore],
        load_places: LoadPlaces,
        ensure_places: EnsurePlaces,
        *,
        max_records: int = 40_000,
        on_stop: OnStop = nobody_told,
        part: int = PART,
        pace: Pace | None = None,
    ) -> None:
        self._stores = {store.service: store for store in stores}
        self._load_places = load_places
        self._ensure_places = ensure_places
        self._max_records = max_records
        self._part = part
        self._size = part
        self._places: dict[Key, Place | None] = {}
        self._stops = Stops(on_stop)
        self._turn = 0
        self._pace = pace or Pace(TURN_S)
        self._check_at = 0.0
        self._listener = Listener({store.channel_name: store.database_url for store in stores})

    @property
    def problem(self) -> str | None:
        return "; ".join(self._stops.reasons) or None

    def poll(self, timeout_s: float) -> Delivery:
        deadline = monotonic() + timeout_s
        if monotonic() >= self._check_at:
            self.reset()  # places are loaded again, and looked for in their stores
            self._check_at = monotonic() + CHECK_EVERY_S
        sleep(min(self._pace.left_s(monotonic()), timeout_s))
        while True:
            self._listener.listen()  # before reading: what is recorded from here on wakes the wait below
            delivery = self._read()
            left = deadline - monotonic()
            if not delivery.is_empty or left <= 0:
                if not delivery.is_empty:
                    self._pace.begin(monotonic())
                return delivery
            self._listener.wait(min(left, LOOK_EVERY_S))

    def applied(self, delivery: Delivery) -> None:
        self._places.update({key: after for key, (_, after) in delivery.moves.items()})
        self._stops.release(delivery.services)

    def reset(self) -> None:
        self._places.clear()

    def doubt(self, service: str, sequences: Collection[int]) -> None:
        """It was the store that said so: there is nobody else to ask."""
        self._stops.diverged(service, sequences)

    def of_subject(self, service: str, subject: str) -> Delivery:
        return log_of_subject(self._stores[service], subject)

    def close(self) -> None:
        self._listener.close()

    def _read(self) -> Delivery:
        """As much as there is room for; services take turns to be first, so that a long log does not hold up the others."""
        self._place_new()
        delivery = Delivery()
        room = Room(min(self._size, self._max_records))
        services = list(self._stores)
        self._turn = (self._turn + 1) % len(services)
        for service in services[self._turn :] + services[: self._turn]:
            if not self._stops.holds(service) and (service, 0) in self._places:
                self._read_one(self._stores[service], room, delivery)
            if not room.is_left:
                self._size = min(2 * self._size, self._max_records)
                return replace(delivery, behind=self._behind(delivery))
        self._size = self._part
        return delivery

    def _behind(self, delivery: Delivery) -> int:
        """As sequences count."""
        return sum(
            self._stores[service].last_sequence() - after.through for (service, _), (_, after) in delivery.moves.items()
        )

    def _read_one(self, store: FactStore, room: Room, delivery: Delivery) -> None:
        key = (store.service, 0)
        before = at = self._places[key]
        has_more = True
        while has_more and room.is_left:
            limit = min(room.facts, self._part)
            entries = store.log((at or START).offset, limit)
            if entries:
                sort_entries(store.service, entries, delivery)
                at = place_at(entries[-1])
                delivery.moves[key] = (before, at)
                room.take(entry.state for entry in entries)
            has_more = len(entries) == limit

    def _place_new(self) -> None:
        """Load the places that are not known, all at once. A store that is not the one that was read gets none."""
        new = [
            store
            for service, store in self._stores.items()
            if (service, 0) not in self._places and not self._stops.holds(service)
        ]
        if not new:
            return
        # All of them: what is applied is the least over all services, from the first moment on.
        self._ensure_places([(service, 0) for service in self._stores])
        stored = self._load_places([(store.service, 0) for store in new])
        for store in new:
            key = (store.service, 0)
            place = stored.get(key)
            try:
                if place is not None:
                    check_log(store, place)
            except OtherLogError as error:
                self._stops.stop(store.service, str(error))
            else:
                self._places[key] = place
