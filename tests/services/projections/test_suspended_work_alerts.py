"""Somebody works while the agrément is suspended: raised, cleared by the fact that mends it, absent. Nothing told it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.facts.fact import Fact, Recorded
from tests.services.agrement.persons import change, grant, removal, suspension
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    contract_ended,
    hired,
    hours_worked,
    recorded,
    void_of,
)
from tests.services.projections.placing import agreed, worked
from tests.services.projections.test_lived_alerts import raised
from tests.services.scenario import day
from tests.services.scenario import uid as named

KIND = "work_while_suspended"
HIRE = hired(C1, ACI, "2024-01-01", "2024-12-31")
GRANTED = grant("2024-01-01", "2025-12-30")
SUSPENDED = suspension("2024-03-10", "2024-05-31", structure_id=ACI)
LIFE = (HIRE, GRANTED, SUSPENDED)


def told(*facts: Fact | Recorded) -> list[tuple[Any, ...]]:
    """First and last day."""
    return raised(KIND, *LIFE, *facts)


def test_a_contract_that_runs_on_and_hours_around_the_suspension_are_none() -> None:
    assert told() == []
    assert told(hours_worked(ACI, "2024-02", 100), hours_worked(ACI, "2024-06", 100)) == []
    assert told(hours_worked(ACI, "2024-03", 40)) == []  # perhaps before the tenth


def test_hours_on_suspended_days() -> None:
    april = hours_worked(ACI, "2024-04", 12.5)
    columns = "about_id since until structure_id agrement_id contract_id suspension_id article severity structure_kinds"
    assert raised(KIND, *LIFE, april, columns=columns) == [
        (named("S"), "2024-04-01", "2024-04-30", ACI, named("P"), None, named("S"), "R5132-1-3", "high", SIAE)
    ]
    assert told(april, hours_worked(ACI, "2024-05", 20)) == [("2024-04-01", "2024-05-31")]
    assert told(hours_worked(ACI, "2024-04", 0)) == []
    assert told(hours_worked(ACI, "2024-03", 7, from_day=day("2024-03-10"))) == [("2024-03-10", "2024-03-31")]
    assert told(hours_worked(ACI, "2024-03", 7, from_day=day("2024-03-09"))) == []
    under = hours_worked(ACI, "2024-04", 12, contract_id=C1)
    assert raised(KIND, *LIFE, under, columns="about_id contract_id") == [(C1, C1)]


def test_hours_on_days_of_two_suspensions_that_follow_each_other() -> None:
    """Each holds a part of the month alone: nothing was told of a month that was suspended from end to end."""
    following = suspension("2024-06-01", "2024-06-15", "S2", structure_id=ACI)
    last = suspension("2024-06-16", "2024-07-31", "S3", structure_id=ACI)
    assert told(following, last, hours_worked(ACI, "2024-06", 10)) == [("2024-06-01", "2024-06-30")]
    later = suspension("2024-06-17", "2024-07-31", "S3", structure_id=ACI)
    assert told(following, later, hours_worked(ACI, "2024-06", 10)) == []


SIAE = "ACI AI EI EITI ETTI"


def test_hours_under_a_contract_lie_within_its_days() -> None:
    """Of a month that the suspension cuts, a contract that begins later says on which days hours were worked."""
    later = hired(C2, AI, "2024-03-15", "2024-03-31", in_pathway=True)
    march = hours_worked(AI, "2024-03", 20, contract_id=C2)
    assert told(later, march) == [("2024-03-15", "2024-03-31")]
    over = contract_ended(C1, "2024-03-09")
    assert told(over, hours_worked(ACI, "2024-03", 20, contract_id=C1)) == []


def test_hours_of_a_placement_are_those_of_its_contract() -> None:
    facts = (hired(C3, AI, "2024-01-01", "2024-12-31"), agreed(AI, "2024-01-02", contract_id=C3))
    assert raised(KIND, *LIFE, *facts, worked(AI, "2024-04", 30), columns="about_id structure_id") == [(C3, AI)]


@pytest.mark.parametrize(
    ("starts_on", "structure_id", "expected"),
    [
        ("2024-03-10", ACI, []),  # what was suspended
        ("2024-03-11", ACI, [("2024-03-11", "2024-05-31")]),
        ("2024-05-31", ACI, [("2024-05-31", "2024-05-31")]),
        ("2024-03-09", ACI, []),
        ("2024-06-01", ACI, []),
        ("2024-03-10", AI, [("2024-03-10", "2024-05-31")]),
        ("2024-04-02", AI, [("2024-04-02", "2024-05-31")]),
    ],
)
def test_a_hire_that_begins_on_suspended_days(starts_on: str, structure_id: Any, expected: list[Any]) -> None:
    """By another SIAE only where it lifts nothing, or where the suspension was declared once it was said."""
    assert told(hired(C2, structure_id, starts_on, "2024-09-30")) == expected


def test_a_short_contract_is_told_while_it_lasts_and_permanent_staff_never() -> None:
    assert told(hired(C2, ACI, "2024-04-02", "2024-04-20")) == [("2024-04-02", "2024-04-20")]
    hours = hours_worked(ACI, "2024-05", 10, contract_id=C2)
    assert told(hired(C2, ACI, "2024-04-02", "2024-05-20"), hours) == [("2024-04-02", "2024-05-20")]
    staff = hired(C2, ACI, "2024-04-02", in_pathway=False, contract_type="CDI")
    assert told(staff, hours) == []


def test_what_mends_it_clears_it() -> None:
    april = recorded(hours_worked(ACI, "2024-04", 12.5))
    hire = recorded(hired(C2, ACI, "2024-05-02"))
    assert len(told(april, hire)) == 2
    assert told(april, void_of(april), hire, void_of(hire)) == []
    assert told(april, hire, removal("2024-06-15", structure_id=ACI)) == []
    shortened = change("2024-06-01", structure_id=ACI, starts_on=day("2024-03-10"), ends_on=day("2024-03-31"))
    assert told(april, hire, shortened) == []


def test_nothing_is_suspended_without_a_suspension() -> None:
    assert raised(KIND, HIRE, GRANTED, hours_worked(ACI, "2024-04", 12.5), hired(C2, ACI, "2024-05-02")) == []
