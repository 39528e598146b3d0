"""What the clock will have to say, and when."""

from __future__ import annotations

from services.agrement.effects.notices import Notice, fact_of, notices
from services.agrement.facts import AgrementExpired, AgrementExpiring
from services.agrement.model.reminders import reminders
from tests.services.agrement.persons import Person, answer_no, cancellation, closing, request, suspension, void
from tests.services.scenario import day, uid


def said(person: Person) -> list[tuple[str, str, int]]:
    return [(one.kind, str(one.due_on), one.days_before) for one in notices(person.settled, person.counting)]


def known(starts_on: str, ends_on: str, on: str) -> Person:
    return Person(today=on).granted(starts_on, ends_on, granted_on=starts_on)


def test_four_warnings_and_one_expiry_the_day_after() -> None:
    assert said(known("2024-09-01", "2026-08-31", "2024-09-01")) == [
        ("expiring", "2026-06-02", 90),
        ("expiring", "2026-07-02", 60),
        ("expiring", "2026-08-01", 30),
        ("expiring", "2026-08-24", 7),
        ("expired", "2026-09-01", 0),
    ]


def test_an_end_that_was_past_when_first_recorded_gives_one_expiry() -> None:
    assert said(known("2024-08-03", "2026-08-02", "2026-08-03")) == [("expired", "2026-08-03", 0)]
    assert len(said(known("2024-08-03", "2026-08-03", "2026-08-03"))) == 5


def test_a_new_end_has_its_own_deadlines_and_the_old_end_none() -> None:
    person = known("2024-09-01", "2026-08-31", "2024-09-01")
    before = notices(person.settled)
    person.given(suspension("2026-06-01", "2026-07-01"), on="2026-06-10")
    after = notices(person.settled)
    assert {one.ends_on for one in after} == {day("2026-09-30")}
    assert not set(before) & set(after)
    assert {one.ends_on for one in notices(person.settled, "day_exact")} == {day("2026-10-01")}


def test_an_end_that_comes_back_too_late_gives_no_warning() -> None:
    person = known("2024-09-01", "2026-08-31", "2024-09-01")
    person.given(suspension("2026-06-01", "2026-12-01"), id="suspension", on="2026-06-10")
    person.given(void("suspension"), on="2026-11-01")
    assert said(person) == [("expired", "2026-09-01", 0)]


def test_own_notices_and_later_facts_do_not_silence_the_warnings() -> None:
    person = known("2024-09-01", "2026-08-31", "2024-09-01")
    due = notices(person.settled)
    for one in due:
        person.given(fact_of(one), on="2026-12-01")
    person.hired("A", "2026-12-01", agrement=None)
    assert notices(person.settled) == due


def test_a_closed_agrement_expires_without_warning_and_a_cancelled_one_not_at_all() -> None:
    person = known("2024-09-01", "2026-08-31", "2024-09-01")
    assert said(person.given(closing("2026-01-31"), on="2026-01-20")) == [("expired", "2026-02-01", 0)]
    assert said(person.given(cancellation("2026-02-01"))) == []


def test_a_notice_carries_the_end_it_speaks_of() -> None:
    due = Notice("expiring", uid("P"), day("2026-08-24"), day("2026-08-31"), 7)
    assert fact_of(due) == AgrementExpiring(
        agrement_id=uid("P"), ends_on=day("2026-08-31"), days_before=7, due_on=day("2026-08-24")
    )
    over = Notice("expired", uid("P"), day("2026-09-01"), day("2026-08-31"))
    assert fact_of(over) == AgrementExpired(agrement_id=uid("P"), ended_on=day("2026-08-31"))


def test_a_pending_request_is_reminded_at_10_20_and_30_days() -> None:
    person = known("2024-09-01", "2026-08-10", "2024-09-01")
    person.given(request("2026-08-10", "2026-10-10", requested_on="2026-08-03"))
    assert [str(one.due_on) for one in reminders(person.file)] == ["2026-08-13", "2026-08-23", "2026-09-02"]
    assert reminders(person.given(answer_no("2026-08-04")).file) == ()
