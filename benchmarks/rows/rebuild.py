"""A rebuild of everybody: one worker beside a bare loop, and two beside one."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import psycopg

from benchmarks.baselines import rebuild_loop
from benchmarks.checks import digests, same
from benchmarks.children import in_child
from benchmarks.figures import Compared, Figure, Goal, Row, expect, in_turns
from benchmarks.histories import fill
from benchmarks.lab import Lab
from services.projections.database import Database
from services.projections.folding.everybody import Rebuild, fold_everybody
from services.projections.read_sets import set_schema
from services.projections.read_sets.recipe import Recipe
from shared.process.settings import Settings

SETTINGS = Settings()


def folded(url: str, read_set: str, workers: int) -> float:
    """Seconds to fold everybody into a new read set, the start of the workers included. In a child."""
    database = Database(url)
    with database.transaction() as connection:
        set_schema.create(connection, read_set, Recipe.of(SETTINGS))
    started = perf_counter()
    fold_everybody(database, Rebuild(url, read_set, Recipe.of(SETTINGS)), lambda done, total: None, workers)
    seconds = perf_counter() - started
    database.close()
    return seconds


def bare(url: str, read_set: str) -> float:
    return rebuild_loop.rebuild(url, read_set, SETTINGS)


def measure(lab: Lab) -> Sequence[Figure]:
    rounds = lab.pick(5, 1)
    with lab.database() as url:
        facts = fill(url, lab.pick(12_000, 2_500, 60))
        in_child(bare, url, "warm")
        loop, one, two = in_turns(
            rounds,
            lambda number: facts / in_child(bare, url, f"bare{number}"),
            lambda number: facts / in_child(folded, url, f"one{number}", 1),
            lambda number: facts / in_child(folded, url, f"two{number}", 2),
        )
        check = _check(url, facts, rounds)
    title = "rebuild, one worker ÷ bare loop (read, decode, fold, COPY)"
    return [
        Compared(one, loop).figure(title, "facts/s", Goal(0.5, 0.8), check),
        Compared(two, one).figure("rebuild, two workers ÷ one", "facts/s", Goal(1.5, 1.75), check),
    ]


def _check(url: str, facts: int, rounds: int) -> str:
    """The three ways give the same rows, in every round, and ours says of everybody that they are folded."""
    with psycopg.connect(url) as connection:
        for name in (f"{which}{number}" for number in range(rounds) for which in ("one", "two")):
            row = connection.execute(f'SELECT coalesce(sum(version), 0)::bigint FROM "read_{name}".folded').fetchone()
            expect(row == (facts,), f"read set {name} says that {row} of {facts} facts are folded")
        found = [
            digests(connection, f"{which}{number}") for number in range(rounds) for which in ("bare", "one", "two")
        ]
    for one in found:
        said = same(found[0], one, "rebuilt and bare")
    return f"{facts:,} facts, {said}"


ROWS = (
    Row(
        "rebuild",
        "rebuild, one worker ÷ bare loop; two workers ÷ one",
        measure,
        "processor time in Python: decode, settle, project; with two workers the cores, which PostgreSQL's COPY shares",
    ),
)
