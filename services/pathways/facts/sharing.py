"""That a person was told of a sharing agreement, and that it objects; agreements themselves are facts of the group (structures)."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from shared.facts.fact import Day, Fact
from shared.facts.saying import Said, steward, structure


class SharingInformed(Fact):
    """The structure has told the person of the agreement, as the document of `agreement_id` says it: it covers the members
    who had agreed when this was recorded; of one that agrees later the person is told again. Source: GDPR articles 13, 14."""

    type: ClassVar[str] = "pathways.sharing_informed.v1"
    occurred_on_field: ClassVar[str] = "informed_on"
    said: ClassVar[Said] = Said(by=(structure("structure_id"),), relation="needed", steward_voids="freely")
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "agreement_id": "a9b8c7d6-e5f4-4a3b-8c2d-1e0f9a8b7c01",
        "informed_on": "2024-06-10",
    }
    structure_id: UUID
    agreement_id: UUID
    informed_on: Day


class SharingObjected(Fact):
    """The person objects to its facts being shared, by one agreement or, without `agreement_id`, by any. Nothing of it is shared
    any more from the moment this is applied, whatever the day and however old the facts. Source: GDPR article 21.
    """

    type: ClassVar[str] = "pathways.sharing_objected.v1"
    occurred_on_field: ClassVar[str] = "objected_on"
    said: ClassVar[Said] = Said(by=(structure(), steward()), relation="needed", steward_voids="alone")
    example: ClassVar[dict[str, Any]] = {
        "objected_on": "2024-09-02",
        "agreement_id": "a9b8c7d6-e5f4-4a3b-8c2d-1e0f9a8b7c01",
    }
    objected_on: Day
    agreement_id: UUID | None = None


class ObjectionLifted(Fact):
    """The person objects no more from `lifted_on`: to that agreement or, without `agreement_id`, to any. It ends objections that
    were recorded before it, of that day or an earlier one."""

    type: ClassVar[str] = "pathways.objection_lifted.v1"
    occurred_on_field: ClassVar[str] = "lifted_on"
    said: ClassVar[Said] = Said(by=(structure(), steward()), relation="needed", steward_voids="alone")
    example: ClassVar[dict[str, Any]] = {
        "lifted_on": "2025-01-13",
        "agreement_id": "a9b8c7d6-e5f4-4a3b-8c2d-1e0f9a8b7c01",
    }
    lifted_on: Day
    agreement_id: UUID | None = None
