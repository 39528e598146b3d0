"""Read tables `structures` (what is known last) and `structure_periods` (what held on each day)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC
from services.projections.tables.history import History
from services.structures.facts import StructureChanged, StructureClosed, StructureRegistered
from shared.facts.fact import Fact

Name = Annotated[str | None, "Name of the legal body; NULL: not registered yet", PUBLIC]
Kind = Annotated[str | None, "AI, ACI, EI, ETTI, EITI (SIAE), GEIQ, OASP…; NULL: not registered yet", PUBLIC]
Siret = Annotated[str | None, "SIRET, 14 digits; NULL: not said", PUBLIC]
Department = Annotated[str | None, "Code of the department; NULL: not said", PUBLIC]


class Structure(NamedTuple):
    """A structure as it is known last."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    name: Name
    kind: Kind
    siret: Siret
    department: Department
    legal_form: Annotated[str | None, "Legal form; NULL: not said", PUBLIC]
    commune_code: Annotated[str | None, "INSEE code of the commune; NULL: not said", PUBLIC]
    sector_codes: Annotated[str | None, "Sector codes, separated by one space; NULL: not said", PUBLIC]
    convergence: Annotated[bool | None, "Whether it takes part in the Convergence programme; NULL: not said", PUBLIC]
    registered_on: Annotated[date | None, "Day from which it exists; NULL: not registered yet", PUBLIC]
    closed_on: Annotated[date | None, "Its last day; NULL: open", PUBLIC]
    successor_id: Annotated[UUID | None, "Structure that takes over; NULL: none", PUBLIC]


class StructurePeriod(NamedTuple):
    """Days on which a structure had one name, kind, SIRET and department. Periods of a structure do not overlap."""

    structure_id: Annotated[UUID, "The structure", PUBLIC]
    starts_on: Annotated[date, "First day", PUBLIC]
    ends_on: Annotated[date | None, "Last day, included; NULL: open", PUBLIC]
    kind: Kind
    name: Name
    siret: Siret
    department: Department


def structures(history: History) -> list[Structure]:
    row: Structure | None = None
    for fact in history.facts:
        if isinstance(fact, StructureRegistered | StructureChanged | StructureClosed):
            before = row or Structure(history.subject_id, *[None] * (len(Structure._fields) - 1))
            row = _told(before, fact)
    return [] if row is None else [row]


def _told(row: Structure, fact: StructureRegistered | StructureChanged | StructureClosed) -> Structure:
    if isinstance(fact, StructureClosed):
        return row._replace(closed_on=fact.closed_on, successor_id=fact.successor_id)
    said = _said(fact, Structure)
    if isinstance(fact, StructureRegistered):  # registered again after a closing: open again
        said |= {"closed_on": None, "successor_id": None}
        if fact.sector_codes is not None:
            said["sector_codes"] = " ".join(fact.sector_codes)
    return row._replace(**said)


def structure_periods(history: History) -> list[StructurePeriod]:
    rows: list[StructurePeriod] = []
    for fact in history.facts:
        if isinstance(fact, StructureClosed):
            if rows and rows[-1].ends_on is None:
                rows[-1] = rows[-1]._replace(ends_on=fact.closed_on)
        elif isinstance(fact, StructureRegistered) or (
            isinstance(fact, StructureChanged) and (not rows or rows[-1].ends_on is None)
        ):
            _begin(rows, history.subject_id, fact)
    return rows


def _begin(rows: list[StructurePeriod], structure_id: UUID, fact: StructureRegistered | StructureChanged) -> None:
    """Another period from the fact's day; one that would say the same, or begin the same day, is the same period."""
    before = rows[-1] if rows else StructurePeriod(structure_id, fact.occurred_on, None, None, None, None, None)
    after = before._replace(starts_on=fact.occurred_on, ends_on=None, **_said(fact, StructurePeriod))
    if rows and before.starts_on == after.starts_on:
        rows[-1] = after
        return
    if rows and before.ends_on is None:
        if before[3:] == after[3:]:
            return
        rows[-1] = before._replace(ends_on=after.starts_on - timedelta(days=1))
    rows.append(after)


def _said(fact: Fact, row: type[Structure] | type[StructurePeriod]) -> dict[str, Any]:
    """The fields of the fact that the row has too, without those left out."""
    return {
        name: value
        for name in type(fact).model_fields
        if name in row._fields and (value := getattr(fact, name)) is not None
    }
