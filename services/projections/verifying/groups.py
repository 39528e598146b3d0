"""Whom a group's view is about: itself, its structures, and the people who have anything with these."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import Connection

from services.projections.catalogue import CATALOGUE
from services.projections.folding.folder import Folder
from services.projections.read_sets.recipe import Recipe
from services.projections.read_sets.set_schema import read_schema
from services.projections.read_tables import READ_TABLES
from services.projections.tables import memberships
from services.projections.verifying.snapshot import at_one_instant, look
from shared.log.arrays import text_array

BY_STRUCTURE = tuple(
    table
    for table in READ_TABLES.values()
    if table.subject_kind == "person" and any(column.name == "structure_id" for column in table.columns)
)


def subjects_of_group(connection: Connection[Any], recipe: Recipe, group_id: UUID) -> list[str]:
    """Structures that ever belonged to it, by its facts and by its rows; persons whom any row joins with one of them.

    `connection`: as `snapshot.reader` gives it. Raise ReadSetError.
    """
    group = f"group/{group_id}"
    instant = look(connection, [group], recipe, CATALOGUE)
    rows = Folder(CATALOGUE, recipe).rows(group, instant.known[group].person).get(memberships.TABLE.name, [])
    place = [column.name for column in memberships.TABLE.columns].index("structure_id")
    structures = sorted({str(row[place]) for row in [*rows, *instant.rows.get(memberships.TABLE.name, [])]})

    def people(read_set: str) -> set[str]:
        union = " UNION ".join(
            f"SELECT person_id::text FROM {read_schema(read_set)}.{table.name} WHERE structure_id = ANY(%(ids)s::uuid[])"
            for table in BY_STRUCTURE
        )
        return {f"person/{row[0]}" for row in connection.execute(union, {"ids": text_array(structures)})}

    persons = at_one_instant(connection, recipe, people)
    return sorted({group, *(f"structure/{structure}" for structure in structures), *persons})
