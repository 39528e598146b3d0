"""The cap on hours as views: the same windows as decisions count, on any day of many lives, on a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from services.placements.facts import (
    HoursWorked,
    PlacementAgreed,
    PlacementChanged,
    PlacementEnded,
)
from services.placements.model.true_by import decided_by, true_by
from services.placements.model.windows import Window, windows
from services.placements.model.world import KnownWorld
from services.structures.facts import (
    ClientChanged,
    ClientRegistered,
    StructureChanged,
    StructureRegistered,
)
from shared.facts.fact import Recorded
from tests.services.projections.any_facts import facts_about, histories
from tests.services.projections.facts import ACI, AI, CLIENT, EI, PERSON, recorded, structure_registered
from tests.services.projections.placing import PLACEMENT, agreed, client, derogation, worked
from tests.services.projections.read_set import ReadSet, add, read, see
from tests.services.scenario import uid

DAYS = st.integers(0, 700).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
MAYBE = st.none() | DAYS
PLACEMENTS = st.sampled_from([uid(f"placement_id {number}") for number in range(3)])
AGREED = st.builds(
    agreed,
    st.sampled_from([AI, AI, EI]),
    DAYS.map(str),
    MAYBE.map(lambda day: None if day is None else str(day)),
    placement_id=PLACEMENTS,
    planned_hours=st.sampled_from([None, 60, 480, 500.5]),
)
WORKED = st.builds(
    worked,
    st.just(AI),
    DAYS.map(lambda day: f"{day:%Y-%m}"),
    st.sampled_from([0.1, 7.35, 300]),
    entry_id=st.uuids(),
    placement_id=PLACEMENTS,
    mode=st.sampled_from([None, None, "placement", "provision"]),
)
LIFTED = st.builds(
    derogation,
    DAYS.map(str),
    st.just("2026-12-31"),
    limit=st.sampled_from([None, 100, 600.0]),
    rule=st.just("ai_hours_cap"),
)
OTHERS = facts_about("person", [PlacementAgreed, PlacementChanged, PlacementEnded, HoursWorked])
OF_PERSONS = histories("person", AGREED | WORKED | WORKED | OTHERS)
OF_STRUCTURES = histories("structure", LIFTED | facts_about("structure", [StructureRegistered, StructureChanged]))
OF_CLIENTS = histories("client", facts_about("client", [ClientRegistered, ClientChanged]))
ASKED = st.lists(
    st.integers(-10, 1200).map(lambda days: date(2024, 1, 1) + timedelta(days=days)), min_size=1, max_size=3
)


def test_windows_are_those_that_decisions_count(engine: Engine) -> None:
    """pathways.md §5: SQL and Python, on many days of many lives, of structures and of clients."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    with engine.connect() as connection:
        filled = ReadSet(connection)

        @settings(max_examples=80, deadline=None, suppress_health_check=slow)
        @given(AGREED, OF_PERSONS, OF_STRUCTURES, OF_STRUCTURES, OF_CLIENTS, ASKED)
        def check(
            first: PlacementAgreed,
            person: list[Recorded],
            one: list[Recorded],
            other: list[Recorded],
            its: list[Recorded],
            days: list[date],
        ) -> None:
            lives = {
                f"person/{PERSON}": [recorded(first), *person],
                f"structure/{AI}": [recorded(structure_registered("AI", "2024-03-01")), *one],
                f"structure/{EI}": [recorded(structure_registered("AI", "2024-03-01")), *other],
                f"client/{CLIENT}": [recorded(client("company", "2024-01-01")), *its],
            }
            with connection.begin_nested() as savepoint:
                told = {subject: add(filled, subject, facts) for subject, facts in lives.items()}
                world = KnownWorld(lambda subject: told.get(subject, []))
                for on in {*days, *edges(windows(told[f"person/{PERSON}"], world))}:
                    see(connection, on)
                    assert seen(filled) == expected(told[f"person/{PERSON}"], KnownBy(world, on), on), on
                savepoint.rollback()

        check()
        connection.rollback()


