"""The clock over the real store: what is due is said once, whoever asks and however late."""

from __future__ import annotations

import threading
import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from time import monotonic

import pytest

from services.agrement import main as agrement
from shared.log.deadlines import Deadline
from shared.log.log_clock import DatabaseClock
from shared.log.store import FactStore
from shared.reacting.actor import Actor
from shared.reacting.clock import Clock
from tests.parts.waiting import wait_until
from tests.services.agrement.suite import Suite, a_grant, event, subject
from tests.services.scenario import uid

# An agrément of a person whose end is far enough ahead that every warning is still to come when the test is run.
STARTS_ON, ENDS_ON = "2098-01-01", "2099-12-31"
WARNED_ON = {90: "2099-10-02", 60: "2099-11-01", 30: "2099-12-01", 7: "2099-12-24"}
OVER = "2100-01-01"


def ending(suite: Suite, person: str, ends_on: str = ENDS_ON) -> None:
    suite.granted(person, STARTS_ON, granted_on="2026-01-05", initial_ends_on=ends_on, origin="pe_approval")


def notices(suite: Suite, person: str) -> list[tuple[str, str, int]]:
    warned = [
        (one["due_on"], one["ends_on"], one["days_before"]) for one in suite.standing(person, "agrement_expiring")
    ]
    over = [("over", one["ended_on"], 0) for one in suite.standing(person, "agrement_expired")]
    return [*warned, *over]


def prolonged(suite: Suite, person: str, starts_on: str, ends_on: str) -> dict[str, object]:
    data = {
        "agrement_id": str(uid(f"{person} P")),
        "prolongation_id": str(uid(f"{person} L {starts_on} {ends_on}")),
        "structure_id": str(uid("A")),
        "reason": "COMPLETE_TRAINING",
        "starts_on": starts_on,
        "ends_on": ends_on,
        "declared_on": starts_on,
    }
    suite.post(sent := event("agrement.prolonged", subject(person), data))
    return sent


def test_each_warning_comes_on_its_day_and_once(suite: Suite) -> None:
    ending(suite, "a")
    for days, due_on in WARNED_ON.items():
        before = notices(suite, "a")
        suite.clock(str(date.fromisoformat(due_on) - timedelta(days=1))).strike()
        assert notices(suite, "a") == before
        for _ in range(3):
            suite.clock(due_on).strike()
        assert notices(suite, "a") == [*before, (due_on, ENDS_ON, days)]
    suite.clock(ENDS_ON).strike()
    assert len(notices(suite, "a")) == 4
    suite.clock(OVER).strike()
    assert notices(suite, "a")[-1] == ("over", ENDS_ON, 0)
    assert suite.clock("2150-01-01").strike() == 0


def test_after_any_downtime_each_is_said_once_with_its_own_day(suite: Suite) -> None:
    ending(suite, "a")
    assert suite.clock("2110-01-01").strike() == 1
    assert notices(suite, "a") == [*((due, ENDS_ON, days) for days, due in WARNED_ON.items()), ("over", ENDS_ON, 0)]


def test_what_the_day_brings_is_said_for_whose_the_agrement_is(suite: Suite) -> None:
    structure = str(uid("A"))
    suite.granted(
        "a", STARTS_ON, granted_on="2026-01-05", initial_ends_on=ENDS_ON, origin="pe_approval", structure_id=structure
    )
    suite.clock(OVER).strike()
    said = {fact.type.split(".")[1]: fact.saidfor for fact in suite.facts("a")}
    assert said == dict.fromkeys(
        ["agrement_granted", "agrement_expiring", "agrement_expired"], f"structure/{structure}"
    )


def test_an_end_that_moves_undoes_nothing_and_arms_the_warnings_again(suite: Suite) -> None:
    ending(suite, "a")
    suite.clock(WARNED_ON[90]).strike()
    prolonged(suite, "a", ENDS_ON, "2100-06-30")
    assert suite.clock(OVER).strike() == 0
    assert notices(suite, "a") == [(WARNED_ON[90], ENDS_ON, 90)]
    suite.clock("2100-07-01").strike()
    assert Counter(end for _, end, _ in notices(suite, "a")) == {ENDS_ON: 1, "2100-06-30": 5}


def test_an_end_that_comes_back_is_not_said_again(suite: Suite) -> None:
    ending(suite, "a")
    suite.clock(OVER).strike()
    said = prolonged(suite, "a", ENDS_ON, "2100-06-30")
    data = {"fact_id": said["id"], "voided_on": "2026-08-03", "reason": "mistake"}
    suite.post(event("agrement.fact_voided", subject("a"), data))
    before = suite.log()
    suite.clock(OVER).strike()
    assert suite.log() == before


def test_an_end_already_past_when_granted_gives_one_expiry_and_no_warning(suite: Suite) -> None:
    suite.granted("a", "2020-01-01", initial_ends_on="2021-12-31", origin="pe_approval")
    suite.clock("2026-11-01").strike()
    assert notices(suite, "a") == [("over", "2021-12-31", 0)]


def test_one_id_for_two_persons_stops_nobody(suite: Suite) -> None:
    """A sender's mistake."""
    for person in ("a", "b", "c"):
        name = str(uid("P of two")) if person != "c" else str(uid("c P"))
        suite.granted(person, "2020-01-01", initial_ends_on="2021-12-31", origin="pe_approval", agrement_id=name)
    assert suite.clock("2026-11-01").strike() == 3
    assert [len(notices(suite, person)) for person in "abc"] == [1, 1, 1]


