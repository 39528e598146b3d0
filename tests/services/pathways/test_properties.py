"""Of any life, posted in any order: what stands decides, not what came last; a void, voided, gives back what it took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.pathways.decisions import decide
from services.pathways.facts import (
    CATALOGUE,
    ContractChanged,
    ContractEnded,
    FactVoided,
    Hired,
    ImmersionAgreed,
    ImmersionEnded,
    WeeklyHoursDerogationGranted,
)
from services.pathways.model.employments import employments
from services.pathways.model.immersion_limits import BindingRecruitments, StandingImmersions
from services.pathways.model.immersions import immersions
from services.pathways.model.lawfulness import breaches
from services.pathways.model.recruitments import in_pathway, recruitments
from services.pathways.model.working_life import WorkingLife
from services.projections.tables.subject_facts import SubjectFacts
from shared.deciding.rules import Context
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from tests.services.projections.any_facts import facts_about
from tests.services.projections.facts import ACI, C1, C2, C3, PERSON, recorded, rows_of, void_of
from tests.services.scenario import uid

ORDER = order_of_truth(CATALOGUE)
MONTH = 31

other_work = facts_about(
    "person", [Hired, ContractChanged, ContractEnded, WeeklyHoursDerogationGranted, ImmersionEnded]
)


@st.composite
def agreed(draw: st.DrawFn) -> ImmersionAgreed:
    """Days and hosts so few that limits are near."""
    starts_on = date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 400)))
    return ImmersionAgreed(
        immersion_id=uid(f"immersion {draw(st.integers(0, 5))}"),
        structure_id=ACI,
        contract_id=draw(st.sampled_from([None, None, C1])),
        host_id=draw(st.sampled_from([uid("host"), uid("other host")])),
        object=draw(st.sampled_from(["discover_trade", "confirm_project"])),
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=draw(st.integers(0, MONTH))),
        days=draw(st.sampled_from([None, None, 10])),
        renews_immersion_id=draw(st.sampled_from([None, None, *(uid(f"immersion {number}") for number in range(3))])),
    )


@st.composite
def cddi(draw: st.DrawFn) -> Hired:
    starts_on = date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 200)))
    return Hired(
        contract_id=draw(st.sampled_from([C1, C2, C3])),
        structure_id=ACI,
        contract_type="CDDI",
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=draw(st.integers(30, 800))),
        weekly_hours=draw(st.sampled_from([None, 12, 20])),
        renews_contract_id=draw(st.sampled_from([None, C1, C2])),
    )


def lives_of(facts: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Recorded]]:
    return st.lists(facts.map(recorded), max_size=12, unique_by=lambda fact: fact.id)


lives = lives_of(agreed() | cddi() | other_work)
orders = st.randoms(use_true_random=False)


def posted(facts: Iterable[Recorded]) -> list[Recorded]:
    """Those that are accepted, one after the other."""
    accepted: list[Recorded] = []
    for fact in facts:
        names = Context({known.key: known.sequence for known in accepted})
        if not decide(settle(accepted, ORDER), fact, names).refusals:
            accepted.append(fact)
    return accepted


def told(facts: Sequence[Recorded]) -> list[Any]:
    rows = rows_of(facts)["person_alerts"]
    return [row for row in rows if row.kind.startswith(("contract_", "weekly_", "cdi_", "immersion_"))]


@settings(max_examples=120, deadline=None)
@given(lives, orders)
def test_whatever_was_accepted_tells_the_same_breaches_in_any_order(life: list[Recorded], random: Random) -> None:
    accepted = posted(life)
    shuffled = list(accepted)
    random.shuffle(shuffled)
    assert told(shuffled) == told(accepted)


@settings(max_examples=80, deadline=None)
@given(lives_of(agreed()), orders)
def test_immersions_that_were_accepted_are_accepted_in_any_order(life: list[Recorded], random: Random) -> None:
    """And none of them is told later: without contracts, nothing they rest on was corrected."""
    accepted = posted(life)
    random.shuffle(accepted)
    assert posted(accepted) == accepted
    assert told(accepted) == []


@settings(max_examples=120, deadline=None)
@given(lives, st.data())
def test_what_is_voided_and_given_back_tells_what_it_told(life: list[Recorded], data: st.DataObject) -> None:
    accepted = posted(life)
    if not accepted:
        return
    taken = data.draw(st.sampled_from(accepted))
    void = void_of(taken)
    assert told([*accepted, void]) == told([fact for fact in accepted if fact.id != taken.id])
    assert told([*accepted, void, void_of(void)]) == told(accepted)


@settings(max_examples=120, deadline=None)
@given(lives)
def test_alerts_are_what_the_reckoning_of_decisions_says(life: list[Recorded]) -> None:
    """Without exits no stay is cut: rows and decisions speak of the same days."""
    standing = SubjectFacts(PERSON, settle(life, ORDER), None)  # type: ignore[arg-type]
    known = employments(standing.of)
    working_life = WorkingLife(recruitments(in_pathway(known)), standing.of)
    found = {(one.kind, one.hire.contract_id, one.since, one.until) for one in breaches(working_life)}
    stays, binding = immersions(standing.of), BindingRecruitments(recruitments(known))
    beyond = {
        one.immersion_id
        for place, one in enumerate(stays)
        if any(StandingImmersions(binding, stays[:place]).passed_limits(one))
    }
    rows = told(life)
    assert {(*row[1:3], row.since, row.until) for row in rows if row.kind != "immersion_beyond_limits"} == found
    assert {row.about_id for row in rows if row.kind == "immersion_beyond_limits"} == beyond


def test_a_void_frees_the_days_of_an_immersion() -> None:
    first = recorded(ImmersionAgreed.model_validate(ImmersionAgreed.example))
    again = recorded(ImmersionAgreed.model_validate({**ImmersionAgreed.example, "immersion_id": str(PERSON)}))
    assert posted([first, again]) == [first]
    void = recorded(FactVoided(fact_id=first.id, voided_on=first.occurred_on, reason="mistake"))
    assert posted([first, void, again]) == [first, void, again]