def edges(known: tuple[Window, ...]) -> set[date]:
    return {day + timedelta(days=around) for one in known for day in (one.starts_on, one.ends_on) for around in (0, 1)}


def seen(filled: ReadSet) -> set[tuple[Any, ...]]:
    columns = (
        "structure_id, window_starts_on, window_ends_on, hours_limit, hours_worked, hours_planned, hours_left, current"
    )
    return {tuple(row) for row in filled.read("cap_windows", columns, f"person_id = '{PERSON}'")}


class KnownBy:
    """The world without what was decided after a day."""

    def __init__(self, world: KnownWorld, on: date) -> None:
        self.structure_kind, self.client_kind = world.structure_kind, world.client_kind
        self.derogations = lambda structure_id: decided_by(world.derogations(structure_id), on)


def expected(settled: list[Recorded], world: KnownBy, on: date) -> set[tuple[Any, ...]]:
    """By what was true by the day. Of a window that is over, or to come, the limit of its day that is nearest."""
    return {
        (
            one.structure_id,
            one.starts_on,
            one.ends_on,
            limit,
            one.worked,
            one.planned(on),
            None if limit is None else max(round(limit - one.worked - one.planned(on), 4), 0),
            one.holds(on),
        )
        for one in windows(true_by(settled, on), world, "structure", on)
        for limit in [one.limit_on(min(max(on, one.starts_on), one.ends_on))]
    }


WINDOW = ("cap_windows", "window_starts_on, window_ends_on, hours_worked, hours_planned, hours_left, lifted_until")


def test_hours_with_a_company_count_over_24_months(read_set: ReadSet) -> None:
    """pathways.md §5: the first placement with a company on 2024-02-10, 479 h by 2025-11-01."""
    read_set.known_structures(AI)
    read_set.add("client", CLIENT, client("company", "2020-01-01"))
    read_set.add(
        "person",
        PERSON,
        agreed(AI, "2024-02-10", planned_hours=480),
        worked(AI, "2024-02", 200),
        worked(AI, "2025-10", 279),
    )
    assert read(read_set, "2024-02-09", *WINDOW) == []
    assert read(read_set, "2024-02-10", *WINDOW) == [("2024-02-10", "2026-02-09", 0, 480, 0, None)]
    assert read(read_set, "2025-10-30", *WINDOW) == [("2024-02-10", "2026-02-09", 200, 280, 0, None)]
    assert read(read_set, "2025-11-01", *WINDOW) == [("2024-02-10", "2026-02-09", 479, 1, 0, None)]
    rows = read(read_set, "2026-02-10", *WINDOW)
    assert rows == [("2024-02-10", "2026-02-09", 479, 0, 1, None), ("2026-02-10", "2028-02-09", 0, 1, 479, None)]
    (row,) = read(read_set, "2025-11-01", "capped_placements", "client_kind, hours_worked, hours_planned, runs_until")
    assert row == ("company", 479, 1, "2025-11-01")


