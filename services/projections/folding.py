"""Folding: from a subject's whole history to its rows in one read set, writing only what differs.

Every way to rows is this one: the live loop, a rebuild, the resuming after a kill, the retry after a bug.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from services.projections.histories import History, Subject, load
from services.projections.project import ProjectionSettings, project
from services.projections.tables import READ_TABLES, ReadTable, Row
from shared.facts import SUBJECT_KINDS, Catalogue
from shared.metrics import Metrics
from shared.settle import order_of_truth, settle
from shared.store import integer_array, text_array

log = structlog.get_logger(__name__)

Rows = dict[str, list[Row]]

_SQL_NAMES = {"UUID": "uuid", "date": "date", "str": "text", "int": "bigint", "float": "float8", "bool": "bool"}


@dataclass(slots=True)
class Folded:
    """A subject as this process folded it last; `rows` are what its read set holds."""

    version: int
    history: History
    rows: Rows | None = None
    at: float = 0.0


class FoldedCache:
    """Recently folded subjects, bounded by their facts: a decoded fact is about 1.9 kB."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Folded] = OrderedDict()
        self._held = 0

    def take(self, subject: str, version: int) -> Folded | None:
        """The subject as of `version`, out of the cache; None where another process has moved it since."""
        kept = self._kept.pop(subject, None)
        if kept is None:
            return None
        self._held -= len(kept.history.facts)
        return kept if kept.version == version else None

    def keep(self, folded: Mapping[str, Folded]) -> None:
        for subject, one in folded.items():
            self._kept[subject] = one
            self._held += len(one.history.facts)
        while self._held > self._capacity and self._kept:
            _, oldest = self._kept.popitem(last=False)
            self._held -= len(oldest.history.facts)

    def clear(self) -> None:
        self._kept.clear()
        self._held = 0


@dataclass(slots=True)
class Difference:
    """What has to change in the read tables: keys to delete (changed rows too), rows to insert."""

    deleted: dict[str, list[Row]] = field(default_factory=dict)
    inserted: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: ReadTable, old: Sequence[Row], new: Sequence[Row]) -> None:
        if old == new:
            return
        before = {row[: table.key]: row for row in old}
        after = {row[: table.key]: row for row in new}
        gone = [key for key, row in before.items() if after.get(key) != row]
        come = [row for key, row in after.items() if before.get(key) != row]
        if gone:
            self.deleted.setdefault(table.name, []).extend(gone)
        if come:
            self.inserted.setdefault(table.name, []).extend(come)


class Folder:
    """Folds subjects with one catalogue and settings; the read set is named at each call."""

    def __init__(self, catalogue: Catalogue, settings: ProjectionSettings, metrics: Metrics | None = None) -> None:
        self.catalogue = catalogue
        self._settings = settings
        self._order = order_of_truth(catalogue)
        self._metrics = metrics

    def rows(self, subject: str, history: History) -> Rows:
        """The rows of one subject: a pure function of its history."""
        return project(subject.partition("/")[0], settle(history.facts, self._order), self._settings)

    def fold(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], ready: Mapping[str, Folded]
    ) -> dict[str, Folded]:
        """Bring locked subjects up to date in a read set. `ready`: those whose history is in memory already.

        A subject that fails is marked with its error and keeps its last good rows; the others go on.
        """
        histories = load(connection, [name for name in subjects if name not in ready], self.catalogue)
        folded = {**ready, **{name: Folded(subjects[name].version, histories[name]) for name in histories}}
        self._load_rows(connection, read_set, folded)
        try:
            with connection.transaction():
                return self._write(connection, read_set, subjects, folded)
        except (psycopg.DataError, psycopg.IntegrityError):
            log.warning("batch_failed", read_set=read_set, subjects=len(subjects))
            return self._one_by_one(connection, read_set, subjects, folded)

    def _one_by_one(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], folded: dict[str, Folded]
    ) -> dict[str, Folded]:
        """Find the subject whose rows the database refuses, so that only it is marked."""
        done: dict[str, Folded] = {}
        for name, subject in subjects.items():
            try:
                with connection.transaction():
                    done |= self._write(connection, read_set, {name: subject}, {name: folded[name]})
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                _mark(connection, {name: f"{type(error).__name__}: {error}"})
        return done

    def _write(
        self, connection: Connection[Any], read_set: str, subjects: Mapping[str, Subject], folded: dict[str, Folded]
    ) -> dict[str, Folded]:
        difference = Difference()
        errors: dict[str, str] = {}
        done: dict[str, Folded] = {}
        for name, one in folded.items():
            try:
                rows = self.rows(name, one.history)
            except Exception as error:  # one subject's failing fold must not stop the others
                log.exception("fold_failed", subject=name)
                errors[name] = f"{type(error).__name__}: {error}"
                continue
            for table, new in rows.items():
                difference.add(READ_TABLES[table], (one.rows or {}).get(table, []), new)
            done[name] = Folded(one.version, one.history, rows, monotonic())
        write_difference(connection, read_set, difference)
        _mark_folded(connection, read_set, {name: one.version for name, one in done.items()})
        _mark(connection, errors)
        _clear(connection, subjects, done)
        if self._metrics is not None:
            self._metrics.folded.inc(len(done))
        return done

    def _load_rows(self, connection: Connection[Any], read_set: str, folded: Mapping[str, Folded]) -> None:
        """The rows a read set has of subjects whose rows are not in memory."""
        unknown = [name for name, one in folded.items() if one.rows is None]
        for kind in SUBJECT_KINDS:
            ids = {name.partition("/")[2]: name for name in unknown if name.startswith(f"{kind}/")}
            if not ids:
                continue
            for name in ids.values():
                folded[name].rows = {}
            for table in READ_TABLES.values():
                if table.subject_kind == kind:
                    for row in _stored_rows(connection, read_set, table, list(ids)):
                        rows = folded[ids[str(row[0])]].rows
                        assert rows is not None
                        rows.setdefault(table.name, []).append(row)


