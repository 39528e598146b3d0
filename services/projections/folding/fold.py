"""Folding: from a subject's whole history to its rows in one read set, writing only what differs.

Every way to rows is this one: the live loop, a rebuild, the resuming after a kill, the retry after a bug.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection

from services.projections.folding.project import project
from services.projections.folding.rows import Difference, Rows, read_schema, stored_rows
from services.projections.read_tables import READ_TABLES
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.catalogue import Catalogue
from shared.facts.fact import SUBJECT_KINDS, Recorded
from shared.facts.settle import order_of_truth, settle
from shared.histories.history import History, Subject, load, lock_subjects
from shared.log.arrays import integer_array, text_array
from shared.log.place import Arrived

log = structlog.get_logger(__name__)

Project = Callable[[str, Sequence[Recorded], ProjectionSettings], Rows]

SLICE = 10_000
"""Facts in memory at once beside the cache, at least one subject's: some 20 MB."""

CATCH_UP = 500
"""Dirty subjects folded per transaction outside the live loop, at most."""


class FoldError(Exception):
    """A subject that cannot be folded, for a reason that is not in its projection."""


@dataclass(slots=True)
class Folded:
    """A subject's history as of `version`; `rows` are what its read set holds, None when that is not known."""

    version: int
    history: History
    rows: Rows | None = None


