"""What the database holds of some subjects at one instant: facts, up to where they are folded, and rows.

One read-only transaction in which every statement sees the same instant, so that facts that are being applied show
either in all of it or in nothing. It locks nothing that anybody waits for, and it is short: a long one would keep the
server from tidying up behind the writers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.abc import Buffer
from psycopg.types.datetime import DateLoader

from services.projections.database import Database
from services.projections.folding.relations_kept import Kept, is_filled, load_kept
from services.projections.folding.set_rows import ids_by_kind, stored_rows
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.read_sets_table import ReadSet
from services.projections.read_sets.recipe import ReadSetError, Recipe
from services.projections.read_sets.set_schema import failed_in, folded_in
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import Row
from shared.facts.catalogue import Catalogue
from shared.histories.persons import Known, load_known
from shared.histories.subjects import Subject, rows_of

T = TypeVar("T")

DROPPED_MEANWHILE = 3
"""Times that the current read set is looked up again."""


@dataclass(frozen=True, slots=True)
class Instant:
    """`subjects`: those that are known, with the versions of their histories; `folded`: the versions up to which their rows
    are. `failures`: why a fold fails; `known`: their facts; `rows`: by table; `relations`: who has to do with them, none
    while those of before are still being filled in."""

    read_set: str
    folded: Mapping[str, int]
    failures: Mapping[str, str]
    subjects: Mapping[str, Subject]
    known: Mapping[str, Known]
    rows: Mapping[str, Sequence[Row]]
    relations: Mapping[str, Kept]

    def is_dirty(self, name: str) -> bool:
        """Whether its rows are of other facts than those it has."""
        return self.version(name) != self.folded.get(name, 0)

    def version(self, name: str) -> int:
        """Of its history; 0 where there is none."""
        return self.subjects[name].version if name in self.subjects else 0


@contextmanager
def reader(database: Database) -> Iterator[Connection[Any]]:
    """A connection whose transactions see one instant each and write nothing."""
    connection = database.alone()
    try:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection
    finally:
        connection.close()


def verifiable(connection: Connection[Any], recipe: Recipe) -> ReadSet:
    """The current read set. Raise ReadSetError where it is of another recipe: only who made rows can say how they should
    be."""
    found = read_sets_table.current(connection)
    if found is None:
        raise ReadSetError("there is no read set yet, so there are no rows to verify: a projector makes the first one")
    return read_sets_table.writable(connection, recipe)


def at_one_instant(connection: Connection[Any], recipe: Recipe, question: Callable[[str], T]) -> T:
    """What `question`, called with the name of the current read set, reads in one transaction. Raise ReadSetError."""
    for _ in range(DROPPED_MEANWHILE):
        try:
            return _asked(connection, recipe, question)
        except psycopg.errors.UndefinedTable:
            continue  # promoted meanwhile, and the read set before dropped
        except psycopg.DataError:
            # A day that Python has not ('infinity', the year 20000): no projection wrote it, and it is to be shown.
            connection.adapters.register_loader("date", _AnyDayLoader)
    return _asked(connection, recipe, question)


def _asked(connection: Connection[Any], recipe: Recipe, question: Callable[[str], T]) -> T:
    # The name in a transaction of its own: who reads the list of read sets keeps promotions away until it ends, and they
    # give up. One in between does no harm: who changes after it is dirty in the read set before, and looked at again.
    with connection.transaction():
        name = verifiable(connection, recipe).name
    with connection.transaction():
        return question(name)


def look(connection: Connection[Any], names: Sequence[str], recipe: Recipe, catalogue: Catalogue) -> Instant:
    """All about some subjects. Raise ReadSetError."""
    ids = ids_by_kind(names)

    def all_of(read_set: str) -> Instant:
        subjects = rows_of(connection, names)
        return Instant(
            read_set=read_set,
            folded=folded_in(read_set).versions(connection, names),
            failures=failed_in(read_set).errors(connection, names),
            subjects=subjects,
            known=load_known(
                connection, {name: subjects[name].linked if name in subjects else None for name in names}, catalogue
            ),
            rows={
                table.name: list(stored_rows(connection, read_set, table, of_kind))
                for table in READ_TABLES.values()
                if (of_kind := ids.get(table.subject_kind))
            },
            relations=load_kept(connection, names) if is_filled(connection) else {},
        )

    return at_one_instant(connection, recipe, all_of)


class _AnyDayLoader(DateLoader):
    """Days that Python cannot hold stay texts."""

    def load(self, data: Buffer) -> Any:
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()
