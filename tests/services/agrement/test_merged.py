"""Persons under several ids: agrement decides, acts and reminds as if all had been said of one, whatever it learnt first,
and a split leaves each what follows from its own facts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from random import Random
from typing import Any

import pytest

from parcours.parts import REACTING
from services.agrement import main as agrement
from shared.log.comparison import Comparison
from shared.process.settings import Settings
from tests.services.agrement.suite import Suite, a_grant, a_hire, event, settled, subject
from tests.services.scenario import uid

STEWARDS = "urn:test:stewards"


def known(suite: Suite, *persons: str) -> None:
    for person in persons:
        suite.post(event("pathways.person_registered", subject(person), {"registered_on": "2026-01-02"}))


def merged(person: str, into: str, name: str = "merged") -> dict[str, Any]:
    data = {"into": str(uid(into)), "merged_on": "2026-02-01"}
    return event("pathways.persons_merged", subject(person), data, id=name, source=STEWARDS)


def split(person: str, name: str = "merged") -> dict[str, Any]:
    data = {"merge_id": name, "split_on": "2026-03-01"}
    return event("pathways.persons_split", subject(person), data, source=STEWARDS)


def links(suite: Suite, person: str) -> list[str | None]:
    return [fact.get("agrement_id") for fact in suite.standing(person, "hire_linked")]


def differences(suite: Suite, persons: Sequence[str] | None = None) -> list[Any]:
    service, store = REACTING["agrement"](Settings()), suite.store()
    subjects = None if persons is None else [subject(person) for person in persons]
    found: list[Comparison] = [
        service.compare_effects(suite.url, store, subjects),
        service.compare_deadlines(suite.url, store, subjects),
    ]
    return [difference for one in found for difference in one.first]


def due(suite: Suite) -> dict[str, int]:
    rows = suite.execute("SELECT subject, count(*) FROM agrement.deadlines GROUP BY 1")
    return dict(rows)


def test_a_hire_of_one_id_is_on_the_agrement_of_the_other_until_they_are_split(suite: Suite) -> None:
    suite.registered("A")
    known(suite, "a", "b")
    suite.granted("b")
    suite.hired("a", "A", "2026-02-10")
    settled(suite.reconciler())
    alone, granted = links(suite, "a"), str(uid("b P"))
    assert granted not in alone
    suite.post(merged("a", "b"))
    settled(suite.reconciler())
    assert (links(suite, "a"), links(suite, "b")) == ([granted], [])
    assert suite.view("a")["agrements"][0]["agrement_id"] == granted
    assert differences(suite) == []
    suite.post(split("a"))
    settled(suite.reconciler())
    assert links(suite, "a") == alone
    assert suite.view("a")["agrements"] == []
    assert differences(suite) == []


def test_a_grant_is_decided_beside_the_agrements_of_all_ids(suite: Suite) -> None:
    known(suite, "a", "b")
    suite.granted("b")
    suite.post(merged("a", "b"))
    with suite.acting():
        suite.view("a")
        refused = suite.post(a_grant("a", "2026-03-01", agrement_id=str(uid("a second"))), 409)
        assert refused["code"] == "agrement_running"
        suite.post(split("a"))
        suite.view("a")
        suite.post(a_grant("a", "2026-03-01", agrement_id=str(uid("a second"))))


def test_a_hire_under_one_id_lifts_a_suspension_under_the_other(suite: Suite) -> None:
    for name in ("A", "B"):
        suite.registered(name)
    known(suite, "a", "b")
    suite.granted("b")
    suite.hired("b", "A", "2026-01-05")
    settled(suite.reconciler())
    suite.suspended("b", "2026-02-01", "2026-12-31")
    suite.hired("a", "B", "2026-04-01")
    settled(suite.reconciler())
    assert suite.standing("a", "suspension_lifted") == suite.standing("b", "suspension_lifted") == []
    suite.post(merged("a", "b"))
    settled(suite.reconciler())
    (lifted,) = suite.standing("a", "suspension_lifted")
    assert lifted["suspension_id"] == str(uid("b S 2026-02-01"))
    assert suite.view("b")["agrements"][0]["suspensions"] == suite.view("a")["agrements"][0]["suspensions"]
    assert due(suite).keys() == {subject("b")}
    assert differences(suite) == []
    suite.post(split("a"))
    settled(suite.reconciler())
    assert suite.standing("a", "suspension_lifted") == []
    assert differences(suite) == []


def test_what_is_due_about_a_merged_person_is_written_under_its_root_and_said_of_whom_it_was_granted(
    suite: Suite,
) -> None:
    known(suite, "a", "b")
    suite.granted("a")
    assert due(suite).keys() == {subject("a")}
    suite.post(merged("a", "b"))
    settled(suite.reconciler())
    assert due(suite).keys() == {subject("b")}
    suite.clock("2029-01-01").strike()
    assert len(suite.standing("a", "agrement_expired")) == 1
    assert suite.standing("b", "agrement_expired") == []
    assert differences(suite) == []
    suite.post(split("a"))
    settled(suite.reconciler())
    suite.clock("2029-01-02").strike()
    assert len(suite.standing("a", "agrement_expired")) == 1
    assert differences(suite, ["a"]) == differences(suite, ["b"]) == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_learnt_first_the_same_stands(suite: Suite, seed: int) -> None:
    """pathways and structures are posted in any order and read in pieces, beside each other."""
    events = [
        a_hire("a", "A", "2026-02-10"),
        a_hire("b", "A", "2026-05-10"),
        a_hire("c", "A", "2026-06-10"),
        merged("a", "b"),
        merged("b", "c", "further"),
    ]
    random = Random(seed)
    known(suite, "a", "b", "c")
    suite.granted("b")
    random.shuffle(events)
    pieces = suite.in_pieces(random.randint(1, 3))
    reconcilers = [suite.reconciler(pieces), suite.reconciler(pieces)]
    registered_at = random.randrange(len(events))
    for place, one in enumerate(events):
        if place == registered_at:
            suite.registered("A")
        suite.post(one)
        if random.random() < 0.5:
            settled(random.choice(reconcilers))
    settled(suite.reconciler())
    assert [links(suite, person) for person in "abc"] == [[str(uid("b P"))]] * 3
    assert differences(suite) == []
    suite.post(split("b", "further"))
    settled(suite.reconciler())
    assert [links(suite, person) for person in "ab"] == [[str(uid("b P"))]] * 2
    assert links(suite, "c") != [str(uid("b P"))]
    assert differences(suite) == []


def test_the_clock_of_a_process_alone_learns_who_is_one(suite: Suite) -> None:
    known(suite, "a", "b")
    suite.granted("a")
    suite.post(merged("a", "b"))
    settled(suite.reconciler())
    with ExitStack() as stack:
        agrement.service().create_clock(suite.url, lambda: date(2026, 1, 1), stack).rebuild()
    assert due(suite).keys() == {subject("b")}


def test_a_number_stays_with_the_grant_that_a_split_gives_back(suite: Suite) -> None:
    known(suite, "a", "b", "c")
    grant = suite.granted("a", number="XXXXX0000042")
    suite.post(merged("a", "b"))
    settled(suite.reconciler())
    void = {"fact_id": grant["id"], "voided_on": "2026-02-02", "reason": "mistake"}
    suite.post(event("agrement.fact_voided", subject("b"), void))
    settled(suite.reconciler())
    assert suite.view("a")["agrements"] == []
    again = a_grant("c", number="XXXXX0000042")
    assert suite.post(again, 409)["code"] == "number_taken"
    suite.post(split("a"))
    settled(suite.reconciler())
    assert [one["number"] for one in suite.view("a")["agrements"]] == ["XXXXX0000042"]
    # Voided under its own id it is given back.
    suite.post(event("agrement.fact_voided", subject("a"), void))
    suite.post(again)
