"""The right to work in the IAE (agrément) as it is lived: granted, suspended between two hires, prolonged, closed.

Ends are reckoned here in the simplest way, which a rule of the service may contradict: the tests post everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from parcours.demo.bodies import STATE_SOURCE, Body
from parcours.demo.contracts import Contract
from parcours.demo.journal import (
    LAST_DAY,
    SEED,
    an_id,
    between,
    days,
    in_months,
    office_day_before,
    one_of,
    working_day,
)
from parcours.demo.lives import SHOWCASE, Person, Stage

DAY = timedelta(days=1)
SENIOR, YOUNG = 50, 26
DETLD_MONTHS, DELD_MONTHS = 24, 12
NEEDED = {"AI": 2, "ETTI": 2, "ACI": 3, "EI": 3}
"""Criteria of level 2 that an employer needs where none of level 1 holds."""

LEVEL_1 = ("RSA", "ASS", "AAH", "DETLD")
PRESCRIBERS = {"FT": 6, "ML": 2, "CAP_EMPLOI": 1, "DEPT": 1}

NEW_LENGTH_SINCE = date(2024, 2, 28)
"""Granted from then on: 730 days; before: two years."""

MOST_PROLONGATIONS = 3
ASKED_AHEAD = (40, 170)
"""Days before the end when a prolongation is asked."""

LEFT_RUNNING = 0.2
"""Share of the gaps between two contracts that nobody declares: their days are used up."""

FORGOTTEN = 70
"""A person hired without an agrément: the diagnosis was made, and nobody asked for more."""

MOVED = 31
"""One whose agrément was to begin a week later than the hire did."""

DOUBTED = 90
"""One whose diagnosis was taken back a year after the agrément had been granted on it."""

FELL_THROUGH = 3
"""Among those who were only welcomed: which one has an agrément for a hire that never came."""


def open_right(person: Person, stage: Stage) -> None:
    """Diagnosis and agrément at the first hire by a structure of the IAE."""
    rng, body = person.rng, stage.body
    hired_on = stage.starts_on
    by_chance = rng.random() < 0.45
    made_on = office_day_before(hired_on - timedelta(days=rng.randint(4, 28)))
    by_employer = by_chance and _is_enough(criteria_of(person, made_on), body.kind)
    prescriber = str(one_of(rng, PRESCRIBERS))
    _diagnose(person, made_on, body if by_employer else None, prescriber)
    granted_on = office_day_before(hired_on - days(4 if person.number == MOVED else 0))
    granted = {
        "agrement_id": person.an_id("agrement"),
        "origin": "default",
        "granted_on": granted_on,
        "starts_on": hired_on + days(7) if person.number == MOVED else hired_on,
        "structure_id": body.id,
        "diagnosis_id": person.an_id("diagnosis"),
        "contract_id": person.an_id("contract", person.stages.index(stage) + 1, 1),
        "sender_kind": "employer" if by_employer else "authorised_prescriber",
        "prescriber_kind": None if by_employer else prescriber,
    }
    if person.number != FORGOTTEN:
        person.journal.write(STATE_SOURCE, "agrement.agrement_granted", granted_on, granted)


def open_right_in_vain(person: Person, body: Body, received_on: date) -> None:
    """A prescriber's diagnosis and an agrément for a hire that fell through: cancelled three weeks later."""
    granted_on = working_day(received_on + days(9))
    _diagnose(person, working_day(received_on + days(2)), None, "FT")
    granted = {
        "agrement_id": person.an_id("agrement"),
        "origin": "default",
        "granted_on": granted_on,
        "starts_on": granted_on + days(12),
        "structure_id": body.id,
        "diagnosis_id": person.an_id("diagnosis"),
        "sender_kind": "authorised_prescriber",
        "prescriber_kind": "FT",
    }
    person.journal.write(STATE_SOURCE, "agrement.agrement_granted", granted_on, granted)
    cancelled_on = working_day(granted_on + days(21))
    cancelled = {
        "agrement_id": person.an_id("agrement"),
        "cancelled_on": cancelled_on,
        "reason": "hire_fell_through",
    }
    person.journal.write(STATE_SOURCE, "agrement.agrement_cancelled", cancelled_on, cancelled)


