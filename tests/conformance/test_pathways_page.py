"""The cases of pathways.md §8, row by row: posted to the whole suite, and read as an answer or in `bi`."""

from __future__ import annotations

from random import Random

import pytest

from tests.conformance.registry import row
from tests.conformance.world import COUNTED, Event, Life, Whole, again, void

pytestmark = pytest.mark.timeout(300)


@row(
    "8.1",
    "ACI employee hired 2024-01-01, left 2024-03-15 to a CDI / left 2024-03-25",
    "not counted (74 days) / counted under 2.65 months, not under 3",
    "By the reading of 2.65 months, which is that of exits since 2025-01-20 (§9); with an hour told. Of somebody whose hours nobody told it is not known.",
)
@pytest.mark.parametrize(("on", "days", "counted"), [("2024-03-15", 74, False), ("2024-03-25", 84, True)])
def test_74_days_in_an_aci_are_not_counted_and_84_are_under_265_months_alone(
    life: Life, on: str, days: int, counted: bool
) -> None:
    life.leaves_an_aci(on)
    assert life.sees("counted_exits", COUNTED) == [(days, counted, False)]


@row("8.2", "AI worker with 149 h / 150 h", "not counted / counted")
@pytest.mark.parametrize(("hours", "counted"), [(149, False), (150, True)])
def test_an_ai_worker_is_counted_from_150_hours_on(life: Life, hours: float, counted: bool) -> None:
    life.say(life.structure("AI"), life.hired("C", "AI", "2024-01-01"), life.exited("AI", "2024-12-31", "3"))
    life.say(life.worked("AI", "2024-02", 100), life.worked("AI", "2024-03", hours - 100, contract_id="C"))
    assert life.sees("counted_exits", "hours, counted") == [(hours, counted)]


@row("8.3", "CDD of exactly 6 months", 'durable in official measures, not in the federation\'s "> 6 months"')
@pytest.mark.parametrize(("ends_on", "to_the_federation"), [("2024-12-31", False), ("2025-01-01", True)])
def test_six_months_exactly_are_durable_officially_alone(life: Life, ends_on: str, to_the_federation: bool) -> None:
    life.leaves_an_aci("2024-06-30", "9", next={"contract_type": "CDD", "starts_on": "2024-07-01", "ends_on": ends_on})
    assert life.sees("counted_exits", "durable_official, durable_federation") == [(True, to_the_federation)]


@row("8.4", "reason 2", "positive for the structure; the pathway goes on")
def test_reason_2_is_positive_and_ends_no_pathway(life: Life) -> None:
    life.leaves_an_aci("2024-06-30", "2")
    assert life.sees("counted_exits", "category, dynamic, durable_official, in_denominator") == [
        ("positive", True, False, True)
    ]
    assert life.sees("pathways", "pathway, closed_on") == [(1, None)]


@row("8.5", "reason 17", "not in the denominator")
def test_reason_17_is_not_in_the_denominator(life: Life) -> None:
    life.leaves_an_aci("2024-06-30", "17")
    assert life.sees("counted_exits", "category, counted, in_denominator") == [("withdrawn", True, False)]


@row("8.6", "CDDI of 4 months (122 days): 30 / 31 days of PMSMP", "accepted / refused")
def test_a_quarter_of_122_days_holds_30_days_of_immersion_and_not_31(life: Life) -> None:
    life.say(life.structure("ACI"), life.hired("C", "ACI", "2024-03-01", "2024-06-30"))
    problem = life.refused(life.immersed("31 days", "2024-05-01", "2024-05-31", contract_id="C"))
    assert (problem["code"], problem["days"], problem["contract_days"]) == ("immersion_beyond_contract_share", 31, 122)
    life.say(life.immersed("30 days", "2024-05-01", "2024-05-30", contract_id="C"))
    assert life.sees("immersions", "immersion_id, ends_on") == [("30 days", "2024-05-30")]


@row("8.7", "same host: 31 days, renewed 31 days", "refused (60)")
def test_31_days_renewed_31_days_with_one_host_are_refused(life: Life) -> None:
    life.say(life.immersed("july", "2024-07-01", "2024-07-31"))
    august = life.immersed("august", "2024-08-01", "2024-08-31", renews_immersion_id="july")
    problem = life.refused(august)
    assert (problem["code"], problem["days"], problem["limit"]) == ("immersion_host_days", 62, 60)


@row(
    "8.8",
    "ACI contract of 12 h a week without derogation; with one from 2024-01-01 for 12 months",
    "alert; none until 2024-12-31",
    "The person's own derogation, and the structure's.",
)
@pytest.mark.parametrize("whose", ["nobody's", "the person's", "the structure's"])
def test_twelve_hours_a_week(life: Life, whose: str) -> None:
    life.say(life.structure("ACI"), life.hired("C", "ACI", "2024-01-01", "2025-06-30", weekly_hours=12))
    days = {"decided_on": "2023-12-15", "starts_on": "2024-01-01", "ends_on": "2024-12-31"}
    kind, its = "weekly_hours_derogation_granted", {"derogation_id": "D", "contract_id": "C", "kind": "difficulties"}
    if whose == "the person's":
        life.say(life.fact(f"pathways.{kind}", **its, **days))
    if whose == "the structure's":
        collective = {"derogation_id": life.id("D"), "rule": "weekly_hours_collective"}
        life.say(life.about_structure("derogation_granted", "ACI", **collective, **days))
    since = "2024-01-01" if whose == "nobody's" else "2025-01-01"
    below = "kind = 'weekly_hours_below_floor'"
    assert life.sees("alerts", "since, until, structure_kind", below) == [(since, "2025-06-30", "ACI")]
    on_the_last_day = life.sees("alerts", "since", f"{below} AND current", on="2024-12-31")
    assert on_the_last_day == ([("2024-01-01",)] if whose == "nobody's" else [])


