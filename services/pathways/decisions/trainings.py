"""Rules of trainings."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.facts import TrainingEnded, TrainingStarted
from services.pathways.refusals.trainings import (
    TrainingAlreadyEndedError,
    TrainingEndedBeforeStartError,
    TrainingIdUsedError,
)
from shared.deciding.contradicting_days import contradictions
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_training_id_is_new(fact: TrainingStarted, case: Case) -> Iterator[DomainError]:
    if any(training.training_id == fact.training_id for training in case.standing(TrainingStarted)):
        yield TrainingIdUsedError(training_id=fact.training_id)


def a_training_ends_once(fact: TrainingEnded, case: Case) -> Iterator[DomainError]:
    for ended in case.standing(TrainingEnded):
        if ended.training_id == fact.training_id:
            yield TrainingAlreadyEndedError(training_id=fact.training_id, ended_on=ended.ended_on)


def a_training_ended_after_it_started(fact: TrainingStarted | TrainingEnded, case: Case) -> Iterator[DomainError]:
    starts = [start.started_on for start in case.with_event(TrainingStarted) if start.training_id == fact.training_id]
    ends = [end.ended_on for end in case.with_event(TrainingEnded) if end.training_id == fact.training_id]
    for start, end in contradictions(starts, ends):
        yield TrainingEndedBeforeStartError(training_id=fact.training_id, started_on=start, ended_on=end)
