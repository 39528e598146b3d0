"""Whom the official figures on exits count, on a real PostgreSQL: presence, hours, annexes, and what follows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.pathways.facts import NextStep
from services.projections.law.tables import presences
from services.structures.facts import AnnexRecorded
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
    day,
    exited,
    hired,
    hours_worked,
    structure_changed,
    structure_registered,
    uid,
)
from tests.services.projections.placing import agreed, worked
from tests.services.projections.read_set import KINDS, ReadSet

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


def left(structure_id: UUID, exited_on: str, hours: float | None = 1, reason: Any = "8", **more: Any) -> list[Fact]:
    """Hired on 2024-01-01, worked so many hours, and left."""
    worked = [] if hours is None else [hours_worked(structure_id, "2024-01", hours, contract_id=C1)]
    return [
        hired(C1, structure_id, "2024-01-01", **more),
        *worked,
        exited(structure_id, exited_on, reason, contract_id=C1),
    ]


# Presence


@pytest.mark.parametrize("structure_id", [ACI, EI])
@pytest.mark.parametrize(
    ("exited_on", "expected"),
    [
        ("2024-03-21", (80, 2.6301, False, False)),
        ("2024-03-22", (81, 2.663, True, False)),
        ("2024-04-01", (91, 2.9918, True, False)),
        ("2024-04-02", (92, 3.0247, True, True)),
    ],
)
def test_more_than_265_months_in_an_aci_or_ei(
    read_set: ReadSet, structure_id: UUID, exited_on: str, expected: tuple[Any, ...]
) -> None:
    columns = "days, presence_months, counted, counted_older_reading"
    assert seen(read_set, columns, *left(structure_id, exited_on)) == [expected]


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
    assert seen(read_set, "counted", *left(ACI, "2024-03-21", None)) == [(False,)]
    read_set.add("person", uid("stayed"), *left(ACI, "2024-03-22", None))
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
        "structure", changing, structure_registered("AI", "2015-01-01"), structure_changed("2024-03-31", kind="EI")
    )
    assert seen(read_set, "from_kind, counted", *left(changing, "2024-03-31", 20)) == [("EI", True)]
    read_set.add("person", uid("the day before"), *left(changing, "2024-03-30", 20))
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


def test_missions_that_renew_nothing_are_not_added_up(read_set: ReadSet) -> None:
    """Open: the step knows all of its hours, the recruitment those of its own contracts."""
    facts = [
        hired(C1, ETTI, "2024-01-01", "2024-01-31"),
        hired(C2, ETTI, "2024-02-01", "2024-02-29"),
        hired(C3, ETTI, "2024-03-01", "2024-03-31", renews_contract_id=C2),
        *(hours_worked(ETTI, f"2024-0{number}", 90, contract_id=one) for number, one in enumerate((C1, C2, C3), 1)),
        exited(ETTI, "2024-03-31", contract_id=C3),
    ]
    assert seen(read_set, "hours, counted", *facts) == [(180, True)]
    assert [row.hours for row in read_set.read("steps", "step, hours")] == [270]


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
    ],
)
def test_hours_count_by_state_and_measure_of_their_annex(
    read_set: ReadSet, measure: str, state: str, hours: float
) -> None:
    read_set.add("structure", uid("with an annex"), structure_registered("ACI", "2015-01-01"), annex(measure, state))
    facts = left(uid("with an annex"), "2024-12-31", 12, annex_id=ANNEX)
    assert seen(read_set, "hours, counted", *facts) == [(hours, hours > 0)]


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


def test_every_kind_has_one_rule_for_each_reading(read_set: ReadSet) -> None:
    rules = [(row.kind, row.reading) for row in presences()]
    assert sorted(rules) == sorted((kind, one) for kind in ("ACI", "AI", "EI", "EITI", "ETTI") for one in READINGS)
    assert all(row.source and row.confidence in {"confirmed", "open"} for row in presences())
    assert len(read_set.read("presence_rules")) == len(rules)


READINGS = ("official", "older")


def test_contracts_ended_without_an_exit_are_no_rows(read_set: ReadSet) -> None:
    assert seen(read_set, "counted", hired(C1, ACI, "2024-01-01"), contract_ended(C1, "2024-12-31")) == []
