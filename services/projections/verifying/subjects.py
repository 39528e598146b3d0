"""Subjects whose rows are compared with their facts: some, or everybody, bucket by bucket while writes go on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from psycopg import Connection

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.everybody import SMALL
from services.projections.folding.folder import SLICE, Folder, slices
from services.projections.folding.set_rows import Rows
from services.projections.folding.side_by_side import side_by_side
from services.projections.read_sets.recipe import Recipe
from services.projections.read_sets.set_schema import failed_in
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import Row
from services.projections.verifying.rows import FactsOf, differing
from services.projections.verifying.snapshot import Instant, at_one_instant, look, reader
from shared.histories.history import BUCKETS, in_bucket
from shared.histories.subjects import Subject, count_all, count_changes, subjects_after, subjects_named
from shared.log.comparison import LIMIT, Comparison, Difference, Rest, no_rest
from shared.process.progress import Progress

NAME = "rows as the facts give them"

TOGETHER = 500
"""Subjects looked at in one instant, at most; `slices` makes them fewer where they have many facts."""

PATIENCE_S = 20.0
"""How long subjects with facts that are not folded yet are looked at again. A large one waits a second for its turn, one
of a projector that was just killed until another has its partitions."""

LOOK_AGAIN_S = 0.5


@dataclass(slots=True)
class Outcome:
    """`later`: subjects with facts that were not folded yet when they were looked at."""

    comparison: Comparison
    later: list[str] = field(default_factory=list)

    def take(self, other: Outcome) -> None:
        self.comparison.take(other.comparison)
        self.later += other.later


@dataclass(frozen=True, slots=True)
class Task:
    """What is verified, and by which recipe. It is sent to other processes. `together`: facts of one instant, at most,
    but at least one subject's. `limit`: differences kept."""

    database_url: str
    recipe: Recipe
    limit: int = LIMIT
    together: int = SLICE

    def outcome(self) -> Outcome:
        return Outcome(Comparison(NAME, self.limit))


def verify_everybody(
    database: Database,
    task: Task,
    buckets: Sequence[int] = range(BUCKETS),
    progress: Progress = lambda done, total: None,
    *,
    rest: Rest | None = None,
    workers: int | None = None,
    patience_s: float = PATIENCE_S,
) -> Comparison:
    """All subjects in these buckets. With `rest` in this process alone, which calls it between two instants.

    Raise ReadSetError where the rows are of another recipe.
    """
    with database.connection() as connection:
        total = count_all(connection).known * len(buckets) // BUCKETS
        workers = workers or (1 if rest else _workers(count_changes(connection)))
    whole = task.outcome()

    def done(outcome: Outcome) -> None:
        whole.take(outcome)
        progress(whole.comparison.subjects, max(total, whole.comparison.subjects))

    if workers == 1:
        for bucket in buckets:
            for part in _of_bucket(task, bucket):
                done(part)
                (rest or no_rest)()
    else:
        tasks = [(verify_bucket, task, bucket) for bucket in buckets]
        side_by_side(tasks, workers, lambda: None, done)
    look_again(database, task, whole, patience_s)
    return whole.comparison


def verify_subjects(
    database: Database, task: Task, names: Iterable[str], *, patience_s: float = PATIENCE_S
) -> Comparison:
    """These subjects alone. Raise ReadSetError."""
    whole = task.outcome()
    folder = Folder(CATALOGUE, task.recipe)
    wanted = sorted(set(names))
    with database.connection() as connection:
        known = subjects_named(connection, wanted)
    # Also of one that nobody knows the rows are looked at: it should have none.
    asked = [known.get(name) or Subject(name, name, 0, None) for name in wanted]
    with reader(database) as connection:
        for part in _parts(asked, task):
            whole.take(verify_some(connection, part, task, folder))
    look_again(database, task, whole, patience_s)
    return whole.comparison


def verify_bucket(task: Task, bucket: int) -> Outcome:
    """All subjects of one hash partition of the histories; memory is one slice's."""
    whole = task.outcome()
    for part in _of_bucket(task, bucket):
        whole.take(part)
    return whole


def _of_bucket(task: Task, bucket: int) -> Iterator[Outcome]:
    folder = Folder(CATALOGUE, task.recipe)
    database = Database(task.database_url)
    try:
        with reader(database) as connection:
            after = ""
            while True:
                with connection.transaction():
                    some = subjects_after(connection, after, TOGETHER, in_bucket("subject", bucket))
                if not some:
                    return
                for part in _parts(some, task):
                    yield verify_some(connection, part, task, folder)
                after = some[-1].subject
    finally:
        database.close()


