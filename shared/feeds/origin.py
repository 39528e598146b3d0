"""What services themselves say of their facts: their stores, asked where a topic cannot be trusted or has forgotten.

Nothing is asked while all is well but, once, the seal of each store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic

import psycopg
from eventsourcing.persistence import PersistenceError
from psycopg_pool import PoolTimeout

from shared.feeds.feed import Delivery, EnsurePlaces, LoadPlaces
from shared.feeds.store_log import FEED, START, check_log, log_of_subject, place_at, sort_entries
from shared.kafka.relay_position import RelayPosition, Saved
from shared.log.entries import LogEntry
from shared.log.place import Key, Place
from shared.log.seal import Seal
from shared.log.store import FactStore
from shared.process.unavailable import UnavailableError

SEAL_AGAIN_S = 10.0
"""How long the seal of a store is taken as known, where a record of its log came without it: the store may be made
anew, or its relay be older code."""
IDLE_S = 30.0
"""Connections that nobody asked for so long are given back: stores are needed rarely, and a server has few."""
PART = 2_000
"""Facts taken from a store at once: what is applied in one transaction, between two looks at the topics."""


class StoreAwayError(UnavailableError):
    """A store cannot be asked now. Only what depends on it waits."""


class Origin:
    """`urls`: the database of each service. The places beside them are those of what was read from stores, in the
    reader's own database: a fill that is interrupted goes on, and a reader that changes from stores to topics is filled
    already. One thread uses it. Every method raises StoreAwayError where a store cannot be asked."""

    def __init__(
        self, urls: Mapping[str, str], load_places: LoadPlaces, ensure_places: EnsurePlaces, *, part: int = PART
    ) -> None:
        self._urls = urls
        self._load_places = load_places
        self._ensure_places = ensure_places
        self._part = part
        self._stores: dict[str, FactStore] = {}
        self._asked_at: dict[str, float] = {}
        self._seals: dict[str, tuple[Seal | None, float]] = {}

    def seal(self, service: str) -> Seal | None:
        """As last loaded; None where older code made the store."""
        if service not in self._seals:
            with self._asking(service) as store:
                self._seals[service] = (store.seal(), monotonic())
        return self._seals[service][0]

    def doubt_seal(self, service: str) -> None:
        """A fact of its log came without it: load it again, now and then."""
        if service in self._seals and monotonic() - self._seals[service][1] > SEAL_AGAIN_S:
            del self._seals[service]

    def at(self, service: str, sequences: Collection[int]) -> dict[int, LogEntry]:
        """What its log holds at these sequences."""
        with self._asking(service) as store:
            return {entry.sequence: entry for entry in store.at(sorted(sequences))}

    def relayed(self, service: str, topic: str) -> Saved | None:
        """How far the service's own relay is; None where it never worked."""
        with self._asking(service) as store, store.connection() as connection:
            return RelayPosition(service, topic).load(connection)

    def last_sequence(self, service: str) -> int:
        with self._asking(service) as store:
            return store.last_sequence()

    def place(self, service: str) -> Place | None:
        """Up to where the log was ever read from the store. Raise OtherLogError."""
        key: Key = (service, 0)
        self._ensure_places([key])
        place = self._load_places([key]).get(key)
        with self._asking(service) as store:
            if place is not None:
                check_log(store, place)
        return place

    def following(self, service: str, before: Place | None, applied: int, through: int) -> Delivery | None:
        """The next facts of a log up to `through`, behind the place `before` and the sequence `applied`; None where
        there are none."""
        after = max((before or START).offset, applied)
        if after >= through:
            return None
        with self._asking(service) as store:
            entries = [entry for entry in store.log(after, self._part) if entry.sequence <= through]
        if not entries:
            return None
        delivery = Delivery(feed=FEED, moves={(service, 0): (before, place_at(entries[-1]))})
        sort_entries(service, entries, delivery)
        return delivery

    def of_subject(self, service: str, subject: str) -> Delivery:
        with self._asking(service) as store:
            return log_of_subject(store, subject)

    def rest(self) -> None:
        """Called now and then: connections that are not used are closed."""
        for service in [name for name, at in self._asked_at.items() if monotonic() - at > IDLE_S]:
            self._close(service)

    def close(self) -> None:
        for service in list(self._stores):
            self._close(service)

    @contextmanager
    def _asking(self, service: str) -> Iterator[FactStore]:
        try:
            yield self._opened(service)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise self._unavailable(service, "is not in the database named for it") from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise self._unavailable(service, f"may not be read from here: {error.diag.message_primary}") from error
        except (psycopg.Error, PersistenceError, PoolTimeout, UnavailableError) as error:
            raise self._unavailable(service, "cannot be reached") from error

    def _opened(self, service: str) -> FactStore:
        self._asked_at[service] = monotonic()
        if service not in self._stores:
            self._stores[service] = FactStore(self._urls[service], service)
        return self._stores[service]

    def _close(self, service: str) -> None:
        self._asked_at.pop(service, None)
        with suppress(KeyError):
            self._stores.pop(service).close()

    def _unavailable(self, service: str, what: str) -> StoreAwayError:
        setting = f"PARCOURS_{service.upper()}_DATABASE_URL or PARCOURS_DATABASE_URL"
        return StoreAwayError(reason="store", detail=f"the store of {service} ({setting}) {what}")
