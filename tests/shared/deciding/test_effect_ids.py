"""Ids of effects: the same for the same cause, free in their stream, and found again from their cause alone."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from shared.deciding.effect_ids import EffectIds, effects_of
from shared.facts.fact import Fact, Recorded
from tests.shared.events import Closed, Voided, fact, opened

OWN = "urn:parcours:tests"
OTHERS = "urn:other:software"
CAUSES = [
    opened("cause-0", "2024-01-01"),
    opened("cause-0", "2024-01-01", source=OTHERS),
    opened("cause-1", "2024-01-01"),
]
"""Two of one id: an id is its source's own."""

EFFECTS: list[Fact] = [
    Closed(ended_on=date(2024, 2, 1)),
    Voided(fact_id="any", voided_on=date(2024, 2, 1), reason="any"),
]


def effect(cause: Recorded, what: Fact, name: str, source: str = OWN) -> Recorded:
    return fact(name, what, source=source, causationid=cause.id)


recordings = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.booleans()), max_size=12)
"""Cause, effect, and whether another source said it."""


@given(recordings)
def test_no_id_is_given_twice_and_each_effect_is_found_from_its_cause(said: list[tuple[int, int, bool]]) -> None:
    stream: list[Recorded] = []
    of_cause: dict[tuple[str, str], list[str]] = {cause.key: [] for cause in CAUSES}
    for place, (which, what, by_others) in enumerate(said):
        cause, data = CAUSES[which], EFFECTS[what]
        if by_others:
            stream.append(effect(cause, data, f"theirs-{place}", source=OTHERS))
            continue
        name = EffectIds(stream).next(cause, data.type)
        stream.append(effect(cause, data, name))
        of_cause[cause.key].append(name)
    own = [one for one in stream if one.source == OWN]
    assert len({one.id for one in own}) == len(own)
    for cause in CAUSES:
        assert [one.id for one in effects_of(cause, own, stream)] == of_cause[cause.key]


def test_a_decision_numbers_its_effects_by_type() -> None:
    """What is written here was recorded: it never changes."""
    ids = EffectIds()
    cause = CAUSES[0]
    assert [ids.next(cause, f"tests.{kind}.v1") for kind in ("closed", "voided", "closed")] == [
        "531db39c-b2ce-5628-a35e-be3e224cc554",
        "cc176fec-29a0-5671-863e-76fa4820fc19",
        "11a382aa-ac22-5bc2-82f8-8746b3411d9e",
    ]


def test_more_effects_than_any_figure_are_found() -> None:
    ids = EffectIds()
    own = [effect(CAUSES[0], EFFECTS[0], ids.next(CAUSES[0], Closed.type)) for _ in range(40)]
    assert effects_of(CAUSES[0], own, own) == own
    assert effects_of(CAUSES[1], own, own) == []


def test_an_effect_numbered_past_a_taken_id_is_found() -> None:
    """Whoever reckons the id of an effect to come may record a fact of that id, from a source of their own."""
    cause, data = CAUSES[0], EFFECTS[0]
    ids = EffectIds()
    taken = [opened(ids.next(cause, data.type), "2024-01-02", source=OTHERS) for _ in range(3)]
    own = [effect(cause, data, EffectIds(taken).next(cause, data.type))]
    assert own[0].id not in {fact.id for fact in taken}
    assert effects_of(cause, own, [*taken, *own]) == own
    assert effects_of(CAUSES[1], own, [*taken, *own]) == []
