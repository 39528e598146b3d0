"""Closing before term and cancelling."""

from __future__ import annotations

import pytest

from services.agrement.refusals import endings, general
from services.agrement.refusals.suspensions import SuspensionUnknownError
from tests.services.agrement.persons import Person, cancellation, closing, prolongation, removal, suspension
from tests.services.scenario import uid


def working() -> Person:
    return Person().hired("A", "2025-01-01").granted("2025-01-01")


def test_a_closing_is_the_end_whatever_moved_it_before() -> None:
    person = working().given(suspension("2025-03-01", "2025-05-01")).does(closing("2025-09-30"))
    assert person.ends_on() == "2025-09-30"
    person.given(removal("2025-03-10"))
    assert person.ends_on() == "2025-09-30"


def test_what_starts_that_day_or_later_falls_what_runs_is_cut_what_is_past_stays() -> None:
    person = working()
    for name, start, end in (
        ("past", "2025-02-01", "2025-02-10"),
        ("running", "2025-05-01", "2025-07-01"),
        ("same day", "2025-06-01", "2025-06-30"),
    ):
        person.given(suspension(start, end, name))
    person.given(prolongation("2025-05-20", "2025-06-20", "running")).given(
        prolongation("2025-06-01", "2025-08-01", "later")
    )
    agrement = person.does(closing("2025-06-01")).agrement()
    assert [str(one.ends_on) for one in agrement.standing_suspensions()] == ["2025-02-10", "2025-06-01"]
    assert [str(one.ends_on) for one in agrement.standing_prolongations()] == ["2025-06-01"]


def test_an_agrement_that_is_over_is_not_closed() -> None:
    person = Person().granted("2025-01-01", "2026-06-30")
    fields = person.refuses(closing("2026-07-01"), endings.AgrementAlreadyExpiredError)
    assert fields["ends_on"] == "2026-06-30"
    assert person.allows(closing("2026-06-30"))


def test_an_agrement_is_closed_once() -> None:
    person = working().does(closing("2026-06-30"))
    assert person.refuses(closing("2026-06-01"), general.AgrementAlreadyClosedError)["closed_on"] == "2026-06-30"


def test_an_agrement_is_not_closed_on_its_first_day() -> None:
    fields = working().refuses(closing("2025-01-01"), endings.ClosedBeforeStartError)
    assert fields["earliest_day"] == "2025-01-02"
    assert working().allows(closing("2025-01-02"))


@pytest.mark.parametrize("author", ["prescriber", "staff"])
def test_a_prescriber_and_staff_always_may(author: str) -> None:
    assert working().allows(closing("2026-01-05", author))


def test_an_employer_closes_after_more_than_365_days_of_suspension() -> None:
    person = working().given(suspension("2025-03-01", "2027-03-01"))
    fields = person.refuses(closing("2026-02-28", "employer"), endings.ClosingNotOfferedError)
    assert fields["more_than_days"] == 365
    assert person.allows(closing("2026-03-01", "employer", suspension_id="S"))
    working().refuses(closing("2026-03-01", "employer"), endings.ClosingNotOfferedError)


def test_a_hire_since_withdraws_the_offer() -> None:
    person = working().given(suspension("2025-03-01", "2026-03-31"))
    assert person.allows(closing("2026-06-01", "employer"))
    person.hired("B", "2026-04-01")
    person.refuses(closing("2026-06-01", "employer"), endings.ClosingNotOfferedError)


def test_a_closing_names_a_suspension_of_the_agrement() -> None:
    working().refuses(closing("2026-03-01", suspension_id="other"), SuspensionUnknownError)


def test_an_agrement_with_one_hire_or_none_is_cancelled_for_ever() -> None:
    for person in (Person().granted("2025-01-01", number="XXXXX0000001"), working()):
        person.does(cancellation("2025-02-01"))
        assert person.view("2025-03-01")["agrements"] == []
        person.refuses(cancellation("2025-02-02"), general.AgrementAlreadyCancelledError)
        person.refuses(suspension("2025-02-02"), general.AgrementAlreadyCancelledError)


def test_an_agrement_with_two_hires_is_not_cancelled() -> None:
    person = working().hired("B", "2025-06-01")
    assert person.refuses(cancellation("2025-07-01"), endings.AgrementHasHiresError)["hires"] == 2
    assert working().hired("B", "2025-06-01", agrement="other").allows(cancellation("2025-07-01"))


def test_ai_stock_is_not_cancelled() -> None:
    person = Person().granted("2021-12-01", origin="ai_stock")
    fields = person.refuses(cancellation("2025-07-01"), endings.AgrementNotCancellableError)
    assert fields == {"agrement_id": str(uid("P")), "origin": "ai_stock"}
    assert Person().granted("2021-12-01", origin="pe_approval").allows(cancellation("2025-07-01"))
