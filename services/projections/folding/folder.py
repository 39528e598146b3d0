"""Folding: from a subject's whole history to its rows in one read set, writing only what differs.

Every way to rows is this one: the live loop, a rebuild, the resuming after a kill, the retry after a bug.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection

from services.projections.database import Database
from services.projections.folding.folded_cache import Folded, FoldedCache
from services.projections.folding.giving_way import Pieces
from services.projections.folding.project import project
from services.projections.folding.relations_kept import (
    Kept,
    all_filled,
    filled,
    is_due,
    kept_of,
    load_kept,
    next_to_fill,
    write_kept,
)
from services.projections.folding.set_rows import Difference, Rows, stored_rows
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.failures import Cause
from services.projections.read_sets.set_schema import failed_in, folded_in
from services.projections.read_tables import READ_TABLES
from services.projections.tables.subject_facts import ProjectionSettings, Remembered
from shared.facts.catalogue import Catalogue
from shared.facts.fact import SUBJECT_KINDS, Recorded
from shared.facts.settle import not_theirs, order_of_truth, settle
from shared.histories.history import History
from shared.histories.persons import load_known
from shared.histories.sign_of_life import SignOfLife
from shared.histories.subjects import Subject, lock_subjects, mark_missing, write_roots
from shared.process.private_text import traceback_of
from shared.process.progress import Progress

log = structlog.get_logger(__name__)

Project = Callable[
    [str, Sequence[Recorded], ProjectionSettings, UUID | None, Remembered | None, Sequence[Recorded]], Rows
]

SLICE = 4_000
"""Facts in memory at once beside the cache, at least one subject's: some 8 MB."""

CATCH_UP = 500
"""Dirty subjects folded per transaction outside the live loop, at most: they stay locked until it ends."""

BESIDE_LIVE = 16
"""The same while a live loop goes on: those that are dirty are just those of whom facts come."""


_NONE: Mapping[str, int] = {}


class FoldError(Exception):
    """A subject that cannot be folded, for a reason that is not in its projection."""


