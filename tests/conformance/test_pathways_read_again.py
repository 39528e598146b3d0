"""The rules that pathways.md §9 reads again: posted to the whole suite, and read as an answer or in `bi`."""

from __future__ import annotations

import pytest

from tests.conformance.registry import row
from tests.conformance.world import Life

pytestmark = pytest.mark.timeout(300)


@row(
    "9",
    "81 days in an ACI, out on 2025-01-19 / on 2025-01-20",
    "not counted (three months) / counted (2.65 months)",
    "Both readings stand beside it, whatever the day.",
)
@pytest.mark.parametrize(
    ("hired_on", "on", "counted"), [("2024-10-30", "2025-01-19", False), ("2024-10-31", "2025-01-20", True)]
)
def test_presence_is_read_by_the_day_of_the_exit(life: Life, hired_on: str, on: str, counted: bool) -> None:
    life.say(life.structure("ACI"), life.hired("C", "ACI", hired_on))
    life.say(life.worked("ACI", hired_on[:7], 1, contract_id="C"), life.exited("ACI", on, "3"))
    columns = "days, counted, counted_older_reading, counted_newer_reading"
    assert life.sees("counted_exits", columns) == [(81, counted, False, True)]


@row(
    "9",
    "AI worker with 100 h in 2023 and 60 h in 2024, under one contract",
    "counted by the recruitment and by the stay, not by the State's year",
)
def test_the_three_readings_of_hours(life: Life) -> None:
    life.say(life.structure("AI"), life.hired("C", "AI", "2023-10-01"), life.exited("AI", "2024-03-31", "3"))
    life.say(life.worked("AI", "2023-12", 100, contract_id="C"), life.worked("AI", "2024-01", 60, contract_id="C"))
    columns = "hours_reading, counted, counted_recruitment, counted_stay, hours_state_year, counted_state_year"
    assert life.sees("counted_exits", columns) == [("stay", True, True, True, 100, False)]


@row("9", "ACI annex to 2021-12-31 beside one of FDI to 2022-11-30", "annex_ended since 2022-01-01")
def test_an_annex_counts_for_its_own_measure(life: Life) -> None:
    life.say(life.structure("ACI"))
    for measure, ends_on in (("ACI_DC", "2021-12-31"), ("FDI_DC", "2022-11-30")):
        number = f"{measure.partition('_')[0]}039210001A0M0"
        ids = {"annex_id": life.id(measure), "number": number, "measure": measure, "state": "VALIDE"}
        life.say(life.about_structure("annex_recorded", "ACI", **ids, starts_on="2021-01-01", ends_on=ends_on))
    assert life.sees("alerts", "kind, since, until", "kind = 'annex_ended'", structure="ACI") == [
        ("annex_ended", "2022-01-01", None)
    ]


@row("9", "an immersion renewed with other objectives", "refused (D5135-3)")
def test_a_renewal_keeps_object_and_objectives(life: Life) -> None:
    life.say(life.immersed("may", "2024-05-01", "2024-05-15", objective="KITCHEN"))
    other = life.immersed("june", "2024-05-16", "2024-05-31", renews_immersion_id="may", objective="WAITING")
    problem = life.refused(other)
    assert (problem["code"], problem["article"]) == ("immersion_renewal_differs", "D5135-3")
    life.say(life.immersed("again", "2024-05-16", "2024-05-31", renews_immersion_id="may", objective="KITCHEN"))


@row(
    "9",
    "contracts of 70 months, extended for RQTH / for particular difficulties every year",
    "no alert / alert from 60 months on",
)
@pytest.mark.parametrize(("ground", "told"), [("rqth", []), ("difficulties", [("2024-01-15", "2024-11-14")])])
def test_sixty_months_bind_difficulties_alone(life: Life, ground: str, told: list[tuple[str, str]]) -> None:
    life.say(life.structure("ACI"), life.hired("C", "ACI", "2019-01-15", "2021-01-14"))
    for year in (2021, 2022, 2023, 2024):
        change = {"contract_id": "C", "changed_on": f"{year}-01-10", "extension_ground": ground}
        life.say(life.fact("pathways.contract_changed", **change, ends_on="2024-11-14"))
    assert life.sees("alerts", "since, until", "kind = 'contract_too_long'") == told


