"""The refusal of planned hours beyond the cap: what is left, with whom else, and what is none of its business."""

from __future__ import annotations

from typing import Any

import pytest

from services.placements.refusals.cap import (
    HoursCapExceededError,
)
from tests.services.placements.worker import Worker, agreement, change, derogation, end, hours, void
from tests.services.scenario import day, uid


def used(amount: float = 479, **world: Any) -> Worker:
    """First placed with a company on 2024-02-10; so many hours by 2025-11-01, the placement over."""
    worker = Worker(**world).agreed("first", "2024-02-10", ends_on="2025-10-31")
    return worker.worked("first", "2024-03", 240).worked("first", "2025-10", amount - 240)


NOVEMBER: dict[str, Any] = {"starts_on": "2025-11-03", "ends_on": "2025-11-30"}


def left(worker: Worker, fact: Any, **around: Any) -> float:
    found: float = worker.refuses(fact, HoursCapExceededError, **around).fields["hours_left"]
    return found


def test_an_id_used_twice_is_told_before_the_cap() -> None:
    """Said again, an agreement is told that it is there already rather than that it does not fit beside itself."""
    worker = used().agreed("P", "2025-11-03", ends_on="2025-11-30", planned=1)
    refusals = worker.refusals(agreement("P", planned=480, **NOVEMBER))
    assert [refusal.code for refusal in refusals] == ["placement_id_used", "hours_cap_exceeded"]


# pathways.md: "First placement with a company on 2024-02-10, 479 h by 2025-11-01"


def test_two_more_planned_hours_are_refused_and_one_is_not() -> None:
    assert left(used(), agreement("P", planned=2, **NOVEMBER)) == 1
    assert used().allows(agreement("P", planned=1, **NOVEMBER))


def test_the_same_hours_with_a_household_are_accepted() -> None:
    for client in ("household", "nonprofit"):
        assert used().allows(agreement("P", planned=2, client=client, **NOVEMBER))
    for client in ("industrial", "administrative", "town"):
        assert left(used(), agreement("P", planned=2, client=client, **NOVEMBER)) == 1


def test_a_new_window_takes_them_from_2026_02_10_on() -> None:
    assert left(used(), agreement("P", "2026-02-09", 2)) == 1
    assert used().allows(agreement("P", "2026-02-10", 480))


def test_with_a_derogation_they_are_accepted() -> None:
    assert used(world=derogation("2025-11-03", "2028-11-02")).allows(agreement("P", planned=200, **NOVEMBER))
    assert left(used(world=derogation("2025-11-04", "2028-11-02")), agreement("P", planned=2, **NOVEMBER)) == 1
    higher = used(world=derogation("2025-11-01", "2026-11-01", limit=500))
    assert higher.allows(agreement("P", planned=21, **NOVEMBER))
    assert left(higher, agreement("P", planned=22, **NOVEMBER)) == 21


def test_the_refusal_says_what_is_left_and_with_whom_it_may_be_agreed() -> None:
    error = used(478.5).refuses(agreement("P", planned=12, **NOVEMBER), HoursCapExceededError)
    assert error.fields == {
        "placement_id": uid("P"),
        "structure_id": uid("AI"),
        "window_starts_on": day("2024-02-10"),
        "window_ends_on": day("2026-02-09"),
        "limit": 480,
        "hours_worked": 478.5,
        "hours_planned": 0,
        "hours_asked": 12,
        "hours_left": 1.5,
        "free_client_kinds": ["household", "nonprofit"],
        "free_clients_fr": "particulier, organisme privé sans but lucratif",
    }
    problem = error.problem()
    assert (problem["code"], problem["article"], problem["status"]) == ("hours_cap_exceeded", "L5132-9", 409)
    assert problem["detail"] == (
        "1.5 h are left of 480 h until 9 February 2026. Asked: 12 h. "
        "No cap with clients of these kinds: private household, private non-profit body."
    )
    assert problem["detail_fr"] == (
        "Il reste 1,5 h sur 480 h jusqu'au 9 février 2026. Heures demandées : 12 h. "
        "Sans plafond auprès de ces clients : particulier, organisme privé sans but lucratif."
    )


# What counts


def test_a_first_placement_is_refused_beyond_the_cap_and_accepted_up_to_it() -> None:
    assert left(Worker(), agreement("P", planned=480.25, **NOVEMBER)) == 480
    assert Worker().allows(agreement("P", planned=480, **NOVEMBER))


def test_hours_planned_with_others_count_until_their_placement_is_over() -> None:
    worker = Worker(today="2025-11-03").agreed("Q", "2025-09-01", 300, ends_on="2025-11-02")
    worker.agreed("R", "2025-10-01", 300)
    assert left(worker, agreement("P", planned=200, **NOVEMBER)) == 180
    assert worker.allows(agreement("P", planned=180, **NOVEMBER))
    worker.given(end("R", "2025-10-15"))
    assert worker.allows(agreement("P", planned=480, **NOVEMBER))


def test_an_agreement_told_late_is_judged_as_on_its_first_day() -> None:
    """What has ended since counted then; what was said to have ended never comes back."""
    worker = Worker(today="2026-01-15").agreed("Q", "2025-10-01", 300, ends_on="2025-11-20")
    assert left(worker, agreement("P", planned=200, **NOVEMBER)) == 180
    assert worker.allows(agreement("P", "2025-12-01", 200))


