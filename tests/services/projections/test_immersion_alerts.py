"""Alerts about immersions that were within their limits when agreed, and are no longer: raised, mended, absent."""

from __future__ import annotations

from typing import Any

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from shared.facts.fact import Fact, Recorded
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    contract_changed,
    contract_ended,
    given,
    hired,
    recorded,
    void_of,
)
from tests.services.scenario import day, uid

FIRST, SECOND, HOST, OTHER_HOST = (uid(name) for name in ("first", "second", "host", "other host"))


def immersion(immersion_id: Any, starts_on: str, ends_on: str, **more: Any) -> ImmersionAgreed:
    return ImmersionAgreed(
        immersion_id=immersion_id,
        structure_id=ACI,
        host_id=more.pop("host_id", HOST),
        object=more.pop("object", "discover_trade"),
        starts_on=day(starts_on),
        ends_on=day(ends_on),
        **more,
    )


def alerts(*facts: Fact | Recorded) -> list[tuple[Any, ...]]:
    return [
        (row.about_id, str(row.since), str(row.until))
        for row in given(*facts).person_alerts
        if row.kind == "immersion_beyond_limits"
    ]


FEBRUARY = immersion(FIRST, "2024-02-01", "2024-02-29", contract_id=C1)
FOUR_MONTHS = hired(C1, ACI, "2024-01-01", "2024-05-01")


def test_an_immersion_within_its_limits_is_none() -> None:
    assert alerts(FOUR_MONTHS, FEBRUARY) == []
    assert alerts(FEBRUARY) == []


SHARE = "D5132-10-3, D5132-26-3, D5132-43-3"
"""Articles of the quarter of a contract, by kind of structure."""


def test_a_contract_shortened_since_leaves_too_many_days_until_it_is_extended() -> None:
    shorter = recorded(hired(C1, ACI, "2024-01-01", "2024-04-10"), id="shorter", replaces="hire")
    facts = (recorded(FOUR_MONTHS, id="hire"), FEBRUARY, shorter)
    (row,) = [row for row in given(*facts).person_alerts if row.kind == "immersion_beyond_limits"]
    assert (row.about_id, row.since, row.until) == (FIRST, day("2024-02-01"), day("2024-02-29"))
    assert (row.structure_kinds, row.article, row.severity) == ("", SHARE, "medium")
    assert (row.structure_id, row.contract_id) == (ACI, C1)
    assert alerts(*facts, contract_changed(C1, "2024-03-01", ends_on=day("2024-05-01"))) == []
    assert alerts(*facts, void_of(shorter)) == []


def test_leaving_early_makes_no_immersion_too_long() -> None:
    assert alerts(FOUR_MONTHS, FEBRUARY, contract_ended(C1, "2024-03-10")) == []


def test_a_hire_that_arrives_after_the_immersion_tells_it() -> None:
    assert alerts(hired(C1, ACI, "2024-01-01", "2024-03-31"), FEBRUARY) == [(FIRST, "2024-02-01", "2024-02-29")]


def test_a_stay_longer_than_agreed_is_told_until_its_end_is_corrected() -> None:
    ended = recorded(ImmersionEnded(immersion_id=FIRST, ended_on=day("2024-03-02")))
    assert alerts(FEBRUARY, ended) == [(FIRST, "2024-02-01", "2024-03-02")]
    assert alerts(FEBRUARY, ended, void_of(ended)) == []


def test_of_two_that_are_too_many_the_later_is_told() -> None:
    """A void of a void may bring back what another one took the place of."""
    void = void_of(recorded(FEBRUARY, id="february"))
    later = immersion(SECOND, "2024-07-01", "2024-07-05")
    facts = (recorded(FEBRUARY, id="february"), void, later)
    assert alerts(*facts) == []
    assert alerts(*facts, void_of(void)) == [(SECOND, "2024-07-01", "2024-07-05")]
    elsewhere = immersion(SECOND, "2024-07-01", "2024-07-05", host_id=OTHER_HOST)
    assert alerts(FEBRUARY, elsewhere) == []


def test_without_a_name_the_contract_that_runs_in_its_structure_counts() -> None:
    short = hired(C1, ACI, "2024-01-01", "2024-03-31")
    unnamed = immersion(FIRST, "2024-02-01", "2024-02-29")
    assert alerts(short, unnamed) == [(FIRST, "2024-02-01", "2024-02-29")]
    assert alerts(hired(C1, AI, "2024-01-01", "2024-03-31"), unnamed) == []
