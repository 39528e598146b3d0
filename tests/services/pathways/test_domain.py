"""What the pathways service refuses, records, and keeps quiet about."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

import pytest

from services.pathways.decisions import decide
from services.pathways.facts import (
    CATALOGUE,
    ContractChanged,
    ContractEnded,
    ContractSuspended,
    EsfParticipationEnded,
    EsfParticipationStarted,
    Exited,
    FactVoided,
    FollowedUp,
    HandoverAnswered,
    HandoverProposed,
    Hired,
    ImmersionAgreed,
    ImmersionEnded,
    PathwayClosed,
    PersonRegistered,
    PersonsSplit,
    SupportAction,
    TrainingEnded,
    TrainingStarted,
    WeeklyHoursDerogationGranted,
)
from services.pathways.refusals.contracts import (
    ContractAlreadyEndedError,
    ContractEndedBeforeStartError,
    ContractEndsBeforeStartError,
    ContractIdUsedError,
    ContractRenewsItselfError,
    ContractSuspensionEndsBeforeStartError,
    DerogationEndsBeforeStartError,
    DerogationIdUsedError,
)
from services.pathways.refusals.esf import (
    ParticipationAlreadyEndedError,
    ParticipationEndedBeforeStartError,
    ParticipationIdUsedError,
)
from services.pathways.refusals.handovers import (
    HandoverAlreadyAnsweredError,
    HandoverAnsweredBeforeProposedError,
    HandoverIdUsedError,
    HandoverToItselfError,
)
from services.pathways.refusals.immersions import (
    ImmersionAlreadyEndedError,
    ImmersionEndedBeforeStartError,
    ImmersionEndsBeforeStartError,
    ImmersionIdUsedError,
    ImmersionRenewsItselfError,
)
from services.pathways.refusals.leaving import ExitIdUsedError, NextStepEndsBeforeStartError
from services.pathways.refusals.support import ActionIdUsedError
from services.pathways.refusals.trainings import (
    TrainingAlreadyEndedError,
    TrainingEndedBeforeStartError,
    TrainingIdUsedError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import NamesItselfError
from shared.facts.fact import Fact
from tests.services.scenario import Service, like, said

PATHWAYS = Service(CATALOGUE, decide)
OTHER = UUID("00000000-0000-4000-8000-000000000001")

NAMED: dict[type[Fact], tuple[str, type[DomainError]]] = {
    Hired: ("contract_id", ContractIdUsedError),
    WeeklyHoursDerogationGranted: ("derogation_id", DerogationIdUsedError),
    TrainingStarted: ("training_id", TrainingIdUsedError),
    ImmersionAgreed: ("immersion_id", ImmersionIdUsedError),
    SupportAction: ("action_id", ActionIdUsedError),
    HandoverProposed: ("handover_id", HandoverIdUsedError),
    Exited: ("exit_id", ExitIdUsedError),
    EsfParticipationStarted: ("participation_id", ParticipationIdUsedError),
}
SPANS: dict[type[Fact], tuple[str, type[DomainError]]] = {
    Hired: ("contract_id", ContractEndsBeforeStartError),
    ContractChanged: ("contract_id", ContractEndsBeforeStartError),
    ContractSuspended: ("contract_id", ContractSuspensionEndsBeforeStartError),
    WeeklyHoursDerogationGranted: ("derogation_id", DerogationEndsBeforeStartError),
    ImmersionAgreed: ("immersion_id", ImmersionEndsBeforeStartError),
}
# beginning, its day; end, its day; the name of both; ended before, ended twice (and what that says of the first end)
PAIRS: list[tuple[type[Fact], str, type[Fact], str, str, type[DomainError], type[DomainError]]] = [
    (Hired, "starts_on", ContractEnded, "ended_on", "contract_id", ContractEndedBeforeStartError, ContractAlreadyEndedError),
    (TrainingStarted, "started_on", TrainingEnded, "ended_on", "training_id", TrainingEndedBeforeStartError, TrainingAlreadyEndedError),
    (ImmersionAgreed, "starts_on", ImmersionEnded, "ended_on", "immersion_id", ImmersionEndedBeforeStartError, ImmersionAlreadyEndedError),
    (HandoverProposed, "proposed_on", HandoverAnswered, "answered_on", "handover_id", HandoverAnsweredBeforeProposedError, HandoverAlreadyAnsweredError),
    (EsfParticipationStarted, "entered_on", EsfParticipationEnded, "left_on", "participation_id", ParticipationEndedBeforeStartError, ParticipationAlreadyEndedError),
]  # fmt: skip
pairs = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[4])
named = pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
spans = pytest.mark.parametrize("kind", SPANS, ids=lambda kind: kind.__name__)


# An id names one thing


@named
def test_an_id_used_by_a_standing_fact_is_refused(kind: type[Fact]) -> None:
    field, error = NAMED[kind]
    first = like(kind)
    PATHWAYS.given(first).when(like(kind)).refused_with(error, **{field: getattr(first, field)})


@named
def test_another_id_is_recorded_whatever_else_is_the_same(kind: type[Fact]) -> None:
    elsewhere = {"host_id": OTHER} if kind is ImmersionAgreed else {}  # with one host, the purpose must differ
    PATHWAYS.given(like(kind)).when(like(kind, **{NAMED[kind][0]: OTHER}, **elsewhere)).accepted()


@named
def test_an_id_is_free_again_once_its_fact_is_voided(kind: type[Fact]) -> None:
    PATHWAYS.given(said(like(kind), id="first"), like(FactVoided, fact_id="first")).when(like(kind)).accepted()


@named
def test_a_fact_keeps_its_id_when_it_is_replaced(kind: type[Fact]) -> None:
    PATHWAYS.given(said(like(kind), id="first")).when(said(like(kind), id="second", replaces="first")).accepted()


# Nothing ends before it starts


@spans
def test_a_span_that_ends_before_it_starts_is_refused(kind: type[Fact]) -> None:
    field, error = SPANS[kind]
    fact = like(kind, starts_on="2024-03-02", ends_on="2024-03-01")
    days: dict[str, Any] = fact.model_dump(include={field, "starts_on", "ends_on"})
    PATHWAYS.when(fact).refused_with(error, **days)


@spans
def test_a_span_of_one_day_is_recorded(kind: type[Fact]) -> None:
    PATHWAYS.when(like(kind, starts_on="2024-03-01", ends_on="2024-03-01")).accepted()


@pytest.mark.parametrize("kind", [Hired, ContractChanged, ContractSuspended], ids=lambda kind: kind.__name__)
def test_a_span_without_an_end_is_recorded(kind: type[Fact]) -> None:
    PATHWAYS.when(like(kind, ends_on=None)).accepted()


def test_what_comes_after_an_exit_cannot_end_before_it_starts() -> None:
    wrong = like(Exited, next={"starts_on": "2024-10-01", "ends_on": "2024-09-30"})
    assert wrong.next is not None
    PATHWAYS.when(wrong).refused_with(
        NextStepEndsBeforeStartError,
        exit_id=wrong.exit_id,
        starts_on=wrong.next.starts_on,
        ends_on=wrong.next.ends_on,
    )
    PATHWAYS.when(like(Exited, next={"starts_on": "2024-10-01", "ends_on": "2024-10-01"})).accepted()
    PATHWAYS.when(like(Exited, next={"ends_on": "1999-01-01"})).accepted()
    PATHWAYS.when(like(Exited, next=None)).accepted()


# What begins and ends


@pairs
def test_an_end_before_the_beginning_is_refused_whichever_comes_second(pair: Any) -> None:
    start_kind, start_day, end_kind, end_day, name, error, _ = pair
    start = like(start_kind, **{start_day: "2024-03-02", **_room(start_kind)})
    end = like(end_kind, **{end_day: "2024-03-01"})
    fields = {
        name: getattr(start, name),
        start_day: getattr(start, start_day),
        end_day: getattr(end, end_day),
    }
    PATHWAYS.given(start).when(end).refused_with(error, **fields)
    PATHWAYS.given(end).when(start).refused_with(error, **fields)


@pairs
def test_an_end_on_the_first_day_is_recorded_in_both_orders(pair: Any) -> None:
    start_kind, start_day, end_kind, end_day, _, _, _ = pair
    start = like(start_kind, **{start_day: "2024-03-01", **_room(start_kind)})
    end = like(end_kind, **{end_day: "2024-03-01"})
    PATHWAYS.given(start).when(end).accepted()
    PATHWAYS.given(end).when(start).accepted()


@pairs
def test_an_end_may_come_before_anything_is_known_of_its_beginning(pair: Any) -> None:
    PATHWAYS.when(like(pair[2])).accepted()


@pairs
def test_the_end_of_another_thing_says_nothing(pair: Any) -> None:
    start_kind, start_day, end_kind, end_day, name, _, _ = pair
    start = like(start_kind, **{start_day: "2024-03-02", **_room(start_kind)})
    PATHWAYS.given(start).when(like(end_kind, **{end_day: "2024-03-01", name: OTHER})).accepted()


@pairs
def test_a_thing_ends_once(pair: Any) -> None:
    _, _, end_kind, end_day, name, _, error = pair
    first = like(end_kind)
    fields = {name: getattr(first, name), end_day: getattr(first, end_day)}
    if end_kind is HandoverAnswered:
        fields["answer"] = "accepted"
    PATHWAYS.given(first).when(like(end_kind)).refused_with(error, **fields)
    PATHWAYS.given(first).when(like(end_kind, **{name: OTHER})).accepted()
    PATHWAYS.given(said(first, id="first")).when(said(like(end_kind), replaces="first")).accepted()


def _room(kind: type[Fact]) -> dict[str, str]:
    """A planned end far away, for the facts that have one; of an immersion, within its month."""
    far = "2024-03-31" if kind is ImmersionAgreed else "2024-12-31"
    return {"ends_on": far} if "ends_on" in kind.model_fields else {}


def test_the_start_of_a_contract_is_the_one_last_said() -> None:
    hired = like(Hired, starts_on="2024-01-15")
    later = like(ContractChanged, changed_on="2024-01-16", starts_on="2024-02-01", ends_on=None)
    back = like(ContractChanged, changed_on="2024-01-20", starts_on="2024-01-08", ends_on=None)
    end = like(ContractEnded, ended_on="2024-01-20")
    fields = {"contract_id": hired.contract_id, "starts_on": later.starts_on, "ended_on": end.ended_on}
    PATHWAYS.given(hired, later).when(end).refused_with(ContractEndedBeforeStartError, **fields)
    PATHWAYS.given(hired, end).when(later).refused_with(ContractEndedBeforeStartError, **fields)
    PATHWAYS.given(later, end).when(hired).refused_with(ContractEndedBeforeStartError, **fields)
    PATHWAYS.given(back, hired, later).when(end).accepted()
    PATHWAYS.given(back, hired, end).when(later).accepted()


def test_a_change_of_hours_is_recorded_even_where_the_days_are_already_wrong() -> None:
    wrong = like(Hired, starts_on="2024-03-02", ends_on=None), like(ContractEnded, ended_on="2024-03-01")
    PATHWAYS.given(*wrong).when(like(ContractChanged, starts_on=None, weekly_hours=30)).accepted()


# A thing is not its own cause


def test_a_contract_renews_another_one() -> None:
    contract = like(Hired).contract_id
    PATHWAYS.when(like(Hired, renews_contract_id=contract)).refused_with(
        ContractRenewsItselfError, contract_id=contract
    )
    PATHWAYS.when(like(Hired, renews_contract_id=OTHER)).accepted()


def test_an_immersion_renews_another_one() -> None:
    immersion = like(ImmersionAgreed).immersion_id
    PATHWAYS.when(like(ImmersionAgreed, renews_immersion_id=immersion)).refused_with(
        ImmersionRenewsItselfError, immersion_id=immersion
    )
    PATHWAYS.when(like(ImmersionAgreed, renews_immersion_id=OTHER)).accepted()


def test_a_structure_hands_a_person_over_to_another_one() -> None:
    handover = like(HandoverProposed)
    itself = like(HandoverProposed, to_structure_id=handover.from_structure_id)
    PATHWAYS.when(itself).refused_with(
        HandoverToItselfError, handover_id=handover.handover_id, structure_id=handover.from_structure_id
    )


# What is nobody's business here


def test_two_contracts_at_once_without_agrement_are_facts() -> None:
    PATHWAYS.given(like(Hired)).when(like(Hired, contract_id=OTHER, structure_id=OTHER)).accepted()


@pytest.mark.parametrize("kind", [PersonRegistered, FollowedUp, PathwayClosed], ids=lambda kind: kind.__name__)
def test_a_situation_may_be_said_again(kind: type[Fact]) -> None:
    PATHWAYS.given(like(kind)).when(like(kind)).accepted()


def test_all_refusals_are_given_at_once() -> None:
    hired = like(Hired)
    contract = hired.contract_id
    wrong = like(Hired, starts_on="2024-03-02", ends_on="2024-03-01", renews_contract_id=contract)
    PATHWAYS.given(hired).when(wrong).refused_with_all(
        ContractIdUsedError(contract_id=contract),
        ContractEndsBeforeStartError(contract_id=contract, starts_on=wrong.starts_on, ends_on=wrong.ends_on),
        ContractRenewsItselfError(contract_id=contract),
    )


# Mending


def test_a_void_may_come_before_what_it_voids_and_be_said_twice() -> None:
    void = like(FactVoided, fact_id="first")
    PATHWAYS.when(void).accepted()
    PATHWAYS.given(void).when(void).accepted()
    PATHWAYS.given(said(like(Hired), id="first"), void).when(void).accepted()


def test_a_fact_voided_before_it_comes_is_recorded_whatever_took_its_place() -> None:
    PATHWAYS.given(like(FactVoided, fact_id="first"), like(Hired)).when(said(like(Hired), id="first")).accepted()


def test_a_fact_of_the_same_id_of_another_source_is_not_voided() -> None:
    hired = said(like(Hired), id="first", source="urn:test:another")
    PATHWAYS.given(like(FactVoided, fact_id="first"), like(Hired)).when(hired).refused_with(
        ContractIdUsedError, contract_id=like(Hired).contract_id
    )


def test_a_correction_may_come_before_what_it_corrects() -> None:
    correction = said(like(Hired, ends_on="2024-06-14"), id="second", replaces="first")
    PATHWAYS.when(correction).accepted()
    PATHWAYS.given(correction).when(said(like(Hired), id="first")).accepted()


def test_a_second_correction_of_one_fact_takes_the_place_of_the_first() -> None:
    first, second = said(like(Hired), id="a"), said(like(Hired), id="b", replaces="a")
    PATHWAYS.given(first, second).when(said(like(Hired), id="c", replaces="a")).accepted()
    PATHWAYS.given(first, second).when(said(like(Hired), id="c", replaces="b")).accepted()


def test_a_correction_is_judged_like_any_other_fact() -> None:
    wrong = said(like(Hired, starts_on="2024-03-02", ends_on="2024-03-01"), replaces="first")
    hired = like(Hired)
    PATHWAYS.given(said(hired, id="first")).when(wrong).refused_with(
        ContractEndsBeforeStartError,
        contract_id=hired.contract_id,
        starts_on=wrong.fact.occurred_on,
        ends_on=like(Hired, ends_on="2024-03-01").ends_on,
    )


def test_a_void_of_a_void_is_recorded() -> None:
    given = said(like(Hired), id="hire"), said(like(FactVoided, fact_id="hire"), id="void")
    PATHWAYS.given(*given).when(like(FactVoided, fact_id="void")).accepted()


def test_a_fact_neither_voids_nor_replaces_itself() -> None:
    PATHWAYS.when(said(like(FactVoided, fact_id="x"), id="x")).refused_with(NamesItselfError, fact_id="x")
    PATHWAYS.when(said(like(Hired), id="x", replaces="x")).refused_with(NamesItselfError, fact_id="x")


@pytest.mark.parametrize("seed", range(20))
def test_one_story_is_recorded_in_any_order_of_arrival(seed: int) -> None:
    """The examples of the catalogue tell one story: no order of posting makes a part of it impossible. Not of what a steward
    decides on what is there: a split comes after its merge."""
    story = [like(kind) for kind in CATALOGUE.facts.values() if kind is not PersonsSplit]
    Random(seed).shuffle(story)
    for place, fact in enumerate(story):
        PATHWAYS.given(*story[:place]).when(fact).accepted()
