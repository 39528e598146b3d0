"""A demonstrated agrément as it is with everything written so far, and the writing of what happens to it.

Ends are reckoned here in the simplest way, which a rule of the service may contradict: the tests post everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from random import Random
from typing import Any

from parcours.demo.bodies import STATE_SOURCE
from parcours.demo.contracts import Contract
from parcours.demo.journal import DAY, SEED, days, office_day_before
from parcours.demo.lives import Person, Stage
from shared.facts.months import months_after

NEW_LENGTH_SINCE = date(2024, 2, 28)
"""Granted from then on: 730 days; before: two years."""


@dataclass(frozen=True, slots=True)
class Work:
    """A contract with a structure of the IAE."""

    stage: Stage
    contract: Contract

    @property
    def starts_on(self) -> date:
        return self.contract.starts_on

    @property
    def ends_on(self) -> date:
        return self.contract.ends_on or date.max


@dataclass(slots=True)
class Agrement:
    """A person's agrément from day to day. `ends_on`: as it is with everything written so far."""

    person: Person
    works: Sequence[Work]
    rng: Random = field(init=False)
    starts_on: date = field(init=False)
    ends_on: date = field(init=False)
    resumed_on: date = field(init=False)
    """The day after the last suspension."""

    suspensions: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.rng = Random(f"{SEED}/right/{self.person.number}")
        self.starts_on = self.resumed_on = self.works[0].starts_on
        if office_day_before(self.starts_on) < NEW_LENGTH_SINCE:
            self.ends_on = months_after(self.starts_on, 24) - DAY
        else:
            self.ends_on = self.starts_on + days(729)

    def spans(self) -> Iterator[tuple[Work, date, Work | None]]:
        """Each contract, the last day of work so far, and the contract that follows."""
        until = date.min
        for work, following in pairwise((*self.works, None)):
            assert work is not None
            until = max(until, work.ends_on)
            yield work, until, following

    def suspend(
        self, work: Work, reason: str, starts_on: date, ends_on: date | None, declared_on: date
    ) -> tuple[str, str]:
        """The event's id and the suspension's."""
        self.suspensions += 1
        suspension = self.person.an_id("suspension", self.suspensions)
        data = {
            "agrement_id": self.id,
            "suspension_id": suspension,
            "structure_id": work.stage.body.id,
            "reason": reason,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "declared_on": declared_on,
        }
        return self.write(work, "suspended", declared_on, data), suspension

    def count(self, starts_on: date, ends_on: date) -> None:
        self.ends_on += ends_on - starts_on
        self.resumed_on = ends_on + DAY

    @property
    def id(self) -> str:
        return self.person.an_id("agrement")

    def write(self, work: Work, kind: str, known_on: date, data: dict[str, Any]) -> str:
        """Said by the structure. The event's id."""
        return self.person.journal.write(work.stage.body.source, f"agrement.{kind}", known_on, data)

    def decide(self, kind: str, known_on: date, data: dict[str, Any]) -> None:
        """Said by the State's software."""
        self.person.journal.write(STATE_SOURCE, f"agrement.{kind}", known_on, data)