def read_schema(read_set: str) -> str:
    """The schema of a read set, quoted."""
    return f'"read_{read_set}"'


def _stored_rows(connection: Connection[Any], read_set: str, table: ReadTable, ids: Sequence[str]) -> Iterator[Row]:
    names = ", ".join(column.name for column in table.columns)
    key = ", ".join(table.key_columns)
    query = (
        f"SELECT {names} FROM {read_schema(read_set)}.{table.name}"
        f" WHERE {table.columns[0].name} = ANY(%s::uuid[]) ORDER BY {key}"
    )
    yield from connection.execute(query, [text_array(list(ids))])


def write_difference(connection: Connection[Any], read_set: str, difference: Difference) -> None:
    for name, keys in difference.deleted.items():
        _delete(connection, read_set, READ_TABLES[name], keys)
    for name, rows in difference.inserted.items():
        copy_rows(connection, f"{read_schema(read_set)}.{name}", READ_TABLES[name], rows)


def _delete(connection: Connection[Any], read_set: str, table: ReadTable, keys: Sequence[Row]) -> None:
    columns = table.columns[: table.key]
    arrays = ", ".join(f"%s::{_SQL_NAMES[column.type.__name__]}[]" for column in columns)
    names = ", ".join(f"k{place}" for place in range(len(columns)))
    match = " AND ".join(f"t.{column.name} = k{place}" for place, column in enumerate(columns))
    query = (
        f"DELETE FROM {read_schema(read_set)}.{table.name} AS t USING unnest({arrays}) AS gone ({names}) WHERE {match}"
    )
    connection.execute(query, [text_array([str(key[place]) for key in keys]) for place in range(len(columns))])


def copy_rows(connection: Connection[Any], target: str, table: ReadTable, rows: Iterable[Row]) -> None:
    names = ", ".join(column.name for column in table.columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


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
            [text_array(list(errors)), text_array([text.replace("\0", "")[:500] for text in errors.values()])],
        )


def _clear(connection: Connection[Any], subjects: Mapping[str, Subject], done: Mapping[str, Folded]) -> None:
    """Errors that are over, and holes that came or were mended."""
    healed = [name for name in done if subjects[name].failed]
    if healed:
        connection.execute(
            "UPDATE projections.subjects SET error = NULL, since = NULL WHERE subject = ANY(%s::text[])",
            [text_array(healed)],
        )
    missing = {name: one.history.missing or "" for name, one in done.items()}
    changed = {name: text for name, text in missing.items() if text != (subjects[name].missing or "")}
    if changed:
        connection.execute(
            "UPDATE projections.subjects SET missing = nullif(hole, '')"
            " FROM unnest(%s::text[], %s::text[]) AS new (name, hole) WHERE subject = name",
            [text_array(list(changed)), text_array(list(changed.values()))],
        )
