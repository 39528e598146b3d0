"""Whom the official figures on exits count, on a real PostgreSQL: presence, hours, annexes, and what follows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.pathways.facts import NextStep
from services.projections.law.tables import hours_readings, presences
from services.structures.facts import AnnexRecorded
from services.structures.model.reference import annex_measures
from shared.facts.fact import Fact
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    EI,
    ETTI,
    OASP,
    PERSON,
    contract_ended,
    exited,
    hired,
    hours_worked,
    structure_changed,
    structure_registered,
)
from tests.services.projections.placing import agreed, worked
from tests.services.projections.read_set import KINDS, ReadSet
from tests.services.scenario import day, uid

EITI = uid("eiti")
ANNEX = uid("annex")


@pytest.fixture(autouse=True)
def every_kind(read_set: ReadSet) -> None:
    for structure_id, kind in {**KINDS, EITI: "EITI"}.items():
        read_set.add("structure", structure_id, structure_registered(kind, "2015-01-01"))


def seen(read_set: ReadSet, columns: str, *facts: Fact) -> list[tuple[Any, ...]]:
    """Of the person's exits, by day."""
    read_set.add("person", PERSON, *facts)
    return [tuple(row)[1:] for row in read_set.read("counted_exits", f"exited_on, {columns}")]


def left(
    structure_id: UUID,
    exited_on: str,
    hours: float | None = 1,
    reason: Any = "8",
    hired_on: str = "2024-01-01",
    **more: Any,
) -> list[Fact]:
    """Hired, worked so many hours, and left."""
    worked = [] if hours is None else [hours_worked(structure_id, hired_on[:7], hours, contract_id=C1)]
    return [
        hired(C1, structure_id, hired_on, **more),
        *worked,
        exited(structure_id, exited_on, reason, contract_id=C1),
    ]


# Presence


@pytest.mark.parametrize("structure_id", [ACI, EI])
@pytest.mark.parametrize(
    ("days", "exited_on", "expected"),
    [
        (80, "2025-01-20", (2.6301, False, False, False)),
        (81, "2025-01-20", (2.663, True, False, True)),
        (81, "2025-01-19", (2.663, False, False, True)),
        (91, "2025-01-19", (2.9918, False, False, True)),
        (92, "2025-01-19", (3.0247, True, True, True)),
        (92, "2025-01-20", (3.0247, True, True, True)),
        (81, "2024-03-22", (2.663, False, False, True)),
    ],
)
def test_more_than_265_months_in_an_aci_or_ei_since_2025_01_20_and_three_before(
    read_set: ReadSet, structure_id: UUID, days: int, exited_on: str, expected: tuple[Any, ...]
) -> None:
    """pathways.md §9. An exit of any day was counted on 2.65 months."""
    columns = "days, presence_months, counted, counted_older_reading, counted_newer_reading"
    facts = left(structure_id, exited_on, hired_on=str(day(exited_on) - timedelta(days)))
    assert seen(read_set, columns, *facts) == [(days, *expected)]


@pytest.mark.parametrize("structure_id", [AI, ETTI])
@pytest.mark.parametrize(("hours", "counted"), [(149.9, False), (150, True), (None, None)])
def test_at_least_150_hours_in_an_ai_or_etti(
    read_set: ReadSet, structure_id: UUID, hours: float | None, counted: bool | None
) -> None:
    rows = seen(read_set, "counted, counted_older_reading", *left(structure_id, "2024-01-01", hours))
    assert rows == [(counted, counted)]


@pytest.mark.parametrize(("hours", "counted"), [(0, False), (0.5, False), (1, True), (None, None)])
def test_at_least_one_hour_everywhere_and_silence_is_not_known(
    read_set: ReadSet, hours: float | None, counted: bool | None
) -> None:
    assert seen(read_set, "hours, counted", *left(EITI, "2024-01-05", hours)) == [(hours, counted)]


