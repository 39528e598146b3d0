"""Hires, renewals, changes, suspensions and ends of the contracts of one stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from parcours.demo.bodies import annex_of
from parcours.demo.journal import DAY, LAST_DAY, days, one_of
from parcours.demo.lives import Person, Stage
from shared.facts.months import months_after, span_end


@dataclass(frozen=True, slots=True)
class Usual:
    """How structures of a kind employ. Lengths in months, gaps between contracts in days."""

    contract_type: str
    shortest: int
    longest: int
    gap: int
    weekly_hours: tuple[int, ...]
    occupations: tuple[str, ...]


USUAL = {
    "ACI": Usual("CDDI", 4, 8, 0, (24, 26, 26, 26, 28), ("A1203", "A1416", "K2304")),
    "AI": Usual("CDD_USAGE", 1, 3, 12, (), ("K1304", "K2204", "A1203", "N1103")),
    "EI": Usual("CDDI", 4, 6, 0, (30, 32, 35), ("H2206", "H2203")),
    "ETTI": Usual("MISSION", 1, 2, 10, (35, 35, 30), ("N1103", "N1105", "H2102", "K2204")),
    "OASP": Usual("CDI", 0, 0, 0, (20, 24, 28), ("K1304", "K1302")),
    "GEIQ": Usual("PROFESSIONNALISATION", 12, 12, 0, (35,), ("F1703", "F1607")),
    "COMPANY": Usual("CDI", 0, 0, 0, (35,), ("H2206",)),
}
OPEN_ENDED = 0

FOR_GOOD = {93: 12, 82: 12, 65: 10}
"""Persons who got a permanent contract of inclusion after so many months: as the law has it, too young, too early."""

GROUND = {34: "senior"}
"""Why a contract goes on beyond two years, where somebody said so."""


@dataclass(frozen=True, slots=True)
class Contract:
    id: str
    event: str
    starts_on: date
    planned_ends_on: date | None
    ends_on: date | None
    """None: still running on the last day."""

    occupation: str
    weekly_hours: int | None
    away: tuple[date, date] | None = None
    """First and last day of the weeks without work."""

    type: str = "CDDI"

    @property
    def last_day(self) -> date:
        return min(self.ends_on or LAST_DAY, LAST_DAY)


def write_contracts(person: Person, stage: Stage, number: int) -> list[Contract]:
    """The contracts of the person's stay `number`, from 1."""
    rng, usual = person.rng, USUAL[stage.body.kind]
    hours = rng.choice(usual.weekly_hours) if usual.weekly_hours else None
    occupation = rng.choice(usual.occupations)
    contracts: list[Contract] = []
    for_good_from = _for_good_from(person, stage)
    for place, (starts_on, planned, ends_on) in enumerate(_spans(rng, usual, stage, for_good_from), start=1):
        contract_id = person.an_id("contract", number, place)
        renewed = contracts[-1].id if contracts and usual.gap == 0 else None
        kind = "CDI_INCLUSION" if starts_on == for_good_from else usual.contract_type
        contract = Contract(contract_id, "", starts_on, planned, ends_on, occupation, hours, type=kind)
        event = _hire(person, stage, contract, renewed, place)
        contracts.append(replace(contract, event=event))
    _end(person, stage, contracts)
    _go_beyond(person, stage, contracts)
    if contracts and rng.random() < 0.12:
        contracts[0] = replace(contracts[0], away=_suspend(person, stage, contracts[0]))
    return contracts


def _for_good_from(person: Person, stage: Stage) -> date | None:
    """First day of a permanent contract of inclusion in this stay."""
    if person.number not in FOR_GOOD or stage is not person.stages[0]:
        return None
    return months_after(stage.starts_on, FOR_GOOD[person.number])


def _go_beyond(person: Person, stage: Stage, contracts: list[Contract]) -> None:
    """Why the contracts go on after two years; where nobody says so, they do all the same."""
    ground, from_day = GROUND.get(person.number), months_after(stage.starts_on, 24)
    last = next((c for c in contracts if c.starts_on < from_day <= c.last_day), None)
    if ground is not None and last is not None:
        changed_on = max(last.starts_on, from_day - days(14))
        data = {"contract_id": last.id, "changed_on": changed_on, "extension_ground": ground}
        person.journal.write(stage.body.source, "pathways.contract_changed", changed_on, data)


def _spans(
    rng: Random, usual: Usual, stage: Stage, for_good_from: date | None
) -> Iterator[tuple[date, date | None, date | None]]:
    """First day, planned last day, real last day of each contract of the stay."""
    starts_on = stage.starts_on
    if usual.longest == OPEN_ENDED:
        yield starts_on, None, stage.ends_on
        return
    while True:
        planned = span_end(starts_on, rng.randint(usual.shortest, usual.longest))
        following = planned + DAY + timedelta(days=rng.randint(0, usual.gap))
        if for_good_from is not None and planned >= for_good_from - DAY:
            yield starts_on, for_good_from - DAY, for_good_from - DAY
            yield for_good_from, None, stage.ends_on
            return
        if stage.ends_on is None and planned >= LAST_DAY:
            yield starts_on, planned, None
            return
        if stage.ends_on is not None and following > stage.ends_on:
            yield starts_on, _planned_end(rng, usual, starts_on, stage.ends_on, planned), stage.ends_on
            return
        yield starts_on, planned, planned
        if following > LAST_DAY:
            return
        starts_on = following


