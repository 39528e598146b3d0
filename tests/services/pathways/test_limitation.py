"""Until when processing of a person's data is limited."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

from services.pathways.facts import CATALOGUE, FactVoided, LimitationLifted, ProcessingLimited
from services.pathways.model.limitation import limitations_of
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import order_of_truth, settle
from tests.services.projections.facts import PERSON, recorded
from tests.services.scenario import day, like, uid

NOON = datetime(2024, 9, 2, 12, tzinfo=UTC)
OTHER = uid("other")


def limited(on: str = "2024-09-02") -> ProcessingLimited:
    return ProcessingLimited(limited_on=day(on))


def lifted(on: str) -> LimitationLifted:
    return LimitationLifted(lifted_on=day(on))


def in_turn(*facts: Fact, **subjects: Any) -> list[Recorded]:
    return [
        recorded(fact, id=str(number), at=NOON + timedelta(hours=number)).model_copy(update={"sequence": number})
        for number, fact in enumerate(facts, start=1)
    ]


def until(facts: list[Recorded]) -> set[date | None]:
    """Until when each holds: the same however they arrive."""
    found = set()
    for arrived in permutations(facts):
        settled = settle(arrived, order_of_truth(CATALOGUE))
        found.add(frozenset(one.lifted_on for one in limitations_of(settled, PERSON)))
    assert len(found) == 1
    return set(found.pop())


def test_it_holds_until_it_is_lifted_and_again_once_it_is_said_again() -> None:
    assert until(in_turn()) == until(in_turn(lifted("2025-01-13"))) == set()
    assert until(in_turn(limited())) == {None}
    assert until(in_turn(limited(), lifted("2025-02-01"), lifted("2025-01-13"))) == {date(2025, 1, 13)}
    assert until(in_turn(limited(), lifted("2025-01-13"), limited("2025-03-01"))) == {date(2025, 1, 13), None}


def test_one_told_of_an_earlier_day_is_not_ended_by_what_was_said_before() -> None:
    assert until(in_turn(lifted("2025-01-13"), limited("2020-01-01"))) == {None}
    assert until(in_turn(limited("2025-01-14"), lifted("2025-01-13"))) == {None}


def test_a_void_of_either_counts() -> None:
    facts = in_turn(limited(), lifted("2025-01-13"))
    for voided, left in (("1", set()), ("2", {None})):
        void = recorded(like(FactVoided, fact_id=voided), id="void", at=NOON + timedelta(hours=9))
        void = void.model_copy(update={"saidfor": "role/data_steward"})
        assert until([*facts, void]) == left


def test_of_two_ids_that_are_one_the_stricter_holds() -> None:
    facts = in_turn(limited(), limited(), lifted("2025-01-13"))
    of_other = facts[1].model_copy(update={"subject": f"person/{OTHER}"})
    standing = sorted([facts[0], of_other, facts[2]], key=order_of_truth(CATALOGUE))
    assert {one.lifted_on for one in limitations_of(standing, PERSON)} == {date(2025, 1, 13), None}
