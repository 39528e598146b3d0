"""Read table `workforce`: heads of a structure on the days it reported them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stated_fields import stated_fields
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import WorkforceReported


class Workforce(NamedTuple):
    """Heads of a structure on one day; of several reports of a day, the last value of each figure."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    as_of: Annotated[date, "The day of the figures", PUBLIC]
    permanent_staff: Annotated[int | None, "Persons; NULL: not said"] = None
    employees_in_pathway: Annotated[int | None, "Persons; NULL: not said"] = None
    employees_outside_pathway: Annotated[int | None, "Persons; NULL: not said"] = None
    employees_in_governance: Annotated[int | None, "Employees in governing bodies, persons; NULL: not said"] = None


def workforce(subject: SubjectFacts) -> list[Workforce]:
    rows: dict[date, Workforce] = {}
    for fact in subject.of(WorkforceReported):
        row = rows.get(fact.as_of) or Workforce(structure_id=subject.id, as_of=fact.as_of)
        rows[fact.as_of] = row._replace(**stated_fields(fact, Workforce._fields))
    return list(rows.values())


TABLE = ReadTable(
    name="workforce",
    subject_kind="structure",
    row=Workforce,
    rows=workforce,
    key=2,
)
