"""A bare rebuild: read every history in order, decode, fold, COPY; one process, nothing to resume, nobody to meet."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from time import perf_counter
from typing import Any

import psycopg
from psycopg import Connection

from services.projections.catalogue import CATALOGUE
from services.projections.folding.project import project
from services.projections.folding.set_rows import copy_rows
from services.projections.read_sets import set_schema
from services.projections.read_sets.recipe import Recipe
from services.projections.read_tables import READ_TABLES
from services.projections.tables.read_table import Row
from shared.facts.settle import order_of_truth, settle
from shared.process.settings import Settings

QUERY = "SELECT subject, type, envelope FROM projections.history ORDER BY subject"
CHUNK = 10_000
"""Facts between two COPYs."""


def rebuild(database_url: str, read_set: str, settings: Settings) -> float:
    """Seconds from the first read to the commit, into a new read set of this name."""
    order = order_of_truth(CATALOGUE)
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    facts = 0
    with psycopg.connect(database_url) as reader, psycopg.connect(database_url) as writer:
        set_schema.create(writer, read_set, Recipe.of(settings))
        writer.commit()
        started = perf_counter()
        with reader.cursor("bare", binary=True) as cursor:
            cursor.itersize = 2_000
            cursor.execute(QUERY)
            for subject, its in groupby(cursor, key=lambda row: row[0]):
                known = [fact for _, name, envelope in its if (fact := CATALOGUE.decode(name, envelope)) is not None]
                kind = subject.partition("/")[0]
                for table, new in project(kind, settle(known, order), settings).items():
                    rows[table] += new
                facts += len(known)
                if facts >= CHUNK:
                    _copy(writer, read_set, rows)
                    facts = 0
        _copy(writer, read_set, rows)
        writer.commit()
        return perf_counter() - started


def _copy(writer: Connection[Any], read_set: str, rows: defaultdict[str, list[Row]]) -> None:
    for table, its in rows.items():
        if its:
            copy_rows(writer, read_set, READ_TABLES[table], its)
    rows.clear()
