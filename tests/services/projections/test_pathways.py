"""Pathways: opened by a hire, closed by a fact, opened again by a later hire."""

from typing import Any

from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    EI,
    PERSON,
    contract_ended,
    exited,
    given,
    hired,
    pathway_closed,
)
from tests.services.scenario import day


def spans(rows: Any) -> list[tuple[Any, ...]]:
    return [(row.pathway, row.starts_on, row.closed_on, row.steps) for row in rows.pathways]


def test_the_first_hire_opens_the_first_pathway() -> None:
    rows = given(hired(C1, ACI, "2024-01-01", "2024-06-30"), hired(C2, AI, "2024-07-01"))
    assert rows.pathways == [(PERSON, 1, day("2024-01-01"), None, None, 2, 2, ACI, AI, None)]
    assert [step.pathway for step in rows.steps] == [1, 1]


def test_reason_2_is_an_exit_and_the_pathway_goes_on() -> None:
    """pathways.md §8: positive for the structure; the pathway goes on."""
    rows = given(hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-03-31", "2"))
    assert rows.exits[0].category == "positive"
    assert spans(rows) == [(1, day("2024-01-01"), None, 1)]


def test_a_hire_after_the_closing_opens_the_next_pathway() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01", "2024-03-31"),
        pathway_closed("2024-03-31"),
        hired(C2, AI, "2025-01-01"),
        hired(C3, EI, "2025-02-01"),
    )
    assert spans(rows) == [(1, day("2024-01-01"), day("2024-03-31"), 1), (2, day("2025-01-01"), None, 2)]
    assert rows.pathways[0].close_reason == "ordinary_job"
    assert [step.pathway for step in rows.steps] == [1, 2, 2]


def test_a_hire_on_the_day_of_the_closing_belongs_to_what_was_closed() -> None:
    rows = given(hired(C1, ACI, "2024-03-31", "2024-03-31"), pathway_closed("2024-03-31"))
    assert spans(rows) == [(1, day("2024-03-31"), day("2024-03-31"), 1)]


def test_a_pathway_closed_twice_was_closed_the_first_time() -> None:
    rows = given(hired(C1, ACI, "2024-01-01"), pathway_closed("2024-03-31"), pathway_closed("2024-06-30", "moved"))
    assert spans(rows) == [(1, day("2024-01-01"), day("2024-03-31"), 1)]


def test_a_closing_before_any_hire_is_shown_without_first_day() -> None:
    assert spans(given(pathway_closed("2024-03-31"))) == [(1, None, day("2024-03-31"), 0)]


def test_an_exit_alone_shows_a_pathway_without_first_day() -> None:
    rows = given(exited(ACI, "2024-03-31"))
    assert spans(rows) == [(1, None, None, 1)]


def test_an_exit_whose_hire_is_missing_belongs_to_the_pathway_of_its_day() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01"),
        pathway_closed("2024-03-31"),
        hired(C2, AI, "2025-01-01"),
        exited(EI, "2024-02-15"),
    )
    assert [(step.structure_id, step.pathway) for step in rows.steps] == [(ACI, 1), (EI, 1), (AI, 2)]


def test_permanent_staff_open_no_pathway_again() -> None:
    rows = given(
        hired(C1, ACI, "2024-01-01"), pathway_closed("2024-03-31"), hired(C2, ACI, "2024-05-01", in_pathway=False)
    )
    assert len(rows.pathways) == 1


def test_a_contract_of_nobody_opens_nothing() -> None:
    assert given(contract_ended(C1, "2024-03-31")).pathways == []
