"""Columns that several read tables have. A row type is a NamedTuple; its annotations carry each column's meaning (a
string) and, where it is not `group`, its visibility. `services.projections.tables` makes the SQL tables of them.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from shared.facts.fact import Visibility

PUBLIC, STRUCTURE = Visibility.PUBLIC, Visibility.STRUCTURE

PersonId = Annotated[UUID, "The person", PUBLIC]
StructureId = Annotated[UUID | None, "The structure; NULL: the fact that names it is not known yet", PUBLIC]
ContractId = Annotated[UUID | None, "The contract; NULL: none named", PUBLIC]
OccupationCode = Annotated[str | None, "Code of the occupation; NULL: not said"]
StepNumber = Annotated[int | None, "Number of the step it belongs to; NULL: none known"]
PathwayNumber = Annotated[int, "Number of the person's pathway, from 1"]
EndsOn = Annotated[date | None, "Last day known, included; NULL: open"]
