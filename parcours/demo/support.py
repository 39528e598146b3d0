"""What a structure does beside the work: welcome, trainings, immersions, support, skills."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from parcours.demo.bodies import BODIES, Body, clients
from parcours.demo.contracts import Contract
from parcours.demo.journal import LAST_DAY, between, days, one_of, working_day
from parcours.demo.lives import Person, Stage

THEMES = {
    "project": 16, "skills_assessment": 9, "work_rules": 10, "training": 10, "job_search": 15,
    "mobility": 10, "housing": 7, "budget": 6, "care": 5, "rights": 6, "language": 2, "childcare": 2, "digital": 2,
}  # fmt: skip
TRAININGS = {"adaptation": 60, "pre_qualifying": 14, "language": 14, "qualifying": 8, "other": 4}
TRAINING_HOURS = {"adaptation": (7, 35), "pre_qualifying": (70, 210), "language": (60, 150), "qualifying": (300, 600), "other": (7, 21)}  # fmt: skip
TRAINED = {"ACI": 0.6, "AI": 0.3, "EI": 0.4, "ETTI": 0.3, "OASP": 0.4}
DELD_MONTHS = 12


def register(person: Person, source: str, known_on: date) -> None:
    data = {
        "registered_on": known_on,
        "sex": person.sex,
        "birth_year": person.birth_year,
        "education_level": person.education,
        "benefits": [person.benefit] if person.benefit else None,
        "rqth": person.is_disabled,
        "housing": one_of(person.rng, {"tenant": 60, "hosted": 22, "owner": 12, "unstable": 6}),
        "qpv": person.is_in_qpv,
        "rural": person.is_rural,
        "unemployed_months": person.unemployed_months,
    }
    person.journal.write(source, "pathways.person_registered", known_on, data)


def welcome(person: Person, body: Body, day: date, outcome: str, oriented_to: str | None = None) -> None:
    sender = one_of(person.rng, {"authorised_prescriber": 50, "self": 30, "orienteur": 20})
    data = {
        "structure_id": body.id,
        "received_on": day,
        "sender_kind": sender,
        "prescriber_kind": one_of(person.rng, {"FT": 6, "ML": 2, "CAP_EMPLOI": 1})
        if sender == "authorised_prescriber"
        else None,
        "outcome": outcome,
        "oriented_to": oriented_to,
    }
    person.journal.write(body.source, "pathways.received", day, data)


def accompany(person: Person, stage: Stage, contracts: list[Contract]) -> None:
    """Support about once a month, trainings, an immersion, skills."""
    _support(person, stage)
    for contract in contracts[:2]:
        length = (contract.last_day - contract.starts_on).days
        if length > 30 and person.rng.random() < TRAINED.get(stage.body.kind, 0.0):
            _train(person, stage, contract)
        if stage.body.kind in ("ACI", "EI") and length > 115 and person.rng.random() < 0.2:
            _immerse(person, stage, contract)
    if (stage.last_day - stage.starts_on).days > 150 and person.rng.random() < 0.4:
        _master_a_skill(person, stage)


def _support(person: Person, stage: Stage) -> None:
    rng = person.rng
    pace = {"ACI": (14, 40), "AI": (25, 75), "EI": (20, 60), "ETTI": (30, 80)}.get(stage.body.kind)
    if pace is None:
        return
    day, number = working_day(stage.starts_on + timedelta(days=rng.randint(3, 14))), 0
    while day <= stage.last_day:
        number += 1
        kind = one_of(rng, {"interview": 55, "action": 30, "proposal": 15})
        outcomes = {"done": 9, "failed": 1} if kind != "proposal" else {"accepted": 6, "refused": 3, "failed": 1}
        data = {
            "action_id": person.an_id("support", person.stages.index(stage), number),
            "structure_id": stage.body.id,
            "done_on": day,
            "kind": kind,
            "outcome": one_of(rng, outcomes),
            "theme": one_of(rng, THEMES),
        }
        person.journal.write(
            stage.body.source, "pathways.support_action", day + timedelta(days=rng.randint(0, 3)), data
        )
        day = working_day(day + timedelta(days=rng.randint(*pace)))


def _train(person: Person, stage: Stage, contract: Contract) -> None:
    rng = person.rng
    kind = one_of(rng, TRAININGS)
    hours = rng.randint(*TRAINING_HOURS[kind])
    starts_on = working_day(
        between(rng, contract.starts_on + days(10), max(contract.starts_on + days(11), contract.last_day - days(20)))
    )
    ends_on = starts_on + days(max(1, hours / (7 if kind == "adaptation" else 3.5)))
    training = person.an_id("training", contract.id)
    data = {
        "training_id": training,
        "kind": kind,
        "started_on": starts_on,
        "structure_id": stage.body.id,
        "contract_id": contract.id,
        "planned_hours": hours,
        "level": "3" if kind == "qualifying" else None,
        "certifying": kind == "qualifying",
        "provider_id": BODIES["formation"].id,
    }
    person.journal.write(stage.body.source, "pathways.training_started", starts_on, data)
    result = one_of(
        rng,
        {"qualified": 7 if kind == "qualifying" else 0, "completed": 8 if kind != "qualifying" else 1, "dropped": 1},
    )
    followed = hours if result != "dropped" else round(hours * 0.4)
    ended: dict[str, Any] = {"training_id": training, "ended_on": ends_on, "hours": followed, "result": result}
    person.journal.write(stage.body.source, "pathways.training_ended", ends_on + days(2), ended)


def _immerse(person: Person, stage: Stage, contract: Contract) -> None:
    rng = person.rng
    starts_on = working_day(contract.starts_on + timedelta(days=rng.randint(50, 90)))
    immersion = person.an_id("immersion", contract.id)
    data = {
        "immersion_id": immersion,
        "structure_id": stage.body.id,
        "contract_id": contract.id,
        "host_id": rng.choice([c for c in clients() if c.kind == "company"]).id,
        "object": one_of(rng, {"discover_trade": 5, "confirm_project": 4, "start_recruitment": 2}),
        "starts_on": starts_on,
        "ends_on": starts_on + days(11),
        "days": 9,
    }
    person.journal.write(stage.body.source, "pathways.immersion_agreed", starts_on - days(5), data)
    ended = {
        "immersion_id": immersion,
        "ended_on": starts_on + days(11),
        "days": rng.randint(6, 9),
        "result": "confirmed",
    }
    person.journal.write(stage.body.source, "pathways.immersion_ended", starts_on + days(14), ended)


def _master_a_skill(person: Person, stage: Stage) -> None:
    day = between(person.rng, stage.starts_on + days(90), stage.last_day)
    code = person.rng.choice(("work_safely", "team_work", "client_contact", "machine_use"))
    level = one_of(person.rng, {"guided": 4, "autonomous": 6})
    data = {"structure_id": stage.body.id, "skill_code": code, "level": level, "validated_on": day}
    person.journal.write(stage.body.source, "pathways.skill_validated", day, data)


def take_part_in_esf(person: Person, stage: Stage) -> None:
    """Some of those at the ACI take part in an operation paid by the European Social Fund."""
    rng = person.rng
    participation = person.an_id("esf")
    started = {
        "participation_id": participation,
        "operation_code": "FSE202300417",
        "entered_on": stage.starts_on,
        "collected_on": stage.starts_on + days(1),
        "labour_status": "long_term_unemployed" if (person.unemployed_months or 0) >= DELD_MONTHS else "inactive",
        "isced": one_of(rng, {"ED1": 1, "ED2": 2, "ED3": 3}),
        "disability": "yes" if person.is_disabled else one_of(rng, {"no": 6, "refused": 1}),
        "third_country": one_of(rng, {"no": 8, "yes": 1, "not_collected": 1}),
        "housing_exclusion": "no",
        "rural": "yes" if person.is_rural else "no",
    }
    person.journal.write(stage.body.source, "pathways.esf_participation_started", stage.starts_on + days(2), started)
    if stage.ends_on is None or stage.ends_on > LAST_DAY:
        return
    results = {"3": "employed", "9": "employed", "10": "employed", "2": "employed", "5": "training", "8": "unknown"}
    ended = {
        "participation_id": participation,
        "left_on": stage.ends_on,
        "collected_on": stage.ends_on + timedelta(days=rng.randint(5, 27)),
        "result": results.get(stage.reason or "", "unemployed"),
    }
    person.journal.write(stage.body.source, "pathways.esf_participation_ended", stage.ends_on + days(28), ended)