class FoldedCache:
    """Recently folded subjects, bounded by their facts: a decoded fact is about 1.9 kB."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Folded] = OrderedDict()
        self._held = 0

    def get(self, subject: str, version: int) -> Folded | None:
        """The subject as of `version`; None where it is not here, or another process has moved it since."""
        kept = self._kept.get(subject)
        if kept is None or kept.version == version:
            return kept
        self.drop(subject)
        return None

    def put(self, subject: str, folded: Folded) -> None:
        self.drop(subject)
        self._kept[subject] = folded
        self._held += len(folded.history)
        while self._held > self._capacity:
            self.drop(next(iter(self._kept)))

    def add(self, fact: Arrived, catalogue: Catalogue) -> None:
        """One fact more, where its subject is here."""
        kept = self._kept.get(fact.subject)
        if kept is not None:
            kept.history.add(catalogue, fact.service, fact.streamversion, fact.type, fact.envelope)
            kept.version += 1
            self._held += 1

    def drop(self, subject: str) -> None:
        kept = self._kept.pop(subject, None)
        if kept is not None:
            self._held -= len(kept.history)

    def clear(self) -> None:
        self._kept.clear()
        self._held = 0


class Folder:
    """Folds subjects with one catalogue and settings; the read set is named at each call."""

    def __init__(self, catalogue: Catalogue, settings: ProjectionSettings, project: Project = project) -> None:
        self.catalogue = catalogue
        self._settings = settings
        self._order = order_of_truth(catalogue)
        self._project = project

    def rows(self, subject: str, history: History) -> Rows:
        """The rows of one subject: a pure function of its history. Raises whatever the projection raises."""
        kind, _, _ = _parts(subject)
        history.check()
        rows = self._project(kind, settle(history.facts, self._order), self._settings)
        for name, its in rows.items():
            key = READ_TABLES[name].key
            if len(its) > 1 and len({row[:key] for row in its}) < len(its):
                raise FoldError(f"two rows of {name} have one key")
        return rows

    def fold(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], cache: FoldedCache
    ) -> set[str]:
        """Bring locked subjects up to date in a read set; a slice at a time, so that memory is bounded.

        A subject that fails is marked with its error and keeps its last good rows; the others go on. Return those.
        The cache holds the outcome at once: it is to be cleared when the transaction fails.
        """
        failed: set[str] = set()
        for names in slices(subjects.values()):
            failed |= self._fold_slice(connection, read_set, {name: subjects[name] for name in names}, cache)
        return failed

    def _fold_slice(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], cache: FoldedCache
    ) -> set[str]:
        folded = self._loaded(connection, read_set, subjects, cache)
        new: dict[str, Rows] = {}
        errors: dict[str, str] = {}
        for name, one in folded.items():
            try:
                new[name] = self.rows(name, one.history)
            except Exception as error:  # one subject's failing fold must not stop the others
                log.warning("fold_failed", subject=name, read_set=read_set, error=repr(error)[:500])
                errors[name] = f"{type(error).__name__}: {error}"
        errors |= _write(connection, read_set, folded, new)
        _mark(connection, errors)
        _clear(connection, subjects, folded, errors)
        for name, one in folded.items():
            if name in errors:
                cache.drop(name)
            else:
                cache.put(name, Folded(one.version, one.history, new[name]))
        return set(errors)

    def _loaded(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], cache: FoldedCache
    ) -> dict[str, Folded]:
        """Histories and present rows, from memory where they are there."""
        ready = {name: one for name in subjects if (one := cache.get(name, subjects[name].version)) is not None}
        histories = load(connection, [name for name in subjects if name not in ready], self.catalogue)
        folded = {**ready, **{name: Folded(subjects[name].version, its) for name, its in histories.items()}}
        _load_rows(connection, read_set, {name: one for name, one in folded.items() if one.rows is None})
        return folded


def slices(subjects: Iterable[Subject]) -> Iterator[list[str]]:
    """Subjects in parts of about as many facts; one with more is a part of its own."""
    part: list[str] = []
    held = 0
    for one in subjects:
        if part and held + one.version > SLICE:
            yield part
            part, held = [], 0
        part.append(one.subject)
        held += one.version
    if part:
        yield part


def fold_some_dirty(connection: Connection[Any], read_set: str, folder: Folder, after: str) -> list[str]:
    """Fold the next subjects after one, in order, that a read set has not folded up to where they are; one slice."""
    names = _dirty(connection, read_set, after)
    if names:
        folder.fold(connection, read_set, lock_subjects(connection, names), FoldedCache(0))
    return names


def _dirty(connection: Connection[Any], read_set: str, after: str) -> list[str]:
    rows = connection.execute(
        "SELECT s.subject, s.root, s.version, s.error IS NOT NULL, s.missing FROM projections.subjects s"
        f" LEFT JOIN {read_schema(read_set)}.folded f ON f.root = s.subject"
        " WHERE s.subject > %s AND s.version IS DISTINCT FROM coalesce(f.version, 0)"
        " ORDER BY s.subject LIMIT %s",
        [after, CATCH_UP],
    )
    return next(slices(Subject(*row) for row in rows), [])


def forget_put_off(connection: Connection[Any], names: Sequence[str]) -> None:
    connection.execute("DELETE FROM projections.put_off WHERE subject = ANY(%s::text[])", [text_array(names)])


def _parts(subject: str) -> tuple[str, str, UUID]:
    """Kind, id as text, id. Raise FoldError for what can have no rows: an id has one spelling."""
    kind, _, name = subject.partition("/")
    try:
        if kind in SUBJECT_KINDS and str(one := UUID(name)) == name:
            return kind, name, one
    except ValueError:
        pass
    raise FoldError(f"{subject} is no subject known here: its rows are not known")


def _load_rows(connection: Connection[Any], read_set: str, folded: Mapping[str, Folded]) -> None:
    """What the read set has of them; nothing of those it never folded."""
    for one in folded.values():
        one.rows = {}
    known = connection.execute(
        f"SELECT root FROM {read_schema(read_set)}.folded WHERE root = ANY(%s::text[])", [text_array(list(folded))]
    )
    by_kind: dict[str, dict[UUID, Rows]] = {kind: {} for kind in SUBJECT_KINDS}
    for (name,) in known if folded else ():
        kind, _, subject_id = _parts(name)
        by_kind[kind][subject_id] = folded[name].rows = Rows()
    for table in READ_TABLES.values():
        if of_kind := by_kind[table.subject_kind]:
            for row in stored_rows(connection, read_set, table, list(map(str, of_kind))):
                of_kind[row[0]].setdefault(table.name, []).append(row)


def _write(
    connection: Connection[Any], read_set: str, folded: Mapping[str, Folded], new: Mapping[str, Rows]
) -> dict[str, str]:
    """Bring the rows from what they are to what they should be. Return those that the database refuses, with why."""
    difference = Difference()
    for name, rows in new.items():
        for table, its in rows.items():
            difference.add(READ_TABLES[table], (folded[name].rows or {}).get(table, []), its)
    try:
        with connection.transaction():
            difference.write(connection, read_set)
            _mark_folded(connection, read_set, {name: folded[name].version for name in new})
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(new) == 1:
            return {name: f"{type(error).__name__}: {error}" for name in new}
        log.warning("rows_refused", read_set=read_set, subjects=len(new), error=repr(error)[:500])
        return {
            name: why
            for half in halves(list(new))
            for name, why in _write(connection, read_set, folded, {name: new[name] for name in half}).items()
        }
    return {}


def halves(names: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    middle = len(names) // 2
    return names[:middle], names[middle:]


def _mark_folded(connection: Connection[Any], read_set: str, versions: Mapping[str, int]) -> None:
    if versions:
        connection.execute(
            f"INSERT INTO {read_schema(read_set)}.folded (root, version)"
            " SELECT * FROM unnest(%s::text[], %s::bigint[])"
            " ON CONFLICT (root) DO UPDATE SET version = excluded.version",
            [text_array(list(versions)), integer_array(list(versions.values()))],
        )


def _mark(connection: Connection[Any], errors: Mapping[str, str]) -> None:
    """Subjects whose fold fails, since when; people see that they are incomplete."""
    if errors:
        connection.execute(
            "UPDATE projections.subjects SET error = message, since = coalesce(since, now())"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, message) WHERE subject = name",
            [text_array(list(errors)), text_array([_printable(text) for text in errors.values()])],
        )


def _printable(text: str) -> str:
    """What PostgreSQL can hold of it."""
    return text.replace("\0", "").encode(errors="replace").decode()[:500]


def _clear(
    connection: Connection[Any],
    subjects: Mapping[str, Subject],
    folded: Mapping[str, Folded],
    errors: Mapping[str, str],
) -> None:
    """Errors that are over, and holes that came or were mended."""
    healed = [name for name in folded if subjects[name].failed and name not in errors]
    if healed:
        connection.execute(
            "UPDATE projections.subjects SET error = NULL, since = NULL WHERE subject = ANY(%s::text[])",
            [text_array(healed)],
        )
    missing = {name: one.history.missing or "" for name, one in folded.items()}
    changed = {name: text for name, text in missing.items() if text != (subjects[name].missing or "")}
    if changed:
        connection.execute(
            "UPDATE projections.subjects SET missing = nullif(hole, '')"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, hole) WHERE subject = name",
            [text_array(list(changed)), text_array(list(changed.values()))],
        )