def _parts(subjects: Sequence[Subject], task: Task) -> Iterator[list[str]]:
    for start in range(0, len(subjects), TOGETHER):
        yield from slices(subjects[start : start + TOGETHER], task.together)


def _workers(facts: int) -> int:
    return 1 if facts <= SMALL else max(1, min(os.cpu_count() or 1, BUCKETS))


def look_again(database: Database, task: Task, whole: Outcome, patience_s: float) -> None:
    """At those that were not folded yet, until they are; those that never are differ."""
    deadline = monotonic() + patience_s
    folder = Folder(CATALOGUE, task.recipe)
    with reader(database) as connection:
        while whole.later:
            names, whole.later = sorted(set(whole.later)), []
            with connection.transaction():
                waiting = subjects_named(connection, names)
            failing = _failing(connection, task.recipe, names)
            # One whose fold fails waits for better code, not for its turn.
            is_last = monotonic() >= deadline or all(name in failing for name in names)
            for part in _parts([waiting.get(name) or Subject(name, name, 1, None) for name in names], task):
                whole.take(verify_some(connection, part, task, folder, is_last=is_last))
            if whole.later:
                sleep(min(LOOK_AGAIN_S, max(0.0, deadline - monotonic())))


def _failing(connection: Connection[Any], recipe: Recipe, names: Sequence[str]) -> Mapping[str, str]:
    return at_one_instant(connection, recipe, lambda read_set: failed_in(read_set).errors(connection, names))


def verify_some(
    connection: Connection[Any], names: Sequence[str], task: Task, folder: Folder, *, is_last: bool = False
) -> Outcome:
    """Some subjects as they are at one instant; `is_last`: those that are not folded now will not be looked at again."""
    outcome = task.outcome()
    comparison = outcome.comparison
    instant = look(connection, names, task.recipe, folder.catalogue)
    expected: dict[str, Rows] = {}
    for name in names:
        if instant.is_dirty(name):
            if is_last:
                comparison.add([_unfolded(name, instant)])
            else:
                outcome.later.append(name)
            continue
        comparison.subjects += 1
        comparison.facts += len(instant.histories[name])
        try:
            expected[name] = folder.rows(name, instant.histories[name])
        except Exception as error:  # what a projection raises may be anything; the other subjects are compared
            comparison.add([_unfoldable(name, instant, error)])
        else:
            comparison.add(_marks(name, instant))
    facts: FactsOf = {name: instant.histories[name].facts for name in expected}
    for table in READ_TABLES.values():
        wanted = chain.from_iterable(rows.get(table.name, ()) for rows in expected.values())
        found = _of(expected, table.subject_kind, instant.rows.get(table.name, ()))
        comparison.rows += len(found)
        comparison.add(differing(table, f"read_{instant.read_set}.{table.name}", wanted, found, facts))
    return outcome


def _of(subjects: Mapping[str, Any], kind: str, rows: Sequence[Row]) -> list[Row]:
    """The rows of these subjects: what the others had at that instant says nothing."""
    ids = {UUID(name.partition("/")[2]) for name in subjects if name.startswith(f"{kind}/")}
    return [row for row in rows if row[0] in ids]


def _marks(name: str, instant: Instant) -> Iterator[Difference]:
    """Whether people are told that facts are missing, where they are."""
    subject = instant.subjects.get(name)
    missing = instant.histories[name].missing
    if subject is not None and subject.missing != missing:
        yield Difference(
            what="subject",
            kind="changed",
            where="projections.subjects",
            subject=name,
            key={"subject": name},
            columns=("missing",),
            expected={"missing": missing},
            found={"missing": subject.missing},
        )


def _unfoldable(name: str, instant: Instant, error: Exception) -> Difference:
    return Difference(
        what="subject",
        kind="unfoldable",
        where=f"read_{instant.read_set}",
        subject=name,
        key={"subject": name},
        facts_behind=len(instant.histories[name]),
        reason=f"its facts give no rows: {type(error).__name__}: {error}",
    )


def _unfolded(name: str, instant: Instant) -> Difference:
    subject = instant.subjects.get(name)
    return Difference(
        what="subject",
        kind="unfolded",
        where=f"read_{instant.read_set}",
        subject=name,
        key={"subject": name},
        columns=("version",),
        expected={"version": subject.version if subject else 0},
        found={"version": instant.folded.get(name, 0)},
        facts_behind=len(instant.histories[name]),
        reason=instant.failed.get(name, "its rows are not of the facts it has now"),
    )
