"""Read table `workforce`: heads of a structure on the days it reported them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
from services.structures.facts import WorkforceReported


class Workforce(NamedTuple):
    """Heads of a structure on one day; of several reports of a day, the last value told of each figure."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    as_of: Annotated[date, "The day of the figures", PUBLIC]
    permanent_staff: Annotated[int | None, "Persons; NULL: not said"]
    employees_in_pathway: Annotated[int | None, "Persons; NULL: not said"]
    employees_outside_pathway: Annotated[int | None, "Persons; NULL: not said"]
    employees_in_governance: Annotated[int | None, "Employees in governing bodies, persons; NULL: not said"]


def workforce(history: History) -> list[Workforce]:
    rows: dict[date, Workforce] = {}
    for fact in history.of(WorkforceReported):
        row = rows.get(fact.as_of) or Workforce(history.subject_id, fact.as_of, None, None, None, None)
        figures = {name: getattr(fact, name) for name in Workforce._fields[2:]}
        rows[fact.as_of] = row._replace(**{name: value for name, value in figures.items() if value is not None})
    return list(rows.values())
