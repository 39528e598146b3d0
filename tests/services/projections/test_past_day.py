"""Views on a day that is past: what was true by then, and nothing of later days; a day that is none is an error."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import DataError

from services.projections.views import VIEWS
from services.projections.views.files import FOLDER
from tests.services.projections.facts import AI, CLIENT, PERSON
from tests.services.projections.placing import agreed, client
from tests.services.projections.read_set import ReadSet, read, see

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
