"""Contrats passerelles: 4 months in the pathway first, 3 months, renewable once. Breaches are shown, never refused."""

from __future__ import annotations

import pytest

from services.placements.model.bridges import breaches
from services.placements.model.placements import placements
from tests.services.placements.worker import Worker, change, end
from tests.services.scenario import day

Found = list[tuple[str, str, str | None, str]]


def bridged(*spans: tuple[str, str | None], client: str = "company") -> Worker:
    worker = Worker()
    for number, (starts_on, ends_on) in enumerate(spans):
        name = "PQR"[number]
        worker.agreed(name, starts_on, client=client, structure="ACI", ends_on=ends_on, purpose="bridge")
    return worker


def found(worker: Worker, pathway_starts_on: str | None = "2023-01-01") -> Found:
    start = None if pathway_starts_on is None else day(pathway_starts_on)
    return [
        (one.kind, str(one.since), None if one.until is None else str(one.until), str(one.allowed_on))
        for one in breaches(placements(worker.settled), start)
    ]


# Too early


def test_a_bridge_before_four_months_in_the_pathway_is_too_early() -> None:
    worker = bridged(("2024-04-30", "2024-06-15"))
    assert found(worker, "2024-01-01") == [("bridge_too_early", "2024-04-30", "2024-04-30", "2024-05-01")]
    assert found(bridged(("2024-03-01", "2024-03-15")), "2024-01-01") == [
        ("bridge_too_early", "2024-03-01", "2024-03-15", "2024-05-01")
    ]


def test_a_bridge_after_four_months_is_not_nor_one_of_a_pathway_whose_start_nobody_knows() -> None:
    assert found(bridged(("2024-05-01", "2024-06-15")), "2024-01-01") == []
    assert found(bridged(("2024-04-30", "2024-06-15")), None) == []


def test_a_corrected_first_day_clears_it() -> None:
    assert found(bridged(("2024-04-30", "2024-06-15")), "2023-12-30") == []


def test_a_placement_that_is_no_bridge_is_none_of_its_business() -> None:
    worker = Worker().agreed("P", "2024-01-02", structure="ACI", ends_on="2025-06-30", purpose="assignment")
    assert found(worker.agreed("Q", "2024-01-02", structure="ACI", ends_on="2025-06-30"), "2024-01-01") == []


@pytest.mark.parametrize(
    ("pathway", "allowed_on"),
    [("2024-10-31", "2025-03-01"), ("2024-10-29", "2025-03-01"), ("2024-10-28", "2025-02-28")],
)
def test_four_months_that_end_with_february_are_four_months(pathway: str, allowed_on: str) -> None:
    """pathways.md §9: the four months from 31 October ended on the 27th, so that a bridge might begin on the 28th."""
    told = found(bridged(("2025-02-01", "2025-04-15")), pathway)
    assert [(kind, allowed) for kind, _, _, allowed in told] == [("bridge_too_early", allowed_on)]


# Too long


def test_three_months_that_end_with_february_are_not_too_long() -> None:
    """Issue 10, 4."""
    assert found(bridged(("2024-11-30", "2025-02-28"))) == []
    assert found(bridged(("2024-11-28", "2025-02-27"))) == []
    assert [one[0] for one in found(bridged(("2024-11-28", "2025-02-28")))] == ["bridge_too_long"]
    assert [one[0] for one in found(bridged(("2024-11-30", "2025-03-01")))] == ["bridge_too_long"]


@pytest.mark.parametrize(
    ("ends_on", "expected"),
    [
        ("2024-03-31", []),
        ("2024-04-01", [("bridge_too_long", "2024-04-01", "2024-04-01", "2024-03-31")]),
        (None, [("bridge_too_long", "2024-04-01", None, "2024-03-31")]),
    ],
)
def test_a_bridge_lasts_three_months(ends_on: str | None, expected: Found) -> None:
    assert found(bridged(("2024-01-01", ends_on))) == expected


def test_an_end_in_time_clears_it() -> None:
    assert found(bridged(("2024-01-01", None)).given(end("P", "2024-03-31"))) == []


def test_it_is_renewed_once_by_a_later_last_day() -> None:
    worker = bridged(("2024-01-01", "2024-03-31")).given(change("P", "2024-03-20", ends_on="2024-06-30"))
    assert found(worker) == []
    worker.given(change("P", "2024-06-20", ends_on="2024-07-15"))
    assert found(worker) == [("bridge_too_long", "2024-07-01", "2024-07-15", "2024-06-30")]


def test_an_earlier_last_day_renews_nothing() -> None:
    worker = bridged(("2024-01-01", "2024-05-31")).given(change("P", "2024-02-20", ends_on="2024-04-30"))
    assert found(worker) == [("bridge_too_long", "2024-04-01", "2024-04-30", "2024-03-31")]


def test_it_is_renewed_once_by_a_further_bridge_with_the_same_client() -> None:
    two, third = (("2024-01-01", "2024-03-31"), ("2024-09-01", "2024-11-30")), ("2025-02-01", "2025-02-28")
    assert found(bridged(*two)) == []
    assert found(bridged(*two, third)) == [("bridge_too_long", "2025-02-01", "2025-02-28", "2025-01-31")]


def test_a_bridge_renewed_already_leaves_none_for_a_further_one() -> None:
    worker = bridged(("2024-01-01", "2024-03-31"), ("2024-09-01", "2024-09-30"))
    worker.given(change("P", "2024-03-20", ends_on="2024-06-30"))
    assert found(worker) == [("bridge_too_long", "2024-09-01", "2024-09-30", "2024-08-31")]


def test_another_client_is_another_bridge() -> None:
    worker = bridged(("2024-01-01", "2024-03-31"), ("2024-04-01", "2024-06-30"))
    worker.agreed("X", "2024-07-01", client="town", structure="ACI", ends_on="2024-09-30", purpose="bridge")
    assert found(worker) == []


def test_breaches_say_for_which_kinds_and_by_which_article() -> None:
    (one,) = breaches(placements(bridged(("2024-01-01", None)).settled), None)
    assert (one.structure_kinds, one.article, one.placement.client_id) == (
        ("ACI", "EI"),
        "loi 2020-1577, art. 5",
        one.placement.client_id,
    )
