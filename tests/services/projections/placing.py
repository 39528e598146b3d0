"""Facts of placements, clients and derogations for the tests of views: fixed ids, days as text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.placements.facts import HoursWorked, PlacementAgreed
from services.structures.facts import ClientRegistered, DerogationGranted, EconomicDismissalDeclared
from tests.services.projections.facts import CLIENT, hours_worked
from tests.services.scenario import day, uid

PLACEMENT = uid("placement")


def agreed(structure_id: UUID, starts_on: str, ends_on: str | None = None, **more: Any) -> PlacementAgreed:
    return PlacementAgreed(
        placement_id=more.pop("placement_id", PLACEMENT),
        structure_id=structure_id,
        client_id=more.pop("client_id", CLIENT),
        starts_on=day(starts_on),
        ends_on=day(ends_on) if ends_on else None,
        **{"occupation_code": None, **more},
    )


def worked(structure_id: UUID, month: str, hours: float, **more: Any) -> HoursWorked:
    return hours_worked(structure_id, month, hours, **{"placement_id": PLACEMENT, **more})


def client(kind: Any, registered_on: str) -> ClientRegistered:
    return ClientRegistered(kind=kind, registered_on=day(registered_on))


def dismissal(declared_on: str, occupation_code: str = "K2204") -> EconomicDismissalDeclared:
    return EconomicDismissalDeclared(declared_on=day(declared_on), occupation_code=occupation_code)


def derogation(
    starts_on: str, ends_on: str, rule: Any = "ai_hours_cap", limit: float | None = None
) -> DerogationGranted:
    return DerogationGranted(
        derogation_id=uid(f"derogation {rule} {starts_on}"),
        rule=rule,
        decided_on=day(starts_on),
        starts_on=day(starts_on),
        ends_on=day(ends_on),
        limit=limit,
    )
