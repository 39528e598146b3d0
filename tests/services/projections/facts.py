"""Facts for the tests of projections: fixed ids, days as text, and the rows they give."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from services.agrement import facts as agrement
from services.pathways import facts as pathways
from services.placements import facts as placements
from services.projections.folding.project import project
from services.projections.read_tables import READ_TABLES
from services.structures import facts as structures
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.settle import order_of_truth, settle
from tests.services.scenario import day, uid

CATALOGUE = Catalogue.join(
    [structures.CATALOGUE, pathways.CATALOGUE, agrement.CATALOGUE, placements.CATALOGUE],
)
ORDER = order_of_truth(CATALOGUE)
SOURCE = "https://test.example/software"
SETTINGS = SimpleNamespace(step_gap_days=30, handover_days=60, suspension_counting="reference")

PERSON, GROUP, CLIENT = uid("person"), uid("group"), uid("client")
ACI, AI, EI, ETTI, OASP = (uid(kind) for kind in ("aci", "ai", "ei", "etti", "oasp"))
C1, C2, C3, C4 = (uid(f"contract {number}") for number in range(1, 5))


def recorded(
    fact: Fact, *, id: str = "", subject: UUID | None = None, replaces: str | None = None, at: datetime | None = None
) -> Recorded:
    """The fact in an envelope; its id follows from its content."""
    instant = at or datetime.combine(fact.occurred_on, time(12), UTC)
    kind = type(fact).subjects[0]
    return Recorded(
        id=id or str(uid(f"{fact.type} {fact!r}")),
        source=SOURCE,
        type=fact.type,
        subject=f"{kind}/{subject or {'person': PERSON, 'structure': ACI, 'group': GROUP, 'client': CLIENT}[kind]}",
        time=instant,
        recordedtime=instant,
        replaces=replaces,
        data=fact,
    )


def rows_of(facts: Iterable[Fact | Recorded], kind: str = "person", settings: Any = SETTINGS) -> dict[str, list[Any]]:
    """What `project` gives once the facts are settled."""
    known = [fact if isinstance(fact, Recorded) else recorded(fact) for fact in facts]
    return project(kind, settle(known, ORDER), settings)


def given(*facts: Fact | Recorded, kind: str = "person", settings: Any = SETTINGS) -> SimpleNamespace:
    """The same, table by table: `given(...).steps`."""
    return SimpleNamespace(**rows_of(facts, kind, settings))


def empty(kind: str) -> dict[str, list[Any]]:
    return {table.name: [] for table in READ_TABLES.values() if table.subject_kind == kind}


def hired(
    contract_id: UUID, structure_id: UUID, starts_on: str, ends_on: str | None = None, **more: Any
) -> pathways.Hired:
    return pathways.Hired(
        contract_id=contract_id,
        structure_id=structure_id,
        contract_type=more.pop("contract_type", "CDDI"),
        starts_on=day(starts_on),
        ends_on=day(ends_on) if ends_on else None,
        **more,
    )


def exited(structure_id: UUID, exited_on: str, reason: Any = "8", **more: Any) -> pathways.Exited:
    return pathways.Exited(
        exit_id=more.pop("exit_id", uid(f"exit {structure_id} {exited_on}")),
        structure_id=structure_id,
        exited_on=day(exited_on),
        reason=reason,
        **more,
    )


def contract_ended(contract_id: UUID, ended_on: str, cause: str | None = None) -> pathways.ContractEnded:
    return pathways.ContractEnded(contract_id=contract_id, ended_on=day(ended_on), cause=cause)


def contract_changed(contract_id: UUID, changed_on: str, **more: Any) -> pathways.ContractChanged:
    return pathways.ContractChanged(contract_id=contract_id, changed_on=day(changed_on), **more)


def contract_suspended(contract_id: UUID, starts_on: str, ends_on: str | None = None) -> pathways.ContractSuspended:
    last = day(ends_on) if ends_on else None
    return pathways.ContractSuspended(contract_id=contract_id, starts_on=day(starts_on), ends_on=last, cause="leave")


def pathway_closed(closed_on: str, reason: str = "ordinary_job") -> pathways.PathwayClosed:
    return pathways.PathwayClosed(closed_on=day(closed_on), reason=reason)


def hours_worked(structure_id: UUID, month: str, hours: float, **more: Any) -> placements.HoursWorked:
    entry_id = more.pop("entry_id", uid(f"hours {structure_id} {month} {hours} {more}"))
    return placements.HoursWorked(entry_id=entry_id, structure_id=structure_id, month=month, hours=hours, **more)


def structure_registered(kind: Any, registered_on: str, **more: Any) -> structures.StructureRegistered:
    return structures.StructureRegistered(
        name=more.pop("name", f"Structure {kind}"), kind=kind, registered_on=day(registered_on), **more
    )


def structure_changed(changed_on: str, **more: Any) -> structures.StructureChanged:
    return structures.StructureChanged(changed_on=day(changed_on), **more)


def structure_closed(closed_on: str, successor_id: UUID | None = None) -> structures.StructureClosed:
    return structures.StructureClosed(closed_on=day(closed_on), successor_id=successor_id)


def membership_started(structure_id: UUID, started_on: str) -> structures.MembershipStarted:
    return structures.MembershipStarted(structure_id=structure_id, started_on=day(started_on))


def membership_ended(structure_id: UUID, ended_on: str) -> structures.MembershipEnded:
    return structures.MembershipEnded(structure_id=structure_id, ended_on=day(ended_on))


VOIDS: dict[str, type[FactVoided]] = {
    "structures": structures.FactVoided,
    "pathways": pathways.FactVoided,
    "agrement": agrement.FactVoided,
    "placements": placements.FactVoided,
}


def void_of(fact: Recorded, voided_on: str = "2024-12-31", subject: UUID | None = None) -> Recorded:
    void = VOIDS[fact.service](fact_id=fact.id, voided_on=day(voided_on), reason="mistake")
    return recorded(void, subject=subject)
