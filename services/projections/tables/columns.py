"""Columns that several read tables have: type, meaning, and visibility where that is not `group` (see `read_table.py`)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from shared.facts.fact import Visibility

PUBLIC, STRUCTURE, SENSITIVE = Visibility.PUBLIC, Visibility.STRUCTURE, Visibility.SENSITIVE

PersonId = Annotated[UUID, "The person", PUBLIC]
StructureId = Annotated[UUID | None, "The structure; NULL: the fact that names it is not known yet", PUBLIC]
SoleStructureId = Annotated[
    UUID | None,
    "The one structure of all the person's hires, steps and closings; NULL: several, or nobody known",
    PUBLIC,
]
ContractId = Annotated[UUID | None, "The contract; NULL: none named", PUBLIC]
AgrementId = Annotated[UUID, "The agrément", PUBLIC]
OccupationCode = Annotated[str | None, "Code of the occupation; NULL: not said"]
StepNumber = Annotated[int | None, "Number of the step it belongs to; NULL: none known"]
PathwayNumber = Annotated[int, "Number of the person's pathway, from 1"]
Place = Annotated[int, "Place among the person's, in the order of truth, from 1"]
SaidFor = Annotated[UUID | None, "The structure for which it was said; NULL: nobody is known to have", PUBLIC]
SaidFrom = Annotated[date, "First of the days"]
SaidUntil = Annotated[date | None, "Last of the days, included; NULL: still"]
EndsOn = Annotated[date | None, "Last day known, included; NULL: open"]

StructureName = Annotated[str | None, "Name of the legal body; NULL: not registered yet", PUBLIC]
StructureKind = Annotated[str | None, "AI, ACI, EI, ETTI, EITI (SIAE), GEIQ, OASP…; NULL: not registered yet", PUBLIC]
ClientKind = Annotated[str | None, "company, household, nonprofit…; NULL: not registered yet", PUBLIC]
ClientItself = Annotated[UUID | None, "The structure the client itself is; NULL: none", PUBLIC]
Siret = Annotated[str | None, "SIRET, 14 digits; NULL: not said", PUBLIC]
Department = Annotated[str | None, "Code of the department; NULL: not said", PUBLIC]