@row("8.9", "CDI inclusion at 56; at 57 after 11 months; at 57 after 12 months", "alert; alert; none")
@pytest.mark.parametrize(
    ("age", "starts_on", "told"),
    [
        (56, "2024-01-01", ["cdi_inclusion_too_young"]),
        (57, "2023-12-01", ["cdi_inclusion_too_early"]),
        (57, "2024-01-01", []),
    ],
)
def test_a_cdi_inclusion_by_age_and_months(life: Life, age: int, starts_on: str, told: list[str]) -> None:
    life.say(life.structure("ACI"), life.hired("C", "ACI", "2023-01-01", "2023-11-30"))
    life.say(life.hired("CDI", "ACI", starts_on, contract_type="CDI_INCLUSION", age=age))
    assert life.sees("alerts", "kind, about_id", "kind LIKE 'cdi_inclusion%'") == [(kind, "CDI") for kind in told]


@row(
    "8.10",
    "structure joins a group on 2024-06-01; a step there 2024-01-01..2024-04-30, another 2024-05-01..2024-09-30",
    "first not in the group's history; second in it, from the day it joined",
)
def test_a_group_has_history_from_the_day_a_structure_joined(life: Life) -> None:
    life.say(life.structure("ACI"), life.joined("ACI", "2024-06-01"))
    life.say(life.hired("C1", "ACI", "2024-01-01", "2024-04-30"), life.exited("ACI", "2024-04-30", "8"))
    life.say(life.hired("C2", "ACI", "2024-05-01", "2024-09-30"))
    assert life.sees("steps", "step, starts_on") == [(1, "2024-01-01"), (2, "2024-05-01")]
    columns = "group_id, step, starts_on, ends_on, step_starts_on"
    assert life.sees("group_pathways", columns) == [("group", 2, "2024-06-01", "2024-09-30", "2024-05-01")]


def a_move(life: Life) -> list[Event]:
    """From an ACI to the group's AI, and what is done on the way."""
    return [
        life.hired("C", "ACI", "2023-10-01", "2024-01-31", weekly_hours=12, age=40),
        life.hired("C again", "ACI", "2024-02-01", "2024-03-31", renews_contract_id="C"),
        life.fact("pathways.support_action", action_id="talk", structure_id="ACI", done_on="2024-01-15",
                  kind="interview", outcome="done", theme="project"),
        life.exited("ACI", "2024-03-31", "2", contract_id="C again"),
        life.hired("C at the AI", "AI", "2024-04-15"),
        life.worked("ACI", "2023-11", 80.5, contract_id="C"),
        life.worked("AI", "2024-05", 30),
    ]  # fmt: skip


@row(
    "8.11",
    "exit ACI 2024-03-31 (reason 2), hired by the group's AI 2024-04-15",
    "transition ACI → AI, 14 days between, forward, inside the group; pathway open",
)
def test_from_an_aci_to_the_groups_ai(life: Life) -> None:
    life.say(*(life.structure(kind) for kind in ("ACI", "AI")))
    life.say(*(life.joined(kind, "2020-01-01") for kind in ("ACI", "AI")), *a_move(life))
    columns = "from_kind, to_kind, days_between, direction, inside, group_id"
    assert life.sees("transitions", columns) == [("ACI", "AI", 14, "forward", True, "group")]
    assert life.sees("pathways", "pathway, steps, closed_on") == [(1, 2, None)]


TOLD = (
    "contracts",
    "steps",
    "pathways",
    "exits",
    "follow_ups",
    "support_actions",
    "hours_by_month",
    "transitions",
    "group_pathways",
    "counted_exits",
    "alerts",
)


@row("8.12", "the same facts posted in any order, some twice, some voided and reposted", "the same rows")
def test_the_same_facts_in_any_way_give_the_same_rows(whole: Whole) -> None:
    """Of four people with a life of the same words; ids are told as words."""
    found = []
    for number, way in enumerate((as_told, backwards, shuffled_and_twice, voided_and_reposted)):
        life = Life(whole)
        bodies = [*map(life.structure, ("ACI", "AI")), *(life.joined(one, "2020-01-01") for one in ("ACI", "AI"))]
        life.say(*bodies if number % 2 == 0 else reversed(bodies))
        way(life, a_move(life))
        found.append({table: life.sees(table, "*") for table in TOLD})
    first, *others = found
    assert all(first.values())
    for other in others:
        assert other == first


def as_told(life: Life, events: list[Event]) -> None:
    life.say(*events)


def backwards(life: Life, events: list[Event]) -> None:
    life.say(*reversed(events))


def shuffled_and_twice(life: Life, events: list[Event]) -> None:
    mixed = [*events, *events[::2]]
    Random(8).shuffle(mixed)
    posted: set[str] = set()
    for one in mixed:
        life.says(one, 200 if one["id"] in posted else 201)
        posted.add(one["id"])


def voided_and_reposted(life: Life, events: list[Event]) -> None:
    for one in events:
        life.say(one, void(one), again(one))
