"""The cap on hours over the real stores: agreed over HTTP, said at once or when more is known, read again, by two."""

from __future__ import annotations

from typing import Any

import pytest

from services.placements.facts import OWN_SOURCE
from shared.roles.presence import STARTING
from tests.services.agrement.suite import event
from tests.services.placements.suite import Suite, a_placement, a_void, settled, some_hours, subject, uid

NEAR, PASSED = "cap_approaching", "cap_exceeded"


def worked_479(suite: Suite) -> None:
    """The case of pathways.md §5: first placement with a company on 2024-02-10, 479 h by 2025-11-01."""
    suite.placed("2024-02-10")
    suite.worked("2024-03", 300)
    suite.worked("2025-10", 179)


# Agreeing


def test_hours_beyond_what_is_left_are_refused_with_what_is_left(suite: Suite) -> None:
    with suite.acting():
        worked_479(suite)
        left = suite.cap("2025-11-01")
        _, refused = suite.placed("2025-11-01", 2, 409, number=2)
        suite.placed("2025-11-01", 2, number=3, client="household")
        suite.placed("2025-11-01", 1, number=4)
        nothing_left = suite.cap("2025-11-01")["hours_left"]
    assert (left["window"], left["hours_worked"], left["hours_left"]) == (
        {"starts_on": "2024-02-10", "ends_on": "2026-02-09"},
        479,
        1,
    )
    assert left["warning"] == {"share": 0.8, "at_hours": 384, "reached": True}
    assert (refused["code"], refused["article"], refused["hours_left"], refused["window_ends_on"]) == (
        "hours_cap_exceeded",
        "L5132-9",
        1,
        "2026-02-09",
    )
    assert nothing_left == 0


def test_a_new_window_opens_after_the_first(suite: Suite) -> None:
    with suite.acting():
        worked_479(suite)
        suite.placed("2026-02-10", 480, number=2)
        cap = suite.cap("2026-02-10")
    assert (cap["window"]["starts_on"], cap["hours_worked"], cap["hours_planned"]) == ("2026-02-10", 0, 480)


def test_under_a_derogation_there_is_no_cap(suite: Suite) -> None:
    with suite.acting():
        worked_479(suite)
        suite.lifted()
        suite.placed("2025-11-01", 2, number=2)
        cap = suite.cap("2025-11-01")
    assert cap["lifted"] == {"derogation_id": str(uid("derogation AI")), "until": "2026-12-31", "limit": None}
    assert (cap["limit"], cap["hours_left"], cap["warning"]) == (None, None, None)