def test_silence_on_hours_counts_nobody_who_left_too_early(read_set: ReadSet) -> None:
    assert seen(read_set, "counted", *left(ACI, "2024-04-01", None)) == [(False,)]
    read_set.add("person", uid("stayed"), *left(ACI, "2024-04-02", None))
    assert [row.counted for row in read_set.read("counted_exits", "exited_on, counted")] == [False, None]


def test_other_kinds_and_permanent_staff_are_not_counted(read_set: ReadSet) -> None:
    columns = "from_kind, in_pathway, presence_months, counted, in_denominator"
    assert seen(read_set, columns, *left(OASP, "2024-12-31", 200)) == [("OASP", True, None, False, False)]
    read_set.add("person", uid("staff"), *left(AI, "2025-12-31", 700, in_pathway=False, contract_type="CDI"))
    rows = read_set.read("counted_exits", "person_id, in_pathway, counted", f"person_id = '{uid('staff')}'")
    assert [(row.in_pathway, row.counted) for row in rows] == [(False, False)]


def test_a_structure_not_known_yet_leaves_it_open(read_set: ReadSet) -> None:
    unknown = uid("nobody registered it")
    columns = "from_kind, days, hours, counted, counted_older_reading, in_denominator"
    assert seen(read_set, columns, *left(unknown, "2024-12-31")) == [(None, 365, 1, None, None, None)]


def test_the_kind_is_that_of_the_day_of_the_exit(read_set: ReadSet) -> None:
    changing = uid("changes its kind")
    read_set.add(
        "structure", changing, structure_registered("AI", "2015-01-01"), structure_changed("2024-04-30", kind="EI")
    )
    assert seen(read_set, "from_kind, counted", *left(changing, "2024-04-30", 20)) == [("EI", True)]
    read_set.add("person", uid("the day before"), *left(changing, "2024-04-29", 20))
    assert [row.counted for row in read_set.read("counted_exits", "exited_on, counted")] == [False, True]


def test_an_exit_whose_hire_is_not_known_has_no_days(read_set: ReadSet) -> None:
    facts = [hours_worked(ACI, "2024-03", 200), exited(ACI, "2024-03-31")]
    columns = "recruitment_id, recruited_on, days, counted"
    assert seen(read_set, columns, *facts) == [(None, None, None, None)]


# Recruitments


def test_renewals_are_one_recruitment_from_its_first_day(read_set: ReadSet) -> None:
    facts = [
        hired(C1, ACI, "2024-01-01", "2024-02-29"),
        hired(C2, ACI, "2024-03-01", "2024-04-30", renews_contract_id=C1),
        hired(C3, ACI, "2024-05-02", "2024-05-31"),
        hours_worked(ACI, "2024-01", 10, contract_id=C1),
        hours_worked(ACI, "2024-03", 20, contract_id=C2),
        hours_worked(ACI, "2024-05", 40, contract_id=C3),
        exited(ACI, "2024-04-30", contract_id=C2),
        exited(ACI, "2024-05-31", contract_id=C3),
    ]
    assert seen(read_set, "recruitment_id, recruited_on, days, hours, counted", *facts) == [
        (C1, day("2024-01-01"), 120, 30, True),
        (C3, day("2024-05-02"), 29, 40, False),
    ]
    contracts = read_set.read("contracts", "starts_on, recruitment_id")
    assert [row.recruitment_id for row in contracts] == [C1, C1, C3]


def test_an_exit_after_which_the_recruitment_goes_on_is_not_counted(read_set: ReadSet) -> None:
    facts = [
        hired(C1, ACI, "2024-01-01", "2024-04-30"),
        exited(ACI, "2024-04-30", contract_id=C1),
        hired(C2, ACI, "2024-05-02", "2024-08-31", renews_contract_id=C1),
        hours_worked(ACI, "2024-01", 10, contract_id=C1),
    ]
    assert seen(read_set, "definitive, counted", *facts) == [(False, False)]
    read_set.add("person", uid("other"), *facts, exited(ACI, "2024-08-31", "3", contract_id=C2))
    rows = read_set.read("counted_exits", "exited_on, definitive, counted, days", f"person_id = '{uid('other')}'")
    assert [tuple(row)[1:] for row in rows] == [(False, False, 120), (True, True, 243)]


