"""What is said about another's before that is known stands until it is, and not after; a second implementation agrees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.log.streams import Stream
from tests.shared.events import CATALOGUE, PERSON, Closed, Opened, Voided, fact

ORDER = order_of_truth(CATALOGUE)
DAY = date(2024, 1, 1)
THINGS = [UUID(int=number) for number in range(2)]
SAYERS = [f"structure/{UUID(int=number)}" for number in range(3)]
NAMES = [f"f{number}" for number in range(8)]


def makes(name: str, thing: UUID, sayer: str | None, **around: object) -> Recorded:
    return fact(name, Opened(starts_on=DAY, thing_id=thing), saidfor=sayer, **around)  # type: ignore[arg-type]


def speaks(name: str, thing: UUID, sayer: str, **around: object) -> Recorded:
    data = Closed(ended_on=DAY, thing_id=thing)
    return fact(name, data, saidfor=sayer, unproven=True, **around)  # type: ignore[arg-type]


def voids(name: str, target: str, sayer: str, unproven: bool | None = True) -> Recorded:
    data = Voided(fact_id=target, voided_on=DAY, reason="mistake")
    return fact(name, data, saidfor=sayer, unproven=unproven)


A, B, _ = SAYERS


def names(facts: Sequence[Recorded]) -> set[str]:
    return {one.id for one in settle(facts, ORDER)}


def test_it_stands_until_it_is_known_whose_the_thing_is() -> None:
    early, hire = speaks("end", THINGS[0], B), makes("hire", THINGS[0], A)
    assert names([early]) == {"end"}
    assert names([early, hire]) == names([hire, early]) == {"hire"}
    assert names([speaks("end", THINGS[0], A), hire]) == {"end", "hire"}
    assert names([early, makes("hire", THINGS[1], A)]) == {"end", "hire"}


def test_a_void_or_a_correction_of_what_proves_anothers_does_nothing() -> None:
    hire = makes("hire", THINGS[0], A)
    assert names([voids("v", "hire", B), hire]) == {"hire"}
    assert names([voids("v", "hire", A), hire]) == {"v"}
    assert names([makes("other", THINGS[1], B, replaces="hire", unproven=True), hire]) == {"hire"}
    assert names([makes("other", THINGS[1], A, replaces="hire", unproven=True), hire]) == {"other"}


def test_a_fact_that_needed_no_proof_is_left_alone() -> None:
    """What was checked when it came, what the local caller said, what is from before."""
    said = fact("end", Closed(ended_on=DAY, thing_id=THINGS[0]), saidfor=B)
    assert names([said, makes("hire", THINGS[0], A)]) == {"end", "hire"}
    assert names([speaks("end", THINGS[0], B), makes("hire", THINGS[0], None)]) == {"end", "hire"}


def standing_naively(facts: Sequence[Recorded]) -> set[str]:
    """Straight from the sentence: drop what is about another's thing or fact; then voids, then replacements."""
    whose: dict[UUID, set[str | None]] = {}
    said_for = {one.id: one.saidfor for one in facts}
    for one in facts:
        if isinstance(one.data, Opened) and one.data.thing_id is not None:
            whose.setdefault(one.data.thing_id, set()).add(one.saidfor)
    dropped = set()
    for one in facts:
        if not one.unproven:
            continue
        if isinstance(one.data, Closed) and one.data.thing_id in whose and one.saidfor not in whose[one.data.thing_id]:
            dropped.add(one.id)
        for target in (one.replaces, one.data.fact_id if isinstance(one.data, Voided) else None):
            if target is not None and said_for.get(target, one.saidfor) != one.saidfor:
                dropped.add(one.id)
    return names([one.model_copy(update={"unproven": None}) for one in facts if one.id not in dropped])


@st.composite
def histories(draw: st.DrawFn) -> list[Recorded]:
    """Of each name one fact; only what is unproven may be about another's, as intake sees to."""
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES))):
        thing, sayer = draw(st.sampled_from(THINGS)), draw(st.sampled_from(SAYERS))
        kind = draw(st.sampled_from(["makes", "speaks", "voids", "replaces"]))
        target = draw(st.sampled_from([other for other in NAMES if other != name]))
        unproven = draw(st.sampled_from([True, None]))
        found.append(
            {
                "makes": lambda: makes(name, thing, sayer),  # noqa: B023
                "speaks": lambda: speaks(name, thing, sayer),  # noqa: B023
                "voids": lambda: voids(name, target, sayer, unproven),  # noqa: B023
                "replaces": lambda: makes(name, thing, sayer, replaces=target, unproven=True),  # noqa: B023
            }[kind]()
        )
    return found


@settings(max_examples=300, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_settles_as_the_sentence_says(facts: list[Recorded], random: object) -> None:
    expected = standing_naively(facts)
    assert names(facts) == expected
    shuffled = list(facts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert names(shuffled) == expected
    # As a write service keeps it, fact by fact: the same as all at once.
    stream = Stream(PERSON, ORDER)
    for version, one in enumerate(shuffled, start=1):
        stream.extend([one], version)
    assert {one.id for one in stream.settled} == expected
    assert tuple(stream.settled) == settle(facts, ORDER)
