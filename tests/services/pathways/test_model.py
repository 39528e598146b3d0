"""What standing facts amount to: months, ages, recruitments, hours over time."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.pathways.facts import ContractChanged, Hired
from services.pathways.model.ages import Age, age_on
from services.pathways.model.employments import Employment, employments
from services.pathways.model.recruitments import Hire, recruitments
from services.pathways.model.spans import uncovered
from services.pathways.model.weekly_hours import weekly_hours
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import Fact
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    C4,
    PERSON,
    contract_changed,
    hired,
    recorded,
)
from tests.services.scenario import day


def contracts(*facts: Fact) -> dict[Any, Employment]:
    """Facts come in the order of truth."""
    return employments(SubjectFacts(PERSON, [recorded(fact) for fact in facts], None).of)  # type: ignore[arg-type]


def hires(*facts: Hired | ContractChanged) -> list[list[Any]]:
    return [[hire.contract_id for hire in one.hires] for one in recruitments(contracts(*facts))]


def test_a_cover_that_ends_before_it_starts_covers_nothing() -> None:
    span = (date(2024, 1, 1), date(2024, 1, 31))
    assert list(uncovered(span, [(date(2024, 1, 20), date(2024, 1, 10))])) == [span]


def test_an_age_grows_with_the_years_and_doubts_the_birthday() -> None:
    given = Hire(day("2024-03-10"), C1, "CDDI", ACI, Employment(C1, hired(C1, ACI, "2024-03-10", age=40)))
    assert age_on(day("2024-03-10"), [given], None) == Age(40, 40)
    assert age_on(day("2024-03-11"), [given], 1950) == Age(40, 41)
    assert age_on(day("2026-03-09"), [given], None) == Age(41, 42)
    assert age_on(day("2026-03-10"), [given], None) == Age(42, 42)
    assert age_on(day("2023-03-10"), [given], None) == Age(39, 39)
    assert age_on(day("2024-03-10"), [], 1984) == Age(39, 40)
    assert age_on(day("2024-12-31"), [], 1984) == Age(40, 40)
    assert age_on(day("2024-03-10"), [], None) is None


def test_a_recruitment_is_what_renewals_join() -> None:
    first, second = hired(C1, ACI, "2024-01-01", "2024-04-30"), hired(C2, ACI, "2024-05-01", renews_contract_id=C1)
    third, alone = hired(C3, ACI, "2024-09-01", renews_contract_id=C2), hired(C4, AI, "2024-02-01")
    assert hires(first, second, third, alone) == [[C1, C2, C3], [C4]]
    assert hires(first, third, alone) == [[C1], [C4], [C3]]  # C2 is not known yet
    (one,) = recruitments(contracts(first, second, third))
    assert (one.starts_on, one.ends_on, one.planned_ends_on) == (day("2024-01-01"), None, None)


def test_contracts_that_renew_each_other_are_one_recruitment() -> None:
    circle = (hired(C1, ACI, "2024-01-01", renews_contract_id=C2), hired(C2, ACI, "2024-05-01", renews_contract_id=C1))
    into_it = hired(C3, ACI, "2024-09-01", renews_contract_id=C1)
    assert hires(*circle, into_it) == [[C1, C2, C3]]
    assert hires(hired(C1, ACI, "2024-01-01", renews_contract_id=C1)) == [[C1]]


def test_hours_over_time() -> None:
    hire = hired(C1, ACI, "2024-01-01", "2024-12-31", weekly_hours=26)
    changes = (
        contract_changed(C1, "2024-04-01", weekly_hours=12),
        contract_changed(C1, "2024-04-15", ends_on=day("2024-10-31")),
        contract_changed(C1, "2024-06-01", weekly_hours=20),
        contract_changed(C1, "2025-01-01", weekly_hours=35),
    )
    (one,) = recruitments(contracts(hire, *changes))
    found = weekly_hours(one.hires[0], (day("2024-01-01"), day("2024-10-31")))
    assert [(str(first), str(last), hours) for (first, last), hours in found] == [
        ("2024-01-01", "2024-03-31", 26),
        ("2024-04-01", "2024-05-31", 12),
        ("2024-06-01", "2024-10-31", 20),
    ]
