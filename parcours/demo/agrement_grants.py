"""A person's agrément opened: the diagnosis, and the grant for the first hire by a structure of the IAE."""

from __future__ import annotations

from datetime import date, timedelta

from parcours.demo.bodies import STATE_SOURCE, Body
from parcours.demo.journal import days, office_day_before, one_of, working_day
from parcours.demo.lives import Person, Stage

SENIOR, YOUNG = 50, 26
DETLD_MONTHS, DELD_MONTHS = 24, 12
NEEDED = {"AI": 2, "ETTI": 2, "ACI": 3, "EI": 3}
"""Criteria of level 2 that an employer needs where none of level 1 holds."""

LEVEL_1 = ("RSA", "ASS", "AAH", "DETLD")
PRESCRIBERS = {"FT": 6, "ML": 2, "CAP_EMPLOI": 1, "DEPT": 1}

FORGOTTEN = 70
"""A person hired without an agrément: the diagnosis was made, and nobody asked for more."""

MOVED = 31
"""One whose agrément was to begin a week later than the hire did."""

DOUBTED = 90
"""One whose diagnosis was taken back a year after the agrément had been granted on it."""

FELL_THROUGH = 3
"""Among those who were only welcomed: which one has an agrément for a hire that never came."""


def open_agrement(person: Person, stage: Stage) -> None:
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


def open_agrement_in_vain(person: Person, body: Body, received_on: date) -> None:
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
        "NIVEAU_3_OU_INFRA": person.education in ("1", "3"),
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