class Folder:
    """Folds subjects with one catalogue and settings; the read set is named at each call."""

    def __init__(self, catalogue: Catalogue, settings: ProjectionSettings, project: Project = project) -> None:
        self.catalogue = catalogue
        self._settings = settings
        self._order = order_of_truth(catalogue)
        self._project = project
        self._logged: set[str] = set()
        """Places of failures whose traceback the log has: of many subjects that fail alike, one."""
        self._told: dict[tuple[str, str], int] = {}
        """Versions of subjects whose failure in a read set the log has: a promotion tries until readers leave a pause."""

    def rows(self, subject: str, history: History, remembered: Remembered | None = None) -> Rows:
        """The rows of one subject: a pure function of its history, of a merged person of that of all its ids
        (`Known.person`). Raises whatever the projection raises.

        `remembered`: what was reckoned at its fold before."""
        return self._rows(subject, self.settled(history), history, remembered)

    def settled(self, history: History) -> Sequence[Recorded]:
        """What stands of what could be read."""
        return settle(history.facts, self._order)

    def relations(self, subject: str, history: History) -> Kept:
        """What is kept of a subject beside its rows: a pure function of its history, too."""
        return kept_of(subject, self.settled(history), self._settings)

    def _rows(
        self, subject: str, settled: Sequence[Recorded], history: History, remembered: Remembered | None = None
    ) -> Rows:
        kind, _, subject_id = _parts(subject)
        history.check()
        dropped = not_theirs(history.facts, self._order)
        by_table = self._project(kind, settled, self._settings, subject_id, remembered, dropped)
        for name, rows in by_table.items():
            key = READ_TABLES[name].key
            if len(rows) > 1 and len({row[:key] for row in rows}) < len(rows):
                raise FoldError(f"two rows of {name} have one key")
        return by_table

    def fold(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], cache: FoldedCache
    ) -> set[str]:
        """Bring locked subjects up to date in a read set; a slice at a time, so that memory is bounded.

        A subject that fails is marked in the read set and keeps its last good rows there; the others go on. Return those
        that failed.
        The cache holds the outcome at once: it is to be cleared when the transaction fails.
        """
        failed: set[str] = set()
        for names in slices(subjects.values()):
            failed |= self._fold_slice(connection, read_set, {name: subjects[name] for name in names}, cache)
        return failed

    def _fold_slice(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], cache: FoldedCache
    ) -> set[str]:
        loaded = self._loaded(connection, read_set, subjects, cache)
        new: dict[str, Rows] = {}
        relations: dict[str, Kept] = {}
        causes: dict[str, Cause] = {}
        alive = SignOfLife(connection)
        for name, folded in loaded.items():
            alive.after(len(folded.history))
            folded.remembered = folded.remembered or (Remembered() if cache.remembers else None)
            try:
                settled = self.settled(folded.history)
                # Before its rows, and where these fail too: who is shown a person is no matter of columns.
                relations[name] = kept_of(name, settled, self._settings)
                new[name] = self._rows(name, settled, folded.history, folded.remembered)
            except Exception as error:  # one subject's failing fold must not stop the others
                causes[name] = Cause.of(error)
        write_kept(connection, {name: loaded[name].relations or frozenset() for name in relations}, relations)
        causes |= _write(connection, read_set, loaded, new)
        versions = {name: folded.version for name, folded in loaded.items()}
        self._log(read_set, causes, versions)
        failed_in(read_set).mark(connection, causes, versions)
        _mark_holes(connection, subjects, loaded)
        # With the rows, so that whoever asks for an id finds them where they are.
        roots = {name: folded.known.root for name, folded in loaded.items() if folded.known is not None}
        write_roots(connection, {name: root for name, root in roots.items() if root != subjects[name].root})
        for name, folded in loaded.items():
            # A merged person is read anew each time: what comes of one id would have to be added to what is kept of others.
            if name in causes or subjects[name].linked:
                cache.drop(name)
            else:
                self._told.pop((read_set, name), None)
                kept = Folded(folded.version, folded.history, new[name], folded.remembered, relations[name])
                cache.put(name, kept)
        return set(causes)

    def _log(self, read_set: str, causes: Mapping[str, Cause], versions: Mapping[str, int]) -> None:
        """A line a subject at each version of it, and each traceback once."""
        for subject, cause in causes.items():
            if self._told.get((read_set, subject)) == versions[subject]:
                continue
            self._told[read_set, subject] = versions[subject]
            known = {} if cause.place in self._logged else {"traceback": traceback_of(cause.raised)}
            log.warning("fold_failed", subject=subject, read_set=read_set, error=cause.raised, **known)
            self._logged.add(cause.place)

    def _loaded(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], cache: FoldedCache
    ) -> dict[str, Folded]:
        """Histories and present rows, from memory where they are there."""
        ready = {
            name: kept
            for name, subject in subjects.items()
            # What is kept of one id of a merged person is not the person.
            if not subject.linked and (kept := cache.get(name, subject.version)) is not None
        }
        others = {name: subject.linked for name, subject in subjects.items() if name not in ready}
        loaded = {
            name: Folded(subjects[name].version, known.person, known=known)
            for name, known in load_known(connection, others, self.catalogue).items()
        }
        every = {**ready, **loaded}
        _load_rows(connection, read_set, {name: folded for name, folded in every.items() if folded.rows is None})
        unknown = [name for name, folded in every.items() if folded.relations is None]
        for name, relations in load_kept(connection, unknown).items():
            every[name].relations = relations
        return every


def slices(subjects: Iterable[Subject]) -> Iterator[list[str]]:
    """Subjects in parts of about as many facts; one with more is a part of its own."""
    part: list[str] = []
    facts = 0
    for subject in subjects:
        if part and facts + subject.version > SLICE:
            yield part
            part, facts = [], 0
        part.append(subject.subject)
        facts += subject.version
    if part:
        yield part


def fold_some_dirty(
    connection: Connection[Any],
    read_set: str,
    folder: Folder,
    after: str,
    without: Mapping[str, int] = _NONE,
    most: int = CATCH_UP,
) -> list[str]:
    """Fold the next subjects after one, in order, that a read set has not folded up to where they are; one slice, at most
    so many.

    `without`: subjects not to be tried at these versions of their histories. Return those that were next; none when
    there are no more.
    """
    # One slice of what is behind: the locks of a transaction are held until all of it is folded.
    names = next(slices(folded_in(read_set).behind(connection, after, most)), [])
    if names:
        locked = lock_subjects(connection, names)
        tried = {name: locked[name] for name in names if without.get(name) != locked[name].version}
        # No cache: whoever catches up meets each subject once.
        folder.fold(connection, read_set, tried, FoldedCache(0))
    return names


def fill_some_relations(connection: Connection[Any], folder: Folder) -> list[str]:
    """Reckon the relations of the next subjects of before there were any. Return those; none when there are no more."""
    names = next_to_fill(connection)
    if names:
        # Held against projectors, which keep facts of them and what follows from these.
        locked = lock_subjects(connection, names)
        known = load_known(connection, {name: locked[name].linked for name in names}, folder.catalogue)
        now = {name: folder.relations(name, known[name].person) for name in names}
        write_kept(connection, load_kept(connection, names), now)
        filled(connection, names[-1])
    return names


