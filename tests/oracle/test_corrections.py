"""What stands of drawn corrections and voids of each other: product and naive implementation, in any order of arrival."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from services.placements import facts as placements_facts
from shared.facts.settle import order_of_truth, settle
from tests.oracle.history import Circle, History, fact, settled, told
from tests.oracle.product import facts_of

ORDER = order_of_truth(placements_facts.CATALOGUE)


def corrections(random: Random) -> History:
    """Each names any that was said before it, or one that nobody ever said."""
    history: History = []
    for number in range(random.randrange(2, 9)):
        names = [one["id"] for one in history]
        named = random.choice([*names, "never said"])
        is_correction = names and random.random() < 0.5
        said = f"2024-01-{random.randrange(1, 28):02}"
        if random.random() < 0.4:
            void: dict[str, Any] = {"fact_id": named, "voided_on": "2024-02-01", "reason": "mistake"}
            replaces = random.choice(names) if names and random.random() < 0.2 else None
            history.append(fact("placements.fact_voided", said, f"f{number}", replaces, **void))
        else:
            ended: dict[str, Any] = {"placement_id": f"P{number}", "ended_on": "2024-03-01"}
            history.append(
                fact("placements.placement_ended", said, f"f{number}", named if is_correction else None, **ended)
            )
    return history


@pytest.mark.parametrize("seeds", [range(n, n + 500) for n in (0, 500)], ids=str)
def test_the_same_stands(seeds: range) -> None:
    judged = 0
    for seed in seeds:
        random = Random(seed)
        history = corrections(random)
        try:
            expected = {one["id"] for one in settled(history)}
        except Circle:  # of rivals: which of them falls is said in tests/shared/facts/test_settle.py
            continue
        judged += 1
        arrived = facts_of(history, "placements")
        random.shuffle(arrived)
        found = {one.id for one in settle(arrived, ORDER) if one.type != "placements.fact_voided.v1"}
        assert found == expected, f"seed {seed}: product {sorted(found)}, page {sorted(expected)}\n{told(history)}"
    assert judged > 0.8 * len(seeds)
