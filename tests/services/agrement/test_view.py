"""A person's agréments on a day, as the API answers them, and whether the person may be hired."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from services.agrement.law.tables import law_on
from services.agrement.model.flags import Flag, flags
from services.agrement.model.hiring import MayBeHired, Why, may_be_hired
from services.agrement.model.person_view import person_view
from services.agrement.model.told_view import current, told_view
from services.agrement.model.windows import open_to_closing
from shared.facts.fact import Recorded
from tests.services.agrement.persons import Person, change, closing, prolongation, removal, request, suspension
from tests.services.scenario import day, uid

P, S = str(uid("P")), str(uid("S"))


def working() -> Person:
    return Person().hired("A", "2024-09-01").granted("2024-09-01", number="XXXXX0000001", granted_on="2024-08-30")


def test_one_that_was_closed_before_its_corrected_start_has_no_days_left() -> None:
    """It owed 55 days: its end is the closing day, before its first."""
    person = Person().granted("2024-12-20", granted_on="2024-10-01").given(closing("2024-10-25"))
    for on in ("2024-10-25", "2024-10-26", "2024-12-19", "2024-12-20"):
        (agrement,) = person.view(on)["agrements"]
        assert (agrement["remaining_days"], agrement["ends_on_if_resumed"]) == (0, "2024-10-25")


def test_the_whole_answer() -> None:
    person = working().given(suspension("2026-07-01", "2026-08-29"), id="suspension")
    view = person.view("2026-08-03")
    assert json.loads(json.dumps(view)) == view
    assert view == {
        "person_id": str(uid("person")),
        "on": "2026-08-03",
        "carence": None,
        "agrements": [
            {
                "agrement_id": P,
                "number": "XXXXX0000001",
                "origin": "default",
                "state": "suspended",
                "starts_on": "2024-09-01",
                "ends_on": "2026-10-29",
                "ends_on_if_resumed": "2026-10-02",
                "remaining_days": 61,
                "remaining_estimate": "2 months",
                "suspensions": [
                    {
                        "suspension_id": S,
                        "reason": "CONTRACT_SUSPENDED",
                        "starts_on": "2026-07-01",
                        "ends_on": "2026-08-29",
                        "pushes_days": 59,
                    }
                ],
                "prolongations": [],
                "next_suspension": None,
                "prolongation_window": {
                    "opens_on": "2025-10-29",
                    "closes_on": "2027-04-29",
                    "open": True,
                    "allowed": [],
                },
                "explained": [
                    {
                        "fact_id": "fact-2",
                        "type": "agrement.agrement_granted.v1",
                        "days": 730,
                        "article": "R5132-1-2",
                    },
                    {"fact_id": "suspension", "type": "agrement.suspended.v1", "days": 59, "article": "R5132-1-3"},
                ],
            }
        ],
    }


def test_nobodys_agrement() -> None:
    empty: dict[str, Any] = {"person_id": "x", "on": "2026-08-03", "carence": None, "agrements": []}
    assert person_view([], day("2026-08-03"), person_id="x") == empty


def test_what_explains_the_end_adds_up_to_it() -> None:
    person = working().given(suspension("2026-03-01", "2026-06-30")).given(change("2026-03-10", ends_on="2026-04-30"))
    person.given(suspension("2026-05-10", "2026-05-20", "gone")).given(removal("2026-05-12", "gone"))
    person.given(prolongation("2026-10-30", "2026-12-31")).given(closing("2026-11-30"))
    view = person.view("2026-12-01")["agrements"][0]
    assert [one["days"] for one in view["explained"]] == [730, 121, 10, 62, -61, -10, -31]
    total = sum(one["days"] for one in view["explained"])
    assert total == (day(view["ends_on"]) - day(view["starts_on"])).days + 1
    assert [one["suspension_id"] for one in view["suspensions"]] == [S]


def test_the_latest_agrement_comes_first() -> None:
    person = Person().granted("2024-08-10", "2026-08-09", "valid").granted("2024-08-20", "2026-08-01", "expired")
    person.granted("2020-01-01", "2021-12-31", "old")
    names = [one["agrement_id"] for one in person.view("2026-08-03")["agrements"]]
    assert names == [str(uid(name)) for name in ("valid", "expired", "old")]


def test_states_follow_the_day() -> None:
    person = working().given(suspension("2026-07-01", "2026-07-31"))
    days = (
        "2024-08-31",
        "2024-09-01",
        "2026-06-30",
        "2026-07-01",
        "2026-07-31",
        "2026-08-01",
        "2026-09-30",
        "2026-10-01",
    )
    states = [person.view(on)["agrements"][0]["state"] for on in days]
    assert states == ["future", "valid", "valid", "suspended", "suspended", "valid", "valid", "expired"]


def test_carence_is_shown_on_its_days_only() -> None:
    person = Person().granted("2022-01-01", "2023-12-31")
    span = {"starts_on": "2024-01-01", "ends_on": "2025-12-31"}
    shown = [person.view(on)["carence"] for on in ("2023-12-31", "2024-01-01", "2025-12-31", "2026-01-01")]
    assert shown == [None, span, span, None]
    person.granted("2025-03-01", name="new")
    assert [person.view(on)["carence"] for on in ("2025-02-28", "2025-03-01")] == [span, None]


def test_the_next_suspension_a_day_allows() -> None:
    assert working().view("2026-08-03")["agrements"][0]["next_suspension"] == {
        "earliest_start": "2025-08-03",
        "latest_start": "2026-08-03",
        "latest_end": "2029-08-02",
    }
    person = working().given(suspension("2026-07-01", "2026-07-31"))
    assert person.view("2026-08-03")["agrements"][0]["next_suspension"]["earliest_start"] == "2026-08-01"
    for on in ("2024-08-31", "2026-07-31", "2026-10-01"):
        assert person.view(on)["agrements"][0]["next_suspension"] is None


def test_what_may_still_be_prolonged() -> None:
    person = working().given(prolongation("2026-08-31", "2028-10-31", reason="RQTH"))
    window = person.view("2028-08-03")["agrements"][0]["prolongation_window"]
    assert window["open"]
    assert [(one["reason"], one["latest_end"], one["needs_opinion"]) for one in window["allowed"]] == [
        ("SENIOR_CDI", "2038-10-29", False),
        ("COMPLETE_TRAINING", "2029-10-31", False),
        ("RQTH", "2029-08-30", True),
        ("SENIOR", "2029-10-31", True),
        ("PARTICULAR_DIFFICULTIES", "2029-08-30", True),
    ]
    used_up = person.given(prolongation("2028-10-31", "2029-08-30", "L2", reason="RQTH"))
    again = used_up.view("2029-08-03")["agrements"][0]["prolongation_window"]["allowed"]
    assert [one["reason"] for one in again] == ["SENIOR_CDI", "COMPLETE_TRAINING", "SENIOR"]


def test_the_window_is_shown_when_closed_and_nothing_is_allowed_then_nor_while_a_request_is_pending() -> None:
    early = working().view("2025-08-30")["agrements"][0]["prolongation_window"]
    assert (early["opens_on"], early["open"], early["allowed"]) == ("2026-01-31", False, [])
    person = working().given(request("2026-08-31", "2026-10-31", requested_on="2026-08-01"))
    pending = person.view("2026-08-03")["agrements"][0]["prolongation_window"]
    assert (pending["open"], pending["allowed"]) == (True, [])


def test_a_suspension_of_more_than_365_days_opens_the_closing() -> None:
    person = working().given(suspension("2025-01-01", "2026-12-31"))
    law = law_on(day("2026-08-03"))
    assert open_to_closing(person.file, person.agrement(), day("2025-12-31"), law) is None
    found = open_to_closing(person.file, person.agrement(), day("2026-01-01"), law)
    assert found is not None
    assert found.suspension_id == uid("S")


# May the person be hired


def asked(person: Person, kind: str | None = "EI", sender: str | None = None) -> MayBeHired:
    return may_be_hired(person.file, day("2026-08-03"), kind, sender, uid("A"))


def test_a_valid_agrement_is_reused_also_a_suspended_or_a_future_one() -> None:
    assert asked(working()) == MayBeHired("reuse", uid("P"))
    assert asked(working()).json() == {"answer": "reuse", "agrement_id": P, "why": []}
    assert asked(Person()).json()["why"] == [{"code": "diagnosis_needed", "article": "L5132-3"}]
    suspended = working().given(suspension("2026-08-01", "2026-08-10"))
    assert asked(suspended) == MayBeHired("reuse", uid("P"), (Why("suspended", "R5132-1-3"),))
    assert asked(Person().granted("2026-09-01", granted_on="2026-08-01")) == MayBeHired("reuse", uid("P"))


def test_a_structure_that_is_no_siae_needs_none() -> None:
    for person in (Person(), working(), Person().granted("2022-01-01", "2025-12-31")):
        assert asked(person, "GEIQ") == MayBeHired("not_needed", why=(Why("not_siae", "L5132-4"),))


def test_without_agrement_a_new_one_needs_a_diagnosis() -> None:
    needed = (Why("diagnosis_needed", "L5132-3"),)
    assert asked(Person()) == MayBeHired("new", why=needed)
    assert asked(Person().diagnosed("2026-08-01")) == MayBeHired("new")
    assert asked(Person().diagnosed("2026-08-01", "employer", structure_id="B")) == MayBeHired("new", why=needed)


def test_carence_blocks_and_an_unknown_kind_counts_as_a_siae() -> None:
    person = Person().granted("2022-01-01", "2025-12-31")
    blocked = MayBeHired("blocked", why=(Why("in_carence", "R5132-1-4"),))
    assert asked(person) == asked(person, None) == asked(person, sender="orienteur") == blocked
    assert asked(person, sender="authorised_prescriber").answer == "new"
    assert asked(person.diagnosed("2026-08-01")) == MayBeHired("new")


def test_an_age_that_was_not_given_is_flagged() -> None:
    person = working().given(prolongation("2026-08-31", "2026-09-30", reason="SENIOR_CDI"))
    person.given(prolongation("2026-09-30", "2026-10-31", "known", reason="SENIOR", age=51))
    person.given(prolongation("2026-10-31", "2026-11-30", "no age needed"))
    found = list(flags(person.agrement(), law_on(day("2026-08-03"))))
    assert found == [Flag("age_not_given", uid("L"), "R5132-1-8")]


def told(person: Person, on: str, own: Sequence[Recorded] = (), today: str | None = None) -> dict[str, Any]:
    """As somebody is told who said only these, and has to do with the person today."""
    return told_view(person.settled, own, day(on), current(person.settled, day(today or on)), person.counting)


def test_what_is_told_of_ones_own_alone() -> None:
    """For every share of one's own among the facts: all one's own is told whole; nothing that only others said is in it."""
    person = (
        Person()
        .hired("A", "2024-01-01")
        .granted("2024-01-01", number="XXXXX0000001", origin="pe_approval")
        .given(suspension("2024-06-01", "2024-08-30"), id="suspended")
        .given(prolongation("2026-03-30", "2026-04-30", declared_on="2026-03-01"), id="prolonged")
    )
    facts, public = person.settled, {"agrement_id", "number", "state", "starts_on", "ends_on", "remaining_days"}
    for on in ("2024-07-01", "2026-03-15"):
        whole_view = person.view(on)
        for count in range(len(facts) + 1):
            for own in combinations(facts, count):
                view = told(person, on, own)
                (mine,), (whole,) = view["agrements"], whole_view["agrements"]
                if len(own) == len(facts):
                    assert view == whole_view
                assert {name: mine[name] for name in public} == {name: whole[name] for name in public}
                said = {fact.id for fact in own}
                assert {moved["fact_id"] for moved in mine["explained"]} <= said
                assert bool(mine["suspensions"]) == ("suspended" in said)
                hidden = bool(whole["prolongations"]) and "prolonged" not in said
                assert mine["prolongations"] == ([] if hidden else whole["prolongations"])
                assert (mine["prolongation_window"]["allowed"] is None) == hidden
                if whole["state"] == "suspended" and "suspended" not in said:
                    assert mine["ends_on_if_resumed"] is mine["next_suspension"] is None


def test_what_others_hired_and_asked_changes_nothing_that_is_told() -> None:
    """Neither the days of their hires nor a request of theirs that waits for its answer."""

    def person() -> Person:
        return Person().hired("A", "2024-01-01").granted("2024-01-01")

    alone = person()
    own = alone.settled
    beside = person().hired("B", "2025-10-01").hired("EI", "2025-11-20")
    beside.given(request("2025-12-31", "2026-06-30", structure_id="B", requested_on="2025-11-25"), on="2025-11-25")
    for on in ("2024-05-01", "2025-10-15", "2025-12-01", "2026-01-15"):
        assert told(beside, on, own) == told(alone, on, own) == alone.view(on)


def test_an_agrement_that_is_over_is_told_to_who_said_it() -> None:
    """Of those before and after the one of today everybody sees its own facts alone, whatever day is asked about."""
    person = (
        Person()
        .granted("2018-01-10", name="old", granted_on="2018-01-10")
        .granted("2026-01-10", granted_on="2026-01-10")
    )
    old, new = person.settled

    def ids(on: str, *own: Recorded) -> list[str]:
        return [agrement["agrement_id"] for agrement in told(person, on, own, today="2026-08-03")["agrements"]]

    assert ids("2026-08-03") == ids("2026-08-03", new) == [P]
    assert ids("2019-01-01") == ids("2019-01-01", new) == []
    assert ids("2019-01-01", old) == [str(uid("old"))]
    assert ids("2026-08-03", old) == [P, str(uid("old"))]


def test_the_days_after_a_closing_tell_nobody_that_others_had_suspended() -> None:
    person = Person().hired("A", "2024-01-01").granted("2024-01-01")
    person.given(suspension("2024-06-01", "2025-11-30")).given(closing("2025-07-01"))
    whole, hire_and_grant = person.view("2025-08-01")["carence"], person.settled[:2]
    assert whole is not None
    assert told(person, "2025-08-01", person.settled)["carence"] == whole
    assert told(person, "2025-08-01", hire_and_grant)["carence"] is None


def test_an_id_that_two_senders_gave_explains_to_each_its_own() -> None:
    person = Person().hired("A", "2024-01-01").granted("2024-01-01")
    person.given(suspension("2024-06-01", "2024-08-30"), id="1", source="urn:other")
    person.given(suspension("2024-10-01", "2024-10-30", "mine"), id="1", source="urn:mine")
    mine = [fact for fact in person.settled if fact.source == "urn:mine"]
    (agrement,) = told(person, "2024-11-15", mine)["agrements"]
    assert [moved["days"] for moved in agrement["explained"]] == [29]


def test_why_others_moved_it_changes_nothing_that_is_told() -> None:
    def of_reason(reason: str) -> dict[str, Any]:
        person = Person().hired("A", "2024-01-01").granted("2024-01-01")
        return told(person.given(suspension("2024-06-01", "2024-08-30", reason=reason)), "2024-07-01")

    assert of_reason("SICKNESS") == of_reason("MATERNITY") == of_reason("CONTRACT_SUSPENDED")
