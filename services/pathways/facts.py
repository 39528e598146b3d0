"""What a person lives on the way to an ordinary job: every fact this service records.

All are about `person/<id>`. Days are days of Europe/Paris; a span holds its first and its last day. Ids are the
sender's; structures, clients and contracts may be named before anything else is known of them. Open codes:
`[A-Za-z0-9_]{1,40}`. A field with the mark PERSONAL may always be null: an erasure leaves it so.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared import facts as shared_facts
from shared.facts import PERSONAL, Catalogue, Code, Day, Fact, Hours, Visibility

ContractType = Literal[
    "CDI", "CDI_INCLUSION", "CDD", "CDD_USAGE", "CDDI", "CDDI_PHC", "CDDI_CVG", "CDD_TREMPLIN", "APPRENTISSAGE", "PROFESSIONNALISATION", "MISSION", "CREATION", "OTHER"
]  # fmt: skip
SenderKind = Literal["self", "employer", "orienteur", "authorised_prescriber"]
ReceptionOutcome = Literal["hired", "oriented", "waiting", "not_eligible"]
ExtensionGround = Literal["training", "senior", "rqth", "difficulties"]
DerogationKind = Literal["difficulties", "combination"]
TrainingKind = Literal["adaptation", "pre_qualifying", "qualifying", "language", "other"]
TrainingResult = Literal["completed", "qualified", "dropped"]
ImmersionObject = Literal["discover_trade", "confirm_project", "start_recruitment"]
SupportKind = Literal["interview", "action", "proposal"]
SupportOutcome = Literal["accepted", "refused", "failed", "done"]
ProfessionalTheme = Literal["project", "skills_assessment", "work_rules", "training", "job_search"]
SocialTheme = Literal["mobility", "housing", "budget", "care", "rights", "language", "childcare", "digital", "justice"]
SupportTheme = Literal[ProfessionalTheme, SocialTheme]
HandoverAnswer = Literal["accepted", "declined", "withdrawn"]
ExitReason = Literal[
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "96"
]  # fmt: skip
"""The codes of the ASP; what each means and the category it counts in is a dated table, not part of the fact."""
Situation = Literal["employed", "self_employed", "training", "iae", "job_seeking", "inactive", "unreachable", "refused"]

PROFESSIONAL_THEMES = get_args(ProfessionalTheme)

WeeklyHours = Annotated[Hours, Field(le=60)]
TrainingHours = Annotated[Hours, Field(le=10_000)]
Age = Annotated[int, Field(ge=10, le=110)]
UnemployedMonths = Annotated[int, Field(ge=0, le=720)]
ContractMonths = Annotated[Hours, Field(le=720)]
"""Months, parts of one included: 5.5."""
PresenceDays = Annotated[int, Field(ge=0, le=366)]
Orientation = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""An open code, or the id of a structure."""


class PersonRegistered(Fact):
    """Who the person is for the figures, on that day; said again when it changes. `rqth`: recognised as disabled
    worker; `qpv`, `rural`: lives in such a district; `unemployed_months`: without a job until that day."""

    type: ClassVar[str] = "pathways.person_registered.v1"
    occurred_on_field: ClassVar[str] = "registered_on"
    example: ClassVar[dict[str, Any]] = {
        "registered_on": "2024-01-08",
        "sex": "F",
        "birth_year": 1987,
        "education_level": "LEVEL_3",
        "benefits": ["RSA"],
        "rqth": False,
        "housing": "tenant",
        "qpv": True,
        "rural": False,
        "unemployed_months": 26,
    }
    registered_on: Day
    sex: Annotated[Code | None, PERSONAL] = None
    birth_year: Annotated[Annotated[int, Field(ge=1900, le=2100)] | None, PERSONAL] = None
    education_level: Annotated[Code | None, PERSONAL] = None
    benefits: Annotated[Annotated[tuple[Code, ...], Field(max_length=20)] | None, Visibility.STRUCTURE, PERSONAL] = None
    rqth: Annotated[bool | None, Visibility.STRUCTURE, PERSONAL] = None
    housing: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    qpv: Annotated[bool | None, Visibility.STRUCTURE, PERSONAL] = None
    rural: Annotated[bool | None, Visibility.STRUCTURE, PERSONAL] = None
    unemployed_months: Annotated[UnemployedMonths | None, Visibility.STRUCTURE, PERSONAL] = None


