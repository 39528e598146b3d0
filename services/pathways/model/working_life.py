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
from services.pathways.model.days import Span
from services.pathways.model.employments import Employment, Standing
from services.pathways.model.recruitments import Hire, Recruitment, recruitments


@dataclass(frozen=True, slots=True)
class WorkingLife:
    """`inclusions`: days of each structure's CDI inclusion; `trainings`: days of each known one; `derogations`: those of
    each contract, by first day."""

    recruitments: Sequence[Recruitment]
    inclusions: Mapping[UUID, Sequence[Span]]
    pathways: Sequence[pathways.Span]
    trainings: Mapping[UUID, Span]
    derogations: Mapping[UUID, Sequence[WeeklyHoursDerogationGranted]]
    birth_year: int | None

    def pathway_starts_on(self, hire: Hire) -> date:
        """First day of the first contract of the pathway the hire belongs to."""
        number = pathways.pathway_number(self.pathways, hire.starts_on)
        return self.pathways[number - 1].starts_on or hire.starts_on


def working_life(known: Mapping[UUID, Employment], standing: Standing) -> WorkingLife:
    in_pathway = {
        contract_id: contract
        for contract_id, contract in known.items()
        if contract.hired is not None and contract.hired.in_pathway
    }
    recruited = recruitments(in_pathway)
    years = [fact.birth_year for fact in standing(PersonRegistered) if fact.birth_year is not None]
    return WorkingLife(
        recruited,
        _inclusions(recruited),
        pathways.pathway_spans(in_pathway.values(), standing(PathwayClosed)),
        _trainings(standing),
        _derogations(standing),
        years[-1] if years else None,
    )


def _inclusions(recruited: Sequence[Recruitment]) -> dict[UUID, list[Span]]:
    found: dict[UUID, list[Span]] = {}
    for hire in (hire for recruitment in recruited for hire in recruitment.hires):
        if hire.contract_type == "CDI_INCLUSION":
            found.setdefault(hire.structure_id, []).append((hire.starts_on, hire.contract.ends_on or date.max))
    return found


def _trainings(standing: Standing) -> dict[UUID, Span]:
    found = {start.training_id: (start.started_on, date.max) for start in standing(TrainingStarted)}
    for end in standing(TrainingEnded):
        found[end.training_id] = (found.get(end.training_id, (date.min, date.max))[0], end.ended_on)
    return found


def _derogations(standing: Standing) -> dict[UUID, list[WeeklyHoursDerogationGranted]]:
    found: dict[UUID, list[WeeklyHoursDerogationGranted]] = {}
    known = {fact.derogation_id: fact for fact in standing(WeeklyHoursDerogationGranted)}
    for fact in sorted(known.values(), key=lambda one: (one.starts_on, one.derogation_id)):
        found.setdefault(fact.contract_id, []).append(fact)
    return found
