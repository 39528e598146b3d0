"""Gaps: what topics do not hold for a reader, read from the stores instead, so that nothing is applied past a hole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import structlog
from kafka import TopicPartition

from shared.feeds.feed import Delivery, OtherLogError, Stops
from shared.feeds.origin import Origin, StoreAwayError
from shared.feeds.sorting import Reading
from shared.log.place import Place

log = structlog.get_logger(__name__)

AWAY_S = 1.0
"""How long a store that cannot be asked is left alone."""


@dataclass(slots=True)
class _Fill:
    """Of one service. `place`: in its store, as stored; `applied`: what is known to be here otherwise."""

    place: Place | None
    applied: int

    @property
    def at(self) -> int:
        return max(self.applied, self.place.through if self.place else 0)


@dataclass(slots=True)
class Filling:
    """The partitions that wait for a store, `gaps`: each with where it goes on afterwards. Every fact that a partition
    held before that offset is, when the store has been read up to `through`, known from there."""

    origin: Origin | None
    services: dict[str, str]
    """By topic."""
    stops: Stops
    applied_of: Callable[[str], int]
    """Of a service: up to where everything is here already."""
    gaps: dict[TopicPartition, Reading] = field(default_factory=dict)
    _fills: dict[str, _Fill] = field(default_factory=dict)
    _away: dict[str, tuple[str, float]] = field(default_factory=dict)

    def waits(self, service: str) -> bool:
        """Whether its store could not be asked a moment ago."""
        return service in self._away and self._away[service][1] > monotonic()

    def put_off(self, service: str, error: StoreAwayError) -> None:
        reason = str(error.fields["detail"])
        if self._away.get(service, ("", 0.0))[0] != reason:
            log.warning("store_away", service=service, reason=reason)
        self._away[service] = (reason, monotonic() + AWAY_S)

    def reached(self, service: str) -> None:
        self._away.pop(service, None)

    @property
    def problems(self) -> list[str]:
        found = [reason for reason, _ in self._away.values()]
        for service in self._services_with_gaps():
            fill = self._fills.get(service)
            at = fill.at if fill else 0
            found.append(
                f"{service}: its topic has forgotten facts that were not read; they are read from its store,"
                f" {at:,} of {self._through(service):,}"
            )
        return found

    def next(self) -> Delivery | None:
        """What comes next of a store, with a move in it; or, all of a service being here, the moves of its partitions,
        whose gaps are closed by that. None while no store can be asked."""
        for service in self._services_with_gaps():
            if self.waits(service) or self.stops.holds(service):
                continue
            try:
                delivery = self._next_of(service)
            except StoreAwayError as error:
                self.put_off(service, error)
            except OtherLogError as error:
                self.stops.stop(service, str(error))
                self.forget(service)
            else:
                self.reached(service)
                return delivery
        return None

    def applied(self, delivery: Delivery) -> None:
        for (service, _), (_, after) in delivery.moves.items():
            if fill := self._fills.get(service):
                fill.place = after

    def forget(self, service: str) -> None:
        """Its partitions are placed anew."""
        for partition in [one for one in self.gaps if self.services[one.topic] == service]:
            self.gaps.pop(partition, None)
        self._fills.pop(service, None)

    def clear(self) -> None:
        self.gaps.clear()
        self._fills.clear()

    def _next_of(self, service: str) -> Delivery:
        assert self.origin is not None  # there are no gaps without
        if service not in self._fills:
            self._fills[service] = _Fill(self.origin.place(service), self.applied_of(service))
            log.warning("gap_begun", service=service, **self._progress(service))
        fill = self._fills[service]
        delivery = self.origin.following(service, fill.place, fill.applied, self._through(service))
        if delivery is not None:
            return delivery
        log.info("gap_filled", service=service, **self._progress(service))
        del self._fills[service]
        return Delivery(
            moves={
                (service, partition.partition): (gap.stored, Place(gap.topic_id, gap.offset, gap.through))
                for partition, gap in self.gaps.items()
                if self.services[partition.topic] == service
            }
        )

    def _progress(self, service: str) -> dict[str, int]:
        return {"at": self._fills[service].at, "through": self._through(service)}

    def _services_with_gaps(self) -> list[str]:
        return sorted({self.services[partition.topic] for partition in list(self.gaps)})

    def _through(self, service: str) -> int:
        return max(
            (gap.through for partition, gap in list(self.gaps.items()) if self.services[partition.topic] == service),
            default=0,
        )