class Received(Fact):
    """A structure welcomed the person and looked at the situation: hired, kept waiting, or oriented elsewhere.

    Those who were not hired are kept. `oriented_to`: a code, or the id of a structure.
    """

    type: ClassVar[str] = "pathways.received.v1"
    occurred_on_field: ClassVar[str] = "received_on"
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "received_on": "2024-01-08",
        "sender_kind": "authorised_prescriber",
        "prescriber_kind": "FT",
        "outcome": "hired",
    }
    structure_id: UUID
    received_on: Day
    sender_kind: SenderKind
    prescriber_kind: Code | None = None
    outcome: ReceptionOutcome
    oriented_to: Orientation | None = None


class Hired(Fact):
    """A contract starts on `starts_on`; `ends_on` is its planned last day. It stands even where it breaks a rule of
    law: the breach is an alert. `in_pathway` false: permanent staff. `age`: on the first day.

    Source: L5132-5, L5132-6, L5132-11-1, L5132-15-1.
    """

    type: ClassVar[str] = "pathways.hired.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
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
    adapted_sentence: Annotated[bool | None, Visibility.STRUCTURE, PERSONAL] = None


class ContractChanged(Fact):
    """From `changed_on` the contract has the given days or hours; those left out keep their value.

    `extension_ground`: why it goes beyond 24 months. Source: L5132-5, L5132-11-1, L5132-15-1.
    """

    type: ClassVar[str] = "pathways.contract_changed.v1"
    occurred_on_field: ClassVar[str] = "changed_on"
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
    extension_ground: Annotated[ExtensionGround | None, PERSONAL] = None
    training_id: UUID | None = None


class ContractSuspended(Fact):
    """The contract is suspended from `starts_on`, to `ends_on` where known. It says nothing of the agrément.

    `cause`: an open code; null once erased, for it may tell of health or of a sentence.
    """

    type: ClassVar[str] = "pathways.contract_suspended.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    example: ClassVar[dict[str, Any]] = {
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "starts_on": "2024-03-04",
        "ends_on": "2024-03-29",
        "cause": "trial_elsewhere",
    }
    contract_id: UUID
    starts_on: Day
    ends_on: Day | None = None
    cause: Annotated[Code | None, PERSONAL]


class ContractEnded(Fact):
    """The contract's real last day. That the person left the structure is another fact: `exited`."""

    type: ClassVar[str] = "pathways.contract_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    example: ClassVar[dict[str, Any]] = {
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "ended_on": "2024-09-14",
        "cause": "term",
    }
    contract_id: UUID
    ended_on: Day
    cause: Annotated[Code | None, PERSONAL] = None


class WeeklyHoursDerogationGranted(Fact):
    """The person may work below the weekly floor of 20 hours from `starts_on` to `ends_on`.

    `difficulties`: D5132-43-5 to -7; `combination` with another job: D5132-43-14, D5132-26-12, D5132-10-5-3.
    """

    type: ClassVar[str] = "pathways.weekly_hours_derogation_granted.v1"
    occurred_on_field: ClassVar[str] = "decided_on"
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
    kind: Annotated[DerogationKind | None, PERSONAL]
    decided_on: Day
    starts_on: Day
    ends_on: Day


class TrainingStarted(Fact):
    """A training begins. `certifying`: it leads to a recognised qualification, of `level`."""

    type: ClassVar[str] = "pathways.training_started.v1"
    occurred_on_field: ClassVar[str] = "started_on"
    example: ClassVar[dict[str, Any]] = {
        "training_id": "7b6a5948-3c2d-4e1f-8a9b-0c1d2e3f4a61",
        "kind": "adaptation",
        "started_on": "2024-02-05",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "planned_hours": 35,
        "certifying": False,
    }
    training_id: UUID
    kind: TrainingKind
    started_on: Day
    structure_id: UUID | None = None
    contract_id: UUID | None = None
    planned_hours: TrainingHours | None = None
    level: Code | None = None
    certifying: bool | None = None
    provider_id: UUID | None = None


class TrainingEnded(Fact):
    """A training's last day, the hours followed and how it ended."""

    type: ClassVar[str] = "pathways.training_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    example: ClassVar[dict[str, Any]] = {
        "training_id": "7b6a5948-3c2d-4e1f-8a9b-0c1d2e3f4a61",
        "ended_on": "2024-02-09",
        "hours": 33.5,
        "result": "completed",
    }
    training_id: UUID
    ended_on: Day
    hours: TrainingHours | None = None
    result: TrainingResult


class SkillValidated(Fact):
    """The structure saw that the person masters a skill, at a level of the scale it uses."""

    type: ClassVar[str] = "pathways.skill_validated.v1"
    occurred_on_field: ClassVar[str] = "validated_on"
    example: ClassVar[dict[str, Any]] = {
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "skill_code": "A1203_hedge_trimming",
        "level": "autonomous",
        "validated_on": "2024-06-20",
    }
    structure_id: UUID
    skill_code: Code
    level: Code
    validated_on: Day


