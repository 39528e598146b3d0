"""Dimensions of schema `bi`, each beside a plain second reckoning in Python."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine

from services.projections.law.tables import departments, hours_of_a_post, stages
from services.projections.tables.structure_periods import StructurePeriod
from shared.facts.fact import FIRST_DAY, LAST_DAY, Fact
from tests.services.projections.facts import (
    ACI,
    AI,
    GROUP,
    membership_ended,
    membership_started,
    recorded,
    rows_of,
    structure_changed,
    structure_closed,
    structure_registered,
)
from tests.services.projections.read_set import ReadSet
from tests.services.scenario import day

IDS = count(1)


def test_every_day_of_the_calendar_has_its_month_quarter_and_iso_week(read_set: ReadSet) -> None:
    columns = "day, month, quarter, year, iso_year, iso_week, weekday"
    found = read_set.connection.exec_driver_sql(f"SELECT {columns} FROM bi.dim_date ORDER BY day")
    days = (FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
    expected = [
        (on, on.replace(day=1), date(on.year, (on.month + 2) // 3 * 3 - 2, 1), on.year, *on.isocalendar())
        for on in days
    ]
    assert list(map(tuple, found)) == expected


def test_days_and_months_have_french_names(read_set: ReadSet) -> None:
    names = "day, weekday_name, month_name"
    rows = read_set.read("dim_date", names, "day IN ('2024-02-29', '2024-08-05', '2024-12-01')")
    assert list(map(tuple, rows)) == [
        (day("2024-02-29"), "jeudi", "février"),
        (day("2024-08-05"), "lundi", "août"),
        (day("2024-12-01"), "dimanche", "décembre"),
    ]


def test_a_structure_is_cut_where_its_kind_or_the_region_of_its_department_changes(read_set: ReadSet) -> None:
    read_set.add(
        "structure",
        ACI,
        structure_registered("ACI", "2010-05-01", department="39"),
        structure_changed("2018-01-01", kind="AI"),
        structure_changed("2020-01-01", department="975"),
        structure_closed("2024-06-30"),
    )
    rows = read_set.read("dim_structure", "valid_from, valid_to, kind, stage, department, region_code, region")
    assert list(map(tuple, rows)) == [
        (day("2010-05-01"), day("2015-12-31"), "ACI", 1, "39", None, None),
        (day("2016-01-01"), day("2017-12-31"), "ACI", 1, "39", "27", "Bourgogne-Franche-Comté"),
        (day("2018-01-01"), day("2019-12-31"), "AI", 2, "39", "27", "Bourgogne-Franche-Comté"),
        (day("2020-01-01"), day("2024-06-30"), "AI", 2, "975", None, None),
    ]


CHANGES = some.lists(
    some.tuples(
        some.dates(date(2014, 1, 1), date(2018, 12, 31)),
        some.sampled_from(["ACI", "AI", "GEIQ", None]),
        some.sampled_from(["39", "2A", "69", "975", None]),
    ),
    max_size=5,
)


def test_whatever_a_structure_was_each_of_its_days_is_in_one_row_and_no_other_day_is(engine: Engine) -> None:
    with engine.connect() as connection:
        filled = ReadSet(connection)

        @settings(max_examples=60, deadline=None)
        @given(CHANGES, some.none() | some.dates(date(2015, 1, 1), date(2019, 12, 31)))
        def check(changes: list[tuple[date, str | None, str | None]], closed_on: date | None) -> None:
            subject_id = UUID(int=(1 << 91) + next(IDS))
            facts: list[Fact] = [structure_registered("EI", "2013-01-01", department="75")]
            facts += [
                structure_changed(str(on), kind=kind, department=place) for on, kind, place in changes if kind or place
            ]
            facts += [structure_closed(str(closed_on))] if closed_on else []
            rows = rows_of([recorded(fact, subject=subject_id) for fact in facts], "structure")
            filled.insert(rows)
            shown = [
                (row.valid_from, row.valid_to or LAST_DAY, row.kind, row.stage, row.department, row.region)
                for row in filled.read("dim_structure", "*", f"structure_id = '{subject_id}'")
            ]
            edges = {edge for row in shown for edge in row[:2]} | {on for on, _, _ in changes} | {date(2016, 1, 1)}
            days = {on + timedelta(days=n) for on in edges - {LAST_DAY} for n in (-1, 0, 1)}
            for on in sorted(days):
                found = [row[2:] for row in shown if row[0] <= on <= row[1]]
                assert found == [
                    described(period, on)
                    for period in rows["structure_periods"]
                    if period.starts_on <= on <= (period.ends_on or LAST_DAY)
                ]

        check()
        connection.rollback()


def described(period: StructurePeriod, on: date) -> tuple[object, ...]:
    """Row by row through the tables of law."""
    stage = [row.stage for row in stages() if row.kind == period.kind]
    region = [
        row.region for row in departments() if row.department == period.department and (row.valid_from or on) <= on
    ]
    return period.kind, next(iter(stage), None), period.department, next(iter(region), None)


def test_a_structure_that_closed_is_in_no_group_any_more(read_set: ReadSet) -> None:
    read_set.add("structure", ACI, structure_registered("ACI", "2015-01-01"), structure_closed("2023-06-30"))
    read_set.add(
        "group", GROUP, membership_started(ACI, "2020-01-01"), membership_started(AI, "2021-01-01"),
        membership_ended(AI, "2022-12-31"), membership_started(AI, "2024-01-01"),
    )  # fmt: skip
    rows = read_set.read("group_structure_days", "starts_on, ends_on, structure_id, group_id")
    assert list(map(tuple, rows)) == [
        (day("2020-01-01"), day("2023-06-30"), ACI, GROUP),
        (day("2021-01-01"), day("2022-12-31"), AI, GROUP),
        (day("2024-01-01"), None, AI, GROUP),
    ]


def test_every_department_of_today_is_in_one_region(read_set: ReadSet) -> None:
    """96 on the mainland and Corsica, 5 overseas; 18 regions."""
    found = read_set.read("ref_departments", "department, region_code")
    mainland = {f"{number:02}" for number in range(1, 96)} - {"20"} | {"2A", "2B"}
    assert sorted(department for department, _ in found) == sorted(mainland | {"971", "972", "973", "974", "976"})
    assert len({region for _, region in found}) == 18


def test_hours_of_a_post_say_how_sure_they_are(read_set: ReadSet) -> None:
    found = read_set.read("ref_hours_of_a_post", "kind, hours, confidence")
    assert list(map(tuple, found)) == [
        ("ACI", 1820, "open"), ("AI", 1607, "open"), ("EI", 1505, "open"), ("EITI", 1505, "confirmed"),
        ("ETTI", 1600, "open"),
    ]  # fmt: skip
    assert {row.kind for row in hours_of_a_post()} <= {stage.kind for stage in stages()}
