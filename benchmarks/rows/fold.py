"""The pure part of a fold: settle and project, for lives of a few facts and of very many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from time import process_time

from benchmarks import lives
from benchmarks.children import in_child
from benchmarks.crowd import Said, long_hours, long_life
from benchmarks.figures import Compared, Figure, Goal, Row, expect, in_turns
from benchmarks.histories import arriving
from benchmarks.lab import Lab
from services.projections.catalogue import CATALOGUE
from services.projections.folding.project import project
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.process.settings import Settings

GOAL = Goal(0.5, 0.8)
"""As fast per fact, whatever their number: at least half as fast."""
SHORT, LONG, LONGER = lives.A_LIFE, 2_000, 20_000


def folded(facts: int, repeats: int) -> float:
    """Facts a second of this process, of a life of so many folded so many times. In a child."""
    life = _life(facts)
    order = order_of_truth(CATALOGUE)
    settings = Settings()
    rows = project("person", settle(life, order), settings)
    started = process_time()
    for _ in range(repeats):
        again = project("person", settle(life, order), settings)
    taken = process_time() - started
    expect(again == rows, "a fold did not give the same rows again")
    found, told = len(rows["contracts"]), sum(fact.type == "pathways.hired.v1" for fact in life)
    expect(found == told, f"{found} contracts were made of {told}")
    hours = sum(getattr(fact.data, "hours", 0) for fact in life if fact.type == "placements.hours_worked.v1")
    ledger = sum(row.hours for row in rows.get("hours_entries", ()))  # type: ignore[attr-defined]  # of that table
    expect(ledger == hours, f"{ledger} hours are in the ledger instead of {hours}")
    return facts * repeats / taken


def _life(facts: int) -> list[Recorded]:
    """Of twenty-four, everybody's life; of more, half of it hours."""
    told: Iterable[lives.Event | Said] = lives.life(0)
    if facts != SHORT:
        told = chain(long_life(facts // 2), long_hours(facts // 2))
    decoded = [CATALOGUE.decode(one.type, one.envelope) for one in arriving(told)]
    return [one for one in decoded if one is not None]


def measure(lab: Lab) -> Sequence[Figure]:
    at_once = lab.pick(100_000, 40_000, 2_000)
    sizes = (SHORT, LONG, lab.pick(LONGER, LONGER, LONG))
    ways = [partial(_round, facts, max(at_once // facts, 1)) for facts in sizes]
    short, long, longer = in_turns(lab.pick(5, 2, 1), *ways)
    check = "each fold gives the same rows again"
    return [
        Compared(rates, short).figure(
            f"fold of a life of {facts:,} facts ÷ of {SHORT}, per fact", "facts/s", GOAL, check
        )
        for facts, rates in ((sizes[1], long), (sizes[2], longer))
    ]


def _round(facts: int, repeats: int, _: int) -> float:
    return in_child(folded, facts, repeats)


ROWS = (
    Row(
        "fold",
        "settle and project a life of many facts ÷ one of 24, per fact",
        measure,
        "processor time in Python; what a table reckons from all of a life",
        group="large",
    ),
)