def test_a_contract_of_another_structure_is_nobodys_recruitment_there(read_set: ReadSet) -> None:
    facts = [hired(C1, AI, "2023-01-01"), exited(ACI, "2024-03-31", contract_id=C1)]
    assert seen(read_set, "recruitment_id, days", *facts) == [(None, None)]


# Hours


def test_hours_of_placements_under_a_contract_are_hours_of_its_recruitment(read_set: ReadSet) -> None:
    facts = [
        hired(C1, AI, "2024-01-01"),
        agreed(AI, "2024-01-02", contract_id=C1),
        worked(AI, "2024-01", 100),
        hours_worked(AI, "2024-02", 50, contract_id=C1),
        exited(AI, "2024-06-30"),
    ]
    assert seen(read_set, "hours, counted", *facts) == [(150, True)]


def test_entries_that_name_no_known_contract_are_those_of_the_step(read_set: ReadSet) -> None:
    facts = [
        hired(C1, AI, "2023-01-01", "2023-03-31"),
        exited(AI, "2023-03-31", contract_id=C1),
        hired(C2, AI, "2024-01-01", "2024-06-30"),
        hours_worked(AI, "2023-02", 30),
        hours_worked(AI, "2024-02", 100),
        hours_worked(AI, "2024-03", 50, contract_id=uid("its hire is not known")),
        hours_worked(ACI, "2024-03", 7),
        exited(AI, "2024-06-30", contract_id=C2),
    ]
    assert seen(read_set, "hours, counted", *facts) == [(30, False), (150, True)]


READINGS = "hours_reading, hours, counted, hours_recruitment, counted_recruitment, hours_stay, counted_stay, hours_state_year, counted_state_year"


def test_missions_that_renew_nothing_are_added_up_by_the_stay(read_set: ReadSet) -> None:
    """Open; the recruitment, by which AI and ETTI were counted alone, has the hours of the contracts that renew each other."""
    facts = [
        hired(C1, ETTI, "2024-01-01", "2024-01-31"),
        hired(C2, ETTI, "2024-02-01", "2024-02-29"),
        hired(C3, ETTI, "2024-03-01", "2024-03-31"),
        *(hours_worked(ETTI, f"2024-0{number}", 60, contract_id=one) for number, one in enumerate((C1, C2, C3), 1)),
        exited(ETTI, "2024-03-31", contract_id=C3),
    ]
    assert seen(read_set, READINGS, *facts) == [("stay", 180, True, 60, False, 180, True, 60, False)]
    assert [row.hours for row in read_set.read("steps", "step, hours")] == [180]


@pytest.mark.parametrize(
    ("last_year", "this_year", "expected"),
    [
        (100, 60, ("stay", 160, True, 160, True, 160, True, 100, False)),
        (150, 10, ("stay", 160, True, 160, True, 160, True, 150, True)),
        (10, 150, ("stay", 160, True, 160, True, 160, True, 150, True)),
        (100, 49, ("stay", 149, False, 149, False, 149, False, 100, False)),
    ],
)
def test_the_state_adds_up_no_two_calendar_years(
    read_set: ReadSet, last_year: float, this_year: float, expected: tuple[Any, ...]
) -> None:
    """pathways.md §9: 100 h in 2023 and 60 h in 2024: counted by the recruitment, not by the State's year."""
    facts = [
        hired(C1, AI, "2023-10-01"),
        hours_worked(AI, "2023-11", last_year / 2, contract_id=C1),
        hours_worked(AI, "2023-12", last_year / 2, contract_id=C1),
        hours_worked(AI, "2024-01", this_year, contract_id=C1),
        exited(AI, "2024-01-31", contract_id=C1),
    ]
    assert seen(read_set, READINGS, *facts) == [expected]


