"""What the rules about contracts ask of a person: recruitments in the pathway, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.pathways.facts import (
    PathwayClosed,
    PersonRegistered,
    TrainingEnded,
    TrainingStarted,
    WeeklyHoursDerogationGranted,
)
from services.pathways.model import pathways
from services.pathways.model.employments import Employment, StandingFacts
from services.pathways.model.recruitments import Hire, Recruitment, recruitments
from services.pathways.model.spans import Span


@dataclass(frozen=True, slots=True)
class WorkingLife:
    """One person. `inclusions`: days of the CDI inclusions in each structure, by its id; `trainings`: days of each known
    one, by its id; `derogations`: those of each contract, by its id, each by first day; `birth_year`: as last given."""

    recruitments: Sequence[Recruitment]
    inclusions: Mapping[UUID, Sequence[Span]]
    pathways: Sequence[pathways.PathwaySpan]
    trainings: Mapping[UUID, Span]
    derogations: Mapping[UUID, Sequence[WeeklyHoursDerogationGranted]]
    birth_year: int | None

    def pathway_starts_on(self, hire: Hire) -> date:
        """First day of the first contract of the pathway the hire belongs to."""
        number = pathways.pathway_number(self.pathways, hire.starts_on)
        return self.pathways[number - 1].starts_on or hire.starts_on


def working_life(contracts: Mapping[UUID, Employment], standing: StandingFacts) -> WorkingLife:
    """From the person's contracts by id, permanent staff included: those in the pathway alone count."""
    in_pathway = {
        contract_id: contract
        for contract_id, contract in contracts.items()
        if contract.hired is not None and contract.hired.in_pathway
    }
    recruited = recruitments(in_pathway)
    years = [fact.birth_year for fact in standing(PersonRegistered) if fact.birth_year is not None]
    return WorkingLife(
        recruitments=recruited,
        inclusions=_inclusions(recruited),
        pathways=pathways.pathway_spans(in_pathway.values(), standing(PathwayClosed)),
        trainings=_trainings(standing),
        derogations=_derogations(standing),
        birth_year=years[-1] if years else None,
    )


def _inclusions(recruited: Sequence[Recruitment]) -> dict[UUID, list[Span]]:
    found: dict[UUID, list[Span]] = {}
    for hire in (hire for recruitment in recruited for hire in recruitment.hires):
        if hire.contract_type == "CDI_INCLUSION":
            found.setdefault(hire.structure_id, []).append((hire.starts_on, hire.contract.ends_on or date.max))
    return found


def _trainings(standing: StandingFacts) -> dict[UUID, Span]:
    """One whose start is not known lasts from ever, one whose end is not known for ever."""
    found = {start.training_id: (start.started_on, date.max) for start in standing(TrainingStarted)}
    for end in standing(TrainingEnded):
        found[end.training_id] = (found.get(end.training_id, (date.min, date.max))[0], end.ended_on)
    return found


def _derogations(standing: StandingFacts) -> dict[UUID, list[WeeklyHoursDerogationGranted]]:
    found: dict[UUID, list[WeeklyHoursDerogationGranted]] = {}
    last_of_id = {fact.derogation_id: fact for fact in standing(WeeklyHoursDerogationGranted)}
    for fact in sorted(last_of_id.values(), key=lambda fact: (fact.starts_on, fact.derogation_id)):
        found.setdefault(fact.contract_id, []).append(fact)
    return found
