"""Subjects whose rows are compared with their facts: some, or everybody, bucket by bucket while writes go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from psycopg import Connection

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.everybody import workers_for
from services.projections.folding.folder import SLICE, Folder
from services.projections.folding.set_rows import Rows, ids_by_kind
from services.projections.folding.side_by_side import side_by_side
from services.projections.read_sets.recipe import Recipe
from services.projections.read_tables import READ_TABLES
from services.projections.verifying.rows import FactsOf, differing
from services.projections.verifying.snapshot import Instant, look, reader
from shared.histories.history import BUCKETS, in_bucket
from shared.histories.persons import merges_of
from shared.histories.subjects import count_all, count_changes, versions_after, versions_of
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
    """`later`: subjects with facts that were not folded yet when they were looked at; `failing`: those of them that a
    fold fails of."""

    comparison: Comparison
    later: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    def take(self, other: Outcome) -> None:
        self.comparison.take(other.comparison)
        self.later += other.later
        self.failing |= other.failing


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
        total = count_all(connection) * len(buckets) // BUCKETS
        workers = workers or (1 if rest else workers_for(count_changes(connection)))
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
        tasks = [(task, bucket) for bucket in buckets]
        side_by_side(verify_bucket, tasks, workers, lambda: None, done)
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
        known = versions_of(connection, wanted)
    # Also of one that nobody knows the rows are looked at: it should have none.
    versions = {name: known.get(name, 0) for name in wanted}
    with reader(database) as connection:
        for part in _parts(versions, task.together):
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
                    some = versions_after(connection, after, TOGETHER, in_bucket("subject", bucket))
                if not some:
                    return
                for part in _parts(some, task.together):
                    yield verify_some(connection, part, task, folder)
                after = next(reversed(some))  # the database's order, whatever its collation
    finally:
        database.close()


def _parts(versions: Mapping[str, int], most: int) -> Iterator[list[str]]:
    """Subjects in parts of at most so many facts (a version counts them), or one; and of TOGETHER subjects."""
    part: list[str] = []
    facts = 0
    for name, version in versions.items():
        if part and (facts + version > most or len(part) == TOGETHER):
            yield part
            part, facts = [], 0
        part.append(name)
        facts += version
    if part:
        yield part


def look_again(database: Database, task: Task, whole: Outcome, patience_s: float) -> None:
    """At those that were not folded yet, until they are; those that never are differ."""
    deadline = monotonic() + patience_s
    folder = Folder(CATALOGUE, task.recipe)
    with reader(database) as connection:
        is_last = False
        while whole.later:
            names, whole.later = sorted(set(whole.later)), []
            with connection.transaction():
                known = versions_of(connection, names)
            is_last = is_last or monotonic() >= deadline
            for part in _parts({name: known.get(name, 0) for name in names}, task.together):
                whole.take(verify_some(connection, part, task, folder, is_last=is_last))
            # Of one whose fold fails nobody waits for its turn: it waits for better code.
            is_last = all(name in whole.failing for name in whole.later)
            if whole.later and not is_last:
                sleep(min(LOOK_AGAIN_S, max(0.0, deadline - monotonic())))


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
                outcome.failing |= instant.failures.keys() & {name}
            continue
        comparison.subjects += 1
        comparison.facts += len(instant.known[name].person)
        try:
            expected[name] = folder.rows(name, instant.known[name].person)
        except Exception as error:  # what a projection raises may be anything; the other subjects are compared
            comparison.add([_unfoldable(name, instant, error)])
        else:
            comparison.add(_marks(name, instant))
            comparison.add(_root(name, instant))
            comparison.add(_relations(name, instant, folder))
    facts: FactsOf = {name: instant.known[name].person.facts for name in expected}
    # What the others had at that instant says nothing.
    compared = {kind: set(map(UUID, ids)) for kind, ids in ids_by_kind(expected).items()}
    for table in READ_TABLES.values():
        wanted = chain.from_iterable(rows.get(table.name, ()) for rows in expected.values())
        found = [row for row in instant.rows.get(table.name, ()) if row[0] in compared.get(table.subject_kind, ())]
        comparison.rows += len(found)
        comparison.add(differing(table, f"read_{instant.read_set}.{table.name}", wanted, found, facts))
    return outcome


def _marks(name: str, instant: Instant) -> Iterator[Difference]:
    """Whether people are told that facts are missing, where they are."""
    missing, subject = instant.known[name].own.missing, instant.subjects.get(name)
    if subject is not None and subject.missing != missing:
        yield _of_subject(name, "missing", missing, subject.missing)


def _root(name: str, instant: Instant) -> Iterator[Difference]:
    """Whether a subject is said to be told by another's rows where its facts say so, and nowhere else."""
    subject, known = instant.subjects.get(name), instant.known[name]
    is_root = name in known.ids
    if subject is not None and is_root != (subject.root == name):
        yield _of_subject(name, "root", name if is_root else None, subject.root, _TOLD_ANEW)
    unlinked = sorted({target for _, target in merges_of(known.own.facts)} - set(subject.together if subject else ()))
    if unlinked:
        yield _of_subject(name, "linked", unlinked, None if subject is None else subject.linked, _TOLD_ANEW)


def _of_subject(name: str, column: str, expected: object, found: object, reason: str = "") -> Difference:
    """In what is kept of a subject beside its facts and rows."""
    return Difference(
        what="subject",
        kind="changed",
        where="projections.subjects",
        subject=name,
        key={"subject": name},
        columns=(column,),
        expected={column: expected},
        found={column: found},
        reason=reason,
    )


_TOLD_ANEW = "`parcours subjects retry` has it told anew"


def _relations(name: str, instant: Instant, folder: Folder) -> Iterator[Difference]:
    """Whether those and only those see it who have to do with it."""
    found = instant.relations.get(name)
    if found is None:
        return
    expected = folder.relations(name, instant.known[name].person)
    if expected != found:
        yield Difference(
            what="relation",
            kind="changed",
            where="access",
            subject=name,
            key={"subject": name},
            columns=("relations",),
            expected={"relations": sorted(map(str, expected - found))},
            found={"relations": sorted(map(str, found - expected))},
            facts_behind=len(instant.known[name].person),
        )


def _unfoldable(name: str, instant: Instant, error: Exception) -> Difference:
    return Difference(
        what="subject",
        kind="unfoldable",
        where=f"read_{instant.read_set}",
        subject=name,
        key={"subject": name},
        facts_behind=len(instant.known[name].person),
        reason=f"its facts give no rows: {type(error).__name__}: {error}",
    )


def _unfolded(name: str, instant: Instant) -> Difference:
    return Difference(
        what="subject",
        kind="unfolded",
        where=f"read_{instant.read_set}",
        subject=name,
        key={"subject": name},
        columns=("version",),
        expected={"version": instant.version(name)},
        found={"version": instant.folded.get(name, 0)},
        facts_behind=len(instant.known[name].person),
        reason=instant.failures.get(name, "its rows are not of the facts it has now"),
    )
