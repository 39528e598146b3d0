"""Acts of support, by what they are about."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

from services.pathways.facts.codes import CODES
from shared.facts.fact import PERSONAL, Day, Fact, PlainCodes
from shared.facts.saying import EVENT_MONTHS, Relates, Said, structure

SupportKind = Annotated[Literal["interview", "action", "proposal"], CODES.named("support_kind")]
SupportOutcome = Annotated[Literal["accepted", "refused", "failed", "done"], CODES.named("support_outcome")]
ProfessionalTheme = Literal["project", "skills_assessment", "work_rules", "training", "job_search"]
SocialTheme = Literal["mobility", "housing", "budget", "care", "rights", "language", "childcare", "digital", "justice"]
SupportTheme = Annotated[Literal[ProfessionalTheme, SocialTheme], CODES.named("support_theme")]


class SupportAction(Fact):
    """One act of support by a structure, also after a hire elsewhere (job coach).

    `theme` is shown to the group where it is professional; where it is social, to who said it alone.
    """

    type: ClassVar[str] = "pathways.support_action.v1"
    occurred_on_field: ClassVar[str] = "done_on"
    said: ClassVar[Said] = Said(by=(structure("structure_id"),), relates=Relates("accompanied", months=EVENT_MONTHS))
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
    theme: Annotated[SupportTheme | None, PlainCodes(get_args(ProfessionalTheme)), PERSONAL]
