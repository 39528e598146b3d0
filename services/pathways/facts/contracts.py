"""Hires, and what becomes of contracts."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from services.pathways.facts.codes import CODES
from services.pathways.facts.welcome import SenderKind
from shared.facts.fact import PERSONAL, Code, Day, Fact, Hours, PlainCodes, Visibility
from shared.facts.saying import Moves, Relates, Said, Thing, structure

ContractType = Annotated[Literal[
    "CDI", "CDI_INCLUSION", "CDD", "CDD_USAGE", "CDDI", "CDDI_PHC", "CDDI_CVG", "CDD_TREMPLIN", "APPRENTISSAGE", "PROFESSIONNALISATION", "MISSION", "CREATION", "OTHER"
], CODES.named("contract_type")]  # fmt: skip
ExtensionGround = Annotated[Literal["training", "senior", "rqth", "difficulties"], CODES.named("extension_ground")]
DerogationKind = Annotated[Literal["difficulties", "combination"], CODES.named("weekly_hours_derogation_kind")]
PLAIN_END_CAUSES = PlainCodes(("term", "broken", "resignation"))
WeeklyHours = Annotated[Hours, Field(le=60)]
Age = Annotated[int, Field(ge=10, le=110)]


class Hired(Fact):
    """A contract starts on `starts_on`; `ends_on` is its planned last day. It stands even where it breaks a rule of
    law: the breach is an alert. `in_pathway` false: permanent staff. `age`: on the first day.

    Source: L5132-5, L5132-6, L5132-11-1, L5132-15-1.
    """

    type: ClassVar[str] = "pathways.hired.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    said: ClassVar[Said] = Said(
        by=(structure("structure_id"),),
        makes=(Thing("contract", "contract_id"),),
        relates=Relates("hired", of="contract_id", last="ends_on"),
    )
    example: ClassVar[dict[str, Any]] = {
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "contract_type": "CDDI",
        "starts_on": "2024-01-15",
        "ends_on": "2024-05-14",
        "weekly_hours": 26,
        "in_pathway": True,
        "sender_kind": "authorised_prescriber",
        "occupation_code": "A1203",
        "age": 36,
    }
    contract_id: UUID
    structure_id: UUID
    contract_type: ContractType
    starts_on: Day
    ends_on: Day | None = None
    weekly_hours: WeeklyHours | None = None
    in_pathway: bool = True
    renews_contract_id: UUID | None = None
    annex_id: UUID | None = None
    sender_kind: SenderKind | None = None
    occupation_code: Code | None = None
    age: Annotated[Age | None, PERSONAL] = None
    adapted_sentence: Annotated[bool | None, Visibility.SENSITIVE, PERSONAL] = None


class ContractChanged(Fact):
    """From `changed_on` the contract has the given days or hours; those left out keep their value.

    `extension_ground`: why it goes beyond 24 months. Source: L5132-5, L5132-11-1, L5132-15-1.
    """

    type: ClassVar[str] = "pathways.contract_changed.v1"
    occurred_on_field: ClassVar[str] = "changed_on"
    said: ClassVar[Said] = Said(
        by=(structure(),),
        about=(Thing("contract", "contract_id"),),
        moves=Moves("hired", of="contract_id", first="starts_on", last="ends_on"),
    )
    example: ClassVar[dict[str, Any]] = {
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "changed_on": "2024-04-02",
        "ends_on": "2024-09-14",
        "weekly_hours": 30,
    }
    contract_id: UUID
    changed_on: Day
    starts_on: Day | None = None
    ends_on: Day | None = None
    weekly_hours: WeeklyHours | None = None
    extension_ground: Annotated[ExtensionGround | None, Visibility.SENSITIVE, PERSONAL] = None
    training_id: UUID | None = None


class ContractSuspended(Fact):
    """The contract is suspended from `starts_on`, to `ends_on` where known. It says nothing of the agrément.

    `cause`: an open code; null once erased, for it may tell of health or of a sentence.
    """

    type: ClassVar[str] = "pathways.contract_suspended.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("contract", "contract_id"),))
    example: ClassVar[dict[str, Any]] = {
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "starts_on": "2024-03-04",
        "ends_on": "2024-03-29",
        "cause": "trial_elsewhere",
    }
    contract_id: UUID
    starts_on: Day
    ends_on: Day | None = None
    cause: Annotated[Annotated[Code, CODES.named("contract_suspension_cause")] | None, Visibility.SENSITIVE, PERSONAL]


class ContractEnded(Fact):
    """The contract's real last day. That the person left the structure is another fact: `exited`."""

    type: ClassVar[str] = "pathways.contract_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = Said(
        by=(structure(),),
        about=(Thing("contract", "contract_id"),),
        moves=Moves("hired", of="contract_id", last="ended_on", over=True),
    )
    example: ClassVar[dict[str, Any]] = {
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "ended_on": "2024-09-14",
        "cause": "term",
    }
    contract_id: UUID
    ended_on: Day
    cause: Annotated[Annotated[Code, CODES.named("contract_end_cause")] | None, PLAIN_END_CAUSES, PERSONAL] = None


class WeeklyHoursDerogationGranted(Fact):
    """The person may work below the weekly floor of 20 hours from `starts_on` to `ends_on`.

    `difficulties`: D5132-43-5 to -7; `combination` with another job: D5132-43-14, D5132-26-12, D5132-10-5-3.
    """

    type: ClassVar[str] = "pathways.weekly_hours_derogation_granted.v1"
    occurred_on_field: ClassVar[str] = "decided_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("contract", "contract_id"),))
    example: ClassVar[dict[str, Any]] = {
        "derogation_id": "3a2b1c0d-9e8f-4a7b-8c6d-5e4f3a2b1c51",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "kind": "difficulties",
        "decided_on": "2024-01-10",
        "starts_on": "2024-01-15",
        "ends_on": "2024-07-14",
    }
    derogation_id: UUID
    contract_id: UUID
    kind: Annotated[DerogationKind | None, Visibility.SENSITIVE, PERSONAL]
    decided_on: Day
    starts_on: Day
    ends_on: Day
