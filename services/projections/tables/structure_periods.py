"""Read table `structure_periods`: what a structure was on each day."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, Department, Siret, StructureKind, StructureName
from services.projections.tables.periods import begin_period
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stated_fields import stated_fields
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import StructureChanged, StructureClosed, StructureRegistered


class StructurePeriod(NamedTuple):
    """Days on which a structure had one name, kind, SIRET and department. Periods of a structure do not overlap."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    starts_on: Annotated[date, "First day", PUBLIC]
    ends_on: Annotated[date | None, "Last day, included; NULL: open", PUBLIC] = None
    kind: StructureKind = None
    name: StructureName = None
    siret: Siret = None
    department: Department = None


def structure_periods(subject: SubjectFacts) -> list[StructurePeriod]:
    """A closing ends the last period. A change after it makes none, a registration after it begins another."""
    rows: list[StructurePeriod] = []
    for fact in subject.facts:
        is_open = not rows or rows[-1].ends_on is None
        if isinstance(fact, StructureClosed):
            if rows and is_open:
                rows[-1] = rows[-1]._replace(ends_on=fact.closed_on)
        elif isinstance(fact, StructureRegistered) or (isinstance(fact, StructureChanged) and is_open):
            before = rows[-1] if rows else StructurePeriod(structure_id=subject.id, starts_on=fact.occurred_on)
            stated = stated_fields(fact, StructurePeriod._fields)
            begin_period(rows, before._replace(starts_on=fact.occurred_on, ends_on=None, **stated))
    return rows


TABLE = ReadTable(
    name="structure_periods",
    subject_kind="structure",
    row=StructurePeriod,
    rows=structure_periods,
    key=2,
)
