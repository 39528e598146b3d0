"""Views about today on a real PostgreSQL: they say on any day what the reckoning says, and who has to look at what."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from services.agrement.law.tables import law_on
from services.agrement.model import states
from services.agrement.model.known import known_by
from services.agrement.model.person_file import PersonFile
from services.agrement.model.reckoning import reckon
from shared.facts.fact import Recorded, paris_day
from shared.facts.settle import settle
from tests.services.agrement.persons import grant, request, suspension
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    CLIENT,
    ORDER,
    PERSON,
    hired,
    rows_of,
    structure_registered,
)
from tests.services.projections.read_set import ReadSet, read, see
from tests.services.scenario import uid
from tests.services.scenario import uid as named

GEIQ = uid("geiq")
P, S = named("P"), named("S")
GRANTED = grant("2024-01-01", "2025-12-30")


PERSONS = count(1)
FROM_2023 = st.integers(0, 1600).map(lambda days: date(2023, 6, 1) + timedelta(days=days))


def test_any_day_says_what_the_reckoning_says(engine: Engine) -> None:
    """agrement.md §1, the remaining days: SQL and Python, on many days of many lives."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    with engine.connect() as connection:
        filled = ReadSet(connection)

        @settings(max_examples=60, deadline=None, suppress_health_check=slow)
        @given(histories("person"), st.lists(FROM_2023, min_size=1, max_size=6))
        def check(known: list[Recorded], days: list[date]) -> None:
            person_id = UUID(int=(1 << 90) + next(PERSONS))
            mine = [fact.model_copy(update={"subject": f"person/{person_id}"}) for fact in known]
            filled.insert(rows_of(mine))
            settled = [fact for fact in settle(mine, ORDER) if fact.service == "agrement"]
            said = {fact.decided_on + timedelta(days=around) for fact in settled for around in (-1, 0)}
            for on in {*days, *edges(reckon(settled)), *said}:
                see(connection, on)
                seen(filled, reckon(known_by(settled, on)), person_id, on)

        check()
        connection.rollback()


def edges(file: PersonFile) -> set[date]:
    """The days on which something changes, and those around."""
    known = {it for one in file.agrements for it in (one.starts_on, one.ends_on)}
    known |= {it for one in file.agrements for two in one.suspensions for it in (two.starts_on, two.ends_on)}
    return {it + timedelta(days=around) for it in known for around in (-1, 0, 1)}


def seen(filled: ReadSet, file: PersonFile, person_id: UUID, on: date) -> None:
    mine = f"person_id = '{person_id}'"
    rows = filled.read("agrements_today", "agrement_id, state, remaining_days, ends_on, ends_on_if_resumed", mine)
    assert {tuple(row) for row in rows} == {
        (
            one.agrement_id,
            states.state(one, on),
            states.remaining_days(one, on),
            one.ends_on,
            states.ends_on_if_resumed(one, on),
        )
        for one in file.agrements
    }
    carence = states.carence_on(file, on, law_on(on))
    expected = [] if carence is None else [(carence.starts_on, carence.ends_on)]
    assert [tuple(row) for row in filled.read("carences", "starts_on, ends_on", mine)] == expected
    soon = filled.read("agrements_ending_soon", "agrement_id, days_left", mine)
    assert {tuple(row) for row in soon} == {
        (one.agrement_id, (one.ends_on - on).days) for one in file.agrements if one.ends_on >= on
    }
    pending = {(two.request_id, (on - two.requested_on).days) for one in file.agrements for two in one.requests
               if two.state == "pending" and two.requested_on <= on}  # fmt: skip
    assert {tuple(row) for row in filled.read("pending_requests", "request_id, age_days", mine)} == pending


def test_today_is_the_paris_day_unless_a_session_says_another(read_set: ReadSet) -> None:
    (row,) = read_set.connection.exec_driver_sql("SELECT day, now() FROM bi.today")
    assert row[0] == paris_day(row[1])
    assert read(read_set, "2024-06-30", "today", "day, 1") == [("2024-06-30", 1)]
    read_set.connection.exec_driver_sql("SET LOCAL parcours.today = ''")
    assert read_set.read("today", "day, 1")[0].day == row[0]


def test_a_suspended_agrement_shows_both_ends(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, GRANTED, suspension("2024-06-01", "2024-08-30"))
    columns = "state, remaining_days, ends_on_if_resumed, ends_on, suspended_until"
    (row,) = read(read_set, "2024-05-31", "agrements_today", columns)
    assert (row[0], row[4]) == ("valid", None)
    (row,) = read(read_set, "2024-07-01", "agrements_today", columns)
    assert row[0] == "suspended"
    assert row[2] < row[3] == "2026-03-30"
    assert row[4] == "2024-08-30"
    assert read(read_set, "2024-08-31", "agrements_today", "state, suspended_until") == [("valid", None)]


