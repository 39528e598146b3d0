"""Any order of posting: what the services accept in two orders comes to the same facts and the same rows.

Services that decide on what was recorded before (agrement, placements) may refuse in one order what they accept in
another, and a decision may say what depends on it (the days a prolongation adds). Only what they decide alike in both
is compared, until nothing is left to leave out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.projections.folding.project import project
from shared.facts.fact import FactVoided, Recorded, own_source
from shared.facts.settle import settle
from tests.services.any_lives import lives
from tests.services.book import ORDER, POLICIES, Book
from tests.services.projections.facts import PERSON, SETTINGS

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
"""Of lives, which are drawn from many facts; nobody prints them."""

OWN_SOURCES = frozenset(own_source(service) for service in POLICIES)
SUBJECT = f"person/{PERSON}"
RUNS = 5
"""Times that policies may need until they have nothing to add."""

Said = Mapping[str, Any]
"""What each event that was accepted came to be, with what was recorded at once: types and data."""


@dataclass(frozen=True)
class Posting:
    """An order of posting, by ids, and after which events the services act by themselves."""

    order: tuple[str, ...]
    acts: Mapping[str, bool]

    def of(self, life: Iterable[Recorded]) -> tuple[Book, Said]:
        places = {name: place for place, name in enumerate(self.order)}
        book, said = Book(), {}
        for fact in sorted(life, key=lambda one: places[one.id]):
            if new := book.post(fact):
                said[fact.id] = [(one.type, one.data) for one in new]
            if self.acts[fact.id]:
                act(book)
        for _ in range(RUNS):
            if not act(book):
                return book, said
        raise AssertionError("policies come to no end")


def act(book: Book) -> list[Recorded]:
    return [new for service in POLICIES for new in book.act(service, SUBJECT)]


def in_order(life: Sequence[Recorded], way: str, random: Random) -> list[str]:
    """`said`: by the time it was said. `nearly`: a little off that. `first`: structures and pathways in any order, then
    the services that decide on what was recorded before, in the order of what they are told. `any`: whatever comes."""
    spread = {"said": 0, "nearly": 8}.get(way, 2 * len(life))
    keys = {fact.id: place + random.random() * spread for place, fact in enumerate(life)}
    if way == "first":
        keys |= {fact.id: 3 * len(life) + place for place, fact in enumerate(life) if fact.service in POLICIES}
    return sorted(keys, key=lambda name: keys[name])


def postings(*ways: str) -> st.SearchStrategy[Callable[[Sequence[Recorded]], Posting]]:
    def made(way: str, often: float, random: Random) -> Callable[[Sequence[Recorded]], Posting]:
        def posting(life: Sequence[Recorded]) -> Posting:
            order = in_order(life, way, random)
            return Posting(tuple(order), {name: random.random() < often for name in order})

        return posting

    often = st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.0])
    return st.builds(made, st.sampled_from(ways), often, st.randoms(use_true_random=False))


@dataclass(frozen=True, repr=False)
class Compared:
    """What was decided alike, posted in two orders; `drawn`: how many facts there were to post."""

    life: Sequence[Recorded]
    orders: tuple[Sequence[str], Sequence[str]]
    books: tuple[Book, Book]
    drawn: int


@st.composite
def compared(draw: st.DrawFn) -> Compared:
    life: Sequence[Recorded] = draw(lives())
    drawn = len(life)
    one = draw(postings("said", "said", "nearly", "first"))(life)
    other = draw(postings("nearly", "first", "first", "any"))(life)
    while True:
        (book, said), (other_book, other_said) = one.of(life), other.of(life)
        alike = [fact for fact in life if fact.id in said and said[fact.id] == other_said.get(fact.id)]
        if len(alike) == len(life):
            return Compared(life, (one.order, other.order), (book, other_book), drawn)
        life = alike


def standing(book: Book) -> dict[str, Any]:
    """By service and subject; an effect by its cause, since its own id counts how often it was said. Voids of effects
    are the way there, not where it leads."""
    streams = {
        f"{service} {subject}": sorted(
            (fact.type, repr(fact.data), str(fact.causationid if is_own(fact) else fact.id))
            for fact in book.settled(service, subject)
            if not (is_own(fact) and isinstance(fact.data, FactVoided))
        )
        for service, subject in list(book.recorded)
    }
    return {name: facts for name, facts in streams.items() if facts}


def is_own(fact: Recorded) -> bool:
    return fact.source in OWN_SOURCES


def rows(facts: Mapping[str, Iterable[Recorded]]) -> dict[str, Any]:
    """The rows of all read tables, by subject."""
    return {subject: project(subject.partition("/")[0], settle(its, ORDER), SETTINGS) for subject, its in facts.items()}


def facts_of(book: Book) -> dict[str, list[Recorded]]:
    return {subject: its for _, subject in list(book.recorded) if (its := book.facts_about(subject))}


def unhurried(examples: int) -> settings:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("examples", [150, pytest.param(2_000, marks=pytest.mark.soak)])
def test_what_is_accepted_in_two_orders_comes_to_the_same(examples: int) -> None:
    """pathways.md §8: the same facts posted in any order, some voided and reposted: the same rows."""
    facts: Counter[str] = Counter()

    @unhurried(examples)
    @given(compared())
    def check(found: Compared) -> None:
        one, other = found.books
        assert standing(other) == standing(one)
        assert rows(facts_of(other)) == rows(facts_of(one))
        assert [*act(one), *act(other)] == []
        facts.update(compared=len(found.life), drawn=found.drawn)

    check()
    assert 2 * facts["compared"] > facts["drawn"]


@unhurried(100)
@given(lives(), postings("said", "first"), st.data())
def test_what_was_recorded_gives_the_same_rows_in_any_order_of_delivery(
    life: list[Recorded], chosen: Callable[[Sequence[Recorded]], Posting], data: st.DataObject
) -> None:
    """Effects of policies and their voids among the facts; some delivered again."""
    book, _ = chosen(life).of(life)
    delivered = facts_of(book)
    random = data.draw(st.randoms(use_true_random=False))
    shuffled = {subject: [*its, *random.choices(its, k=4)] for subject, its in delivered.items()}
    for its in shuffled.values():
        random.shuffle(its)
    assert rows(shuffled) == rows(delivered)


# What is compared has in it what it is about


def stands(found: Compared, *types: str) -> bool:
    (book, _) = found.books
    return any(fact.type in types for service in POLICIES for fact in book.settled(service, SUBJECT) if is_own(fact))


def is_voided_before_it_comes(found: Compared) -> bool:
    return any(
        order.index(fact.id) < order.index(fact.data.fact_id)
        for order in found.orders
        for fact in found.life
        if isinstance(fact.data, FactVoided) and any(one.id == fact.data.fact_id for one in found.life)
    )


def voids(found: Compared, *, of: str) -> list[str]:
    """Names of what is voided, of a kind: a void, or a fact that replaces another."""
    known = {fact.id: fact for fact in found.life}
    named = [fact.data.fact_id for fact in found.life if isinstance(fact.data, FactVoided)]
    is_one: Callable[[Recorded], bool] = {
        "void": lambda fact: isinstance(fact.data, FactVoided),
        "replacement": lambda fact: fact.replaces is not None,
    }[of]
    return [name for name in named if name in known and is_one(known[name])]


def is_replaced_again(found: Compared) -> bool:
    known = {fact.id: fact for fact in found.life}
    return any(fact.replaces in known and known[fact.replaces].replaces is not None for fact in found.life)


def is_voided_twice(found: Compared) -> bool:
    named = Counter(fact.data.fact_id for fact in found.life if isinstance(fact.data, FactVoided))
    return max(named.values(), default=0) > 1


CASES: dict[str, Callable[[Compared], bool]] = {
    **{
        name: lambda found, name=name: stands(found, f"{name}.v1")  # type: ignore[misc]
        for name in (
            "agrement.hire_linked",
            "agrement.suspension_lifted",
            "agrement.start_moved",
            "agrement.prolonged",
            "agrement.fact_voided",
            "placements.cap_approaching",
            "placements.cap_exceeded",
            "placements.fact_voided",
        )
    },
    "a void before what it voids": is_voided_before_it_comes,
    "a void of a void": lambda found: bool(voids(found, of="void")),
    "a void of a replacement": lambda found: bool(voids(found, of="replacement")),
    "a replacement replaced": is_replaced_again,
    "voided twice": is_voided_twice,
}


class AllMetError(Exception):
    """Nothing is left to look for."""


def test_what_is_compared_is_about_something() -> None:
    missing = dict(CASES)

    @settings(unhurried(1_500), derandomize=True, phases=[Phase.generate], database=None)
    @given(compared())
    def look(found: Compared) -> None:
        for name in [name for name, is_met in missing.items() if is_met(found)]:
            del missing[name]
        if not missing:
            raise AllMetError

    with suppress(AllMetError):
        look()
    assert list(missing) == []
