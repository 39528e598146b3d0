"""What a feed gives, whatever it reads: facts of every service, each subject's in order, from a stored place on.

At least once: a delivery that was neither `applied` nor `reset` before the next `poll` is delivered again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from shared.log.place import Arrived, Key, Place


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
    facts: list[Arrived] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    moves: dict[Key, Move] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.moves

    @property
    def highest(self) -> dict[Key, int]:
        """Per service and partition, the highest sequence among the facts."""
        highest: dict[Key, int] = {}
        for fact in self.facts:
            key = (fact.service, fact.partition)
            highest[key] = max(fact.sequence, highest.get(key, 0))
        return highest


LoadPlaces = Callable[[Iterable[Key]], dict[Key, Place]]
"""The stored places of these keys; a key without one is left out."""
EnsurePlaces = Callable[[Iterable[Key]], None]
"""Called with keys before their places are loaded for the first time, so that there is a row to compare and set."""


class Feed(Protocol):
    name: str
    """`kafka` or `store`."""

    def poll(self, timeout_s: float) -> Delivery:
        """What comes next; empty after `timeout_s` seconds without anything.

        Raise UnavailableError while what is read cannot be reached (call again), PlaceOutOfRangeError when facts
        before the first readable one are gone (somebody has to act).
        """

    def applied(self, delivery: Delivery) -> None:
        """After the commit that stored the delivery's rows and moves together."""

    def reset(self) -> None:
        """After a refused commit: forget the own idea of places and load them again before the next poll."""

    def close(self) -> None: ...


class PlaceOutOfRangeError(Exception):
    """The stored place is not in what can be read any more: facts between were never delivered here."""

    def __init__(self, service: str, topic: str, partition: int, wanted: int, first: int, last: int) -> None:
        super().__init__(
            f"{topic}, partition {partition}: the stored place {wanted} is outside what is there ({first} to {last}). "
            f"Send the facts of {service} again: parcours streams republish {service}"
        )
        self.service, self.topic, self.partition = service, topic, partition
        self.wanted, self.first, self.last = wanted, first, last


class OtherLogError(Exception):
    """A store holds another fact where this reader left it: it was restored from a backup, or is another one."""

    def __init__(self, service: str, sequence: int) -> None:
        super().__init__(
            f"the store of {service} holds another fact at {sequence} than the one that was read there: it was restored"
            f" from a backup, or it is another store. Nothing more of it is read; docs/operations.md says how to go on."
        )
        self.service, self.sequence = service, sequence
