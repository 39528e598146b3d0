"""Alerts about contrats passerelles and about the cap, from a person's own facts: raised, cleared, absent."""

from __future__ import annotations

from typing import Any

import pytest

from services.placements.facts import CapApproaching, CapExceeded, PlacementChanged, PlacementEnded
from shared.facts.fact import Fact, Recorded
from tests.services.projections.facts import (
    AI,
    C1,
    C2,
    EI,
    given,
    hired,
    pathway_closed,
    recorded,
    void_of,
)
from tests.services.projections.placing import PLACEMENT, agreed
from tests.services.scenario import day

EARLY, LONG = "bridge_too_early", "bridge_too_long"


def told(kind: str, *facts: Fact | Recorded) -> list[tuple[str, str | None]]:
    rows = [row for row in given(*facts).person_alerts if row.kind == kind]
    return [(str(row.since), str(row.until) if row.until else None) for row in rows]


def bridge(starts_on: str, ends_on: str | None, **more: Any) -> Fact:
    return agreed(EI, starts_on, ends_on, purpose="bridge", **more)


def ended(ended_on: str) -> PlacementEnded:
    return PlacementEnded(placement_id=PLACEMENT, ended_on=day(ended_on))


IN_JANUARY = hired(C1, EI, "2024-01-01")


def test_a_bridge_begins_after_four_months_in_the_pathway() -> None:
    assert told(EARLY, IN_JANUARY, bridge("2024-04-30", "2024-06-30")) == [("2024-04-30", "2024-04-30")]
    assert told(EARLY, IN_JANUARY, bridge("2024-05-01", "2024-06-30")) == []
    assert told(EARLY, bridge("2024-04-30", "2024-06-30")) == []  # nobody knows since when


def test_an_earlier_hire_told_late_clears_it() -> None:
    early = (hired(C2, EI, "2024-03-01"), bridge("2024-05-01", "2024-06-30"))
    assert told(EARLY, *early) == [("2024-05-01", "2024-06-30")]
    assert told(EARLY, *early, IN_JANUARY) == []


def test_months_are_those_of_the_pathway_it_belongs_to() -> None:
    again = (IN_JANUARY, pathway_closed("2024-03-31"), hired(C2, EI, "2025-01-01"))
    assert told(EARLY, *again, bridge("2025-02-01", "2025-03-31")) == [("2025-02-01", "2025-03-31")]
    assert told(EARLY, *again, bridge("2025-05-01", "2025-06-30")) == []


def test_a_bridge_lasts_three_months_unless_it_ends_or_is_renewed() -> None:
    long = bridge("2024-06-01", "2024-10-31")
    assert told(LONG, IN_JANUARY, long) == [("2024-09-01", "2024-10-31")]
    assert told(LONG, IN_JANUARY, long, ended("2024-08-31")) == []
    assert told(LONG, IN_JANUARY, bridge("2024-06-01", "2024-08-31")) == []
    moved = PlacementChanged(placement_id=PLACEMENT, changed_on=day("2024-08-01"), ends_on=day("2024-10-31"))
    assert told(LONG, IN_JANUARY, bridge("2024-06-01", "2024-08-31"), moved) == []


def test_an_alert_about_a_bridge_counts_for_the_kinds_that_have_bridges() -> None:
    (row,) = (one for one in given(IN_JANUARY, bridge("2024-06-01", None)).person_alerts if one.kind == LONG)
    assert (row.structure_kinds, row.structure_id, row.about_id, row.until) == ("ACI EI", EI, PLACEMENT, None)
    assert told(LONG, IN_JANUARY, agreed(AI, "2024-06-01", purpose="assignment")) == []


@pytest.mark.parametrize(
    ("fact", "kind", "severity"), [(CapApproaching, "cap_approaching", "medium"), (CapExceeded, "cap_exceeded", "high")]
)
def test_what_is_said_of_a_window_holds_until_its_end_unless_it_is_voided(
    fact: type[CapApproaching] | type[CapExceeded], kind: str, severity: str
) -> None:
    reached = recorded(
        fact(
            structure_id=AI,
            window_starts_on=day("2024-02-10"),
            reached_on=day("2025-09-30"),
            hours=400,
            placement_id=PLACEMENT,
        )
    )
    (row,) = given(reached).person_alerts
    assert (row.kind, row.severity, row.about_id, row.placement_id) == (kind, severity, AI, PLACEMENT)
    assert (str(row.since), str(row.until), row.article) == ("2025-09-30", "2026-02-09", "L5132-9")
    assert given(reached, void_of(reached)).person_alerts == []