def fill_relations(
    database: Database,
    folder: Folder,
    settings: ProjectionSettings,
    after_each: Callable[[], None],
    is_stopped: Callable[[], bool],
) -> None:
    """Of an installation from before there were relations, or whose facts give others now; some in a transaction."""
    with database.transaction() as connection:
        names = ["due"] if is_due(connection, settings) else []
    while names and not is_stopped():
        with database.transaction() as connection:
            names = fill_some_relations(connection, folder)
            if not names:
                all_filled(connection, settings)
        after_each()


def fold_all_dirty(
    database: Database, read_set: str, folder: Folder, progress: Progress = lambda done, total: None
) -> None:
    """Fold, in small transactions, whatever a read set that nobody folds live has not folded up to where it is.

    Raise ReadSetError where it may not be written to.
    """
    with database.connection() as connection:
        total = folded_in(read_set).count_behind(connection)
    done, names, pieces = 0, [""], Pieces()
    while names:
        with database.transaction() as connection:
            read_sets_table.hold(connection, read_set)
            names = fold_some_dirty(connection, read_set, folder, names[-1], most=BESIDE_LIVE)
        with database.connection() as connection:
            pieces.done(connection)
        done += len(names)
        progress(min(done, total), total)


def halves(names: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    return names[: len(names) // 2], names[len(names) // 2 :]


def _parts(subject: str) -> tuple[str, str, UUID]:
    """Kind, id as text, id. Raise FoldError for what can have no rows: an id has one spelling."""
    kind, _, name = subject.partition("/")
    try:
        # Upper case or braces would be another text for one id, and its rows a second person.
        if kind in SUBJECT_KINDS and str(subject_id := UUID(name)) == name:
            return kind, name, subject_id
    except ValueError:
        pass
    raise FoldError(f"{subject} is no subject known here: its rows are not known")


def _load_rows(connection: Connection[Any], read_set: str, loaded: Mapping[str, Folded]) -> None:
    """What the read set has of them; nothing of those it never folded."""
    for folded in loaded.values():
        folded.rows = {}
    by_kind: dict[str, dict[UUID, Rows]] = {kind: {} for kind in SUBJECT_KINDS}
    for name in folded_in(read_set).versions(connection, list(loaded)) if loaded else ():
        kind, _, subject_id = _parts(name)
        by_kind[kind][subject_id] = loaded[name].rows = Rows()
    for table in READ_TABLES.values():
        if of_kind := by_kind[table.subject_kind]:
            for row in stored_rows(connection, read_set, table, list(map(str, of_kind))):
                of_kind[row[0]].setdefault(table.name, []).append(row)


def _write(
    connection: Connection[Any], read_set: str, loaded: Mapping[str, Folded], new: Mapping[str, Rows]
) -> dict[str, Cause]:
    """Bring the rows from what they are to what they should be: these subjects were folded. Return those whose rows the
    database refuses, with why.

    One refused row fails the whole COPY, and which subject it is of is not told: halves are tried until it stands
    alone.
    """
    difference = Difference()
    for name, by_table in new.items():
        for table, rows in by_table.items():
            difference.add(READ_TABLES[table], (loaded[name].rows or {}).get(table, []), rows)
    try:
        # A savepoint: a refused row must not take the other subjects of the delivery with it.
        with connection.transaction(), difference.together(connection, len(new)):
            difference.write(connection, read_set)
            folded_in(read_set).mark(connection, {name: loaded[name].version for name in new})
            failed_in(read_set).clear(connection, list(new))
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        if len(new) == 1:
            return {name: Cause.of(error) for name in new}
        log.warning("rows_refused", read_set=read_set, subjects=len(new), error=error)
        return {
            name: why
            for half in halves(list(new))
            for name, why in _write(connection, read_set, loaded, {name: new[name] for name in half}).items()
        }
    return {}


def _mark_holes(connection: Connection[Any], subjects: Mapping[str, Subject], loaded: Mapping[str, Folded]) -> None:
    """Holes that came or were mended."""
    holes = {
        name: (folded.known.own if folded.known else folded.history).missing or "" for name, folded in loaded.items()
    }
    changed = {name: hole for name, hole in holes.items() if hole != (subjects[name].missing or "")}
    mark_missing(connection, changed)