class ImmersionAgreed(Fact):
    """A stay in a firm (PMSMP) is agreed from `starts_on` to `ends_on`, at most one month date to date.

    `days`: days of presence planned; `host_id`: the firm; `objective`: an open code. Source: L5135-1, D5135-3.
    """

    type: ClassVar[str] = "pathways.immersion_agreed.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    example: ClassVar[dict[str, Any]] = {
        "immersion_id": "1d2c3b4a-5f6e-4d7c-8b9a-0f1e2d3c4b71",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "host_id": "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c81",
        "object": "discover_trade",
        "starts_on": "2024-05-13",
        "ends_on": "2024-05-24",
        "days": 10,
    }
    immersion_id: UUID
    structure_id: UUID
    contract_id: UUID | None = None
    host_id: UUID
    object: ImmersionObject
    objective: Code | None = None
    starts_on: Day
    ends_on: Day
    days: PresenceDays | None = None
    renews_immersion_id: UUID | None = None


class ImmersionEnded(Fact):
    """The immersion's real last day and the days of presence."""

    type: ClassVar[str] = "pathways.immersion_ended.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    example: ClassVar[dict[str, Any]] = {
        "immersion_id": "1d2c3b4a-5f6e-4d7c-8b9a-0f1e2d3c4b71",
        "ended_on": "2024-05-24",
        "days": 9,
        "result": "confirmed",
    }
    immersion_id: UUID
    ended_on: Day
    days: PresenceDays | None = None
    result: Code | None = None


class SupportAction(Fact):
    """One act of support by a structure, also after a hire elsewhere (job coach).

    `theme` is shown to the group where it is professional, to the structure alone where it is social.
    """

    type: ClassVar[str] = "pathways.support_action.v1"
    occurred_on_field: ClassVar[str] = "done_on"
    example: ClassVar[dict[str, Any]] = {
        "action_id": "6f5e4d3c-2b1a-4f9e-8d7c-6b5a4f3e2d91",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "done_on": "2024-03-12",
        "kind": "interview",
        "outcome": "done",
        "theme": "housing",
    }
    action_id: UUID
    structure_id: UUID
    done_on: Day
    kind: SupportKind
    outcome: SupportOutcome
    theme: Annotated[SupportTheme | None, Visibility.STRUCTURE, PERSONAL]

    @classmethod
    def visibility_of(cls, field: str, value: object = None) -> Visibility:
        if field == "theme" and value in PROFESSIONAL_THEMES:
            return Visibility.GROUP
        return super().visibility_of(field, value)


class HandoverProposed(Fact):
    """A structure proposes the person to another one, usually of its group."""

    type: ClassVar[str] = "pathways.handover_proposed.v1"
    occurred_on_field: ClassVar[str] = "proposed_on"
    example: ClassVar[dict[str, Any]] = {
        "handover_id": "4e3d2c1b-0a9f-4e8d-8c7b-6a5f4e3d2ca1",
        "from_structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "to_structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02",
        "proposed_on": "2024-08-20",
    }
    handover_id: UUID
    from_structure_id: UUID
    to_structure_id: UUID
    proposed_on: Day


class HandoverAnswered(Fact):
    """The proposal is answered by the other structure, or withdrawn by the first."""

    type: ClassVar[str] = "pathways.handover_answered.v1"
    occurred_on_field: ClassVar[str] = "answered_on"
    example: ClassVar[dict[str, Any]] = {
        "handover_id": "4e3d2c1b-0a9f-4e8d-8c7b-6a5f4e3d2ca1",
        "answer": "accepted",
        "answered_on": "2024-08-27",
    }
    handover_id: UUID
    answer: HandoverAnswer
    answered_on: Day


