"""A rebuild of everybody: one worker beside a bare loop, and the whole command beside one worker."""

from __future__ import annotations

import os
from collections.abc import Sequence
from time import perf_counter

import psycopg

from benchmarks.baselines import rebuild_loop
from benchmarks.checks import digests, same
from benchmarks.figures import Compared, Figure, Goal, Row, alternate
from benchmarks.histories import fill
from benchmarks.lab import Lab, in_child
from services.projections import operations, read_sets
from services.projections.database import Database
from services.projections.project import code_hash
from services.projections.rebuilding import Rebuild, fold_bucket
from shared.history_database import BUCKETS
from shared.settings import Settings

SETTINGS = Settings()


def one_worker(url: str, read_set: str) -> float:
    """Seconds to fold every bucket, one after another. In a child."""
    database = Database(url)
    with database.transaction() as connection:
        read_sets.create(connection, read_set, code_hash(SETTINGS))
    database.close()
    started = perf_counter()
    for bucket in range(BUCKETS):
        fold_bucket(Rebuild(url, read_set, SETTINGS), bucket)
    return perf_counter() - started


def whole(url: str, read_set: str) -> float:
    """Seconds of what `parcours projections rebuild` does, its workers' start included. In a child."""
    started = perf_counter()
    operations.rebuild(url, read_set, settings=SETTINGS)
    return perf_counter() - started


def bare(url: str, read_set: str) -> float:
    return rebuild_loop.rebuild(url, read_set, SETTINGS)


def measure(lab: Lab) -> Sequence[Figure]:
    rounds = lab.pick(3, 1)
    with lab.database() as url:
        facts = fill(url, lab.pick(16_000, 2_500, 60))
        in_child(bare, url, "warm")
        alone = alternate(
            rounds,
            lambda number: facts / in_child(one_worker, url, f"one{number}"),
            lambda number: facts / in_child(bare, url, f"bare{number}"),
        )
        two = [facts / in_child(whole, url, f"two{number}") for number in range(rounds)]
        check = _check(url, facts, rounds)
    workers = min(os.cpu_count() or 1, BUCKETS)
    one = "rebuild, one worker ÷ bare loop (read, decode, fold, COPY)"
    several = f"rebuild, {'two' if workers == 2 else workers} workers ÷ one"
    return [
        alone.figure(one, "facts/s", Goal(0.5, 0.8), check),
        Compared(two, alone.ours).figure(several, "facts/s", Goal(1.5, 1.75), check),
    ]


def _check(url: str, facts: int, rounds: int) -> str:
    """The three ways give the same rows, in every round."""
    with psycopg.connect(url) as connection:
        found = [
            digests(connection, f"{which}{number}") for number in range(rounds) for which in ("bare", "one", "two")
        ]
    for one in found:
        said = same(found[0], one, "rebuilt and bare")
    return f"{facts:,} facts, {said}"


ROWS = (Row("rebuild", "rebuild, one worker ÷ bare loop; two workers ÷ one", measure),)
