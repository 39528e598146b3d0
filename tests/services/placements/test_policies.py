"""What the service says by itself of the cap: near it, beyond it, taken back with what caused it, never said twice."""

from __future__ import annotations

from services.placements.facts import CapApproaching, CapExceeded
from tests.services.placements.worker import Town, Worker, agreement, derogation, hours, told, void
from tests.services.scenario import day, uid

MARCH, APRIL, MAY = "hours 2024-03", "hours 2024-04", "hours 2024-05"


def lent(world: Town | None = None) -> Worker:
    return Worker(world).agreed("P", "2024-02-10")


def effects(worker: Worker) -> list[tuple[str, str, float]]:
    return [told(one) for one in worker.last.effects]


# When it is said


def test_it_is_said_at_80_per_cent_and_beyond_the_cap_by_the_hours_that_did_it() -> None:
    worker = lent().worked("P", "2024-03", 383.75).worked("P", "2024-04", 0.25)
    worker.worked("P", "2024-05", 96).worked("P", "2024-06", 0.5).worked("P", "2024-07", 50)
    assert worker.said() == [
        ("cap_approaching", "2024-04-30", 384, APRIL),
        ("cap_exceeded", "2024-06-30", 480.5, "hours 2024-06"),
    ]
    assert worker.wanted()[0].fact == CapApproaching(
        structure_id=uid("AI"),
        window_starts_on=day("2024-02-10"),
        reached_on=day("2024-04-30"),
        hours=384,
        placement_id=uid("P"),
    )


def test_it_is_not_said_below_nor_at_the_cap() -> None:
    assert lent().worked("P", "2024-03", 383.9999).said() == []
    assert [said[0] for said in lent().worked("P", "2024-03", 480).said()] == ["cap_approaching"]


def test_planned_hours_are_no_hours_worked() -> None:
    assert Worker().agreed("P", "2024-02-10", 480).said() == []


def test_it_is_said_once_in_a_window_and_again_in_the_next() -> None:
    worker = lent().worked("P", "2024-03", 500).worked("P", "2024-04", 500).worked("P", "2026-03", 400)
    assert [(kind, on) for kind, on, _, _ in worker.said()] == [
        ("cap_approaching", "2024-03-31"),
        ("cap_exceeded", "2024-03-31"),
        ("cap_approaching", "2026-03-31"),
    ]


def test_it_is_said_of_the_association_of_the_placement_where_the_cap_counts_across() -> None:
    worker = Worker(scope="person").agreed("P", "2024-02-10").agreed("Q", "2024-03-01", structure="other AI")
    worker.worked("P", "2024-03", 300).worked("Q", "2024-04", 200, structure_id="other AI")
    found = [one.fact for one in worker.wanted()]
    assert [type(one) for one in found] == [CapApproaching, CapExceeded]
    assert {one.structure_id for one in found if isinstance(one, CapApproaching | CapExceeded)} == {uid("other AI")}
    worker.scope = "structure"
    assert worker.said() == []


def test_nothing_is_said_while_a_derogation_lifts_the_cap_then_by_the_next_hours() -> None:
    worker = lent(derogation("2024-03-01", "2024-04-30")).worked("P", "2024-03", 400).worked("P", "2024-04", 100)
    assert worker.said() == []
    worker.worked("P", "2024-05", 1)
    assert worker.said() == [("cap_approaching", "2024-05-31", 501, MAY), ("cap_exceeded", "2024-05-31", 501, MAY)]


def test_a_cap_that_a_derogation_moved_is_the_one_that_counts() -> None:
    worker = lent(derogation("2024-01-01", "2024-12-31", limit=600)).worked("P", "2024-03", 470)
    assert worker.said() == []
    worker.worked("P", "2024-04", 10).worked("P", "2024-05", 121)
    assert worker.said() == [("cap_approaching", "2024-04-30", 480, APRIL), ("cap_exceeded", "2024-05-31", 601, MAY)]


