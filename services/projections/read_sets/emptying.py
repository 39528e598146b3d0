"""Read sets that nobody folds: those before the current one, frozen ones among them. Of whom is forgotten the columns that
tell of a situation are emptied there too; all others, which figures were counted by, stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from psycopg import Connection, sql

from services.projections.read_sets import read_sets_table
from shared.log.arrays import text_array

EMPTIED: Mapping[str, AbstractSet[str]] = {
    "persons": {
        "sex", "birth_year", "education_level", "qpv", "rural", "unemployed_months", "benefits", "rqth", "housing",
    },
    "registrations": {"sex", "birth_year", "education_level"},
    "contracts": {"end_cause", "age", "extension_ground", "suspension_cause", "adapted_sentence"},
    "steps": {"exit_reason"},
    "pathways": {"close_reason"},
    "pathway_closings": {"close_reason"},
    "support_actions": {"theme", "social_theme"},
    "welcomes": {"prescriber_kind", "oriented_to"},
    "exits": {"reason", "local_reason"},
    "placements": {"end_cause"},
    "agrements": {"number", "prescriber_kind"},
    "agrement_periods": {"reason"},
    "prolongation_requests": {"prescriber_kind", "next_step", "reason"},
}  # fmt: skip
"""By read table. No other column moves by an erasure (`tests/services/test_erasing.py`)."""


def empty_others(connection: Connection[Any], current: str, persons: Sequence[str]) -> None:
    """In every set that is there but the current one, whose rows follow from what is left. Columns that a set of other code
    has not are passed over."""
    for one in read_sets_table.all_read_sets(connection):
        if one.name == current or one.state == "dropped":
            continue
        schema = f"read_{one.name}"
        rows = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s AND is_nullable = 'YES'",
            [schema],
        ).fetchall()
        for table, columns in EMPTIED.items():
            here = sorted(column for name, column in rows if name == table and column in columns)
            if here:
                emptied = sql.SQL(", ").join(sql.SQL("{} = NULL").format(sql.Identifier(column)) for column in here)
                connection.execute(
                    sql.SQL("UPDATE {} SET {} WHERE person_id = ANY(%s::uuid[])").format(
                        sql.Identifier(schema, table), emptied
                    ),
                    [text_array([person.removeprefix("person/") for person in persons])],
                )
        # Why somebody could not be folded may quote a fact.
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE root = ANY(%s::text[])").format(sql.Identifier(schema, "failed")),
            [text_array(list(persons))],
        )