def test_two_clocks_and_grants_at_once(suite: Suite) -> None:
    persons = [f"p{place}" for place in range(300)]
    suite.post([a_past_grant(person) for person in persons], 200)
    threads = [threading.Thread(target=suite.clock("2026-11-01").strike) for _ in range(3)]
    for thread in threads:
        thread.start()
    suite.post([a_past_grant(f"q{place}") for place in range(50)], 200)
    for thread in threads:
        thread.join()
    suite.clock("2026-11-01").strike()
    said = [fact for fact in suite.services["agrement"].store.log(0, 10_000) if "expired" in fact.type]
    assert len(said) == len({fact.subject for fact in said}) == 350
    assert suite.execute("SELECT * FROM agrement.deadlines") == []


def a_past_grant(person: str) -> dict[str, object]:
    return a_grant(person, "2020-01-01", initial_ends_on="2021-12-31", origin="pe_approval")


def test_a_clock_that_runs_says_what_is_due_and_stops_when_told(suite: Suite) -> None:
    suite.post(a_past_grant("a"))
    stop = threading.Event()
    clock = suite.clock("2026-11-01")
    thread = threading.Thread(target=clock.run, args=[stop])
    thread.start()
    wait_until(lambda: notices(suite, "a"), "the expiry is said")
    stop.set()
    thread.join()
    assert clock.problem is None


def test_a_machine_whose_clock_is_ahead_ends_nothing_early(suite: Suite) -> None:
    """Its day decided: all that would end within its mistake was said to be over, for ever."""
    ending(suite, "a")
    store = FactStore(suite.url, "agrement", DatabaseClock(lambda: datetime(2101, 1, 1, tzinfo=UTC)))
    suite.stack.callback(store.close)
    service = agrement.service()
    assert service.notices is not None
    clock = Clock(store, Actor(store, service.catalogue, service.deadlines_of), service.notices)
    stop = threading.Event()
    thread = threading.Thread(target=clock.run, args=[stop])
    thread.start()
    wait_until(lambda: "clocks differ" in (clock.problem or ""), "it says so")
    stop.set()
    thread.join()
    assert notices(suite, "a") == []


def test_rows_are_those_of_the_facts_and_made_anew_from_them(suite: Suite) -> None:
    for place in range(30):
        ending(suite, f"p{place}")
    suite.post(a_past_grant("over"))
    prolonged(suite, "p1", ENDS_ON, "2100-06-30")
    suite.clock(WARNED_ON[60]).strike()
    written = suite.execute("SELECT * FROM agrement.deadlines ORDER BY 1, 2, 3")
    assert len(written) == 29 * 3 + 5
    suite.execute("DELETE FROM agrement.deadlines WHERE subject < 'person/8'")
    suite.execute("INSERT INTO agrement.deadlines VALUES ('person/nobody', 'x', '2020-01-01')")
    suite.execute(f"INSERT INTO agrement.deadlines VALUES ('{subject('p1')}', 'x', '2020-01-01')")
    before = suite.log()
    assert suite.clock(OVER).rebuild() == 32
    assert suite.execute("SELECT * FROM agrement.deadlines ORDER BY 1, 2, 3") == written
    assert suite.log() == before


def test_deadlines_computed_from_an_older_stream_are_not_written(suite: Suite) -> None:
    ending(suite, "a")
    store = suite.store()
    written = store.deadlines.of([subject("a")])
    store.replace_deadlines({subject("a"): [Deadline("stale", date(2020, 1, 1))]}, {subject("a"): 0})
    assert store.deadlines.of([subject("a")]) == written
    store.replace_deadlines({subject("a"): []}, {subject("a"): 1})
    assert store.deadlines.of([subject("a")]) == {subject("a"): set()}


def test_what_others_of_the_batch_are_told_does_not_touch_a_person_who_moved(suite: Suite) -> None:
    """A person is granted anew while a clock works on the batch."""
    suite.post([a_past_grant("a"), a_past_grant("b")], 200)
    clock = agrement.service().create_clock(suite.url, lambda: date(2026, 11, 1), suite.stack)
    plain = clock._notices

    def slow(settled, day):  # type: ignore[no-untyped-def]
        if settled[0].subject == subject("a") and len(settled) == 1:
            suite.granted("a", STARTS_ON, granted_on="2026-10-05", agrement_id=str(uid("new")), number="XXXXX0000099")
        return plain(settled, day)

    clock._notices = slow
    clock.strike()
    assert len(suite.store().deadlines.of([subject("a")])[subject("a")]) == 5
    assert len(notices(suite, "a")) == 1


def many_end_on_one_day(suite: Suite, count: int) -> float:
    for start in range(0, count, 1_000):
        suite.post([a_past_grant(f"p{place}") for place in range(start, min(start + 1_000, count))], 200)
    tracemalloc.start()
    peaks: list[int] = []

    def progress(done: int, due: int) -> None:
        assert due == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.reset_peak()

    started = monotonic()
    assert suite.clock("2026-11-01").strike(progress) == count
    took = monotonic() - started
    tracemalloc.stop()
    assert max(peaks[len(peaks) // 2 :]) < 1.5 * max(peaks[: len(peaks) // 2])
    assert suite.execute("SELECT count(*) FROM agrement.facts WHERE topic = 'agrement.agrement_expired.v1'") == [
        (count,)
    ]
    assert suite.execute("SELECT count(*) FROM agrement.deadlines") == [(0,)]
    return took


def test_two_thousand_that_end_on_one_day(suite: Suite) -> None:
    many_end_on_one_day(suite, 2_000)


@pytest.mark.soak
@pytest.mark.timeout(1_200)
def test_forty_five_thousand_that_end_on_one_day(suite: Suite) -> None:
    took = many_end_on_one_day(suite, 45_000)
    print(f"45,000 expiries in {took:.0f} s")