def _diagnose(person: Person, made_on: date, employer: Body | None, prescriber: str) -> None:
    diagnosis = {
        "diagnosis_id": person.an_id("diagnosis"),
        "made_on": made_on,
        "author_kind": "employer" if employer else "authorised_prescriber",
        "structure_id": employer.id if employer else None,
        "prescriber_kind": None if employer else prescriber,
        "criteria": criteria_of(person, made_on) or None,
        "age": person.age_on(made_on),
        "unemployed_months": person.unemployed_months,
    }
    source = employer.source if employer else STATE_SOURCE
    name = person.journal.write(source, "agrement.eligibility_diagnosed", made_on, diagnosis)
    if person.number == DOUBTED:
        person.journal.void(source, "agrement", name, made_on + days(365))


def criteria_of(person: Person, day: date) -> list[str]:
    """What of the lists of 2021 the profile fulfils on that day."""
    age, months = person.age_on(day), person.unemployed_months or 0
    held = {
        person.benefit or "": bool(person.benefit),
        "DETLD": months >= DETLD_MONTHS,
        "NIVEAU_3_OU_INFRA": person.education in ("NONE", "LEVEL_3"),
        "SENIOR": age >= SENIOR,
        "JEUNE": age < YOUNG,
        "DELD": DELD_MONTHS <= months < DETLD_MONTHS,
        "TH": person.is_disabled,
        "ZRR": person.is_rural,
        "QPV": person.is_in_qpv,
    }
    return [name for name, holds in held.items() if holds]


