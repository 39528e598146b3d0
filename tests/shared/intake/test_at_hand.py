"""What a writer judges on what it keeps is what one decides who looks at the store each time, whoever recorded meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.intake.incoming import Incoming, read_event
from shared.intake.outcome import Outcome
from shared.intake.writer import Writer
from shared.log.entries import LogEntry
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from tests.parts.postgres import fresh_database
from tests.shared.events import CATALOGUE, NOW, event
from tests.shared.intake.running import SERVICE, decide, new_subject

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Said:
    """By which of the two writers, of which of two subjects, under which of a few ids, and what."""

    writer: int
    subject: int
    name: int
    what: str
    expects: int | None


WHAT: dict[str, dict[str, Any]] = {
    "plain": {"data": {"starts_on": "2024-01-01"}},
    "another": {"data": {"starts_on": "2024-02-02"}},
    "with effects": {"data": {"starts_on": "2024-01-01", "kind": "big"}},
    "refused": {"data": {"starts_on": "2024-01-01", "hours": 2000}},
    "correction": {"data": {"starts_on": "2024-03-03"}, "replaces": "{first}"},
}

said = st.builds(
    Said,
    st.integers(0, 1),
    st.integers(0, 1),
    st.integers(0, 6),
    st.sampled_from(sorted(WHAT)),
    st.none() | st.none() | st.integers(0, 3),
)


class Counting(FactStore):
    """Tells how often it was asked what it has."""

    asked = 0

    def tails(self, versions: Any, limit: int | None = None) -> list[LogEntry]:
        self.asked += 1
        return super().tails(versions, limit)

    def versions(self, subjects: Any) -> dict[str, int]:
        self.asked += 1
        return super().versions(subjects)

    def first_answers(self, keys: Any) -> Any:
        self.asked += 1
        return super().first_answers(keys)


class Forgetful(Writer):
    """Keeps nothing: all it judges on is what the store has."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._recorder._wary = 1_000_000_000


def writer(kind: type[Writer], url: str, stack: ExitStack) -> Writer:
    store = Counting(url, SERVICE)
    stack.callback(store.close)
    store.create()
    one = kind(store, CATALOGUE, decide, Metrics())
    one.start()
    stack.callback(one.stop)
    return one


@pytest.fixture(scope="module")
def writers(postgres_server: str) -> Iterator[list[Writer]]:
    """Two on one database, and the one who looks each time on another."""
    with ExitStack() as stack:
        both, alone = (stack.enter_context(fresh_database(postgres_server)) for _ in range(2))
        yield [writer(Writer, both, stack), writer(Writer, both, stack), writer(Forgetful, alone, stack)]


def submit(one: Writer, events: Sequence[Incoming]) -> list[Outcome]:
    if not isinstance(one, Forgetful):
        one._recorder._wary = 0  # also after it met somebody: what is kept is judged on each time
    return asyncio.run(one.submit(events))


def told(outcome: Outcome) -> Any:
    """All but positions: a conflict leaves a gap in the sequence."""
    error = outcome.error and (outcome.error.code, outcome.error.fields.get("streamversion"))
    return outcome.outcome, outcome.id, outcome.streamversion, list(outcome.effects), error


def facts(one: Writer, subject: str) -> list[tuple[int, Any]]:
    entries = one.store.log(0, 1_000, subject=subject)
    return [
        (entry.streamversion, fact and fact.id)
        for entry in entries
        for fact in [CATALOGUE.decode(entry.type, entry.wire)]
    ]


@given(groups=st.lists(st.lists(said, min_size=1, max_size=3), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_two_who_judge_on_what_they_keep_answer_as_one_who_looks(
    writers: list[Writer], groups: list[list[Said]]
) -> None:
    number, subjects = next(_numbers), (new_subject(), new_subject())
    for group in groups:
        events = [read(one, number, subjects) for one in group]
        by_keeping = submit(writers[group[0].writer], events)
        by_looking = submit(writers[2], events)
        assert [told(outcome) for outcome in by_keeping] == [told(outcome) for outcome in by_looking]
    for subject in subjects:
        assert facts(writers[0], subject) == facts(writers[2], subject)


def read(one: Said, number: int, subjects: Sequence[str]) -> Incoming:
    body = event(id=f"{number}-{one.name}", subject=subjects[one.subject], **WHAT[one.what])
    if "replaces" in body:
        body["replaces"] = f"{number}-0"
    if one.expects is not None:
        body["expectedversion"] = one.expects
    return read_event(body, False, CATALOGUE, NOW)


def test_a_life_that_is_kept_is_recorded_without_a_question(writers: list[Writer]) -> None:
    one = writers[0]
    store, subject = one.store, new_subject()
    assert isinstance(store, Counting)

    def post(name: str, what: str) -> str:
        body = event(id=f"{subject} {name}", subject=subject, **WHAT[what])
        (outcome,) = submit(one, [read_event(body, False, CATALOGUE, NOW)])
        return outcome.outcome

    assert post("1", "plain") == "recorded"
    store.asked = 0
    assert [post(name, "plain") for name in "234"] == ["recorded"] * 3
    assert store.asked == 0
    assert post("2", "plain") == "duplicate"
    assert store.asked == 1
    assert post("5", "refused") == "refused"
    assert store.asked == 3, "a refusal is looked at once more"
