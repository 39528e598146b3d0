"""Exits from a structure, what becomes of the person after, and the end of a pathway."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.pathways.facts.codes import CODES
from services.pathways.facts.contracts import ContractType, WeeklyHours
from services.pathways.facts.trainings import TrainingKind
from shared.facts.fact import PERSONAL, Code, Day, Fact, Hours, LeftAs, PlainCodes, Visibility, on_arrival
from shared.facts.saying import FOLLOW_UP_MONTHS, Relates, Said, Thing, structure

ExitReason = Annotated[Literal[
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "96", "withdrawn"
], CODES.named("exit_reason")]  # fmt: skip
"""The codes of the ASP; what each means and the category it counts in is a dated table, not part of the fact. `withdrawn`:
what an erasure leaves of those that are not plain; nobody sends it."""
PLAIN_REASONS = PlainCodes(
    ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "19", "96")
)
"""All but the withdrawn: long leave (16), death (17) and a court's decision (18) tell of the person, and 20 to 22 count in
the same category: were those shown, a gap would be one of the three."""
ERASED_REASON = "withdrawn"


def _of_the_asp(reason: str) -> str:
    if reason == ERASED_REASON:
        raise ValueError("it is what an erasure leaves; send a code of the ASP")
    return reason


PLAIN_CLOSINGS = PlainCodes(("ordinary_job", "business", "no_return"))
Situation = Annotated[
    Literal["employed", "self_employed", "training", "iae", "job_seeking", "inactive", "unreachable", "refused"],
    CODES.named("follow_up_situation"),
]
EmployerKind = Annotated[Code, CODES.named("employer_kind")]
ContractMonths = Annotated[Hours, Field(le=720)]
"""Months, parts of one included: 5.5."""


class NextStep(BaseModel):
    """What the person goes to on leaving, as far as known; `months`: the length of a fixed-term contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract_type: ContractType | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    months: ContractMonths | None = None
    employer_kind: EmployerKind | None = None
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
    said: ClassVar[Said] = Said(
        by=(structure("structure_id"),),
        makes=(Thing("exit", "exit_id"),),
        about=(Thing("contract", "contract_id"),),
        relates=Relates("follow_up", months=FOLLOW_UP_MONTHS, leaves=True),
    )
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
    reason: Annotated[ExitReason, PLAIN_REASONS, LeftAs(ERASED_REASON), on_arrival(_of_the_asp)]
    local_reason: Annotated[Code | None, Visibility.SENSITIVE, PERSONAL] = None
    next: NextStep | None = None


class FollowedUp(Fact):
    """What the person does some months after an exit. `unreachable`, `refused` and not asked are three things."""

    type: ClassVar[str] = "pathways.followed_up.v1"
    occurred_on_field: ClassVar[str] = "observed_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("exit", "exit_id"),))
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
    employer_kind: EmployerKind | None = None
    better_than_entry: bool | None = None
    qualification: bool | None = None


class PathwayClosed(Fact):
    """The pathway as a whole ends; a later hire opens a new one. `reason`: an open code."""

    type: ClassVar[str] = "pathways.pathway_closed.v1"
    occurred_on_field: ClassVar[str] = "closed_on"
    said: ClassVar[Said] = Said(by=(structure(),), relation="needed")
    example: ClassVar[dict[str, Any]] = {"closed_on": "2025-03-31", "reason": "ordinary_job"}
    closed_on: Day
    reason: Annotated[Code, CODES.named("pathway_closing_reason"), PLAIN_CLOSINGS, LeftAs("erased")]
