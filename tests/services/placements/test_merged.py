"""Persons under several ids: one cap for the hours of all, whatever was learnt first, and for each its own after a split."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from parcours.parts import REACTING
from shared.process.settings import Settings
from tests.services.agrement.suite import event
from tests.services.agrement.test_merged import merged, split
from tests.services.placements.suite import Suite, a_placement, settled, some_hours, subject


def known(suite: Suite, *persons: str) -> None:
    for person in persons:
        suite.post(event("pathways.person_registered", subject(person), {"registered_on": "2024-01-02"}))


def said(suite: Suite) -> list[tuple[str, str, float]]:
    """Of all ids, in the order of what was reached."""
    return sorted((one for person in "abc" for one in suite.said(person)), key=lambda one: one[2])


def differences(suite: Suite) -> list[Any]:
    service, store = REACTING["placements"](Settings()), suite.store("placements")
    return list(service.compare_effects(suite.url, store, None).first)


def lent(person: str, hours: float, month: str) -> list[dict[str, Any]]:
    return [a_placement("2024-02-10", person=person), some_hours(month, hours, person=person)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_hours_of_both_ids_pass_the_cap_together_whatever_was_learnt_first(
    suite: Suite, order: tuple[int, ...]
) -> None:
    known(suite, "a", "b")
    stories = [lent("a", 300, "2024-03"), lent("b", 190, "2025-10"), [merged("a", "b")]]
    for place in order:
        for one in stories[place]:
            suite.post(one)
        settled(suite.reconciler())
    assert [kind for kind, _, _ in said(suite)] == ["cap_approaching", "cap_exceeded"]
    assert {hours for _, _, hours in said(suite)} == {490}
    # Whoever is asked for, it is one person; the cause's id has the effect.
    assert suite.cap("2025-11-01", "a") == suite.cap("2025-11-01", "b")
    assert suite.cap("2025-11-01", "a")["hours_worked"] == 490
    assert differences(suite) == []
    suite.post(split("a"))
    settled(suite.reconciler())
    assert said(suite) == []
    assert [suite.cap("2025-11-01", person)["hours_worked"] for person in "ab"] == [300, 190]
    assert differences(suite) == []


def test_what_is_planned_under_one_id_is_judged_by_the_hours_of_the_other(suite: Suite) -> None:
    known(suite, "a", "b", "c")
    with suite.acting():
        for one in lent("a", 300, "2024-03"):
            suite.post(one)
        # A chain: the one asked is two merges away.
        suite.post(merged("a", "b"))
        suite.post(merged("b", "c", "further"))
        _, refused = suite.placed("2024-06-03", 200, 409, person="c")
        assert (refused["code"], refused["hours_worked"], refused["hours_left"]) == ("hours_cap_exceeded", 300, 180)
        suite.post(split("b", "further"))
        suite.placed("2024-06-03", 200, person="c")
