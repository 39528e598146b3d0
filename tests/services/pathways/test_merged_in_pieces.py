"""Events of merged persons that take a writer long are answered as if they had come one after another: what is about one id
waits behind what is about another of the same person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.pathways.decisions import WARNINGS, decide
from services.pathways.facts import CATALOGUE
from services.pathways.outside import prepare
from shared.intake.incoming import Incoming, read_event
from shared.intake.writer import Writer
from shared.log.merges import RecordedMerges
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from tests.parts.postgres import fresh_database
from tests.services.pathways.test_merging import STEWARDS, event, hired, merged, registered, split
from tests.services.scenario import uid
from tests.shared.events import NOW
from tests.shared.intake.test_slow_lane import assert_same, facts

_numbers = count(1)

persons = st.integers(0, 3)
said = st.one_of(
    st.tuples(st.just("hired"), persons, st.integers(0, 2)),
    st.tuples(st.just("merged"), persons, persons),
    st.tuples(st.just("split"), persons, persons),
    st.tuples(st.just("void of a merge"), persons, persons),
)
requests = st.lists(st.tuples(st.lists(said, min_size=1, max_size=5), st.booleans()), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def writers(postgres_server: str) -> Iterator[list[Writer]]:
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            store = FactStore(stack.enter_context(fresh_database(postgres_server)), "pathways")
            stack.callback(store.close)
            store.create()
            merges = RecordedMerges(store, CATALOGUE)
            merges.create()
            one = Writer(store, CATALOGUE, decide, Metrics(), prepare=prepare, warn=WARNINGS.of, merges=merges)
            one.start()
            stack.callback(one.stop)
            found.append(one)
        yield found


# What is atomic waits; what comes behind it is about another id of the same person, and takes no time.
@example(sent=[([("hired", 0, 0), ("hired", 0, 1)], True), ([("hired", 1, 0)], False)], long=100, piece=100)
@example(sent=[([("merged", 2, 3), ("hired", 2, 0)], True), ([("hired", 3, 0)], False)], long=100, piece=100)
@given(sent=requests, long=st.integers(0, 6), piece=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_what_is_about_one_person_keeps_its_order_under_all_ids(
    writers: list[Writer], sent: list[tuple[list[tuple[str, int, int]], bool]], long: int, piece: int
) -> None:
    number = next(_numbers)
    subjects = [f"person/{uuid4()}" for _ in range(4)]
    first = [read(registered(subject)) for subject in subjects] + [read(body(number, subjects, "merged", 0, 1))]
    later = [([read(body(number, subjects, *one)) for one in events], atomic) for events, atomic in sent]
    assert_same(writers, [(first, False), *later], long, piece)
    for subject in subjects:
        assert facts(writers[0], subject) == facts(writers[1], subject)


def body(number: int, subjects: list[str], what: str, one: int, other: int) -> dict[str, Any]:
    if what == "hired":
        return hired(subjects[one], uid(f"{number} contract {other}"))
    merge = {**merged(subjects[one], subjects[other]), "id": f"{number} {one} {other}"}
    if what == "merged":
        return merge
    if what == "split":
        return split(merge)
    return event(
        "fact_voided", subjects[one], {"fact_id": merge["id"], "voided_on": "2025-03-02", "reason": "mistake"}, STEWARDS
    )


def read(event: dict[str, Any]) -> Incoming:
    return read_event(event, False, CATALOGUE, NOW)
