"""Hand-overs, exits and what was learnt of them later, follow-ups, the end of a pathway."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from parcours.demo.bodies import BODIES, Body, clients
from parcours.demo.contracts import USUAL, Contract
from parcours.demo.journal import LAST_DAY, between, days, office_day_before, one_of, working_day
from parcours.demo.lives import SHOWCASE, Person, Stage
from parcours.demo.work import KEPT_ON
from shared.facts.months import months_after, span_end

EMPLOYED_AFTER_A_YEAR = {
    "3": 0.88, "9": 0.8, "1": 0.95, "4": 0.8, "13": 0.8, "10": 0.45, "5": 0.5, "7": 0.32, "8": 0.24, "2": 0.24,
}  # fmt: skip
"""Share of those who left for this reason whom a follow-up after a year finds in a CDI or a CDD over six months."""

MILESTONES = {3: 0.85, 6: 0.82, 12: 0.85}
"""Months after the exit, and how often somebody asks."""


def hand_over(person: Person, stage: Stage) -> None:
    """Before a move inside the group the two structures usually spoke."""
    following = stage.next
    if following is None or stage.ends_on is None or person.rng.random() < 0.15:
        return
    if stage.body.is_member_on(stage.ends_on) and following.body.is_member_on(following.starts_on):
        proposed_on = office_day_before(stage.ends_on - timedelta(days=person.rng.randint(12, 40)))
        _propose(person, stage.body, following.body, max(stage.starts_on, proposed_on), "accepted")


def hand_over_in_vain(person: Person, stage: Stage) -> None:
    """Proposals that led nowhere: declined, withdrawn, never answered, or accepted and forgotten."""
    others = [
        body
        for body in BODIES.values()
        if body.is_siae and body.is_member_on(date(2024, 1, 1)) and body is not stage.body
    ]
    day = working_day(between(person.rng, stage.starts_on + days(30), stage.last_day))
    answer = one_of(person.rng, {"declined": 11, "withdrawn": 4, "accepted": 3, "": 7})
    _propose(person, stage.body, person.rng.choice(others), day, answer)


def _propose(person: Person, giver: Body, taker: Body, day: date, answer: str) -> None:
    handover = person.an_id("handover", giver.key, taker.key, day)
    proposed = {"handover_id": handover, "from_structure_id": giver.id, "to_structure_id": taker.id, "proposed_on": day}
    person.journal.write(giver.source, "pathways.handover_proposed", day, proposed)
    if answer:
        answered_on = working_day(day + timedelta(days=person.rng.randint(2, 11)))
        answered = {"handover_id": handover, "answer": answer, "answered_on": answered_on}
        source = giver.source if answer == "withdrawn" else taker.source
        person.journal.write(source, "pathways.handover_answered", answered_on, answered)


def leave(person: Person, stage: Stage, number: int, contracts: list[Contract]) -> None:
    """The exit, as it became known, and all that follows from it."""
    if stage.ends_on is None or stage.reason is None:
        return
    rng, source = person.rng, stage.body.source
    late = rng.random() < 0.15
    known_on = stage.ends_on + timedelta(days=rng.randint(25, 110) if late else rng.randint(1, 9))
    exit_id = person.an_id("exit", number)
    exited: dict[str, Any] = {
        "exit_id": exit_id,
        "structure_id": stage.body.id,
        "contract_id": contracts[-1].id,
        "exited_on": stage.ends_on,
        "reason": stage.reason,
        "next": _next(person, stage),
    }
    if _was_no_news_at_first(person, stage):
        first = {**exited, "reason": "8", "next": None}
        known_on = stage.ends_on + days(6)
        name = person.journal.write(source, "pathways.exited", known_on, first)
        known_on = months_after(known_on, 4)
        person.journal.write(source, "pathways.exited", known_on, exited, replaces=name)
    else:
        person.journal.write(source, "pathways.exited", known_on, exited)
    _follow_up(person, stage, exit_id)
    if stage is person.stages[-1]:
        _close(person, stage, known_on)


def _was_no_news_at_first(person: Person, stage: Stage) -> bool:
    """Of some permanent contracts nobody knew for four months."""
    return stage.reason == "3" and stage.next is None and person.number % 4 == 1


def _next(person: Person, stage: Stage) -> dict[str, Any] | None:
    rng, reason, day = person.rng, stage.reason, stage.ends_on or LAST_DAY
    if stage.next is not None:
        body = stage.next.body
        kind = {"contract_type": USUAL[body.kind].contract_type, "starts_on": stage.next.starts_on.isoformat()}
        client = next((client.id for client in clients() if client.structure == body.key), None)
        employer = "siae" if body.is_siae else "company"
        return {**kind, "structure_id": body.id, "employer_kind": employer, "client_id": client}
    starts_on = (day + timedelta(days=rng.randint(1, 14))).isoformat()
    employer = one_of(rng, {"company": 70, "local_authority": 12, "nonprofit": 12, "household": 6})
    hours = rng.choice((24, 28, 30, 35, 35, 35))
    job = {"starts_on": starts_on, "employer_kind": employer, "subsidised": False, "weekly_hours": hours}
    if person.number in dict(KEPT_ON):
        job |= {"employer_kind": "company", "client_id": next(c.id for c in clients() if c.key == "menuiserie")}
    return {
        "1": {"contract_type": "CDI", "structure_id": stage.body.id, "starts_on": starts_on},
        "2": {"contract_type": "CDDI", "employer_kind": "siae", "starts_on": starts_on},
        "3": {**job, "contract_type": "CDI"},
        "4": {"contract_type": "CREATION", "starts_on": starts_on},
        "5": {"training_kind": "qualifying", "starts_on": starts_on},
        "9": {**job, "contract_type": "CDD", "months": rng.choice((6, 6, 7, 8, 9, 12))},
        "10": {**job, "contract_type": "CDD", "months": rng.choice((1, 2, 3, 4, 5))},
        "13": {**job, "contract_type": "CDI", "subsidised": True},
        "14": {**job, "contract_type": "CDD", "months": 9, "subsidised": True},
    }.get(reason or "")


def _follow_up(person: Person, stage: Stage, exit_id: str) -> None:
    rng, ends_on = person.rng, stage.ends_on or LAST_DAY
    stays_on = person.number == SHOWCASE or rng.random() < EMPLOYED_AFTER_A_YEAR.get(stage.reason or "", 0.05)
    for months, asked in MILESTONES.items():
        if rng.random() >= asked:
            continue
        day = working_day(span_end(ends_on, months) + timedelta(days=1 + rng.randint(0, 18)))
        data = {
            "exit_id": exit_id,
            "milestone_months": months,
            "observed_on": day,
            **_situation(person, stage, day, stays_on),
        }
        person.journal.write(stage.body.source, "pathways.followed_up", day, data)


def _situation(person: Person, stage: Stage, day: date, stays_on: bool) -> dict[str, Any]:
    """What the person says, where reached: three in ten are not, a few will not say."""
    rng = person.rng
    if any(other is not stage and other.starts_on <= day <= other.last_day for other in person.stages):
        return {"situation": "iae"}
    if stays_on:
        permanent = stage.reason in ("1", "3", "13") or rng.random() < 0.5
        contract = (
            {"contract_type": "CDI"}
            if permanent
            else {"contract_type": "CDD", "contract_months": rng.choice((7, 9, 12))}
        )
        return {
            "situation": "employed",
            **contract,
            "employer_kind": "company",
            "better_than_entry": rng.random() < 0.8,
        }
    found = one_of(rng, {"unreachable": 38, "refused": 5, "job_seeking": 40, "inactive": 9, "training": 8})
    return {"situation": found}


def _close(person: Person, stage: Stage, known_on: date) -> None:
    """A job ends the pathway as a whole; others are closed long after, or not at all."""
    rng, ends_on = person.rng, stage.ends_on or LAST_DAY
    if stage.reason in ("1", "3", "4", "9", "11", "13"):
        closed_on, reason = ends_on, "business" if stage.reason == "4" else "ordinary_job"
    elif rng.random() < 0.3:
        closed_on, reason = ends_on + timedelta(days=rng.randint(60, 180)), "no_return"
    else:
        return
    data = {"closed_on": closed_on, "reason": reason}
    person.journal.write(stage.body.source, "pathways.pathway_closed", max(known_on, closed_on) + days(2), data)
