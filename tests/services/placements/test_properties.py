"""What holds for any history of placements and hours, whatever is posted, corrected or taken back, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.placements.model.ledger import ledger, total
from services.placements.model.windows import capped_placements
from services.placements.refusals.cap import (
    HoursCapExceededError,
)
from shared.facts.fact import Fact, FactVoided
from tests.services.placements.worker import (
    Town,
    Worker,
    agreement,
    change,
    derogation,
    end,
    hours,
    void,
)

NAMES = st.sampled_from(["P", "Q", "R"])
MONTHS = st.builds("{}-{:02}".format, st.integers(2024, 2029), st.integers(1, 12))
DAYS = st.builds("{}-{:02}".format, MONTHS, st.integers(1, 28))
AMOUNTS = st.integers(0, 2_000_000).map(lambda tenths: tenths / 10_000)
PLANNED = st.none() | AMOUNTS
SCOPES: st.SearchStrategy[Any] = st.sampled_from(["structure", "person"])
WORLDS = st.sampled_from(["plain", "lifted", "moved"]).map(
    lambda name: {
        "plain": Town(),
        "lifted": derogation("2025-01-01", "2025-12-31"),
        "moved": derogation("2025-01-01", "2026-06-30", limit=300),
    }[name]
)

AGREEMENTS = st.builds(
    agreement,
    NAMES,
    DAYS,
    PLANNED,
    client=st.sampled_from(["company", "town", "household"]),
    structure=st.sampled_from(["AI", "AI", "other AI", "ETTI"]),
    ends_on=st.none() | DAYS,
)
CHANGES = st.builds(change, NAMES, DAYS, PLANNED, ends_on=st.none() | DAYS)
ENDS = st.builds(end, NAMES, DAYS)
HOURS = st.builds(
    hours,
    st.none() | NAMES,
    MONTHS,
    AMOUNTS,
    entry_id=st.integers(0, 9).map("entry {}".format),
    mode=st.sampled_from([None, "placement", "provision"]),
)
VOIDS = st.integers(1, 12).map(lambda number: void(f"fact-{number}"))
STEPS: st.SearchStrategy[list[Fact]] = st.lists(st.one_of(AGREEMENTS, HOURS, HOURS, CHANGES, ENDS, VOIDS), max_size=16)


def posted(steps: Sequence[Fact], world: Town, scope: Any, corrections: Sequence[bool] = ()) -> Worker:
    """Those of them that are accepted, one after the other; some said to replace the fact before of their type."""
    worker = Worker(world, scope)
    for number, fact in enumerate(steps):
        around: dict[str, Any] = {"id": f"fact-{number}"}
        same = [known.id for known in worker.recorded if known.type == fact.type and known.causationid is None]
        if number < len(corrections) and corrections[number] and same and not isinstance(fact, FactVoided):
            around["replaces"] = same[-1]
        if worker.allows(fact, **around):
            worker.does(fact, **around)
    return worker


@settings(max_examples=150)
@given(STEPS, WORLDS, SCOPES, st.lists(st.booleans(), max_size=16), st.randoms(use_true_random=False))
def test_what_was_accepted_gives_the_same_windows_and_effects_in_any_order(
    steps: list[Fact], world: Town, scope: Any, corrections: list[bool], random: Random
) -> None:
    worker = posted(steps, world, scope, corrections)
    other = Worker(world, scope)
    other.recorded = list(worker.recorded)
    random.shuffle(other.recorded)
    assert other.windows() == worker.windows()
    assert other.wanted() == worker.wanted()


@settings(max_examples=150)
@given(STEPS, WORLDS, SCOPES)
def test_every_capped_hour_is_in_one_window_and_windows_never_overlap(
    steps: list[Fact], world: Town, scope: Any
) -> None:
    worker = posted(steps, world, scope)
    capped = {one.placement_id for one in capped_placements(worker.settled, world)}
    counting = [
        entry.hours.hours
        for entry in ledger(worker.settled)
        if entry.hours.placement_id in capped and entry.hours.mode != "provision"
    ]
    found = worker.windows()
    assert total(one.worked for one in found) == total(counting)
    assert sum(len(one.entries) for one in found) == len(counting)
    for one, following in pairwise(found):
        assert one.structure_id != following.structure_id or one.ends_on < following.starts_on


@settings(max_examples=100)
@given(STEPS, WORLDS, SCOPES)
def test_reconciled_once_there_is_nothing_left_to_say(steps: list[Fact], world: Town, scope: Any) -> None:
    worker = posted(steps, world, scope).reconciled()
    assert worker.unsaid() == []
    told = Counter((one.fact.type, str(one.fact)) for one in worker.wanted())
    standing = Counter((one.type, str(one.data)) for one in worker.settled if one.causationid and "cap_" in one.type)
    assert standing == told
    ids = [one.key for one in worker.recorded]
    assert len(ids) == len(set(ids))


@settings(max_examples=100)
@given(STEPS, WORLDS, SCOPES)
def test_everything_voided_leaves_nothing(steps: list[Fact], world: Town, scope: Any) -> None:
    worker = posted(steps, world, scope)
    for fact in [known for known in worker.settled if known.causationid is None]:
        if not isinstance(fact.data, FactVoided):
            worker.given(void(fact.id), id=f"void of {fact.id}")
    assert worker.windows() == ()
    assert worker.wanted() == ()
    assert worker.reconciled().standing() == []


@settings(max_examples=100)
@given(STEPS, WORLDS, SCOPES, AMOUNTS)
def test_an_entry_voided_and_told_again_comes_to_the_same(
    steps: list[Fact], world: Town, scope: Any, amount: float
) -> None:
    worker = posted(steps, world, scope)
    fact = hours("P", "2025-06", amount, entry_id="one more")
    worker.does(fact, id="told").reconciled()
    before = [(one.starts_on, one.ends_on, one.worked) for one in worker.windows()], worker.standing()
    worker.does(void("told"), id="taken back").reconciled().does(fact, id="told again").reconciled()
    assert ([(one.starts_on, one.ends_on, one.worked) for one in worker.windows()], worker.standing()) == before
    assert worker.unsaid() == []


@settings(max_examples=150)
@given(STEPS, WORLDS, SCOPES, DAYS, AMOUNTS)
def test_what_is_said_to_be_left_is_accepted_and_a_little_more_is_not(
    steps: list[Fact], world: Town, scope: Any, starts_on: str, planned: float
) -> None:
    worker = posted(steps, world, scope)
    asked = agreement("new", starts_on, round(480 + planned, 4))
    for error in worker.refusals(asked, on=starts_on):
        if isinstance(error, HoursCapExceededError):
            left = error.fields["hours_left"]
            assert worker.allows(agreement("new", starts_on, left), on=starts_on)
            assert not worker.allows(agreement("new", starts_on, round(left + 0.0001, 4)), on=starts_on)
