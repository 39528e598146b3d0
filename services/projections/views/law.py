"""What views take from the tables of law: reference views, which are those tables as rows, and single values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from services.agrement.model.reference import siae_kinds
from services.pathways.model.reference import contract_types
from services.placements.model.reference import (
    cap_client_kinds,
    cap_limits,
    cap_structure_kinds,
    cap_window_lengths,
    dismissal_rules,
)
from services.projections.codes import ref_codes
from services.projections.law.tables import (
    cdi_inclusion_shares,
    departments,
    exit_figures,
    hours_of_a_post,
    hours_readings,
    presences,
    readiness,
    stages,
)
from services.projections.views.literals import literal
from services.structures.model.reference import annex_measures
from shared.facts.fact import FIRST_DAY, LAST_DAY

_OF_ALL = {
    "valid_from": "First day in force; NULL: from ever",
    "valid_to": "Last day in force, included; NULL: until further notice",
    "source": "The text or list that says so",
    "confidence": "confirmed: the source says so; open: our reading of it",
    "article": "The article that says so",
}
"""Columns that dated tables share."""


class Reference(NamedTuple):
    """A view that shows a table of law. `rows` gives rows of one NamedTuple, whose fields are its columns."""

    comment: str
    rows: Callable[[], Sequence[Any]]

    @property
    def columns(self) -> dict[str, str]:
        """What each means."""
        hints = get_type_hints(type(self.rows()[0]), include_extras=True)
        own = {name: get_args(hint)[1] for name, hint in hints.items() if get_origin(hint) is Annotated}
        return {**_OF_ALL, **own}

    def query(self) -> str:
        """Several codes in one field are separated by one space."""
        rows = self.rows()
        nulls = _nulls(type(rows[0]))
        values = ",\n".join(f"({', '.join(map(_field, row, nulls))})" for row in rows)
        return f"SELECT * FROM (VALUES\n{values}\n) AS r ({', '.join(rows[0]._fields)})"


REFERENCES: dict[str, Reference] = {
    "stages": Reference(
        "Order of the kinds of structures on the way to an ordinary job: 1 is the furthest. A reference table.", stages
    ),
    "presence_rules": Reference(
        "Which exits from a kind of structure count, by reading of the official figures. A reference table.", presences
    ),
    "hours_readings": Reference(
        "Which hours count towards those an exit from a kind of structure asks for. A reference table.", hours_readings
    ),
    "annex_measures": Reference(
        "The kind of structure whose own a measure of annexes is; no_kind: no structure's. A reference table.",
        annex_measures,
    ),
    "siae_kinds": Reference("Kinds of structures that use agréments, by day. A reference table.", siae_kinds),
    "cap_limits": Reference(
        "Hours with capped clients over so many months, by the day on which a window opens. A reference table.",
        cap_limits,
    ),
    "cap_window_lengths": Reference(
        "How many days a window of the cap has, by the day on which it opens. A reference table.", cap_window_lengths
    ),
    "cap_structure_kinds": Reference(
        "Kinds of structures whose placements the cap is about, by day. A reference table.", cap_structure_kinds
    ),
    "cap_client_kinds": Reference(
        "Kinds of clients, and whether hours with them count against the cap. A reference table.", cap_client_kinds
    ),
    "cdi_inclusion_shares": Reference(
        "How many of a hundred funded posts may be under a CDI inclusion. A reference table.", cdi_inclusion_shares
    ),
    "dismissal_rules": Reference(
        "Kinds of structures that may not place, and for how long, where a client dismissed. A reference table.",
        dismissal_rules,
    ),
    "contract_types": Reference(
        "Types of contracts in the pathway that a kind of structure uses, or may sign. A reference table.",
        contract_types,
    ),
    "ref_codes": Reference(
        "Codes of facts and rows with their French and English names, by day where the list is dated. A reference table.",
        ref_codes,
    ),
    "ref_departments": Reference(
        "The region that a department is in, by day; of departments overseas and on the mainland. A reference table.",
        departments,
    ),
    "ref_hours_of_a_post": Reference(
        "Hours that make a full-time post in a year, by kind of structure. A reference table.", hours_of_a_post
    ),
    "readiness": Reference(
        "Who is proposed first for a next step, unless a session says otherwise. A reference table.", readiness
    ),
}
"""By name of the view. What differs by kind of structure, or from one day to another, is such a view, and is joined."""


def values() -> dict[str, str]:
    """What `.sql` files name as `:last_day` and so on, as SQL."""
    (figures,) = exit_figures()  # a second row would differ by day: it would have to be a reference view, and joined
    return {
        "first_day": literal(FIRST_DAY),
        "last_day": literal(LAST_DAY),
        "dynamic_categories": literal(figures.dynamic),
        "categories_out_of_denominator": literal(figures.out_of_denominator),
        "federation_durable_months_over": literal(figures.federation_durable_months_over),
    }


def _nulls(row: type) -> list[str]:
    """A column of NULLs alone would be text, which is joined with no day: NULL says of what it is one."""
    return ["NULL::date" if date in get_args(hint) else "NULL::text" for hint in get_type_hints(row).values()]


def _field(value: Any, null: str) -> str:
    if value is None:
        return null
    if isinstance(value, str | int | float | date):
        return literal(value)
    return literal(" ".join(value))
