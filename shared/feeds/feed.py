"""What a feed gives, whatever it reads: facts of every service, each subject's in order, from a stored place on.

At least once: a delivery that was neither `applied` nor `reset` before the next `poll` is delivered again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

import structlog

from shared.log.place import Arrived, Key, Place

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A record without a readable envelope, as it came. `offset`: its own (of a store: its sequence)."""

    service: str
    partition: int
    offset: int
    topic_id: str
    reason: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


Move = tuple[Place | None, Place]
"""Before and after. Before is None where no place is stored yet."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """`feed`: whose places `moves` are, and whose letters; empty: those of the feed that gives it. `behind`: about how many
    facts come after these, where the feed knows that there are many."""

    facts: list[Arrived] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    moves: dict[Key, Move] = field(default_factory=dict)
    feed: str = ""
    behind: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.moves or self.facts)

    def places_of(self, feed: str) -> str:
        """Under which name its moves and letters are kept, where `feed` has given it."""
        return self.feed or feed

    @property
    def services(self) -> set[str]:
        """Of which something came, or nothing that counts but a place."""
        return {service for service, _ in self.moves}

    @property
    def highest(self) -> dict[Key, int]:
        """Per service and partition, the highest sequence among the facts."""
        highest: dict[Key, int] = {}
        for fact in self.facts:
            key = (fact.service, fact.partition)
            highest[key] = max(fact.sequence, highest.get(key, 0))
        return highest


MOST_BYTES = 32 << 20
"""Of the envelopes of one delivery: each is there several times while it is applied."""
GATHERING_S = 2.0
"""How long a delivery is added to while there is much more. Whoever keeps up adds nothing; whoever is so far behind has
longer than that to fold, and what is recorded now waits for the least folds."""


@dataclass(slots=True)
class Room:
    """What a delivery still takes: so many facts, `MOST_BYTES` of them, and what comes within `GATHERING_S`.

    Whoever is far behind is given much at once: a subject of whom several facts come together is folded once."""

    facts: int
    size: int = MOST_BYTES
    until: float = field(default_factory=lambda: monotonic() + GATHERING_S)

    def take(self, envelopes: Iterable[bytes | None]) -> None:
        for envelope in envelopes:
            self.facts -= 1
            self.size -= len(envelope or b"")

    @property
    def is_left(self) -> bool:
        return self.facts > 0 and self.size > 0 and monotonic() < self.until


TURN_S = 0.01
"""While facts follow each other: what applying a delivery costs is paid for all that come within. Nobody notices it, and
between two services' facts there is as much anyway."""

LoadPlaces = Callable[[Iterable[Key]], dict[Key, Place]]
"""The stored places of these keys; a key without one is left out."""
EnsurePlaces = Callable[[Iterable[Key]], None]
"""Called with keys before their places are loaded for the first time, so that there is a row to compare and set."""


class Feed(Protocol):
    name: str
    """`kafka` or `store`."""

    def poll(self, timeout_s: float) -> Delivery:
        """What comes next, no sooner than `TURN_S` after what was given last; empty after `timeout_s` seconds without
        anything.

        Raise UnavailableError while what is read cannot be reached (call again).
        """

    def applied(self, delivery: Delivery) -> None:
        """After the commit that stored the delivery's rows and moves together."""

    def reset(self) -> None:
        """After a refused commit: forget the own idea of places and load them again before the next poll."""

    def doubt(self, service: str, sequences: Collection[int]) -> None:
        """What came at these sequences is not what is kept here; call it instead of `applied`, then `reset`.

        They are compared with the store when they come again: what is not of its log becomes a letter; where the log
        itself says otherwise than before, that service is not read any more, and `problem` says so.
        """

    def of_subject(self, service: str, subject: str) -> Delivery:
        """All that a service's log holds of one subject, whatever came before; no place moves by that.

        Raise UnavailableError.
        """

    @property
    def problem(self) -> str | None:
        """What is not read as it should be, for readiness; None when all is well. Others go on meanwhile."""

    def close(self) -> None: ...


OnStop = Callable[[str], None]
"""Called with a service whose log diverged, for a metric."""


def nobody_told(_: str) -> None:
    """Where no metric is kept."""


STOPPED_S = 30.0
"""How long a service whose log diverged is left alone before it is looked at again: somebody may have mended it."""


class OtherLogError(Exception):
    """The store of a service is not the log that was read before: restored from a backup, or another one."""

    def __init__(self, service: str, found: str) -> None:
        super().__init__(
            f"the store of {service} {found}: it was restored from a backup, or it is another store. Nothing more of"
            f" {service} is read; docs/operations.md says how to go on"
        )
        self.service = service


@dataclass(slots=True)
class Stops:
    """The services that are not read because their log diverged, with the reason. They are tried again from time to
    time, and count as stopped until something of them was applied. `tell`: called with the service, each time."""

    tell: OnStop
    _reasons: dict[str, str] = field(default_factory=dict)
    _again_at: dict[str, float] = field(default_factory=dict)

    def stop(self, service: str, reason: str) -> None:
        if self._reasons.get(service) != reason:
            log.error("feed_stopped", service=service, reason=reason)
        self.tell(service)
        self._reasons[service] = reason
        self._again_at[service] = monotonic() + STOPPED_S

    def diverged(self, service: str, sequences: Collection[int]) -> None:
        """Its log says something else at these sequences than it did."""
        some = ", ".join(map(str, sorted(sequences)[:3]))
        self.stop(service, str(OtherLogError(service, f"says otherwise than before at {some}")))

    def holds(self, service: str) -> bool:
        """Whether it is not to be read now."""
        return self._again_at.get(service, 0.0) > monotonic()

    def release(self, services: Iterable[str]) -> None:
        """Something of them was applied."""
        for service in services:
            if self._reasons.pop(service, None) is not None:
                log.info("feed_goes_on", service=service)
            self._again_at.pop(service, None)

    @property
    def reasons(self) -> list[str]:
        return list(self._reasons.values())