def test_an_agreement_told_ahead_is_judged_as_on_that_day() -> None:
    worker = Worker(today="2025-09-15").agreed("Q", "2025-09-01", 300, ends_on="2025-10-31")
    assert left(worker, agreement("P", planned=200, **NOVEMBER)) == 180


def test_nothing_planned_nothing_refused() -> None:
    assert used(600).allows(agreement("P", **NOVEMBER))
    assert used(600).allows(agreement("P", planned=0, **NOVEMBER))


def test_what_is_not_known_of_the_client_or_the_structure_refuses_nothing() -> None:
    assert used().allows(agreement("P", planned=2, client="nobody knows", **NOVEMBER))
    assert used().allows(agreement("P", planned=2, structure="nobody knows", **NOVEMBER))
    assert used().allows(agreement("P", planned=2, structure="ETTI", **NOVEMBER))


def test_across_associations_one_cap_is_shared_where_it_is_set_so() -> None:
    elsewhere = agreement("P", planned=2, structure="other AI", **NOVEMBER)
    assert used().allows(elsewhere)
    assert left(used(scope="person"), elsewhere) == 1
    lifted = derogation("2025-11-01", "2026-11-01", structure="other AI")
    assert used(scope="person", world=lifted).allows(elsewhere)
    assert left(used(scope="person", world=lifted), agreement("P", planned=2, **NOVEMBER)) == 1


def test_hours_and_ends_are_recorded_whatever_they_exceed() -> None:
    worker = used(600).does(hours("first", "2025-11", 100))
    worker.does(end("first", "2025-11-15"))


# Changes and corrections


def running() -> Worker:
    """440 h worked, and 30 agreed for November."""
    return used(440).agreed("P", planned=30, **NOVEMBER)


def test_a_change_is_refused_where_what_it_adds_passes_the_cap() -> None:
    error = running().refuses(change("P", "2025-11-10", 41, ends_on="2025-12-15"), HoursCapExceededError)
    assert [error.fields[name] for name in ("hours_planned", "hours_asked", "hours_left")] == [30, 11, 10]
    assert running().allows(change("P", "2025-11-10", 40))


def test_a_change_that_adds_no_hours_is_never_refused() -> None:
    """Whatever the cap has become: the window is full, the agreement may shrink, or end later."""
    full = used(600).agreed("P", planned=30, **NOVEMBER)
    assert full.allows(change("P", "2025-11-10", 30))
    assert full.allows(change("P", "2025-11-10", 20))
    assert full.allows(change("P", "2025-11-10", ends_on="2025-12-15"))
    assert left(full, change("P", "2025-11-10", 31)) == 0


def test_a_change_that_brings_back_hours_already_released_adds_them() -> None:
    worker = running().agreed("Q", "2025-12-01", 11)
    assert left(worker, change("P", "2025-12-05", ends_on="2025-12-31"), on="2025-12-05") == 29
    worker.given(hours("P", "2025-11", 30))
    assert worker.allows(change("P", "2025-12-05", ends_on="2025-12-31"), on="2025-12-05")


def test_a_change_is_judged_in_the_window_of_its_day() -> None:
    """A placement that runs across the edge: from 2026-02-10 on it has 480 hours of its own again."""
    worker = used(479).agreed("P", "2025-11-03", 1, ends_on="2026-06-30")
    assert left(worker, change("P", "2026-02-09", 100), on="2026-02-09") == 0
    assert worker.allows(change("P", "2026-02-10", 100), on="2026-02-10")
    assert left(worker, change("P", "2026-02-10", 600), on="2026-02-10") == 479


def test_a_change_of_an_agreement_not_known_yet_is_recorded_and_judged_with_it() -> None:
    """As an end is: the agreement may come later."""
    worker = used().does(change("P", "2025-11-10", 2))
    assert left(worker, agreement("P", planned=1, **NOVEMBER)) == 1
    assert used().does(change("P", "2025-11-10", 1)).allows(agreement("P", planned=400, **NOVEMBER))


def test_a_correction_asks_only_for_what_it_adds() -> None:
    worker = used(600).agreed("P", planned=30, **NOVEMBER)
    assert worker.allows(agreement("P", planned=30, occupation_code="K2204", **NOVEMBER), replaces="agreed P")
    assert left(worker, agreement("P", planned=31, **NOVEMBER), replaces="agreed P") == 0
    household = used(600).agreed("P", planned=30, client="household", **NOVEMBER)
    error = household.refuses(agreement("P", planned=30, **NOVEMBER), HoursCapExceededError, replaces="agreed P")
    assert error.fields["hours_asked"] == 30


def test_a_correction_to_another_association_asks_for_everything_there() -> None:
    worker = used(480).agreed("P", planned=30, structure="other AI", **NOVEMBER)
    error = worker.refuses(agreement("P", planned=30, **NOVEMBER), HoursCapExceededError, replaces="agreed P")
    assert (error.fields["structure_id"], error.fields["hours_asked"]) == (uid("AI"), 30)


def test_hours_taken_back_make_room_again() -> None:
    worker = used()
    assert left(worker, agreement("P", planned=2, **NOVEMBER)) == 1
    worker.does(void("hours 2025-10"))
    assert worker.allows(agreement("P", planned=240, **NOVEMBER))
    worker.does(hours("first", "2025-10", 239), id="again")
    assert left(worker, agreement("P", planned=2, **NOVEMBER)) == 1


@pytest.mark.parametrize("fact", [void("agreed first"), end("first", "2025-10-31")])
def test_what_takes_back_or_ends_is_not_judged_by_the_cap(fact: Any) -> None:
    assert used(600).allows(fact)
