"""settle: what stands, in the order of truth, whatever the order in which it came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.facts.fact import Recorded
from shared.facts.settle import is_plain, order_of_truth, settle
from tests.shared.events import CATALOGUE, NOW, closed, opened, void
from tests.shared.facts.drawn import histories

ORDER = order_of_truth(CATALOGUE)


def standing(*facts: Recorded, known_minutes: int | None = None, as_of: str | None = None) -> str:
    """The names of what stands, in order, voids left out."""
    settled = settle(
        facts,
        ORDER,
        known_at=None if known_minutes is None else NOW + timedelta(minutes=known_minutes),
        as_of=None if as_of is None else date.fromisoformat(as_of),
    )
    return " ".join(fact.id for fact in settled if fact.type != "tests.fact_voided.v1")


def test_nothing_settles_to_nothing() -> None:
    assert settle([], ORDER) == ()


def test_facts_are_sorted_by_day_then_place_in_the_catalogue_then_time_then_id() -> None:
    facts = [
        closed("end", "2024-03-01", minute=0),
        opened("b", "2024-03-01", minute=2),
        opened("z", "2024-03-01", minute=1),
        opened("a", "2024-03-01", minute=2),
        opened("first", "2024-02-29", minute=9),
    ]
    assert standing(*facts) == "first z a b end"


def test_a_fact_said_twice_counts_once() -> None:
    assert standing(opened("a"), opened("a")) == "a"


def test_the_same_id_of_two_sources_names_two_facts() -> None:
    assert standing(opened("a"), opened("a", source="urn:other")) == "a a"


# Voids


def test_a_void_drops_what_it_names_and_stands_itself() -> None:
    facts = [opened("a"), opened("b"), void("v", "a")]
    assert standing(*facts) == "b"
    assert [fact.id for fact in settle(facts, ORDER)] == ["b", "v"]


def test_a_void_of_something_unknown_drops_nothing() -> None:
    assert standing(opened("a"), void("v", "never-said")) == "a"


def test_a_void_of_a_void_restores() -> None:
    facts = [opened("a"), void("v", "a"), void("w", "v")]
    assert standing(*facts) == "a"
    assert standing(*facts, void("x", "w")) == ""
    assert standing(*facts, void("x", "w"), void("y", "x")) == "a"


def test_a_fact_voided_twice_comes_back_when_both_voids_are_voided() -> None:
    facts = [opened("a"), void("v1", "a"), void("v2", "a")]
    assert standing(*facts) == ""
    assert standing(*facts, void("w1", "v1")) == ""
    assert standing(*facts, void("w1", "v1"), void("w2", "v2")) == "a"


def test_voids_that_name_each_other_in_a_circle_all_fall() -> None:
    assert [f.id for f in settle([opened("a"), void("v", "w"), void("w", "v")], ORDER)] == ["a"]
    assert [f.id for f in settle([opened("a"), void("v", "v")], ORDER)] == ["a"]


def test_a_void_from_outside_opens_a_circle() -> None:
    circle = [void("v1", "v2"), void("v2", "v3"), void("v3", "v1")]
    assert {f.id for f in settle([*circle, void("x", "v1")], ORDER)} == {"x", "v2"}


def test_a_void_names_facts_of_its_own_source_unless_it_says_another() -> None:
    mine, theirs = opened("a", minute=1), opened("a", source="urn:other", minute=2)
    settled = settle([mine, theirs, void("v", "a")], ORDER)
    assert [f.source for f in settled if f.id == "a"] == ["urn:other"]
    assert standing(mine, theirs, void("v", "a", of="urn:other"), void("w", "a")) == ""


# Replacements


def test_a_replacement_takes_the_place_of_what_it_names() -> None:
    assert standing(opened("a", "2024-01-01"), opened("b", "2024-02-01", replaces="a")) == "b"


def test_a_replacement_of_something_unknown_stands() -> None:
    assert standing(opened("b", replaces="never-said")) == "b"


def test_a_chain_of_replacements_leaves_its_last_link() -> None:
    chain = [opened("a"), opened("b", replaces="a", minute=1), opened("c", replaces="b", minute=2)]
    assert standing(*chain) == "c"
    assert standing(*chain, void("v", "c")) == "b"


def test_of_several_replacements_the_last_said_stands() -> None:
    facts = [opened("a"), opened("b", replaces="a", minute=5), opened("c", replaces="a", minute=3)]
    assert standing(*facts) == "b"
    assert standing(*facts, void("v", "b")) == "c"
    assert standing(*facts, void("v", "b"), void("w", "c")) == "a"


def test_of_several_said_at_once_the_greatest_id_stands() -> None:
    assert standing(opened("a"), opened("b", replaces="a"), opened("c", replaces="a")) == "c"


def test_a_replacement_of_a_replaced_fact_competes_with_the_last_link() -> None:
    facts = [
        opened("a"),
        opened("b", replaces="a", minute=1),
        opened("c", replaces="b", minute=2),
        opened("late", replaces="a", minute=3),
    ]
    assert standing(*facts) == "late"


def test_facts_that_replace_each_other_in_a_circle_all_fall() -> None:
    assert standing(opened("a", replaces="b"), opened("b", replaces="a"), opened("c")) == "c"
    assert standing(opened("a", replaces="a")) == ""


def test_what_replaces_a_member_of_a_circle_stands_once() -> None:
    circle = [opened("a", replaces="b"), opened("b", replaces="a")]
    assert standing(*circle, opened("c", replaces="a")) == "c"
    assert standing(*circle, opened("c", replaces="a", minute=1), opened("d", replaces="b", minute=2)) == "d"


def test_a_voided_replacement_gives_its_place_back() -> None:
    assert standing(opened("a"), opened("b", replaces="a"), void("v", "b")) == "a"


def test_a_void_of_the_replaced_fact_leaves_its_replacement() -> None:
    assert standing(opened("a"), opened("b", replaces="a"), void("v", "a")) == "b"


def test_corrections_of_a_voided_fact_are_corrections_of_one_fact() -> None:
    """Both stood: what was voided had joined them."""
    facts = [opened("a"), void("v", "a"), opened("b", replaces="a", minute=1), opened("c", replaces="a", minute=2)]
    assert standing(*facts) == "c"
    assert standing(*facts, void("w", "c")) == "b"


def test_a_voided_link_of_a_chain_joins_what_is_before_and_after_it() -> None:
    """The first and the last of them both stood."""
    chain = [opened("a"), opened("b", replaces="a", minute=1), opened("c", replaces="b", minute=2)]
    assert standing(*chain, void("v", "b")) == "c"
    assert standing(*chain, void("v", "b"), void("w", "c")) == "a"
    assert standing(*chain, void("v", "b"), opened("late", replaces="a", minute=3)) == "late"


def test_of_two_corrections_of_what_is_not_known_yet_one_stands() -> None:
    """As it will be once that has come."""
    late = [opened("b", replaces="a", minute=1), opened("c", replaces="a", minute=2)]
    assert standing(*late) == standing(*late, opened("a")) == "c"


def test_a_circle_is_open_where_it_was_voided() -> None:
    circle = [opened("a", replaces="b"), opened("b", replaces="a")]
    assert standing(*circle, void("v", "b")) == "a"


def test_a_corrected_void_voids_what_the_correction_names_alone() -> None:
    """Both had fallen: the fact named by mistake and the one that was meant."""
    facts = [opened("a"), opened("b"), void("wrong", "a", minute=1), void("right", "b", minute=2, replaces="wrong")]
    assert standing(*facts) == "a"
    assert standing(*facts, void("x", "right")) == "b"
    assert standing(*facts, opened("taken back", replaces="right", minute=3)) == "a b taken back"


def test_a_correction_that_was_voided_by_mistake_corrects_again() -> None:
    """The void that was corrected meanwhile still voided, as long as its correction was thought voided."""
    facts = [opened("a"), void("v", "a"), opened("taken back", replaces="v", minute=1), void("u", "taken back")]
    assert standing(*facts) == ""
    assert standing(*facts, opened("that too", replaces="u", minute=2)) == "a taken back that too"


def test_a_correction_is_voided_by_a_void_whose_own_void_was_corrected() -> None:
    """The void stood, and what it names too."""
    facts = [opened("a"), void("v", "a"), opened("c", replaces="v", minute=1), void("w", "c"), void("x", "w")]
    assert standing(*facts) == "a c"
    settled = settle([*facts, opened("d", replaces="x", minute=2)], ORDER)
    assert {fact.id for fact in settled} == {"v", "w", "d"}


def test_of_two_corrections_of_one_void_the_last_alone_voids() -> None:
    """What each of them names had fallen."""
    facts = [
        *(opened(name) for name in "abc"),
        void("wrong", "a"),
        void("wrong again", "b", minute=1, replaces="wrong"),
        void("right", "c", minute=2, replaces="wrong"),
    ]
    assert standing(*facts) == "a b"
    assert standing(*facts, void("x", "right")) == "a c"


CIRCLE = [void("v", "w"), void("w", "c"), opened("c", replaces="v", minute=1)]
"""Were the correction in force, it would be voided; were it not, nothing would void it."""


def test_voids_and_corrections_that_lead_back_to_themselves_all_fall() -> None:
    """One of the voids stood, and so did what it names."""
    assert settle(CIRCLE, ORDER) == ()
    assert standing(*CIRCLE, opened("a")) == "a"


def test_a_circle_of_voids_and_corrections_is_opened_from_outside() -> None:
    assert {fact.id for fact in settle([*CIRCLE, void("x", "w")], ORDER)} == {"x", "c"}
    assert {fact.id for fact in settle([*CIRCLE, void("x", "c")], ORDER)} == {"x", "v"}


def test_what_a_circle_names_besides_stands() -> None:
    in_a_circle = [void("v", "w"), void("w", "a", minute=1, replaces="c"), void("c", "v")]
    assert standing(opened("a"), *in_a_circle) == "a"
    further = [void("u", "b", minute=1), void("w", "u", minute=1, replaces="c"), void("v", "w"), void("c", "v")]
    assert [fact.id for fact in settle([opened("b"), *further], ORDER)] == ["u"]


def test_rivals_of_which_the_last_hangs_on_what_the_other_voids_fall() -> None:
    facts = [void("first", "y", minute=1, replaces="x"), void("y", "last"), opened("last", replaces="x", minute=2)]
    assert settle(facts, ORDER) == ()


def test_replaces_means_the_events_own_source() -> None:
    assert standing(opened("a"), opened("b", replaces="a", source="urn:other")) == "a b"


def test_another_services_fact_of_that_name_is_another_fact() -> None:
    other = opened("a").model_copy(update={"type": "elsewhere.opened.v1"})
    order = lambda fact: (fact.type, fact.id)  # noqa: E731
    assert [f.type for f in settle([opened("a"), other, void("v", "a")], order)] == [
        "elsewhere.opened.v1",
        "tests.fact_voided.v1",
    ]


# Both times


def test_known_at_forgets_what_was_recorded_later_voids_included() -> None:
    facts = [opened("a", recorded=1), opened("b", recorded=2), void("v", "a", recorded=3)]
    assert standing(*facts, known_minutes=0) == ""
    assert standing(*facts, known_minutes=1) == "a"
    assert standing(*facts, known_minutes=2) == "a b"
    assert standing(*facts, known_minutes=3) == "b"


def test_as_of_keeps_what_was_true_by_that_day() -> None:
    facts = [closed("a", "2024-03-01"), closed("b", "2024-03-02")]
    assert standing(*facts, as_of="2024-03-01") == "a"
    assert standing(*facts, as_of="2024-02-29") == ""


def test_as_of_goes_by_the_day_of_decision_where_the_type_has_one() -> None:
    foreseen = opened("foreseen", "2024-06-01", declared_on="2024-01-15")
    afterwards = opened("afterwards", "2024-01-01", declared_on="2024-05-01")
    assert standing(foreseen, afterwards, as_of="2024-02-01") == "foreseen"
    assert standing(foreseen, afterwards, as_of="2024-05-01") == "afterwards foreseen"


def test_a_decision_without_its_day_was_made_on_the_paris_day_of_its_time() -> None:
    at_night = opened("a").model_copy(update={"time": NOW.replace(hour=23, minute=30)})
    assert standing(at_night, as_of="2026-01-05") == ""
    assert standing(at_night, as_of="2026-01-06") == "a"


def test_as_of_never_drops_a_void_or_brings_back_what_was_replaced() -> None:
    assert standing(closed("a", "2024-01-01"), void("v", "a", "2025-01-01"), as_of="2024-06-01") == ""
    replaced = [closed("a", "2024-01-01"), closed("b", "2024-12-01", replaces="a")]
    assert standing(*replaced, as_of="2024-06-01") == ""


def test_a_plain_fact_only_adds_itself() -> None:
    assert is_plain(opened("a"))
    assert not is_plain(opened("a", replaces="b"))
    assert not is_plain(void("v", "a"))


# Any history at all


@given(histories(), st.data())
def test_any_order_with_any_repeats_settles_the_same(facts: list[Recorded], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(facts))
    repeats = data.draw(st.lists(st.sampled_from(facts))) if facts else []
    known_at = NOW + timedelta(minutes=data.draw(st.integers(0, 3)))
    as_of = data.draw(st.none() | st.just(date(2024, 1, 15)))
    assert settle(facts, ORDER) == settle([*shuffled, *repeats], ORDER)
    assert settle(facts, ORDER, known_at=known_at, as_of=as_of) == settle(
        [*repeats, *shuffled], ORDER, known_at=known_at, as_of=as_of
    )


@given(histories())
@example([opened("n1", replaces="n0"), void("n0", "n6"), opened("n2"), void("n6", "n1")])
def test_what_stands_was_neither_voided_nor_replaced_by_what_stands(facts: list[Recorded]) -> None:
    settled = settle(facts, ORDER)
    assert list(settled) == sorted(settled, key=ORDER)
    assert_nothing_is_undone(settled)


@given(histories())
def test_settling_what_stands_changes_nothing(facts: list[Recorded]) -> None:
    settled = settle(facts, ORDER)
    assert settle(settled, ORDER) == settled


@given(histories())
def test_a_fact_that_nothing_names_stands(facts: list[Recorded]) -> None:
    named = {fact.replaces for fact in facts} | {getattr(fact.data, "fact_id", None) for fact in facts}
    settled = {fact.id for fact in settle(facts, ORDER)}
    known = {fact.id for fact in facts}
    for fact in facts:
        corrections = [other for other in facts if other.replaces == fact.replaces and fact.replaces is not None]
        if fact.id not in named and fact.replaces not in known and len(corrections) <= 1:
            assert fact.id in settled


def assert_nothing_is_undone(settled: Sequence[Recorded]) -> None:
    names = {fact.id for fact in settled}
    for fact in settled:
        assert fact.replaces not in names
        assert getattr(fact.data, "fact_id", None) not in names


@pytest.mark.parametrize("length", [3000])
def test_a_long_chain_of_corrections_is_no_deep_recursion(length: int) -> None:
    chain = [opened("0"), *(opened(str(n), replaces=str(n - 1), minute=n) for n in range(1, length))]
    voids = [void(f"v{n}", f"v{n - 1}" if n else "0") for n in range(length)]
    assert standing(*chain) == str(length - 1)
    assert standing(opened("0"), *voids) == "0"
