"""Agreements of a group's members to share what they say of persons; each says for itself that it agrees, and that it leaves.

A group (GES) has no legal personality: each member is a controller of what it says, so that sharing needs an agreement between
them (GDPR article 26), a purpose, and the person's information (`sharing_informed` of pathways).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.structures.facts.codes import CODES
from services.structures.facts.groups import GroupFact
from shared.facts.fact import Code, Day
from shared.facts.saying import Said, structure

SharingPurpose = Annotated[Literal["pathway_continuity", "caps", "figures"], CODES.named("sharing_purpose")]
SharingProfile = Annotated[Literal["minimum", "pathway"], CODES.named("sharing_profile")]
LegalBasis = Annotated[Code, CODES.named("sharing_legal_basis")]
DocumentHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class SharingFact(GroupFact):
    """Said by a member for itself, of `group/<id>`; public, since persons may ask for the essence of it (article 26(2))."""

    said: ClassVar[Said] = Said(by=(structure("structure_id"),), steward_voids="freely")


class SharingAgreed(SharingFact):
    """The member agrees, by `agreement_id`, to share for one purpose with the members who agree to the same terms; in force from
    the later of `agreed_on` and its recording, to `until`.

    `profile`: which facts (docs/access.md). `contact`: the structure to whom persons turn. `document_hash`: SHA-256 of the
    document that was signed. `coordinator`: the member instructs the group's coordinator, outside the terms.
    """

    type: ClassVar[str] = "structures.sharing_agreed.v1"
    occurred_on_field: ClassVar[str] = "agreed_on"
    example: ClassVar[dict[str, Any]] = {
        "agreement_id": "a9b8c7d6-e5f4-4a3b-8c2d-1e0f9a8b7c01",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "purpose": "pathway_continuity",
        "profile": "pathway",
        "legal_basis": "public_interest",
        "contact": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "agreed_on": "2024-06-03",
        "until": "2027-06-02",
        "document_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "coordinator": True,
    }
    agreement_id: UUID
    structure_id: UUID
    purpose: SharingPurpose
    profile: SharingProfile
    legal_basis: LegalBasis
    contact: UUID
    agreed_on: Day
    until: Day | None = None
    document_hash: DocumentHash | None = None
    coordinator: bool = False


class SharingWithdrawn(SharingFact):
    """The member shares by the agreement no more: from `withdrawn_on` it is shown nothing by it, and nobody is shown what is
    its own. The others go on among themselves."""

    type: ClassVar[str] = "structures.sharing_withdrawn.v1"
    occurred_on_field: ClassVar[str] = "withdrawn_on"
    example: ClassVar[dict[str, Any]] = {
        "agreement_id": "a9b8c7d6-e5f4-4a3b-8c2d-1e0f9a8b7c01",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "withdrawn_on": "2025-12-31",
    }
    agreement_id: UUID
    structure_id: UUID
    withdrawn_on: Day


TERMS = ("purpose", "profile", "legal_basis", "contact", "until", "document_hash")
"""What all who agree to one agreement agree to alike."""