def _is_enough(criteria: list[str], kind: str) -> bool:
    return any(name in LEVEL_1 for name in criteria) or len(criteria) >= NEEDED[kind]


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
class Right:
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
            self.ends_on = in_months(self.starts_on, 24) - DAY
        else:
            self.ends_on = self.starts_on + days(729)

    def live(self) -> None:
        """Suspensions up to the last contract, the prolongation it needs, and what becomes of it afterwards."""
        for work, until, following in self._spans():
            self._be_away(work)
            if following is not None:
                self._stand_still(work, until, following)
        self._prolong()
        work, until = self.works[-1], max(work.ends_on for work in self.works)
        if until < LAST_DAY and self.resumed_on <= until + DAY:
            self._leave(work, until + DAY)

    def _spans(self) -> Iterator[tuple[Work, date, Work | None]]:
        """Each contract, the last day of work so far, and the contract that follows."""
        until = date.min
        for work, following in pairwise((*self.works, None)):
            assert work is not None
            until = max(until, work.ends_on)
            yield work, until, following

    # Suspensions

    def _be_away(self, work: Work) -> None:
        """A contract that stands still for more than 15 days."""
        away = work.contract.away
        if away is None or (away[1] - away[0]).days < 16 or self._is_another_hire_in(work, *away):
            return
        starts_on, ends_on = away
        declared_on = working_day(starts_on + days(6))
        if declared_on > min(self.ends_on, LAST_DAY) or starts_on < self.resumed_on:
            return
        _, suspension = self._suspend(work, "CONTRACT_SUSPENDED", starts_on, ends_on, declared_on)
        about = {
            "agrement_id": self._id,
            "suspension_id": suspension,
            "structure_id": work.stage.body.id,
        }
        what = self.person.number % 4
        back_on = office_day_before(ends_on - days(3))
        if what == 0 and back_on > declared_on:
            ends_on = back_on - DAY
            changed = {**about, "changed_on": back_on, "back_on": back_on}
            self._write(work, "suspension_changed", back_on, changed)
        elif what == 1:
            removed_on = working_day(declared_on + days(2))
            if removed_on <= ends_on:
                self._write(work, "suspension_removed", removed_on, {**about, "removed_on": removed_on})
                return
        self._count(starts_on, ends_on)

    def _is_another_hire_in(self, work: Work, first: date, last: date) -> bool:
        return any(other is not work and work.starts_on <= other.starts_on <= last for other in self.works)

    def _stand_still(self, work: Work, until: date, following: Work) -> None:
        """Weeks between two contracts: most structures suspend the agrément, until the next hire lifts it."""
        starts_on, back_on = until + DAY, following.starts_on
        gap = (back_on - starts_on).days
        is_handed_over = work.stage.next is following.stage and self._is_in_group(work, following, starts_on)
        is_left_running = self.rng.random() < LEFT_RUNNING and self.person.number != SHOWCASE
        if gap < (7 if is_handed_over else 20) or is_left_running:
            return
        declared_on = working_day(starts_on + days(self.rng.randint(1, 12)))
        if declared_on >= back_on:
            declared_on = starts_on
        if declared_on > min(self.ends_on, LAST_DAY) or starts_on < self.resumed_on:
            return
        reason = "APPROVAL_BETWEEN_CTA_MEMBERS" if is_handed_over else self._reason(work)
        if self.person.number % 29 == 2 and starts_on - days(10) >= self.resumed_on:
            self._suspend_by_mistake(work, reason, starts_on, declared_on)
        ends_on = self._until(starts_on)
        self._suspend(work, reason, starts_on, ends_on, declared_on)
        self._count(starts_on, min(ends_on or back_on, back_on - DAY))

    def _suspend_by_mistake(self, work: Work, reason: str, starts_on: date, declared_on: date) -> None:
        """Declared from a wrong day, voided at once."""
        name, _ = self._suspend(work, reason, starts_on + min(DAY, declared_on - starts_on), None, declared_on)
        self.person.journal.void(work.stage.body.source, "agrement", name, declared_on)

    @staticmethod
    def _is_in_group(work: Work, following: Work, day: date) -> bool:
        return work.stage.body.is_member_on(day) and following.stage.body.is_member_on(day)

    def _until(self, starts_on: date) -> date | None:
        """Most declare as long as they may."""
        months = one_of(self.rng, {0: 6, 12: 3, 24: 1})
        return in_months(starts_on, months) - DAY if months else None

    @staticmethod
    def _reason(work: Work) -> str:
        return "FINISHED_CONTRACT" if work.contract.ends_on == work.contract.planned_ends_on else "CONTRACT_BROKEN"

    def _suspend(
        self, work: Work, reason: str, starts_on: date, ends_on: date | None, declared_on: date
    ) -> tuple[str, str]:
        """The event's id and the suspension's."""
        self.suspensions += 1
        suspension = self.person.an_id("suspension", self.suspensions)
        data = {
            "agrement_id": self._id,
            "suspension_id": suspension,
            "structure_id": work.stage.body.id,
            "reason": reason,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "declared_on": declared_on,
        }
        return self._write(work, "suspended", declared_on, data), suspension

    def _count(self, starts_on: date, ends_on: date) -> None:
        self.ends_on += ends_on - starts_on
        self.resumed_on = ends_on + DAY

    # Prolongations

    def _prolong(self) -> None:
        """Asked for when contracts go on beyond the end, and by most who employ the person shortly before it."""
        for place in range(MOST_PROLONGATIONS):
            first, last = self.ends_on - days(ASKED_AHEAD[1]), self.ends_on - days(ASKED_AHEAD[0])
            first = max(first, self.resumed_on)
            asked_on = working_day(between(self.rng, first, min(last, LAST_DAY)))
            employer = self._employer_on(asked_on)
            if not first <= asked_on <= min(last, LAST_DAY) or employer is None:
                return
            goes_on = any(work.ends_on > self.ends_on and work.starts_on <= LAST_DAY for work in self.works)
            is_at_work = any(work.starts_on <= asked_on <= work.ends_on for work in self.works)
            wants_to = self.rng.random() < 0.6 and place == 0
            if not (goes_on or (is_at_work and wants_to)) or not self._ask(employer, asked_on):
                return

    def _employer_on(self, day: date) -> Work | None:
        return next((work for work in reversed(self.works) if work.starts_on <= day), None)

    def _ask(self, work: Work, asked_on: date) -> bool:
        """Whether it was prolonged."""
        reason = self._reason_to_go_on(work, asked_on)
        starts_on, self.requests = self.ends_on, self.requests + 1
        ends_on = starts_on + days(self.rng.choice((92, 120, 182, 182, 273, 365)))
        what = {
            "agrement_id": self._id,
            "structure_id": work.stage.body.id,
            "reason": reason,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "age": self.person.age_on(asked_on),
        }
        prolongation = self.person.an_id("prolongation", self.requests)
        if reason == "COMPLETE_TRAINING":
            self._write(work, "prolonged", asked_on, {**what, "prolongation_id": prolongation, "declared_on": asked_on})
            self.ends_on = ends_on
            return True
        request = self.person.an_id("request", self.requests)
        prescriber = str(one_of(self.rng, PRESCRIBERS))
        addressed_to = an_id("prescriber", prescriber)
        asked = {"request_id": request, "requested_on": asked_on, "addressed_to": addressed_to}
        self._write(work, "prolongation_requested", asked_on, {**what, **asked})
        decided_on = working_day(asked_on + days(self.rng.randint(4, 26)))
        if decided_on > LAST_DAY:
            return False
        answer = {
            "agrement_id": self._id,
            "request_id": request,
            "decided_on": decided_on,
            "prescriber_id": addressed_to,
            "prescriber_kind": prescriber,
            "authorised": True,
        }
        if self._is_denied():
            why = str(one_of(self.rng, {"IAE": 3, "DURATION": 1, "REASON": 1}))
            denied = {**answer, "deny_reason": why, "next_step": "EXIT_TO_TRAINING" if why == "IAE" else None}
            self._state("prolongation_denied", decided_on, denied)
            return False
        self._state("prolongation_granted", decided_on, {**answer, "prolongation_id": prolongation})
        self.ends_on = ends_on
        return True

    def _reason_to_go_on(self, work: Work, day: date) -> str:
        if self.person.is_disabled:
            return "RQTH"
        if self.person.age_on(day) >= SENIOR:
            return "SENIOR"
        if work.stage.body.kind in ("AI", "ACI") and self.rng.random() < 0.8:
            return "PARTICULAR_DIFFICULTIES"
        return "COMPLETE_TRAINING"

    def _is_denied(self) -> bool:
        """Now and then, where no contract begins after the end."""
        return self.rng.random() < 0.5 and not any(work.starts_on > self.ends_on for work in self.works)

    # After the last contract

    def _leave(self, work: Work, starts_on: date) -> None:
        """Some structures suspend for somebody who may come back; who does not is closed after a year."""
        may_come_back = work.stage.reason in ("2", "6", "7", "8", "10")
        declared_on = working_day(starts_on + days(self.rng.randint(2, 20)))
        if not may_come_back or self.rng.random() < 0.6 or declared_on > min(self.ends_on, LAST_DAY):
            return
        ends_on = self._until(starts_on)
        _, suspension = self._suspend(work, self._reason(work), starts_on, ends_on, declared_on)
        closed_on = working_day(starts_on + days(380))
        if self.person.number % 3 == 0 and closed_on <= LAST_DAY and (ends_on is None or closed_on <= ends_on):
            closed = {
                "agrement_id": self._id,
                "closed_on": closed_on,
                "reason": "suspended_too_long",
                "author_kind": "employer",
                "structure_id": work.stage.body.id,
                "suspension_id": suspension,
            }
            self._write(work, "agrement_closed", closed_on, closed)

    # Writing

    @property
    def _id(self) -> str:
        return self.person.an_id("agrement")

    def _write(self, work: Work, kind: str, known_on: date, data: dict[str, Any]) -> str:
        return self.person.journal.write(work.stage.body.source, f"agrement.{kind}", known_on, data)

    def _state(self, kind: str, known_on: date, data: dict[str, Any]) -> None:
        self.person.journal.write(STATE_SOURCE, f"agrement.{kind}", known_on, data)


def live_the_right(person: Person, lived: Sequence[tuple[Stage, list[Contract]]]) -> None:
    """What became of the agrément, from all contracts of the person."""
    works = [Work(stage, contract) for stage, contracts in lived for contract in contracts if stage.body.is_siae]
    works.sort(key=lambda work: work.starts_on)
    if works and person.number != FORGOTTEN:
        Right(person, works).live()