class NextStep(BaseModel):
    """What the person goes to on leaving, as far as known; `months`: the length of a fixed-term contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract_type: ContractType | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    months: ContractMonths | None = None
    employer_kind: Code | None = None
    subsidised: bool | None = None
    structure_id: UUID | None = None
    client_id: UUID | None = None
    training_kind: TrainingKind | None = None
    occupation_code: Code | None = None
    weekly_hours: WeeklyHours | None = None


class Exited(Fact):
    """The person leaves a structure: what the ASP counts. It is not the end of the pathway.

    `reason`: code of the ASP; its category comes from a dated table. `local_reason`: the structure's own code.
    """

    type: ClassVar[str] = "pathways.exited.v1"
    occurred_on_field: ClassVar[str] = "exited_on"
    example: ClassVar[dict[str, Any]] = {
        "exit_id": "e1d2c3b4-a5f6-4e7d-8c9b-0a1f2e3d4cb1",
        "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01",
        "contract_id": "c0a80121-7ac0-4e1b-8f3c-2d9a7e5b1c01",
        "exited_on": "2024-09-14",
        "reason": "2",
        "next": {
            "contract_type": "CDDI",
            "starts_on": "2024-09-16",
            "months": 6,
            "structure_id": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02",
        },
    }
    exit_id: UUID
    structure_id: UUID
    contract_id: UUID | None = None
    exited_on: Day
    reason: ExitReason
    local_reason: Annotated[Code | None, PERSONAL] = None
    next: NextStep | None = None


class FollowedUp(Fact):
    """What the person does some months after an exit. `unreachable`, `refused` and not asked are three things."""

    type: ClassVar[str] = "pathways.followed_up.v1"
    occurred_on_field: ClassVar[str] = "observed_on"
    example: ClassVar[dict[str, Any]] = {
        "exit_id": "e1d2c3b4-a5f6-4e7d-8c9b-0a1f2e3d4cb1",
        "milestone_months": 6,
        "observed_on": "2025-03-17",
        "situation": "employed",
        "contract_type": "CDI",
        "employer_kind": "company",
        "better_than_entry": True,
    }
    exit_id: UUID
    milestone_months: Annotated[int, Field(ge=1, le=60)]
    observed_on: Day
    situation: Situation
    contract_type: ContractType | None = None
    contract_months: ContractMonths | None = None
    employer_kind: Code | None = None
    better_than_entry: bool | None = None
    qualification: bool | None = None


class PathwayClosed(Fact):
    """The pathway as a whole ends; a later hire opens a new one. `reason`: an open code."""

    type: ClassVar[str] = "pathways.pathway_closed.v1"
    occurred_on_field: ClassVar[str] = "closed_on"
    example: ClassVar[dict[str, Any]] = {"closed_on": "2025-03-31", "reason": "ordinary_job"}
    closed_on: Day
    reason: Code


class EsfParticipationStarted(Fact):
    """The person enters an operation paid by the European Social Fund. `labour_status` is the one before entry.

    Answers are open codes; "refused", "unknown" and "not_collected" are three of them. Source: regulation (EU)
    2021/1057, annex I (EECO02 to EECO17).
    """

    type: ClassVar[str] = "pathways.esf_participation_started.v1"
    occurred_on_field: ClassVar[str] = "entered_on"
    example: ClassVar[dict[str, Any]] = {
        "participation_id": "d4c3b2a1-f6e5-4d7c-9b8a-1f0e2d3c4bc1",
        "operation_code": "FSE202400123",
        "entered_on": "2024-01-15",
        "collected_on": "2024-01-16",
        "labour_status": "long_term_unemployed",
        "isced": "ED3",
        "disability": "no",
        "third_country": "no",
        "foreign_background": "refused",
        "minority": "not_collected",
        "housing_exclusion": "no",
        "rural": "no",
    }
    participation_id: UUID
    operation_code: Code
    entered_on: Day
    collected_on: Day
    labour_status: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL]
    isced: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    disability: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    third_country: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    foreign_background: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    minority: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    housing_exclusion: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None
    rural: Annotated[Code | None, Visibility.STRUCTURE, PERSONAL] = None


class EsfParticipationEnded(Fact):
    """The person leaves that operation; the result is collected within four weeks. Source: EECR01 to EECR06."""

    type: ClassVar[str] = "pathways.esf_participation_ended.v1"
    occurred_on_field: ClassVar[str] = "left_on"
    example: ClassVar[dict[str, Any]] = {
        "participation_id": "d4c3b2a1-f6e5-4d7c-9b8a-1f0e2d3c4bc1",
        "left_on": "2024-09-14",
        "collected_on": "2024-09-20",
        "result": "employed",
    }
    participation_id: UUID
    left_on: Day
    collected_on: Day
    result: Code


class FactVoided(shared_facts.FactVoided):
    """An earlier fact of this person here never was; it may be named before it arrives."""

    type: ClassVar[str] = "pathways.fact_voided.v1"


CATALOGUE = Catalogue(
    [
        PersonRegistered,
        Received,
        Hired,
        ContractChanged,
        ContractSuspended,
        ContractEnded,
        WeeklyHoursDerogationGranted,
        TrainingStarted,
        TrainingEnded,
        SkillValidated,
        ImmersionAgreed,
        ImmersionEnded,
        SupportAction,
        HandoverProposed,
        HandoverAnswered,
        Exited,
        FollowedUp,
        PathwayClosed,
        EsfParticipationStarted,
        EsfParticipationEnded,
        FactVoided,
    ]
)
