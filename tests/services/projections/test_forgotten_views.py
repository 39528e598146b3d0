"""Of somebody forgotten rows and figures stay, and nobody is told to do anything: it is in no list of what is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from services.pathways.facts import PersonErased
from shared.facts.fact import Fact
from tests.services.agrement.persons import grant, request
from tests.services.projections.facts import ACI, AI, C1, C2, CLIENT, GROUP, PERSON, exited, hired, membership_started
from tests.services.projections.placing import agreed, client, dismissal, worked
from tests.services.projections.read_set import ReadSet, read
from tests.services.projections.test_lived_alerts import proposed
from tests.services.scenario import day, uid

FORGOTTEN = uid("forgotten")
TO_DO = (
    *("alerts", "group_alerts", "ready", "pending_requests", "agrements_ending_soon", "handovers_today"),
    "follow_ups_due",
)
TODAY = "2024-03-15"
AT_WORK: tuple[Fact, ...] = (
    hired(C1, ACI, "2024-01-01", "2024-08-31"),
    hired(C2, ACI, "2024-02-01", "2024-08-31", contract_type="MISSION"),
    proposed("2024-03-01"),
    grant("2024-01-01"),
    request("2025-12-31", "2026-06-30", requested_on=day("2024-03-10")),
)
LEFT: tuple[Fact, ...] = (hired(C1, ACI, "2023-06-01", "2023-11-30"), exited(ACI, "2023-11-30", "3"))
LENT: tuple[Fact, ...] = (
    agreed(AI, "2024-02-10", "2024-12-31", occupation_code="K2204"),
    worked(AI, "2024-02", 450),
    agreed(AI, "2024-03-01", "2024-06-30", placement_id=uid("another placement"), planned_hours=60),
)


@pytest.fixture
def world(read_set: ReadSet) -> ReadSet:
    read_set.known_structures(ACI, AI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"), membership_started(AI, "2020-01-01"))
    read_set.add("client", CLIENT, client("company", "2020-01-01"), dismissal("2024-01-15"))
    return read_set


def seen(read_set: ReadSet, view: str) -> set[tuple[UUID, Any]]:
    what = {"alerts": "kind", "group_alerts": "kind", "handovers_today": "state"}.get(view, "''")
    return {(row[0], row[1]) for row in read(read_set, TODAY, view, f"person_id, {what}", "person_id IS NOT NULL")}


@pytest.mark.parametrize(
    ("life", "listed"),
    [
        (AT_WORK, {"ready", "pending_requests", "agrements_ending_soon", "handovers_today"}),
        (LENT, set()),
        (LEFT, {"follow_ups_due"}),
    ],
    ids=["at work", "lent", "left"],
)
def test_nobody_is_told_to_do_anything_about_it(world: ReadSet, life: Sequence[Fact], listed: set[str]) -> None:
    world.add("person", PERSON, *life)
    before = {view: seen(world, view) for view in TO_DO}
    world.add("person", FORGOTTEN, *life, PersonErased(erased_on=day("2024-03-12"), ground="request"))
    assert {view: seen(world, view) for view in TO_DO} == before
    assert {view for view in TO_DO if before[view]} == {"alerts", "group_alerts", *listed}
    # Rows that figures are counted by are there, and say that they are of somebody forgotten.
    for table in ("contracts", "steps", "agrements", "placements", "hours_by_month"):
        found = [row[0] for row in read(world, TODAY, table, "person_id, 1")]
        assert found.count(FORGOTTEN) == found.count(PERSON), table
    assert dict(read(world, TODAY, "persons", "person_id, erased_on")) == {PERSON: None, FORGOTTEN: "2024-03-12"}


def test_every_alert_of_these_is_one_that_no_rule_of_the_person_alone_gives(world: ReadSet) -> None:
    """What views tell by themselves is among them, or the test above would show nothing of it."""
    world.add("person", PERSON, *AT_WORK)
    world.add("person", uid("lent"), *LENT)
    kinds = {kind for _, kind in seen(world, "alerts")}
    assert {"contract_type_unusual", "client_dismissed", "placement_beyond_cap"} <= kinds


def test_a_handover_that_is_over_stays_in_the_figures(world: ReadSet) -> None:
    over = (
        proposed("2024-01-02"),
        hired(C1, AI, "2024-01-20"),
        PersonErased(erased_on=day("2024-03-12"), ground="request"),
    )
    world.add("person", FORGOTTEN, *over)
    assert seen(world, "handovers_today") == {(FORGOTTEN, "completed")}
