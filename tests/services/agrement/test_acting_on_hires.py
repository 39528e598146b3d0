"""What the service does about hires, over the real stores: late, twice, in pieces, killed, by two at once."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pytest

from services.agrement.effects.policy import hire_policy
from services.agrement.facts import HireLinked
from shared.facts.fact import Recorded
from shared.feeds.feed import Delivery, Feed
from shared.histories.database import HistoryDatabase
from shared.log.joined_streams import Beside
from shared.reacting.effects import OwnFact
from shared.reacting.knowledge import Lookup
from shared.reacting.reconciler import Reconciler
from shared.roles.presence import STARTING
from tests.services.agrement.suite import Suite, a_grant, a_void, event, settled, subject
from tests.services.scenario import uid

EFFECTS = ("hire_linked", "suspension_lifted", "start_moved")


def effects(suite: Suite, person: str) -> dict[str, list[dict[str, Any]]]:
    return {kind: suite.standing(person, kind) for kind in EFFECTS}


def a_life(suite: Suite, person: str = "a", back: str = "B") -> dict[str, Any]:
    """Hired by A, granted, suspended by A; hired by B in the middle of the suspension, which that lifts."""
    suite.granted(person)
    suite.hired(person, "A", "2026-01-01")
    with suite.acting():
        suite.view(person)
    suite.suspended(person, "2026-06-01", "2026-07-01")
    return suite.hired(person, back, "2026-06-11")


@pytest.fixture
def registered(suite: Suite) -> Suite:
    suite.registered("A")
    suite.registered("B", "AI")
    return suite


def test_a_hire_is_linked_and_lifts_the_suspension_and_reads_come_after_it(registered: Suite) -> None:
    a_life(registered)
    with registered.acting():
        view = registered.view("a")
    assert [(one["starts_on"], one["ends_on"]) for one in view["agrements"][0]["suspensions"]] == [
        ("2026-06-01", "2026-06-10")
    ]
    assert view["agrements"][0]["ends_on"] == "2028-01-09"
    linked = registered.standing("a", "hire_linked")
    assert [(one["starts_on"], one["agrement_id"]) for one in linked] == [
        ("2026-01-01", str(uid("a P"))),
        ("2026-06-11", str(uid("a P"))),
    ]
    caused = [fact for fact in registered.facts("a") if fact.source == "urn:parcours:agrement"]
    assert all(fact.causationid is not None for fact in caused)
    # Said for who hired, of whichever service the cause is.
    sayers = {f"structure/{fact.data.structure_id}" for fact in caused if isinstance(fact.data, HireLinked)}
    assert {fact.saidfor for fact in caused} == sayers


def test_a_hire_voided_gives_the_suspension_back_and_its_return_has_new_ids(registered: Suite) -> None:
    back = a_life(registered)
    with registered.acting():
        registered.view("a")
        registered.post(void := a_void(back))
        assert registered.view("a")["agrements"][0]["suspensions"][0]["ends_on"] == "2026-07-01"
        registered.post(a_void(void))
        assert registered.view("a")["agrements"][0]["suspensions"][0]["ends_on"] == "2026-06-10"
    said = [fact.id for fact in registered.facts("a") if fact.type == "agrement.suspension_lifted.v1"]
    assert len(said) == len(set(said)) == 2


def test_a_hire_replaced_is_judged_anew(registered: Suite) -> None:
    back = a_life(registered)
    with registered.acting():
        registered.view("a")
        registered.hired("a", "B", "2026-06-21", replaces=back["id"], data={"contract_id": back["data"]["contract_id"]})
        assert registered.view("a")["agrements"][0]["suspensions"][0]["ends_on"] == "2026-06-20"
    assert len(registered.standing("a", "hire_linked")) == 2


def test_a_hire_sent_twice_is_acted_upon_once(registered: Suite) -> None:
    back = a_life(registered)
    with registered.acting():
        registered.view("a")
        before = registered.log()
        registered.post(back, 200)
        registered.view("a")
    assert registered.log() == before


def test_a_future_agrement_starts_with_the_hire_that_comes_before_it(registered: Suite) -> None:
    registered.granted("a", "2026-03-01", granted_on="2026-01-02")
    registered.hired("a", "A", "2026-02-01", time="2026-01-20T12:00:00+01:00")
    with registered.acting():
        view = registered.view("a")
    assert (view["agrements"][0]["starts_on"], view["agrements"][0]["ends_on"]) == ("2026-02-01", "2028-01-31")


def test_own_facts_that_come_after_the_hire_are_acted_upon_too(registered: Suite) -> None:
    registered.hired("a", "A", "2026-01-10")
    with registered.acting():
        registered.view("a")
        assert "agrement_id" not in registered.standing("a", "hire_linked")[0]
        registered.granted("a")
        registered.view("a")
        assert [one["agrement_id"] for one in registered.standing("a", "hire_linked")] == [str(uid("a P"))]


def test_a_structure_registered_after_the_hire_brings_the_effect(suite: Suite) -> None:
    suite.granted("a")
    suite.hired("a", "A", "2026-01-10")
    with suite.acting():
        suite.view("a")
        assert suite.standing("a", "hire_linked") == []
        suite.registered("A")
        suite.view("a")
        assert len(suite.standing("a", "hire_linked")) == 1


def test_a_structure_that_was_none_all_along_takes_the_links_of_its_people_back(suite: Suite) -> None:
    suite.registered("A")
    for person in ("a", "b"):
        suite.granted(person)
        suite.hired(person, "A", "2026-01-10")
    with suite.acting():
        suite.view("a")
        data = {"changed_on": "2012-01-01", "kind": "GEIQ"}
        suite.post(event("structures.structure_changed", f"structure/{uid('A')}", data))
        suite.view("b")
    assert (suite.standing("a", "hire_linked"), suite.standing("b", "hire_linked")) == ([], [])


# Read again


def a_busy_suite(suite: Suite) -> None:
    """Lives with everything in them: lifted, voided, moved, a structure that came late."""
    suite.registered("A")
    for person in ("a", "b", "c"):
        a_life(suite, person, "late" if person == "c" else "B")
    with suite.acting():
        suite.registered("B", "AI")
        suite.view("b")
        suite.registered("late", "EI")
        suite.post(a_void(suite.hired("b", "B", "2026-06-05")))
        gone = suite.hired("a", "B", "2026-07-20")
        suite.view("a")
        suite.post(a_void(gone))
        suite.view("c")
        suite.granted("d", "2026-03-01", granted_on="2026-01-02")
        suite.hired("d", "A", "2026-02-01", time="2026-01-20T12:00:00+01:00")
        suite.view("d")


FORGET = {
    "places": ["DELETE FROM agrement_reading.places"],
    "schema": ["DROP SCHEMA agrement_reading CASCADE"],
}


@pytest.mark.parametrize("forgotten", FORGET)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_replay_from_zero_records_nothing(suite: Suite, forgotten: str, size: int) -> None:
    a_busy_suite(suite)
    before = suite.log()
    deadlines = suite.execute("SELECT * FROM agrement.deadlines ORDER BY 1, 2, 3")
    suite.execute(*FORGET[forgotten])
    again = suite.reconciler(suite.in_pieces(size))
    settled(again)
    assert suite.log() == before
    assert suite.execute("SELECT * FROM agrement.deadlines ORDER BY 1, 2, 3") == deadlines
    assert again.problem == STARTING  # stepped by hand: nothing else was said
    suite.registered("C")
    new = suite.hired("a", "C", "2026-08-01")
    settled(again)
    assert new["data"]["contract_id"] in [one["contract_id"] for one in suite.standing("a", "hire_linked")]


class ForgetfulFeed:
    """A topic that forgot the first facts of a service."""

    def __init__(self, feed: Feed, service: str, first: int) -> None:
        self.name = feed.name
        self._feed, self._service, self._first = feed, service, first

    def poll(self, timeout_s: float) -> Delivery:
        delivery = self._feed.poll(timeout_s)
        facts = [one for one in delivery.facts if one.service != self._service or one.sequence >= self._first]
        return Delivery(facts, delivery.letters, delivery.moves)

    def applied(self, delivery: Delivery) -> None:
        self._feed.applied(delivery)

    def reset(self) -> None:
        self._feed.reset()

    def doubt(self, service: str, sequences: Collection[int]) -> None:
        self._feed.doubt(service, sequences)

    def of_subject(self, service: str, subject: str) -> Delivery:
        return Delivery()

    @property
    def problem(self) -> str | None:
        return self._feed.problem

    def close(self) -> None:
        self._feed.close()


@pytest.mark.parametrize("service", ["pathways", "structures"])
def test_what_is_not_known_any_more_takes_nothing_back(suite: Suite, service: str) -> None:
    a_busy_suite(suite)
    before = suite.log()
    suite.execute("DROP SCHEMA agrement_reading CASCADE")
    everything = suite.in_pieces(10_000)

    def forgetful(database: HistoryDatabase) -> Feed:
        return ForgetfulFeed(everything(database), service, 1_000)

    again = suite.reconciler(forgetful)
    settled(again)
    assert suite.log() == before
    suite.execute("DELETE FROM agrement_reading.places")
    settled(suite.reconciler())
    assert suite.log() == before
    assert suite.execute("SELECT subject FROM agrement_reading.subjects WHERE error IS NOT NULL") == []


class Killed(BaseException):
    """The process is gone."""


def test_killed_between_keeping_and_moving_the_place_nothing_is_lost_nor_said_twice(suite: Suite) -> None:
    suite.granted("a")
    suite.hired("a", "A", "2026-01-10")
    settled(suite.reconciler())
    suite.registered("A")

    def dies(stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> Iterable[OwnFact]:
        raise Killed

    with pytest.raises(Killed):
        settled(suite.reconciler(policy=dies))
    assert suite.standing("a", "hire_linked") == []
    settled(suite.reconciler())
    assert len(suite.standing("a", "hire_linked")) == 1


def test_another_process_that_runs_already_takes_over_from_a_killed_one(suite: Suite) -> None:
    """The structure's fact is known when it comes again; its people are looked at all the same."""
    suite.granted("a")
    suite.hired("a", "A", "2026-01-10")
    other = suite.reconciler()
    settled(other)
    suite.registered("A")

    def dies(stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> Iterable[OwnFact]:
        raise Killed

    with pytest.raises(Killed):
        settled(suite.reconciler(policy=dies))
    settled(other)
    assert len(suite.standing("a", "hire_linked")) == 1


def test_killed_after_recording_and_before_moving_the_place_nothing_is_said_twice(registered: Suite) -> None:
    registered.granted("a")
    registered.hired("a", "A", "2026-01-10")

    class DyingFeed(ForgetfulFeed):
        def applied(self, delivery: Delivery) -> None:
            raise Killed

    pieces = registered.in_pieces(10_000)
    with pytest.raises(Killed):
        settled(registered.reconciler(lambda database: DyingFeed(pieces(database), "pathways", 0)))
    registered.execute("DELETE FROM agrement_reading.places")
    before = registered.log()
    settled(registered.reconciler())
    assert registered.log() == before
    assert len(registered.standing("a", "hire_linked")) == 1


def test_two_at_once_say_it_once(registered: Suite) -> None:
    persons = [f"p{number}" for number in range(20)]
    for person in persons:
        registered.granted(person)
    with registered.acting(many=3):
        for person in persons:
            registered.hired(person, "A", "2026-01-10")
        for person in persons:
            registered.view(person)
    for person in persons:
        said = [fact for fact in registered.facts(person) if fact.type == "agrement.hire_linked.v1"]
        assert len(said) == 1


def test_a_slow_one_does_not_decide_on_what_another_knew_better(registered: Suite) -> None:
    """The first reads the hire, then the second reads its void as well: the person's lock puts them in order."""
    registered.granted("a")
    hire = registered.hired("a", "A", "2026-01-10")
    reading, go_on = threading.Event(), threading.Event()
    plain = hire_policy("reference")

    def slow(stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> Iterable[OwnFact]:
        reading.set()
        go_on.wait(10)
        return plain(stream, consumed, lookup)

    first = registered.reconciler(policy=slow)
    thread = threading.Thread(target=first.step, args=[0])
    thread.start()
    assert reading.wait(10)
    registered.post(a_void(hire))
    second = registered.reconciler()
    other = threading.Thread(target=_step_or_moved, args=[second])
    other.start()
    go_on.set()
    thread.join()
    other.join()
    settled(registered.reconciler())
    assert registered.standing("a", "hire_linked") == []


def _step_or_moved(reconciler: Reconciler) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=reconciler.run, args=[stop])
    thread.start()
    stop.wait(0.5)
    stop.set()
    thread.join()


def test_one_whose_policy_fails_is_parked_and_healed_and_the_others_go_on(registered: Suite) -> None:
    plain = hire_policy("reference")

    def failing(stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> Iterable[OwnFact]:
        if stream.subject == subject("a"):
            raise ZeroDivisionError("a rule with a bug")
        return plain(stream, consumed, lookup)

    for person in ("a", "b"):
        registered.granted(person)
        registered.hired(person, "A", "2026-01-10")
    settled(registered.reconciler(policy=failing))
    parked = registered.execute("SELECT subject, error FROM agrement_reading.subjects WHERE error IS NOT NULL")
    assert parked == [(subject("a"), "ZeroDivisionError: a rule with a bug")]
    assert (len(registered.standing("a", "hire_linked")), len(registered.standing("b", "hire_linked"))) == (0, 1)
    settled(registered.reconciler())
    assert len(registered.standing("a", "hire_linked")) == 1
    assert registered.execute("SELECT subject FROM agrement_reading.subjects WHERE error IS NOT NULL") == []


def test_positions_are_reached_only_when_acted_upon(registered: Suite) -> None:
    registered.granted("a")
    registered.hired("a", "A", "2026-01-10")
    for method, path in (
        ("GET", f"/agrement/v1/persons/{uid('a')}"),
        ("GET", f"/agrement/v1/persons/{uid('a')}/may-be-hired?by={uid('A')}"),
    ):
        headers = {"After-Position": ", ".join(registered.positions.values())}
        answer = registered.client.request(method, path, json=a_grant("a"), headers=headers)
        assert answer.status_code == 503
        assert set(answer.json()["missing"]) == {"structures", "pathways", "agrement"}
    settled(registered.reconciler())
    assert registered.view("a")["agrements"] != []
