"""Read table `structures`: who employs or accompanies, as known last."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, Department, Siret, StructureKind, StructureName
from services.projections.tables.read_table import ReadTable
from services.projections.tables.stated_fields import stated_fields
from services.projections.tables.subject_facts import SubjectFacts
from services.structures.facts import StructureChanged, StructureClosed, StructureRegistered


class Structure(NamedTuple):
    """A structure as it is known last."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    name: StructureName = None
    kind: StructureKind = None
    siret: Siret = None
    department: Department = None
    legal_form: Annotated[str | None, "Legal form; NULL: not said", PUBLIC] = None
    commune_code: Annotated[str | None, "INSEE code of the commune; NULL: not said", PUBLIC] = None
    sector_codes: Annotated[str | None, "Sector codes, separated by one space; NULL: not said", PUBLIC] = None
    convergence: Annotated[
        bool | None, "Whether it takes part in the Convergence programme; NULL: not said", PUBLIC
    ] = None
    registered_on: Annotated[date | None, "Day from which it exists; NULL: not registered yet", PUBLIC] = None
    closed_on: Annotated[date | None, "Its last day; NULL: open", PUBLIC] = None
    successor_id: Annotated[UUID | None, "Structure that takes over; NULL: none", PUBLIC] = None


def structures(subject: SubjectFacts) -> list[Structure]:
    row: Structure | None = None
    for fact in subject.facts:
        if isinstance(fact, StructureRegistered | StructureChanged | StructureClosed):
            row = _after(row or Structure(structure_id=subject.id), fact)
    return [] if row is None else [row]


def _after(row: Structure, fact: StructureRegistered | StructureChanged | StructureClosed) -> Structure:
    if isinstance(fact, StructureClosed):
        return row._replace(closed_on=fact.closed_on, successor_id=fact.successor_id)
    row = row._replace(**stated_fields(fact, Structure._fields))
    if isinstance(fact, StructureRegistered):  # registered again after a closing: open again
        row = row._replace(closed_on=None, successor_id=None)
        if fact.sector_codes is not None:
            row = row._replace(sector_codes=" ".join(fact.sector_codes))
    return row


TABLE = ReadTable(
    name="structures",
    subject_kind="structure",
    row=Structure,
    rows=structures,
    key=1,
    indexes=(("successor_id",),),
)
