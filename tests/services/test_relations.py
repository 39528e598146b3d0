"""Relations with a person, against a second reckoning that knows the facts by name and asks day by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings

from services.agrement.facts import (
    AgrementGranted,
    EligibilityDiagnosed,
    HireLinked,
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
)
from services.pathways.facts import (
    ContractChanged,
    ContractEnded,
    Exited,
    HandoverAnswered,
    HandoverProposed,
    Hired,
    PersonRegistered,
    Received,
    SupportAction,
)
from shared.facts.fact import Fact, Recorded
from shared.facts.months import span_end
from shared.facts.relations import Held, Relation, held, relations_of
from shared.facts.settle import settle
from tests.services.projections.any_facts import facts_about, histories
from tests.services.projections.facts import ACI, AI, CATALOGUE, EI, ORDER, PERSON, exited, hired, recorded, void_of
from tests.services.scenario import day, uid

KINDS = (
    *(Hired, ContractChanged, ContractEnded, Exited, Received, SupportAction, PersonRegistered),
    *(HandoverProposed, HandoverAnswered, EligibilityDiagnosed, AgrementGranted, HireLinked),
    *(ProlongationRequested, ProlongationGranted, ProlongationDenied),
)
PROPOSAL_DAYS = 60
Known = Callable[[type[Fact]], list[Any]]
LIVES = histories("person", facts_about("person", KINDS))


def test_every_fact_that_relates_is_reckoned_here_too() -> None:
    named = {kind for kind in CATALOGUE.facts.values() if kind.said.relates or kind.said.moves}
    assert named == set(KINDS)


def runs(facts: list[Recorded], structure: UUID, kind: str, day: date) -> bool:
    """Whether the relation runs that day; written from rights.md, not from the code."""

    def of(model: type[Fact]) -> list[Any]:
        return [fact.data for fact in facts if isinstance(fact.data, model)]

    def year(first: date) -> bool:
        return first <= day <= span_end(first, 12)

    match kind:
        case "registered":
            return any(
                fact.saidfor == f"structure/{structure}" and year(fact.data.occurred_on)
                for fact in facts
                if isinstance(fact.data, PersonRegistered)
            )
        case "received":
            return any(f.structure_id == structure and year(f.received_on) for f in of(Received))
        case "accompanied":
            return any(f.structure_id == structure and year(f.done_on) for f in of(SupportAction))
        case "follow_up":
            return any(f.structure_id == structure and year(f.exited_on) for f in of(Exited))
        case "diagnosed":
            return any(f.structure_id == structure and year(f.made_on) for f in of(EligibilityDiagnosed)) or any(
                f.structure_id == structure and year(f.granted_on) for f in of(AgrementGranted)
            )
        case "decides":
            return any(f.addressed_to == structure and year(f.requested_on) for f in of(ProlongationRequested)) or any(
                f.prescriber_id == structure and year(f.decided_on)
                for model in (ProlongationGranted, ProlongationDenied)
                for f in of(model)
            )
        case "proposed":
            answers = {f.handover_id: f.answered_on for f in of(HandoverAnswered)}
            return any(
                f.to_structure_id == structure
                and f.proposed_on
                <= day
                <= max(answers.get(f.handover_id, f.proposed_on + timedelta(PROPOSAL_DAYS)), f.proposed_on)
                for f in of(HandoverProposed)
            )
    return any(
        _employs(of, hire, hire.ends_on, structure, day) for hire in of(Hired) if hire.structure_id == structure
    ) or any(
        _employs(of, link, span_end(link.starts_on, 12), structure, day)
        for link in of(HireLinked)
        if link.structure_id == structure and all(hire.contract_id != link.contract_id for hire in of(Hired))
    )


def _employs(of: Known, hire: Any, last: date | None, structure: UUID, day: date) -> bool:
    """`last`: as far as the hire, or the link to it, says."""
    first = hire.starts_on
    for change in of(ContractChanged):
        if change.contract_id == hire.contract_id:
            first, last = change.starts_on or first, change.ends_on or last
    for ended in of(ContractEnded):
        if ended.contract_id == hire.contract_id:
            last = ended.ended_on
    return _until_left(of, structure, first, last, day)


def _until_left(of: Known, structure: UUID, first: date, last: date | None, day: date) -> bool:
    left = [exit.exited_on for exit in of(Exited) if exit.structure_id == structure and exit.exited_on >= first]
    last = min([*left, *([last] if last else [])], default=date.max)
    return first <= day <= max(last, first)


@given(life=LIVES)
@settings(max_examples=60)
def test_day_by_day(life: list[Recorded]) -> None:
    spoken = [
        fact.model_copy(update={"saidfor": f"structure/{ACI if number % 2 else AI}"})
        if isinstance(fact.data, PersonRegistered)
        else fact
        for number, fact in enumerate(life)
    ]
    settled = settle(spoken, ORDER)
    relations = relations_of(settled, PROPOSAL_DAYS)
    days = {one + timedelta(off) for r in relations for one in (r.starts_on, r.ends_on) if one for off in (-1, 0, 1)}
    prescribers = {uid(f"{name} {number}") for name in ("addressed_to", "prescriber_id") for number in range(3)}
    kinds = ("registered", "received", "hired", "accompanied", "diagnosed", "follow_up", "proposed", "decides")
    for one in sorted(days):
        by_them = {(r.structure_id, r.kind) for r in relations if r.runs_on(one)}
        expected = {
            (structure, kind)
            for structure in {ACI, AI, EI, *prescribers}
            for kind in kinds
            if runs(list(settled), structure, kind, one)
        }
        assert by_them == expected, one


def test_a_void_takes_a_relation_away_and_the_order_of_arrival_does_not_tell() -> None:
    hire = recorded(hired(uid("contract"), ACI, "2024-01-15"))
    end = recorded(exited(ACI, "2024-09-14"))
    both = {relations_of(settle(facts, ORDER), PROPOSAL_DAYS) for facts in ([hire, end], [end, hire])}
    assert both == {
        (
            Relation(PERSON, ACI, "follow_up", day("2024-09-14"), day("2025-09-13")),
            Relation(PERSON, ACI, "hired", day("2024-01-15"), day("2024-09-14")),
        )
    }
    assert relations_of(settle([hire, void_of(hire)], ORDER), PROPOSAL_DAYS) == ()


def test_what_is_held_is_of_the_structure_alone_and_of_today() -> None:
    relations = relations_of([recorded(hired(uid("contract"), ACI, "2024-01-15", "2024-05-14"))], PROPOSAL_DAYS)
    assert held(relations, {str(ACI)}, day("2024-05-14")) == {Held("hired", True)}
    assert held(relations, {str(ACI)}, day("2024-05-15")) == {Held("hired", False)}
    assert held(relations, {str(AI)}, day("2024-05-14")) == frozenset()


@pytest.mark.parametrize("is_first", [True, False])
def test_what_waits_for_its_proof_relates_once_it_is_proven(is_first: bool) -> None:
    hire = recorded(hired(uid("contract"), ACI, "2024-01-15", "2024-05-14"))
    early = recorded(exited(ACI, "2024-03-01", contract_id=uid("contract"))).model_copy(update={"unproven": True})
    assert relations_of(settle([early], ORDER), PROPOSAL_DAYS) == ()
    facts = [early, hire] if is_first else [hire, early]
    assert {one.kind for one in relations_of(settle(facts, ORDER), PROPOSAL_DAYS)} == {"hired", "follow_up"}