def test_hours_of_later_months_are_not_worked_yet(read_set: ReadSet) -> None:
    """Issue 10, 6: 349.5 h were shown on 2024-06-30, of which 66.5 had been worked."""
    read_set.known_structures(AI)
    read_set.add("client", CLIENT, client("company", "2020-01-01"))
    later = agreed(AI, "2024-07-15", placement_id=uid("later"), planned_hours=30)
    changed = PlacementChanged(placement_id=PLACEMENT, changed_on=date(2024, 8, 1), planned_hours=400)
    ended = PlacementEnded(placement_id=PLACEMENT, ended_on=date(2024, 10, 15), cause="end_of_need")
    first = agreed(AI, "2024-02-10", "2024-12-31", planned_hours=300)
    hours = worked(AI, "2024-05", 66.5), worked(AI, "2024-09", 283)
    read_set.add("person", PERSON, first, *hours, later, changed, ended)
    columns = "cap_windows", "hours_worked, hours_planned, hours_left"
    assert read(read_set, "2024-02-09", *columns) == []
    assert read(read_set, "2024-05-30", *columns) == [(0, 300, 180)]
    assert read(read_set, "2024-06-30", *columns) == [(66.5, 233.5, 180)]
    assert read(read_set, "2024-07-15", *columns) == [(66.5, 263.5, 150)]
    assert read(read_set, "2024-08-01", *columns) == [(66.5, 363.5, 50)]
    assert read(read_set, "2024-09-30", *columns) == [(349.5, 80.5, 50)]
    assert read(read_set, "2024-10-15", *columns) == [(349.5, 30, 100.5)]
    kept = "capped_placements", "hours_worked, planned_hours, ended_on", f"placement_id = '{PLACEMENT}'"
    assert read(read_set, "2024-06-30", *kept) == [(66.5, 300, None)]
    assert read(read_set, "2024-10-15", *kept) == [(349.5, 400, "2024-10-15")]


def test_what_is_agreed_for_later_is_planned_from_the_day_it_is_said(read_set: ReadSet) -> None:
    """Else more would be left today than may be agreed."""
    read_set.known_structures(AI)
    read_set.add("client", CLIENT, client("company", "2020-01-01"))
    later = recorded(agreed(AI, "2024-06-01", planned_hours=50), at=datetime(2024, 3, 9, 23, 30, tzinfo=UTC))
    add(read_set, f"person/{PERSON}", [recorded(agreed(AI, "2024-02-10", placement_id=uid("other"))), later])
    columns = "cap_windows", "hours_planned, hours_left"
    assert read(read_set, "2024-03-09", *columns) == [(0, 480)]
    assert read(read_set, "2024-03-10", *columns) == [(50, 430)]


def test_a_derogation_decided_later_lifts_nothing_before(read_set: ReadSet) -> None:
    late = derogation("2024-01-01", "2024-12-31").model_copy(update={"decided_on": date(2024, 6, 15)})
    read_set.add("structure", AI, structure_registered("AI", "2015-01-01"), late)
    read_set.add("client", CLIENT, client("company", "2020-01-01"))
    read_set.add("person", PERSON, agreed(AI, "2024-02-10"))
    assert read(read_set, "2024-06-14", "cap_windows", "hours_left, lifted_until") == [(480, None)]
    assert read(read_set, "2024-06-15", "cap_windows", "hours_left, lifted_until") == [(None, "2024-12-31")]


def test_a_derogation_lifts_the_cap_while_it_lasts(read_set: ReadSet) -> None:
    read_set.add("structure", AI, structure_registered("AI", "2015-01-01"), derogation("2024-06-01", "2024-12-31"))
    read_set.add("client", CLIENT, client("company", "2020-01-01"))
    read_set.add("person", PERSON, agreed(AI, "2024-02-10"), worked(AI, "2024-02", 100))
    left = ("cap_windows", "hours_left, lifted_until")
    assert read(read_set, "2024-05-31", *left) == [(380, None)]
    assert read(read_set, "2024-06-01", *left) == [(None, "2024-12-31")]
    assert read(read_set, "2025-01-01", *left) == [(380, None)]


@pytest.mark.parametrize(("structure", "kind"), [(AI, "household"), (AI, "nonprofit"), (ACI, "company")])
def test_hours_with_others_count_nowhere(read_set: ReadSet, structure: Any, kind: str) -> None:
    read_set.known_structures(AI, ACI)
    read_set.add("client", CLIENT, client(kind, "2020-01-01"))
    read_set.add("person", PERSON, agreed(structure, "2024-02-10"), worked(structure, "2024-02", 100))
    assert read(read_set, "2024-06-01", *WINDOW) == []
    assert read(read_set, "2024-06-01", "capped_placements", "placement_id, 1") == []