def test_the_state_looks_at_the_last_contract_alone(read_set: ReadSet) -> None:
    facts = [
        hired(C1, AI, "2024-01-01", "2024-03-31"),
        hired(C2, AI, "2024-04-01", "2024-06-30", renews_contract_id=C1),
        hours_worked(AI, "2024-03", 140, contract_id=C1),
        hours_worked(AI, "2024-04", 20, contract_id=C2),
        hours_worked(AI, "2024-05", 30),  # of the last contract, which it does not name
        hours_worked(AI, "2024-02", 40),
        exited(AI, "2024-06-30", contract_id=C2),
    ]
    assert seen(read_set, READINGS, *facts) == [("stay", 230, True, 230, True, 230, True, 50, False)]


def test_hours_of_a_stay_count_for_its_last_exit_alone(read_set: ReadSet) -> None:
    """Two missions side by side are one stay: its hours are those of one person, and make one counted exit."""
    facts = [
        hired(C1, AI, "2024-01-01", "2024-03-31"),
        hired(C2, AI, "2024-02-01", "2024-04-30"),
        hours_worked(AI, "2024-03", 100, contract_id=C1),
        hours_worked(AI, "2024-04", 100, contract_id=C2),
        exited(AI, "2024-03-31", contract_id=C1),
        exited(AI, "2024-04-30", contract_id=C2),
    ]
    assert seen(read_set, "hours, counted, counted_recruitment, definitive", *facts) == [
        (200, False, False, True),
        (200, True, False, True),
    ]


def test_an_aci_or_ei_goes_by_the_recruitment(read_set: ReadSet) -> None:
    facts = [
        hired(C1, ACI, "2024-01-01", "2024-01-31"),
        hired(C2, ACI, "2024-02-01", "2024-06-30"),
        hours_worked(ACI, "2024-01", 90, contract_id=C1),
        exited(ACI, "2024-06-30", contract_id=C2),
    ]
    assert seen(read_set, READINGS, *facts) == [("recruitment", None, None, None, None, 90, True, None, None)]


def annex(measure: str = "ACI_DC", state: str = "VALIDE") -> AnnexRecorded:
    return AnnexRecorded(
        annex_id=ANNEX,
        number="ACI039240001A0M0",
        measure=measure,
        state=state,
        starts_on=day("2024-01-01"),
        ends_on=day("2024-12-31"),
    )


@pytest.mark.parametrize(
    ("measure", "state", "hours"),
    [
        ("ACI_DC", "VALIDE", 12),
        ("ACI_DC", "PROVISOIRE", 12),
        ("ACI_DC", "CLOTURE", 12),
        ("ACI_DC", "SAISI", 0),
        ("ACIPA_DC", "VALIDE", 0),
        ("EIPA_DC", "VALIDE", 0),
        ("FDI_DC", "VALIDE", 0),
        ("EI_DC", "VALIDE", 0),
    ],
)
def test_hours_count_by_state_and_measure_of_their_annex(
    read_set: ReadSet, measure: str, state: str, hours: float
) -> None:
    read_set.add("structure", uid("with an annex"), structure_registered("ACI", "2015-01-01"), annex(measure, state))
    facts = left(uid("with an annex"), "2024-12-31", 12, annex_id=ANNEX)
    assert seen(read_set, "hours, counted", *facts) == [(hours, hours > 0)]


def test_the_measure_is_that_of_the_kind_on_the_day_of_the_hours(read_set: ReadSet) -> None:
    changing = uid("changes its kind")
    becomes_ei = structure_changed("2024-07-01", kind="EI")
    read_set.add("structure", changing, structure_registered("ACI", "2015-01-01"), becomes_ei, annex("ACI_DC"))
    facts = [
        *left(changing, "2024-12-31", 12, annex_id=ANNEX),
        hours_worked(changing, "2024-08", 7, contract_id=C1),
    ]
    assert seen(read_set, "from_kind, hours, counted", *facts) == [("EI", 12, True)]


