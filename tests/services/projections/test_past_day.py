"""Views on a day that is past: what was true by then, and nothing of later days; a day that is none is an error."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DataError

from services.pathways.facts import FollowedUp
from services.projections.tables.facts_by_day import MOST_DAYS
from services.projections.views import VIEWS
from services.projections.views.files import FOLDER
from tests.services.agrement.persons import (
    answer_no,
    cancellation,
    closing,
    grant,
    move,
    prolongation,
    request,
    suspension,
)
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    CLIENT,
    GROUP,
    PERSON,
    contract_changed,
    contract_ended,
    exited,
    given,
    hired,
    membership_started,
    structure_registered,
)
from tests.services.projections.placing import agreed, client, derogation
from tests.services.projections.read_set import ReadSet, read, see
from tests.services.scenario import day, uid

OF_TODAY = sorted(name for name in VIEWS if ":bi.today" in (FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("today", ["2200-01-01", "2300-01-01", "9999-12-31", "1899-12-31", "infinity"])
@pytest.mark.parametrize("view", ["today", "cap_windows"])
def test_a_day_beyond_the_calendar_is_an_error(read_set: ReadSet, view: str, today: str) -> None:
    """Issue 10, 6: 2300-01-01 gave 36,614 windows of one open placement, 9999-12-31 took minutes."""
    read_set.known_structures(AI)
    read_set.add("client", CLIENT, client("company", "2020-01-01"))
    read_set.add("person", PERSON, agreed(AI, "2024-02-10"))
    see(read_set.connection, today)
    with pytest.raises(DataError, match=f"parcours.today is a day between 1900-01-01 and 2199-12-31, not {today}"):
        read_set.connection.exec_driver_sql(f"SELECT * FROM bi.{view}")


@pytest.mark.parametrize("today", ["tomorrow morning", "2024-02-30", "30", "\U0001f600"])
def test_what_is_no_day_is_an_error(read_set: ReadSet, today: str) -> None:
    see(read_set.connection, today)
    with pytest.raises(DataError, match=f"parcours.today is a day such as 2199-12-31, not {today}"):
        read_set.connection.exec_driver_sql("SELECT * FROM bi.today")


@pytest.mark.parametrize("today", ["1900-01-01", "2199-12-31"])
def test_the_edges_of_the_calendar_are_days(read_set: ReadSet, today: str) -> None:
    assert read(read_set, today, "today", "day, day") == [(today, today)]
    for view in OF_TODAY:
        read_set.connection.exec_driver_sql(f"SELECT * FROM bi.{view}")


@pytest.mark.parametrize("view", OF_TODAY)
def test_every_view_of_today_refuses_it_whatever_there_is(read_set: ReadSet, view: str) -> None:
    see(read_set.connection, "2300-01-01")
    with pytest.raises(DataError, match=r"parcours\.today is a day between"):
        read_set.connection.exec_driver_sql(f"SELECT * FROM bi.{view}")


# Agréments

ON_A_DAY = "agrements_today", "state, ends_on, remaining_days"


def test_an_agrement_ends_as_was_said_by_the_day(read_set: ReadSet) -> None:
    """agrement.md §1, "End on a day's knowledge": a suspension declared later had moved the end already."""
    suspended = suspension("2024-09-01", "2024-10-01", declared_on="2024-09-03")
    read_set.add("person", PERSON, grant("2024-01-01", "2025-12-31"), suspended)
    assert read(read_set, "2023-12-31", *ON_A_DAY) == []
    assert read(read_set, "2024-06-30", *ON_A_DAY) == [("valid", "2025-12-31", 550)]
    assert read(read_set, "2024-09-02", *ON_A_DAY) == [("valid", "2025-12-31", 486)]
    assert read(read_set, "2024-09-03", *ON_A_DAY) == [("suspended", "2026-01-30", 486)]


def test_one_closed_or_cancelled_later_stood_until_then(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, grant("2024-01-01", "2025-12-31"), closing("2024-09-01"))
    assert read(read_set, "2024-06-30", *ON_A_DAY) == [("valid", "2025-12-31", 550)]
    assert read(read_set, "2024-09-02", *ON_A_DAY) == [("expired", "2024-09-01", 0)]
    other = uid("cancelled")
    read_set.add("person", other, grant("2024-01-01", "2025-12-31"), cancellation("2024-09-01"))
    his = f"person_id = '{other}'"
    assert read(read_set, "2024-08-31", "agrements_today", "state, 1", his) == [("valid", 1)]
    assert read(read_set, "2024-09-01", "agrements_today", "state, 1", his) == []


def test_one_closed_before_its_corrected_start_owes_no_days(read_set: ReadSet) -> None:
    read_set.add("person", PERSON, grant("2024-12-20", "2026-12-18", granted_on="2024-10-01"), closing("2024-10-25"))
    for on, state in (("2024-10-25", "future"), ("2024-12-19", "expired"), ("2024-12-21", "expired")):
        assert read(read_set, on, *ON_A_DAY) == [(state, "2024-10-25", 0)]


def test_a_carence_is_that_of_the_end_as_it_was(read_set: ReadSet) -> None:
    late = prolongation("2025-12-31", "2026-06-30", declared_on="2026-02-01")
    read_set.add("person", PERSON, grant("2024-01-01", "2025-12-31"), late)
    assert read(read_set, "2026-01-31", "carences", "starts_on, ends_on") == [("2026-01-01", "2027-12-31")]
    assert read(read_set, "2026-02-01", "carences", "starts_on, ends_on") == []


def test_a_request_is_pending_until_the_day_of_its_answer(read_set: ReadSet) -> None:
    asked = request("2025-12-30", "2026-06-30", requested_on="2025-10-01")
    read_set.add("person", PERSON, grant("2024-01-01", "2025-12-30"), asked, answer_no("2025-11-15"))
    pending = "pending_requests", "age_days, 1"
    assert read(read_set, "2025-11-14", *pending) == [(44, 1)]
    assert read(read_set, "2025-11-15", *pending) == []


def test_a_file_of_very_many_days_is_reckoned_for_the_last_ones(read_set: ReadSet) -> None:
    first = date(2024, 2, 1)
    many = [
        move(str(first + timedelta(days=number)), str(date(2025, 1, 1) + timedelta(days=number % 2)))
        for number in range(MOST_DAYS + 20)
    ]
    rows = given(grant("2024-01-01", "2026-12-31"), *many).agrements_by_day
    assert rows[0].said_from == date(2024, 1, 1)
    assert len(rows) <= MOST_DAYS


# What else views of today show


def test_a_contract_that_ended_early_ran_to_its_agreed_day_before(read_set: ReadSet) -> None:
    read_set.known_structures(ACI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"))
    longer = contract_changed(C1, "2024-05-01", ends_on=day("2024-12-31"))
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-15", "2024-09-14"), longer, contract_ended(C1, "2024-07-15"))
    left = "ready", "contract_ends_on, contract_days_left"
    assert read(read_set, "2024-04-30", *left) == [("2024-09-14", 137)]
    assert read(read_set, "2024-06-30", *left) == [("2024-12-31", 184)]
    assert read(read_set, "2024-07-15", *left) == [("2024-07-15", 0)]
    rows = read_set.read("contracts_by_day", "true_from, true_until, ends_on")
    assert [tuple(map(str, row)) for row in rows] == [
        ("2024-01-15", "2024-04-30", "2024-09-14"),
        ("2024-05-01", "2024-07-14", "2024-12-31"),
        ("2024-07-15", "None", "2024-07-15"),
    ]


def test_a_contract_that_nobody_had_agreed_yet_keeps_no_step_open(read_set: ReadSet) -> None:
    """Who had left with the last contract was shown as in a step, a week before being hired again."""
    read_set.known_structures(ACI)
    read_set.add("group", GROUP, membership_started(ACI, "2020-01-01"))
    read_set.add(
        "person", PERSON, hired(C1, ACI, "2024-01-15", "2024-05-14"), hired(C2, ACI, "2024-05-27", "2024-09-26")
    )
    left = "ready", "contract_ends_on, contract_days_left"
    assert read(read_set, "2024-05-14", *left) == [("2024-05-14", 0)]
    assert read(read_set, "2024-05-20", *left) == []
    assert read(read_set, "2024-05-27", *left) == [("2024-09-26", 122)]


def test_a_follow_up_made_twice_was_made_the_first_time(read_set: ReadSet) -> None:
    left = exited(ACI, "2024-03-15", exit_id=uid("left"))
    situations: tuple[tuple[str, Any], ...] = (("2024-06-20", "unreachable"), ("2024-08-20", "employed"))
    tried = [
        FollowedUp(exit_id=uid("left"), milestone_months=3, observed_on=day(on), situation=found)
        for on, found in situations
    ]
    read_set.add("person", PERSON, left, *tried)
    due = "follow_ups_due", "milestone_months, state"
    assert read(read_set, "2024-06-19", *due) == [(3, "due")]
    assert read(read_set, "2024-07-30", *due) == []


def test_a_derogation_decided_later_takes_no_days_off_an_alert_before(read_set: ReadSet) -> None:
    late = derogation("2024-01-01", "2024-12-31", "weekly_hours_collective").model_copy(
        update={"decided_on": day("2024-06-15")}
    )
    read_set.add("structure", ACI, structure_registered("ACI", "2015-01-01"), late)
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-06-30", weekly_hours=12))
    alerts = "alerts", "since, until", "kind = 'weekly_hours_below_floor'"
    assert read(read_set, "2024-06-14", *alerts) == [("2024-01-01", "2024-06-30")]
    assert read(read_set, "2024-06-15", *alerts) == []
