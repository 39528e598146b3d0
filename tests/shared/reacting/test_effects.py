"""Reconciling effects: what should stand stands, said once, whatever was said before and in whatever order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.deciding.effect_ids import EffectIds
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.reacting.effects import OwnFact, Wanted, reconcile
from tests.shared.events import CATALOGUE, Closed, Voided, fact, opened

OWN = "urn:parcours:tests"
ORDER = order_of_truth(CATALOGUE)
CAUSES = [opened(f"cause-{number}", "2024-01-01", minute=number) for number in range(4)]

Wish = tuple[int, int]
"""A cause and the day of the effect that follows from it."""

wishes = st.lists(
    st.sets(st.tuples(st.integers(0, 3), st.integers(1, 3)), max_size=6).map(sorted), min_size=1, max_size=6
)


def wanted(wish: Sequence[Wish]) -> list[Wanted]:
    return [Wanted(Closed(ended_on=date(2024, 2, day)), CAUSES[cause]) for cause, day in wish]


def recorded(stream: list[Recorded], one: OwnFact) -> Recorded:
    return fact(one.id, one.fact, source=OWN, causationid=one.causationid, time=one.time, streamversion=len(stream) + 1)


def missing(stream: list[Recorded], wish: Sequence[Wish]) -> list[OwnFact]:
    return reconcile(
        stream,
        settle(stream, ORDER),
        wanted(wish),
        lambda known: isinstance(known.data, Closed),
        lambda known: Voided(
            fact_id=known.id, fact_source=known.source, voided_on=known.occurred_on, reason="no_longer_stands"
        ),
    )


def standing(stream: list[Recorded]) -> list[Wish]:
    effects = [known for known in settle(stream, ORDER) if isinstance(known.data, Closed)]
    return sorted((int(str(known.causationid)[-1]), known.occurred_on.day) for known in effects)


def act(stream: list[Recorded], wish: Sequence[Wish]) -> None:
    for one in missing(stream, wish):
        stream.append(recorded(stream, one))


def test_an_effect_is_said_for_who_said_its_cause_and_its_void_too() -> None:
    by = "structure/00000000-0000-4000-8000-00000000000a"
    said = CAUSES[0].model_copy(update={"saidfor": by})
    effect = Wanted(Closed(ended_on=date(2024, 2, 1)), said)
    (own,) = reconcile([], [], [effect], lambda _: True, lambda known: Voided.model_validate(Voided.example))
    assert own.saidfor == by
    standing_effect = recorded([], own).model_copy(update={"saidfor": by})
    void = Voided(fact_id=own.id, fact_source=OWN, voided_on=date(2024, 2, 1), reason="no_longer_stands")
    (voiding,) = reconcile([standing_effect], [standing_effect], [], lambda _: True, lambda _: void)
    assert voiding.saidfor == by


@given(wishes)
def test_what_is_wanted_stands_and_doing_it_again_does_nothing(changes: list[list[Wish]]) -> None:
    stream: list[Recorded] = []
    for wish in changes:
        act(stream, wish)
        assert standing(stream) == sorted(wish)
        assert missing(stream, wish) == []
    ids = [known.id for known in stream]
    assert len(ids) == len(set(ids))


@given(wishes, st.randoms())
def test_the_order_in_which_the_wanted_come_says_nothing(changes: list[list[Wish]], random: object) -> None:
    one: list[Recorded] = []
    other: list[Recorded] = []
    for wish in changes:
        act(one, wish)
        shuffled = list(wish)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        act(other, shuffled)
        assert standing(one) == standing(other)


@given(wishes)
def test_two_who_decide_on_the_same_stream_say_it_under_the_same_ids(changes: list[list[Wish]]) -> None:
    """So the second finds it recorded."""
    stream: list[Recorded] = []
    for wish in changes:
        assert missing(stream, wish) == missing(list(stream), wish)
        act(stream, wish)


def test_an_effect_that_fell_and_comes_back_has_a_new_id() -> None:
    stream: list[Recorded] = []
    for wish in ([(0, 1)], [], [(0, 1)], [], [(0, 1)]):
        act(stream, wish)
    effects = [known.id for known in stream if isinstance(known.data, Closed)]
    assert len(effects) == len(set(effects)) == 3
    assert standing(stream) == [(0, 1)]


def test_an_effect_that_a_decision_numbered_otherwise_comes_back_under_an_id_that_is_free() -> None:
    """Decisions once numbered all their effects in one row: the second may bear the second number of its type."""
    at_once_ids = EffectIds()
    _, second = (at_once_ids.next(CAUSES[0], Closed.type) for _ in range(2))
    at_once = fact(second, Closed(ended_on=date(2024, 2, 1)), source=OWN, causationid="cause-0")
    stream = [at_once]
    assert missing(stream, [(0, 1)]) == []
    for wish in ([], [(0, 1)], [], [(0, 1)]):
        act(stream, wish)
        assert standing(stream) == wish
    ids = [known.id for known in stream]
    assert len(ids) == len(set(ids))


def test_an_effect_carries_its_causes_name_and_time() -> None:
    (one,) = missing([], [(2, 1)])
    assert (one.causationid, one.time) == ("cause-2", CAUSES[2].time)
