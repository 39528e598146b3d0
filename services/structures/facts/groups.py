"""Facts of `group/<id>`: a GES (groupe économique solidaire) and its members."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from services.structures.facts.bodies import Department, LegalName
from shared.facts.fact import Day, Fact, Visibility
from shared.facts.saying import Said, coordinator, staff, structure


class GroupFact(Fact):
    """A fact of `group/<id>`: a GES (groupe économique solidaire), several employers with one governance."""

    subjects: ClassVar[tuple[str, ...]] = ("group",)
    visibility: ClassVar[Visibility] = Visibility.PUBLIC
    said: ClassVar[Said] = Said(by=(coordinator(), staff()))


class GroupFormed(GroupFact):
    """A GES begins. It has no legal personality: its name is the one its members use."""

    type: ClassVar[str] = "structures.group_formed.v1"
    occurred_on_field: ClassVar[str] = "formed_on"
    example: ClassVar[dict[str, Any]] = {"name": "Groupe Les Deux Rives", "formed_on": "2020-01-01", "department": "39"}
    name: LegalName
    formed_on: Day
    department: Department | None = None


class MembershipStarted(GroupFact):
    """The structure is a member from that day, included. Earlier steps of its people stay outside the group's view."""

    type: ClassVar[str] = "structures.membership_started.v1"
    occurred_on_field: ClassVar[str] = "started_on"
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "started_on": "2024-06-01",
    }
    structure_id: UUID
    started_on: Day


class MembershipEnded(GroupFact):
    """The structure's last day as a member."""

    type: ClassVar[str] = "structures.membership_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = Said(by=(coordinator(), staff(), structure("structure_id", is_final=True)))
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "ended_on": "2025-05-31",
    }
    structure_id: UUID
    ended_on: Day
