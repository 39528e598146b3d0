"""What a writer keeps in memory of a subject is what settling all its facts gives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.log.arrays import integer_array, text_array
from shared.log.entries import LogEntry
from shared.log.store import FactStore
from shared.log.streams import Stream, Streams
from tests.shared.events import CATALOGUE, PERSON, closed, opened, void
from tests.shared.stored import state_of

ORDER = order_of_truth(CATALOGUE)
NAMES = [f"fact-{number}" for number in range(9)]

one_fact = st.tuples(
    st.sampled_from(["opened", "closed", "void"]),
    st.integers(1, 4),
    st.sampled_from(NAMES),
    st.none() | st.sampled_from(NAMES),
)


@st.composite
def streams(draw: st.DrawFn) -> list[list[Recorded]]:
    """Facts with voids and replacements among them, known or not, of themselves too; some come together."""
    facts = []
    for place, (kind, day, target, replaces) in enumerate(draw(st.lists(one_fact, max_size=len(NAMES)))):
        on = f"2024-01-0{day}"
        around: dict[str, Any] = {"replaces": replaces, "streamversion": place + 1, "minute": place % 3}
        if kind == "void":
            facts.append(void(NAMES[place], target, on, **around))
        else:
            facts.append((opened if kind == "opened" else closed)(NAMES[place], on, **around))
    cuts = sorted(draw(st.sets(st.integers(0, len(facts)))) | {0, len(facts)})
    return [facts[start:end] for start, end in pairwise(cuts)]


@given(streams())
@settings(max_examples=400, deadline=None)
def test_settled_step_by_step_is_settled_at_once(groups: list[list[Recorded]]) -> None:
    stream = Stream("person/x", ORDER)
    facts: list[Recorded] = []
    for group in groups:
        stream.extend(group, group[-1].streamversion)
        facts += group
        assert tuple(stream.settled) == settle(facts, ORDER)
    assert len(stream) == len(facts)
    assert stream.names == {fact.key: fact.sequence for fact in facts}
    assert stream.version == len(facts)


def test_many_facts_come_into_their_order() -> None:
    facts = [closed(f"fact-{n:02}", f"2024-01-{n % 28 + 1:02}", streamversion=n + 1) for n in range(60)]
    stream = Stream("person/x", ORDER)
    stream.extend(facts[:30], 30)
    stream.extend(facts[30:], 60)
    assert tuple(stream.settled) == settle(facts, ORDER)


def test_a_long_stream_that_comes_in_pieces_is_settled_once() -> None:
    """Settled after each piece, each fact would be put in order as often as there are pieces after it."""
    asked = 0

    def order(fact: Recorded) -> tuple[Any, ...]:
        nonlocal asked
        asked += 1
        return ORDER(fact)

    for replaces in (None, "fact-0"):  # and where all has to be settled again
        facts = [
            closed(f"fact-{n}", f"2024-01-{n % 28 + 1:02}", streamversion=n + 1, replaces=replaces if n else None)
            for n in range(1_000)
        ]
        stream, asked = Stream("person/x", order), 0
        for end in range(25, 1_001, 25):
            stream.extend(facts[end - 25 : end], end)
        assert tuple(stream.settled) == settle(facts, ORDER)
        assert asked <= len(facts)
        assert stream.settled is stream.settled


class OneStore:
    """A store that holds a number of facts of every subject, and counts what was read."""

    def __init__(self, facts_each: int) -> None:
        self.facts_each = facts_each
        self.read: list[tuple[str, int]] = []

    def tails(self, versions: dict[str, int]) -> list[LogEntry]:
        self.read += versions.items()
        return [
            LogEntry(number, subject, number, fact.type, state_of(fact, b'{"ended_on":"2024-01-01"}', WHEN))
            for subject, version in sorted(versions.items())
            for number in range(version + 1, self.facts_each + 1)
            for fact in [closed(f"fact-{number}", subject=subject)]
        ]


WHEN = "2026-01-05T09:00:00.000000Z"


def using(store: OneStore, kept: Streams, subjects: Sequence[str]) -> None:
    for subject in subjects:
        kept.keep(kept.load([subject]))


def test_least_recently_used_subjects_are_read_again() -> None:
    store = OneStore(facts_each=10)
    kept = Streams(cast(FactStore, store), CATALOGUE, capacity=20)
    using(store, kept, ["a", "b", "a", "c", "b", "c"])
    assert store.read == [("a", 0), ("b", 0), ("a", 10), ("c", 0), ("b", 0), ("c", 10)]


def test_a_subject_larger_than_the_cache_is_kept_while_it_is_used() -> None:
    store = OneStore(facts_each=30)
    kept = Streams(cast(FactStore, store), CATALOGUE, capacity=20)
    using(store, kept, [PERSON, PERSON, PERSON])
    assert store.read == [(PERSON, 0), (PERSON, 30), (PERSON, 30)]


@pytest.fixture(scope="module")
def connection(postgres_server: str) -> Any:
    with psycopg.connect(postgres_server, autocommit=True) as one:
        yield one


storable = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


@given(values=st.lists(storable | st.sampled_from(["NULL", "", "\\", '"', "{}", ",", "'", '\\"', "\n", "🧑"])))
@settings(max_examples=200, deadline=None)
def test_any_text_goes_into_an_array(connection: psycopg.Connection[Any], values: list[str]) -> None:
    row = connection.execute("SELECT %s::text[]", [text_array(values)]).fetchone()
    assert row is not None
    assert row[0] == values


def test_a_text_with_the_character_that_no_text_may_have_goes_into_none() -> None:
    with pytest.raises(psycopg.DataError):
        text_array(["a", "b\0c"])


@given(values=st.lists(st.integers(-(2**63), 2**63 - 1)))
@settings(max_examples=50, deadline=None)
def test_any_integer_goes_into_an_array(connection: psycopg.Connection[Any], values: list[int]) -> None:
    row = connection.execute("SELECT %s::bigint[]", [integer_array(values)]).fetchone()
    assert row is not None
    assert row[0] == values
