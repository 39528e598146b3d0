"""What a person's settled facts amount to: agréments with what moves their ends, hires and diagnoses. Immutable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from shared.facts.days import span_days

Counting = Literal["reference", "day_exact"]
"""How a suspension of N days, both ends included, moves the end: by N - 1, as official dates are computed, or by N."""

RequestState = Literal["pending", "granted", "denied"]


@dataclass(frozen=True, slots=True)
class Suspension:
    """`ends_on` is never open: without one it is the latest day allowed when it was declared."""

    suspension_id: UUID
    structure_id: UUID
    reason: str | None
    starts_on: date
    ends_on: date
    declared_on: date
    open_ended: bool = False
    author_kind: str | None = None
    gone: bool = False
    lifted: bool = False

    def runs_on(self, day: date) -> bool:
        return not self.gone and self.starts_on <= day <= self.ends_on

    def pushes_days(self, counting: Counting) -> int:
        if self.gone or self.ends_on < self.starts_on:
            return 0
        # The official service takes the difference of the two dates, which leaves one day of the span out.
        return span_days(self.starts_on, self.ends_on) - (counting == "reference")


@dataclass(frozen=True, slots=True)
class Prolongation:
    """The end moves from `starts_on` to `ends_on`: days after the first, so two may touch."""

    prolongation_id: UUID
    structure_id: UUID
    reason: str | None
    starts_on: date
    ends_on: date
    request_id: UUID | None = None
    training_id: UUID | None = None
    contract_id: UUID | None = None
    age: int | None = None
    gone: bool = False

    @property
    def pushes_days(self) -> int:
        # Its first day is the last of the agrément as it was, so the difference is what is added.
        return 0 if self.gone else max((self.ends_on - self.starts_on).days, 0)

    def overlaps(self, starts_on: date, ends_on: date) -> bool:
        # Half-open: two may touch, since the first day of the next is the last of the one before.
        return not self.gone and self.starts_on < ends_on and starts_on < self.ends_on


@dataclass(frozen=True, slots=True)
class Request:
    request_id: UUID
    structure_id: UUID
    reason: str | None
    starts_on: date
    ends_on: date
    requested_on: date
    age: int | None = None
    state: RequestState = "pending"
    addressed_to: UUID | None = None
    decided_on: date | None = None
    prescriber_kind: str | None = None
    deny_reason: str | None = None
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """One fact that made the end what it is, and by how many days; the grant by the length it gives. An id is its source's
    own: two senders may give the same one."""

    source: str
    fact_id: str
    type: str
    days: int
    article: str


@dataclass(frozen=True, slots=True)
class Agrement:
    """One agrément. `suspensions` and `prolongations` in the order of their starts, the ones that are gone included."""

    agrement_id: UUID
    number: str | None
    origin: str
    granted_on: date
    starts_on: date
    base_ends_on: date
    counting: Counting
    suspensions: tuple[Suspension, ...] = ()
    prolongations: tuple[Prolongation, ...] = ()
    requests: tuple[Request, ...] = ()
    closed_on: date | None = None
    cancelled_on: date | None = None
    explained: tuple[Moved, ...] = ()
    ends_on: date = field(default=date.max)

    def standing_suspensions(self) -> Iterator[Suspension]:
        return (suspension for suspension in self.suspensions if not suspension.gone)

    def standing_prolongations(self) -> Iterator[Prolongation]:
        return (prolongation for prolongation in self.prolongations if not prolongation.gone)

    def suspension_on(self, day: date) -> Suspension | None:
        return next((suspension for suspension in self.suspensions if suspension.runs_on(day)), None)

    def suspension(self, suspension_id: UUID) -> Suspension | None:
        return next((suspension for suspension in self.suspensions if suspension.suspension_id == suspension_id), None)

    def request(self, request_id: UUID) -> Request | None:
        return next((request for request in self.requests if request.request_id == request_id), None)

    def pending_request(self) -> Request | None:
        return next((request for request in self.requests if request.state == "pending"), None)


@dataclass(frozen=True, slots=True)
class Hire:
    """A hire by a SIAE, in a pathway. `agrement_id`: the agrément it uses."""

    contract_id: UUID
    structure_id: UUID
    structure_kind: str
    starts_on: date
    agrement_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`expires_on`: the first day it is no longer valid."""

    diagnosis_id: UUID
    author_kind: str
    structure_id: UUID | None
    made_on: date
    expires_on: date

    def is_valid_on(self, day: date) -> bool:
        return self.made_on <= day < self.expires_on

    @property
    def is_by_prescriber(self) -> bool:
        return self.author_kind == "authorised_prescriber"

    def is_seen_by(self, structure_id: UUID | None) -> bool:
        """A prescriber's by all, an employer's by that SIAE; where either is not said, it is not held against them."""
        return self.is_by_prescriber or structure_id is None or self.structure_id in (None, structure_id)


@dataclass(frozen=True, slots=True)
class PersonFile:
    """Everything decisions need. `agrements` in the order of their starts; cancelled ones apart."""

    agrements: tuple[Agrement, ...] = ()
    cancelled: tuple[Agrement, ...] = ()
    hires: tuple[Hire, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()

    def agrement(self, agrement_id: UUID) -> Agrement | None:
        return next(
            (agrement for agrement in (*self.agrements, *self.cancelled) if agrement.agrement_id == agrement_id), None
        )

    def last_hire(self, day: date) -> Hire | None:
        """The latest of the hires that started by that day; of several on one day, the last in the order of truth."""
        return next((hire for hire in reversed(self.hires) if hire.starts_on <= day), None)