def test_a_client_that_is_not_known_yet_holds_nothing_up(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10", 1_000, client="unknown")
        assert suite.cap("2024-02-10")["window"] is None
        suite.company("unknown")
        assert suite.cap("2024-02-10")["hours_planned"] == 1_000


def test_an_atomic_batch_is_judged_by_what_it_says_itself(suite: Suite) -> None:
    with suite.acting():
        suite.wait()
        batch = [a_placement("2024-02-10", 300), a_placement("2024-02-11", 300, number=2)]
        answer = suite.client.post("/placements/v1/events", json=batch, params={"atomic": "true"})
        assert [one["code"] for one in answer.json()["outcomes"]] == ["not_recorded", "hours_cap_exceeded"]
        found = suite.client.post("/placements/v1/check", json=a_placement("2024-02-10", 481)).json()
        assert [one["code"] for one in found["refusals"]] == ["hours_cap_exceeded"]
    assert suite.log() == []


# What follows


def test_hours_are_recorded_whatever_they_exceed_and_their_answer_says_so(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10")
        _, first = suite.worked("2024-03", 383)
        _, second = suite.worked("2024-04", 98)
        before = suite.log()
        suite.wait()
    assert first["effects"] == []
    assert [one["type"] for one in second["effects"]] == ["placements.cap_approaching.v1", "placements.cap_exceeded.v1"]
    assert suite.said() == [(NEAR, "2024-04-30", 481), (PASSED, "2024-04-30", 481)]
    assert suite.log() == before  # the policy finds said what had to be


def test_a_client_registered_after_its_placement_brings_what_follows(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10", client="late")
        _, answer = suite.worked("2024-03", 481)
        suite.wait()
        assert (answer["effects"], suite.said()) == ([], [])
        suite.company("late", "public_industrial")
        suite.wait()
    assert [kind for kind, _, _ in suite.said()] == [NEAR, PASSED]
    caused = [fact for fact in suite.facts() if fact.source == OWN_SOURCE]
    assert {fact.causationid for fact in caused} == {fact.id for fact in suite.facts() if "hours" in fact.type}


def test_a_structure_registered_after_the_hours_brings_what_follows(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10", structure="another")
        suite.worked("2024-03", 400, structure="another")
        suite.structure("another")
        suite.wait()
    assert suite.said() == [(NEAR, "2024-03-31", 400)]


def test_a_client_s_kind_corrected_takes_back_what_followed_and_gives_it_again(suite: Suite) -> None:
    client = suite.company("a farm")
    with suite.acting():
        suite.placed("2024-02-10", client="a farm")
        suite.worked("2024-03", 481)
        mended = event("structures.client_registered", client["subject"],
                       {**client["data"], "kind": "household"}, replaces=client["id"])  # fmt: skip
        suite.post(mended)
        suite.wait()
        assert suite.said() == []
        suite.post(a_void(mended))
        suite.wait()
    assert [kind for kind, _, _ in suite.said()] == [NEAR, PASSED]
    said = [fact.id for fact in suite.facts() if fact.type == "placements.cap_exceeded.v1"]
    assert len(said) == len(set(said)) == 2


def test_what_a_client_becomes_later_changes_nothing_of_a_running_placement(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10")
        changed = {"changed_on": "2024-03-01", "kind": "nonprofit"}
        suite.post(event("structures.client_changed", f"client/{uid('company')}", changed))
        suite.worked("2024-03", 400)
        suite.wait()
    assert suite.said() == [(NEAR, "2024-03-31", 400)]


def test_a_derogation_that_comes_late_takes_back_what_was_said(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10")
        suite.worked("2024-03", 481)
        lifted = suite.lifted()
        suite.wait()
        assert suite.said() == []
        suite.post(a_void(lifted))
        suite.wait()
    assert [kind for kind, _, _ in suite.said()] == [NEAR, PASSED]


def test_hours_voided_and_said_again(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10")
        first, _ = suite.worked("2024-03", 481)
        suite.post(a_void(first))
        suite.wait()
        assert suite.said() == []
        suite.worked("2024-03", 480)
        suite.wait()
        assert suite.said() == [(NEAR, "2024-03-31", 480)]
        suite.worked("2024-02", 1, number=2)  # of no placement that is known
        suite.wait()
    assert suite.said() == [(NEAR, "2024-03-31", 480)]


def test_hours_that_come_late_are_counted_in_their_own_time(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10")
        suite.worked("2024-06", 400)
        _, late = suite.worked("2024-03", 90)
        suite.wait()
    assert late["effects"] == []
    assert suite.said() == [(NEAR, "2024-06-30", 490), (PASSED, "2024-06-30", 490)]


# Read again


def a_busy_suite(suite: Suite) -> None:
    with suite.acting():
        for person in ("a", "b", "c"):
            suite.placed("2024-02-10", person=person, client="late" if person == "c" else "company")
            hours, _ = suite.worked("2024-03", 481, person=person)
            if person == "b":
                suite.post(a_void(hours))
                suite.worked("2024-04", 400, person=person)
        suite.company("late")
        lifted = suite.lifted(starts_on="2024-03-01", ends_on="2024-03-31")
        suite.wait()
        suite.post(a_void(lifted))
        suite.wait()


@pytest.mark.parametrize(
    "forgotten", ["DELETE FROM placements_reading.places", "DROP SCHEMA placements_reading CASCADE"]
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_a_replay_from_zero_records_nothing(suite: Suite, forgotten: str, size: int) -> None:
    a_busy_suite(suite)
    before = suite.log()
    assert [suite.said(person)[-1][0] for person in "abc"] == [PASSED, NEAR, PASSED]
    suite.execute(forgotten)
    again = suite.reconciler(size)
    settled(again)
    assert suite.log() == before
    assert again.problem == STARTING  # stepped by hand: nothing else was said
    suite.post(some_hours("2024-05", 100, person="b"))
    settled(again)
    assert [kind for kind, _, _ in suite.said("b")] == [NEAR, PASSED]


def test_own_facts_that_have_not_come_back_yet_are_judged_with_the_clients_they_name(suite: Suite) -> None:
    """What was said at once stands while the reader is at the first of these facts: it looks up the other client."""
    suite.company("another")
    settled(suite.reconciler())
    suite.post(a_placement("2024-02-10"))
    suite.post(a_placement("2024-02-10", number=2, client="another"))
    suite.post(some_hours("2024-03", 300, number=2))
    answer = suite.post(some_hours("2024-04", 181))
    assert len(answer["effects"]) == 2
    before = suite.log()
    settled(suite.reconciler(1))
    assert suite.log() == before


def test_two_at_once_say_it_once(suite: Suite) -> None:
    persons = [f"p{number}" for number in range(10)]
    for person in persons:
        suite.post(a_placement("2024-02-10", person=person, client="late"))
        suite.post(some_hours("2024-03", 481, person=person))
    with suite.acting(many=3):
        suite.wait()
        suite.company("late")
        suite.wait()
    for person in persons:
        said = [fact.type for fact in suite.facts(person) if fact.source == OWN_SOURCE]
        assert said == ["placements.cap_approaching.v1", "placements.cap_exceeded.v1"]


def test_what_is_not_known_any_more_takes_nothing_back(suite: Suite) -> None:
    """Of a client nothing is there: the person is parked until it comes again."""
    with suite.acting():
        suite.placed("2024-02-10")
        suite.worked("2024-03", 481)
        suite.wait()
    before = suite.log()
    client = f"client/{uid('company')}"
    suite.execute(f"CREATE TABLE kept AS SELECT * FROM placements_reading.history WHERE subject = '{client}'")
    suite.execute(f"DELETE FROM placements_reading.history WHERE subject = '{client}'")
    mark = f"UPDATE placements_reading.subjects SET version = version + 1 WHERE subject = '{subject('a')}'"
    suite.execute(mark)
    settled(suite.reconciler())
    assert suite.log() == before
    ((error,),) = suite.execute("SELECT error FROM placements_reading.subjects WHERE error IS NOT NULL")
    assert error.startswith("IncompleteError")
    suite.execute("INSERT INTO placements_reading.history SELECT * FROM kept")
    settled(suite.reconciler())
    assert suite.log() == before
    assert suite.execute("SELECT error FROM placements_reading.subjects WHERE error IS NOT NULL") == []


def test_own_facts_are_the_service_s_to_say_and_to_take_back(suite: Suite) -> None:
    with suite.acting():
        suite.placed("2024-02-10")
        suite.worked("2024-03", 400)
        suite.wait()
    (said,) = [fact for fact in suite.facts() if fact.source == OWN_SOURCE]
    void: dict[str, Any] = {"fact_id": said.id, "fact_source": OWN_SOURCE, "voided_on": "2024-04-01", "reason": "no"}
    assert suite.post(event("placements.fact_voided", subject("a"), void), 409)["code"] == "own_fact"
    own = event(said.type.removesuffix(".v1"), subject("a"), said.data.model_dump(mode="json"))
    assert suite.post(own, 409)["code"] == "own_fact"


def test_policies_with_another_scope_than_before_look_at_everybody_again(suite: Suite) -> None:
    """Of hours that no association alone lends too many of; nobody has to make anything read again by hand."""
    suite.structure("other AI")
    with suite.acting():
        suite.placed("2024-02-10")
        suite.worked("2024-03", 300)
        suite.placed("2024-02-10", number=2, structure="other AI")
        suite.worked("2024-04", 300, number=2, structure="other AI")
        suite.wait()
    assert suite.said() == []
    suite.scope = "person"
    settled(suite.reconciler())
    assert [kind for kind, _, _ in suite.said()] == [NEAR, PASSED]
    suite.scope = "structure"
    settled(suite.reconciler())
    assert suite.said() == []
