"""What the rules about contracts ask of a person: recruitments in the pathway, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from uuid import UUID

from services.pathways.facts import (
    PathwayClosed,
    PersonRegistered,
    TrainingEnded,
    TrainingStarted,
    WeeklyHoursDerogationGranted,
)
from services.pathways.model import pathways
from services.pathways.model.employments import StandingFacts
from services.pathways.model.recruitments import Hire, Recruitment
from services.pathways.model.spans import Span


class WorkingLife:
    """One person, by recruitments (of contracts in the pathway alone) and the facts that stand. What few contracts ask for is
    reckoned when it is asked for."""

    def __init__(self, recruited: Sequence[Recruitment], standing: StandingFacts) -> None:
        self._standing = standing
        self.recruitments = recruited

    @cached_property
    def inclusions(self) -> Mapping[UUID, Sequence[Span]]:
        """Days of the CDI inclusions in each structure, by its id."""
        return _inclusions(self.recruitments)

    @cached_property
    def trainings(self) -> Mapping[UUID, Span]:
        """Days of each known one, by its id."""
        return _trainings(self._standing)

    @cached_property
    def derogations(self) -> Mapping[UUID, Sequence[WeeklyHoursDerogationGranted]]:
        """Those of each contract, by its id, each by first day."""
        return _derogations(self._standing)

    @cached_property
    def birth_year(self) -> int | None:
        """As last given."""
        years = [fact.birth_year for fact in self._standing(PersonRegistered) if fact.birth_year is not None]
        return years[-1] if years else None

    def pathway_starts_on(self, hire: Hire) -> date:
        """First day of the first contract of the pathway the hire belongs to."""
        number = pathways.pathway_number(self._pathways, hire.starts_on)
        return self._pathways[number - 1].starts_on or hire.starts_on

    @cached_property
    def _pathways(self) -> Sequence[pathways.PathwaySpan]:
        contracts = (hire.contract for recruitment in self.recruitments for hire in recruitment.hires)
        return pathways.pathway_spans(contracts, self._standing(PathwayClosed))


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