def test_the_end_comes_nearer_and_carence_follows(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, GRANTED)
    within = ("agrements_ending_soon", "agrement_id, days_left", "days_left <= 90")
    assert read(read_set, "2025-10-01", *within) == [(P, 90)]
    assert read(read_set, "2025-09-30", *within) == []
    assert read(read_set, "2025-12-30", *within) == [(P, 0)]
    assert read(read_set, "2025-12-31", *within) == []
    after = ("agrements_today", "state, carence_until")
    assert read(read_set, "2025-12-30", *after) == [("valid", None)]
    assert read(read_set, "2025-12-31", *after) == [("expired", "2027-12-30")]
    assert read(read_set, "2027-12-30", "carences", "agrement_id, days_left") == [(P, 1)]
    assert read(read_set, "2027-12-31", "carences", "agrement_id, days_left") == []


def test_a_pending_request_grows_older(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, GRANTED, request("2025-12-30", "2026-06-30", requested_on="2025-10-01"))
    ages = {on: read(read_set, on, "pending_requests", "age_days, reminder_days") for on in (
        "2025-09-30", "2025-10-10", "2025-10-11", "2025-10-25", "2025-12-25")}  # fmt: skip
    assert list(ages.values()) == [[], [(9, None)], [(10, 10)], [(24, 20)], [(85, 30)]]
    alerts = read(read_set, "2025-10-25", "alerts", "since, reminder_days, current", "kind = 'request_unanswered'")
    assert alerts == [("2025-10-11", 10, False), ("2025-10-21", 20, True)]


ALERTS = ("alerts", "kind, since, until, structure_kind, current")


def test_a_hire_without_an_agrement_counts_for_siae_alone(read_set: ReadSet) -> None:
    read_set.known_structures(ACI)
    read_set.add("structure", GEIQ, structure_registered("GEIQ", "2015-01-01"))
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-04-30"))
    read_set.add("person", uid("at the geiq"), hired(C1, GEIQ, "2024-01-01"))
    read_set.add("person", uid("at a structure nobody knows"), hired(C1, AI, "2024-01-01"))
    alert = ("hired_without_agrement", "2024-01-01", "2024-04-30", "ACI")
    assert read(read_set, "2023-12-31", *ALERTS) == []
    assert read(read_set, "2024-01-01", *ALERTS) == [(*alert, True)]
    assert read(read_set, "2024-05-01", *ALERTS) == [(*alert, False)]
    assert read(read_set, "2024-05-01", "alerts", "subject, contract_id") == [(f"person/{PERSON}", C1)]


def test_a_gap_names_the_suspension_that_would_stop_the_count(read_set: ReadSet) -> None:
    read_set.known_structures(ACI, AI)
    read_set.add(
        "person", PERSON, GRANTED, hired(C1, ACI, "2024-01-01", "2024-03-31"), hired(C2, AI, "2024-05-01", "2025-12-30")
    )
    read_set.add("person", CLIENT, GRANTED, hired(C1, ACI, "2024-01-01", "2024-03-31"))
    columns = "person_id, suspend_from, suspend_until, structure_id, next_structure_id, severity"
    of_gaps = "kind = 'gap_without_suspension'"
    open_gap = ("2024-04-01", None, ACI, None, "medium")
    rows = read(read_set, "2024-04-15", "alerts", columns, of_gaps)
    assert {row[0]: row[1:] for row in rows} == {PERSON: open_gap, CLIENT: open_gap}
    rows = read(read_set, "2024-05-01", "alerts", columns, of_gaps)
    assert {row[0]: row[1:] for row in rows} == {
        PERSON: ("2024-04-01", "2024-04-30", ACI, AI, "low"),
        CLIENT: open_gap,
    }
    assert read(read_set, "2024-03-31", "alerts", columns, of_gaps) == []


def test_a_long_suspension_is_shown_from_its_366th_day(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, GRANTED, suspension("2025-01-01", "2026-06-30"))
    of_length = ("alerts", "kind, suspension_id", "kind = 'suspension_too_long'")
    assert read(read_set, "2025-12-31", *of_length) == []
    assert read(read_set, "2026-01-01", *of_length) == [("suspension_too_long", S)]