def test_hours_of_an_annex_not_known_count_and_so_do_those_of_none(read_set: ReadSet) -> None:
    assert seen(read_set, "hours, counted", *left(ACI, "2024-12-31", 12, annex_id=uid("nobody told"))) == [(12, True)]


# What follows


@pytest.mark.parametrize(
    ("reason", "following", "expected"),
    [
        ("9", {"months": 6}, (True, False, True)),
        ("9", {"starts_on": "2025-01-01", "ends_on": "2025-07-01"}, (True, True, True)),
        ("9", {}, (True, None, True)),
        ("3", {}, (True, True, True)),
        ("10", {"months": 5}, (False, False, True)),
        ("5", {"months": 9}, (False, False, True)),
        ("14", {"months": 12}, (False, False, True)),
        ("8", {}, (False, False, False)),
        ("17", {}, (False, False, False)),
    ],
)
def test_what_follows_counts_as_the_reason_and_its_length_say(
    read_set: ReadSet, reason: str, following: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    facts = [hired(C1, ACI, "2024-01-01"), exited(ACI, "2024-12-31", reason, next=NextStep.model_validate(following))]
    assert seen(read_set, "durable_official, durable_federation, dynamic", *facts) == [expected]


@pytest.mark.parametrize("reason", ["16", "17", "18", "20", "21", "22"])
def test_who_was_withdrawn_is_counted_and_not_in_the_denominator(read_set: ReadSet, reason: str) -> None:
    assert seen(read_set, "counted, in_denominator", *left(ACI, "2024-12-31", 1, reason)) == [(True, False)]


def test_no_news_stays_in_the_denominator(read_set: ReadSet) -> None:
    assert seen(read_set, "counted, in_denominator", *left(ACI, "2024-12-31", 1, "8")) == [(True, True)]


@pytest.mark.parametrize("on", ["1900-01-01", "2025-01-19", "2025-01-20", "2199-12-31"])
def test_every_kind_has_one_rule_for_each_reading_on_any_day(read_set: ReadSet, on: str) -> None:
    by_day = f"'{on}' BETWEEN coalesce(valid_from, '-infinity') AND coalesce(valid_to, 'infinity')"
    rules = [(row.kind, row.reading) for row in read_set.read("presence_rules", "kind, reading", by_day)]
    kinds = ("ACI", "AI", "EI", "EITI", "ETTI")
    assert sorted(rules) == sorted((kind, one) for kind in kinds for one in ("official", "older", "newer"))
    assert [tuple(row) for row in read_set.read("hours_readings", "kind, reading, confidence", by_day)] == [
        ("ACI", "recruitment", "confirmed"),
        ("AI", "stay", "open"),
        ("EI", "recruitment", "confirmed"),
        ("EITI", "recruitment", "open"),
        ("ETTI", "stay", "open"),
    ]


def test_rules_of_presence_say_where_they_come_from() -> None:
    said: list[tuple[str, str]] = [(row.source, row.confidence) for row in presences()]
    said += [(row.source, row.confidence) for row in hours_readings()]
    said += [(row.source, row.confidence) for row in annex_measures()]
    assert all(source and confidence in {"confirmed", "open"} for source, confidence in said)


def test_measures_of_annexes_are_shown(read_set: ReadSet) -> None:
    rows = read_set.read("annex_measures", "measure, kind, confidence")
    assert [tuple(row) for row in rows if row.kind == "no_kind"] == [
        ("ACIPA", "no_kind", "open"),
        ("EIPA", "no_kind", "open"),
        ("FDI", "no_kind", "confirmed"),
    ]
    assert {row.kind for row in rows} == {"ACI", "AI", "EI", "EITI", "ETTI", "no_kind"}


def test_contracts_ended_without_an_exit_are_no_rows(read_set: ReadSet) -> None:
    assert seen(read_set, "counted", hired(C1, ACI, "2024-01-01"), contract_ended(C1, "2024-12-31")) == []