def test_a_client_not_known_yet_gives_nothing_and_one_that_was_no_company_takes_it_back() -> None:
    worker = Worker().agreed("P", "2024-02-10", client="new").worked("P", "2024-03", 500)
    assert worker.reconciled().standing() == []
    worker.world.clients["new"] = {"2024-01-01": "company"}
    assert len(worker.reconciled().standing()) == 2
    worker.world.clients["new"] = {"2024-01-01": "nonprofit"}
    assert worker.reconciled().standing() == []


# At once


def test_the_hours_that_reach_it_say_so_at_once_and_the_policy_finds_it_said() -> None:
    worker = lent().does(hours("P", "2024-03", 300))
    assert effects(worker) == []
    worker.does(hours("P", "2024-04", 100))
    assert effects(worker) == [("cap_approaching", "2024-04-30", 400)]
    assert worker.unsaid() == []
    worker.does(hours("P", "2024-05", 100)).does(hours("P", "2024-06", 100))
    assert worker.standing() == [("cap_approaching", "2024-04-30", 400), ("cap_exceeded", "2024-05-31", 500)]
    assert worker.unsaid() == []


def test_hours_that_reach_both_say_both() -> None:
    worker = lent().does(hours("P", "2024-03", 500))
    assert effects(worker) == [("cap_approaching", "2024-03-31", 500), ("cap_exceeded", "2024-03-31", 500)]
    assert worker.unsaid() == []


def test_hours_of_nobody_s_loan_say_nothing() -> None:
    for quiet in (hours("P", "2024-03", 500, mode="provision"), hours(None, "2024-03", 500)):
        assert effects(lent().does(quiet)) == []


def test_other_facts_leave_it_to_the_policy() -> None:
    """An agreement told after its hours: nothing at once, then what they come to."""
    worker = Worker().does(hours("P", "2024-03", 500)).does(agreement("P", "2024-02-10"))
    assert worker.last.effects == ()
    assert len(worker.reconciled().standing()) == 2
    assert worker.unsaid() == []


# Taken back


def test_hours_voided_take_it_back_and_told_again_say_it_again() -> None:
    worker = lent().does(hours("P", "2024-03", 500), id="first")
    for number in range(3):
        last = "first" if number == 0 else f"again {number - 1}"
        worker.does(void(last)).reconciled()
        assert worker.standing() == []
        worker.does(hours("P", "2024-03", 500), id=f"again {number}")
        assert len(worker.standing()) == 2
        assert worker.unsaid() == []


def test_a_void_that_is_voided_brings_it_back_under_a_new_id() -> None:
    worker = lent().does(hours("P", "2024-03", 500), id="first")
    taken, back = "void 0", "void of void 0"
    for number in range(3):
        taken, back = f"void {number}", f"void of void {number}"
        worker.does(void("first"), id=taken).reconciled()
        assert worker.standing() == []
        worker.does(void(taken), id=back).reconciled()
        assert len(worker.standing()) == 2
        assert worker.unsaid() == []
    ids = [fact.id for fact in worker.recorded]
    assert len(ids) == len(set(ids))


def test_hours_told_late_are_judged_in_their_own_time() -> None:
    """They come first in the order of truth: what was reached later is said again, with the new sum."""
    worker = lent().does(hours("P", "2024-05", 400)).does(hours("P", "2024-03", 50))
    assert worker.last.effects == ()
    worker.reconciled()
    assert worker.standing() == [("cap_approaching", "2024-05-31", 450)]
    worker.does(hours("P", "2024-04", 390))
    assert effects(worker) == [("cap_approaching", "2024-04-30", 440)]
    worker.reconciled()
    assert worker.standing() == [("cap_approaching", "2024-04-30", 440), ("cap_exceeded", "2024-05-31", 840)]


def test_a_derogation_that_comes_late_takes_it_back() -> None:
    worker = lent().does(hours("P", "2024-03", 500))
    worker.world.granted += derogation("2024-01-01", "2026-12-31").granted
    assert worker.reconciled().standing() == []
