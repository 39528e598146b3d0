"""The right stands still for a while: suspended, the suspension changed or removed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from services.agrement.facts.codes import CODES
from shared.facts.fact import PERSONAL, Code, Day, Fact, Visibility
from shared.facts.saying import Said, Thing, prescriber, structure

SuspensionReason = Annotated[Literal[
    "CONTRACT_SUSPENDED", "CONTRACT_BROKEN", "FINISHED_CONTRACT", "APPROVAL_BETWEEN_CTA_MEMBERS", "CONTRAT_PASSERELLE",
    "SICKNESS", "MATERNITY", "INCARCERATION", "TRIAL_OUTSIDE_IAE", "DETOXIFICATION", "FORCE_MAJEURE",
], CODES.named("suspension_reason")]  # fmt: skip
"""The current ones, then the legacy ones. Who may use which, and when: `law/suspension_reasons.yaml`."""


SuspensionAuthor = Annotated[Literal["employer", "prescriber"], CODES.named("suspension_author")]
"""Who declares, changes or removes it; not said: the employer. `structure_id` is the employer concerned either way."""

AuthorKind = Annotated[SuspensionAuthor | None, Visibility.STRUCTURE]
HiddenPrescriberKind = Annotated[Code | None, Visibility.SENSITIVE, PERSONAL]


class Suspended(Fact):
    """The agrément stops running from `starts_on` to `ends_on`, both included; without an end, as long as it may.
    `declared_on`: absent, the Paris day of `time`. `reason`: null once erased. Source: R5132-1-3."""

    type: ClassVar[str] = "agrement.suspended.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    decided_on_field: ClassVar[str | None] = "declared_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id", author_kind=("employer", None)), prescriber(author_kind=("prescriber",))),
        makes=(Thing("suspension", "suspension_id"),),
        relation="needed",
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "suspension_id": "5e4d3c2b-1a0f-4e9d-8c7b-6a5f4e3d2c51",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "reason": "CONTRACT_SUSPENDED",
        "starts_on": "2024-06-03",
        "ends_on": "2024-08-30",
        "declared_on": "2024-06-20",
    }
    agrement_id: UUID
    suspension_id: UUID
    structure_id: UUID
    reason: Annotated[SuspensionReason | None, Visibility.SENSITIVE, PERSONAL]
    starts_on: Day
    ends_on: Day | None = None
    declared_on: Day | None = None
    author_kind: AuthorKind = None
    prescriber_kind: HiddenPrescriberKind = None


class SuspensionChanged(Fact):
    """A running suspension gets another first or last day; `back_on`: work resumed that day, so it ended the day before."""

    type: ClassVar[str] = "agrement.suspension_changed.v1"
    occurred_on_field: ClassVar[str] = "changed_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id", author_kind=("employer", None)), prescriber(author_kind=("prescriber",))),
        about=(Thing("suspension", "suspension_id"),),
        relation="needed",
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "suspension_id": "5e4d3c2b-1a0f-4e9d-8c7b-6a5f4e3d2c51",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "changed_on": "2024-07-15",
        "ends_on": "2024-07-31",
    }
    agrement_id: UUID
    suspension_id: UUID
    structure_id: UUID
    changed_on: Day
    starts_on: Day | None = None
    ends_on: Day | None = None
    back_on: Day | None = None
    author_kind: AuthorKind = None
    prescriber_kind: HiddenPrescriberKind = None


class SuspensionRemoved(Fact):
    """A running suspension is taken back as a whole: the agrément never stopped for it."""

    type: ClassVar[str] = "agrement.suspension_removed.v1"
    occurred_on_field: ClassVar[str] = "removed_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id", author_kind=("employer", None)), prescriber(author_kind=("prescriber",))),
        about=(Thing("suspension", "suspension_id"),),
        relation="needed",
    )
    example: ClassVar[dict[str, Any]] = {
        "agrement_id": "a6e5d4c3-b2a1-4f0e-9d8c-7b6a5f4e3de1",
        "suspension_id": "5e4d3c2b-1a0f-4e9d-8c7b-6a5f4e3d2c51",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "removed_on": "2024-07-20",
    }
    agrement_id: UUID
    suspension_id: UUID
    structure_id: UUID
    removed_on: Day
    author_kind: AuthorKind = None
    prescriber_kind: HiddenPrescriberKind = None