@row(
    "9",
    "ACI contract of 12 h from 2024-01-01 in a pathway begun elsewhere on 2023-10-01, combination granted from its first day",
    "alert to 2024-01-31, none from four months in the pathway on",
)
def test_the_four_months_of_a_combination_are_in_the_pathway(life: Life) -> None:
    life.say(life.structure("EI"), life.hired("C0", "EI", "2023-10-01", "2023-12-31"))
    life.say(life.structure("ACI"), life.hired("C", "ACI", "2024-01-01", "2024-06-30", weekly_hours=12))
    ids = {"derogation_id": "D", "contract_id": "C", "kind": "combination"}
    days = {"decided_on": "2023-12-15", "starts_on": "2024-01-01", "ends_on": "2024-06-30"}
    life.say(life.fact("pathways.weekly_hours_derogation_granted", **ids, **days))
    assert life.sees("alerts", "since, until", "kind = 'weekly_hours_below_floor'") == [("2024-01-01", "2024-01-31")]


@row("9", "CDI inclusion in the first month of a pathway, from 2021-08-31 / from 2021-09-01", "no alert / alert")
@pytest.mark.parametrize(("starts_on", "told"), [("2021-08-31", []), ("2021-09-01", [("cdi_inclusion_too_early",)])])
def test_twelve_months_before_a_cdi_inclusion_since_its_decree(life: Life, starts_on: str, told: list[str]) -> None:
    life.say(life.structure("ACI"))
    life.say(life.hired("CDI", "ACI", starts_on, contract_type="CDI_INCLUSION", age=58))
    assert life.sees("alerts", "kind", "kind LIKE 'cdi_inclusion%'") == told


@row(
    "9",
    "spans of months: a cap window opened on 2024-02-29 (24); an immersion from 2025-01-31 (1); a follow-up of an exit on 2024-11-30 (3)",
    "to 2026-02-28; to 2025-02-28, not 03-01; due on 2025-03-01",
)
def test_a_span_of_months_ends_the_day_before_or_with_its_month(life: Life) -> None:
    life.say(life.structure("AI"), life.client("company"), life.placed("P", "company", "2024-02-29", 10))
    assert life.sees("cap_windows", "window_starts_on, window_ends_on", on="2024-03-01") == [
        ("2024-02-29", "2026-02-28")
    ]
    problem = life.refused(life.immersed("too long", "2025-01-31", "2025-03-01"))
    assert (problem["code"], problem["latest_ends_on"]) == ("immersion_longer_than_a_month", "2025-02-28")
    life.say(life.immersed("a month", "2025-01-31", "2025-02-28"))
    life.say(life.hired("C", "AI", "2024-01-10", "2024-11-30"), life.exited("AI", "2024-11-30", "3"))
    assert life.sees("follow_ups", "due_on", "milestone_months = 3") == [("2025-03-01",)]


@row(
    "9",
    "exit reason 3 and education level 3 by name; an education level in no list",
    "names in French; recorded all the same",
)
def test_codes_have_names_and_one_in_no_open_list_is_recorded(life: Life) -> None:
    level = {"registered_on": "2024-01-01", "education_level": "LEVEL_X"}
    life.say(life.fact("pathways.person_registered", **level))
    codes = ("3", "LEVEL_X")
    domains = ("exit_reason", "education_level")
    asked = life.whole.suite.client.get("/projections/v1/codes", params={"limit": 1000}).json()["items"]
    named = {it["domain"]: it["label_fr"] for it in asked if it["domain"] in domains and it["code"] in codes}
    assert set(named) == set(domains)
    assert "CDI" in named["exit_reason"]
    assert "CAP" in named["education_level"]
    assert life.sees("persons", "education_level") == [("LEVEL_X",)]