def _planned_end(rng: Random, usual: Usual, starts_on: date, ends_on: date, planned: date) -> date:
    """Most contracts go to their term; the others were left before it."""
    can_be_term = ends_on >= span_end(starts_on, usual.shortest)
    if (can_be_term and rng.random() < 0.7) or planned < ends_on:
        return ends_on
    return planned


def _hire(person: Person, stage: Stage, contract: Contract, renewed: str | None, place: int) -> str:
    body, rng = stage.body, person.rng
    known_on = contract.starts_on + timedelta(days=rng.randint(-2, 3))
    low_hours = body.kind == "ACI" and person.number % 40 == 3
    data = {
        "contract_id": contract.id,
        "structure_id": body.id,
        "contract_type": contract.type,
        "starts_on": contract.starts_on,
        "ends_on": contract.planned_ends_on,
        "weekly_hours": 12 if low_hours else contract.weekly_hours,
        "in_pathway": True,
        "renews_contract_id": renewed,
        "annex_id": annex_of(body, contract.starts_on.year) if body.is_siae and body.kind != "AI" else None,
        "sender_kind": _sender(rng) if place == 1 else None,
        "occupation_code": contract.occupation,
        "age": person.age_on(contract.starts_on),
    }
    if person.number % 44 == 5 and place == 1 and stage is person.stages[0]:
        known_on = _hire_by_mistake(person, stage, data, known_on)
    if low_hours and person.number % 80 == 3:
        _allow_few_hours(person, stage, contract)
    return person.journal.write(body.source, "pathways.hired", known_on, data)


def _hire_by_mistake(person: Person, stage: Stage, data: dict[str, object], known_on: date) -> date:
    """Typed with another first day, voided two days later; answers the day of the right one."""
    wrong = {**data, "contract_id": person.an_id("contract", "mistake"), "starts_on": stage.starts_on - days(31)}
    source = stage.body.source
    name = person.journal.write(source, "pathways.hired", known_on, wrong)
    person.journal.void(source, "pathways", name, known_on + days(4))
    return known_on + days(4)


def _allow_few_hours(person: Person, stage: Stage, contract: Contract) -> None:
    data = {
        "derogation_id": person.an_id("derogation", contract.id),
        "contract_id": contract.id,
        "kind": "difficulties",
        "decided_on": contract.starts_on - days(3),
        "starts_on": contract.starts_on,
        "ends_on": span_end(contract.starts_on, 12),
    }
    known_on = contract.starts_on + days(1)
    person.journal.write(stage.body.source, "pathways.weekly_hours_derogation_granted", known_on, data)


def _end(person: Person, stage: Stage, contracts: list[Contract]) -> None:
    """The last contract's end is always written, those before it now and then: their term says it."""
    for contract in contracts:
        is_last = contract is contracts[-1]
        if contract.ends_on is None or not (is_last or person.rng.random() < 0.3):
            continue
        cause = "term" if contract.ends_on == contract.planned_ends_on else _cause(stage.reason)
        known_on = contract.ends_on + timedelta(days=person.rng.randint(1, 9))
        ended = {"contract_id": contract.id, "ended_on": contract.ends_on, "cause": cause}
        person.journal.write(stage.body.source, "pathways.contract_ended", known_on, ended)
        if is_last and person.number % 9 == 0 and contract.planned_ends_on == contract.ends_on:
            _was_extended(person, stage, contract)


def _was_extended(person: Person, stage: Stage, contract: Contract) -> None:
    """Some weeks before its end the hours of the last contract grew."""
    changed_on = max(contract.starts_on + days(7), contract.last_day - days(45))
    if contract.weekly_hours is None or changed_on >= contract.last_day:
        return
    data = {"contract_id": contract.id, "changed_on": changed_on, "weekly_hours": contract.weekly_hours + 2}
    person.journal.write(stage.body.source, "pathways.contract_changed", changed_on, data)


def _suspend(person: Person, stage: Stage, contract: Contract) -> tuple[date, date] | None:
    """A few weeks without work, within the contract."""
    starts_on = contract.starts_on + timedelta(days=person.rng.randint(25, 80))
    ends_on = starts_on + timedelta(days=person.rng.randint(14, 70))
    if ends_on > contract.last_day:
        return None
    cause = one_of(person.rng, {"sickness": 5, "maternity": 2 if person.sex == "F" else 0, "trial_elsewhere": 3})
    data = {"contract_id": contract.id, "starts_on": starts_on, "ends_on": ends_on, "cause": cause}
    person.journal.write(stage.body.source, "pathways.contract_suspended", starts_on + days(4), data)
    return starts_on, ends_on


def _cause(reason: str | None) -> str:
    if reason in ("3", "4", "5", "9", "10", "13", "14"):
        return "resignation_for_job_or_training"
    causes = {"19": "dismissal", "21": "trial_period_employer", "22": "trial_period_employee"}
    return causes.get(reason or "", "mutual_agreement")


def _sender(rng: Random) -> str:
    return str(one_of(rng, {"authorised_prescriber": 55, "self": 20, "orienteur": 15, "employer": 10}))
