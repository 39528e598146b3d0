"""Which ids are one person, by the facts of each: the same whatever came first; a split gives back what was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.pathways.facts import CATALOGUE, FactVoided, PersonsMerged, PersonsSplit
from shared.facts.fact import Fact, Recorded
from shared.facts.merging import persons_among, persons_of, root_of, targets_in
from shared.facts.settle import order_of_truth, settle
from tests.services.projections.any_facts import histories

ORDER = order_of_truth(CATALOGUE)
IDS = [UUID(int=number) for number in range(5)]
PERSONS = [f"person/{one}" for one in IDS]
SOURCE = "https://stewards.example"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def recorded(number: int, subject: str, fact: Fact, **around: Any) -> Recorded:
    return Recorded(
        id=f"fact-{number}",
        source=SOURCE,
        type=fact.type,
        subject=subject,
        time=NOW,
        recordedtime=NOW,
        data=fact,
        **around,
    )


@st.composite
def said(draw: st.DrawFn) -> list[Recorded]:
    """Merges of a few persons, splits and voids of any of them, also such as no service would record."""
    facts: list[Recorded] = []
    for number in range(draw(st.integers(0, 12))):
        subject = draw(st.sampled_from(PERSONS))
        day = date(2025, 1, draw(st.integers(1, 9)))
        named = f"fact-{draw(st.integers(0, 11))}"
        fact: Fact = draw(
            st.sampled_from(
                [
                    PersonsMerged(into=draw(st.sampled_from(IDS)), merged_on=day),
                    PersonsMerged(into=draw(st.sampled_from(IDS)), merged_on=day),
                    PersonsSplit(merge_id=named, split_on=day),
                    FactVoided(fact_id=named, voided_on=day, reason="mistake"),
                ]
            )
        )
        facts.append(recorded(number, subject, fact))
    return facts


def persons(facts: Iterable[Recorded]) -> Mapping[str, Sequence[str]]:
    of_each: dict[str, list[Recorded]] = {subject: [] for subject in PERSONS}
    for fact in facts:
        of_each[fact.subject].append(fact)
    return persons_of(PERSONS, [fact for some in of_each.values() for fact in settle(some, ORDER)])


def slow_root(subject: str, into: Mapping[str, str]) -> str:
    """Step by step, as often as there are persons; a circle is where one comes back to where one was."""
    for _ in PERSONS:
        if subject not in into or _leads_back(subject, into):
            return subject
        subject = into[subject]
    raise AssertionError("more steps than persons")


def _leads_back(start: str, into: Mapping[str, str]) -> bool:
    at = into.get(start)
    for _ in PERSONS:
        if at is None or at == start:
            break
        at = into.get(at)
    return at == start


@given(said(), st.randoms())
def test_the_order_of_arrival_and_repeats_tell_nothing(facts: list[Recorded], random: Random) -> None:
    shuffled = [*facts, *facts[:3]]
    random.shuffle(shuffled)
    assert persons(shuffled) == persons(facts)


@given(said(), histories("person"), st.randoms())
def test_who_is_one_follows_from_few_facts_of_a_life(
    facts: list[Recorded], life: list[Recorded], random: Random
) -> None:
    """Among all that happened, corrections and what waits for a proof, whatever it is of."""
    lived = [
        one.model_copy(
            update={
                "subject": random.choice(PERSONS),
                "source": facts[0].source if facts else one.source,
                "replaces": random.choice([one.replaces, *(fact.id for fact in facts)]),
                "unproven": random.choice([None, None, None, True]),
            }
        )
        for one in life
        if one.service == "pathways"
    ]
    told = [*facts, *lived]
    random.shuffle(told)
    assert persons_among(PERSONS, told, ORDER) == slowly(told)


def slowly(facts: Iterable[Recorded]) -> Mapping[str, Sequence[str]]:
    of_each: dict[str, list[Recorded]] = {subject: [] for subject in PERSONS}
    for fact in facts:
        of_each[fact.subject].append(fact)
    return persons_of(PERSONS, [fact for some in of_each.values() for fact in settle(some, ORDER)])


@given(st.dictionaries(st.sampled_from(PERSONS), st.sampled_from(PERSONS)))
def test_roots_are_those_of_a_slow_walk(into: dict[str, str]) -> None:
    assert {one: root_of(one, into) for one in PERSONS} == {one: slow_root(one, into) for one in PERSONS}


@given(said(), st.sampled_from(PERSONS), st.sampled_from(IDS), st.booleans())
def test_a_merge_and_its_split_or_void_leave_what_was(
    facts: list[Recorded], subject: str, into: UUID, voided: bool
) -> None:
    before = persons(facts)
    if subject in targets_in(settle([fact for fact in facts if fact.subject == subject], ORDER)):
        return  # merged already: a service refuses it
    merge = recorded(98, subject, PersonsMerged(into=into, merged_on=date(2025, 2, 1)))
    end: Fact = PersonsSplit(merge_id=merge.id, split_on=date(2025, 2, 1))
    if voided:
        end = FactVoided(fact_id=merge.id, voided_on=date(2025, 2, 1), reason="mistake")
    assert persons([*facts, merge, recorded(99, subject, end)]) == before


@given(said())
def test_every_id_is_of_one_person_and_its_root_is_one_of_its_ids(facts: list[Recorded]) -> None:
    found = persons(facts)
    assert sorted(one for ids in found.values() for one in ids) == PERSONS
    assert all(root in ids for root, ids in found.items())


def test_a_chain_has_its_end_as_root_and_a_circle_joins_nobody() -> None:
    a, b, c, d, _ = PERSONS
    assert root_of(a, {a: b, b: c}) == c
    assert [root_of(one, {a: b, b: a, d: a}) for one in (a, b, d)] == [a, b, a]


def test_a_split_of_another_persons_merge_ends_nothing() -> None:
    a, b, c, *_ = PERSONS
    merge = recorded(1, a, PersonsMerged(into=IDS[1], merged_on=date(2025, 1, 1)))
    split = recorded(2, c, PersonsSplit(merge_id=merge.id, split_on=date(2025, 1, 2)))
    assert persons([merge, split])[b] == [a, b]
    assert persons([merge, recorded(2, a, split.data)])[b] == [b]
