"""Rules of participations in operations of the European Social Fund."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.facts import EsfParticipationEnded, EsfParticipationStarted
from services.pathways.refusals.esf import (
    ParticipationAlreadyEndedError,
    ParticipationEndedBeforeStartError,
    ParticipationIdUsedError,
)
from shared.deciding.contradicting_days import contradictions
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_participation_id_is_new(fact: EsfParticipationStarted, case: Case) -> Iterator[DomainError]:
    if any(started.participation_id == fact.participation_id for started in case.standing(EsfParticipationStarted)):
        yield ParticipationIdUsedError(participation_id=fact.participation_id)


def a_participation_ends_once(fact: EsfParticipationEnded, case: Case) -> Iterator[DomainError]:
    for ended in case.standing(EsfParticipationEnded):
        if ended.participation_id == fact.participation_id:
            yield ParticipationAlreadyEndedError(participation_id=fact.participation_id, left_on=ended.left_on)


def a_participation_ended_after_it_started(
    fact: EsfParticipationStarted | EsfParticipationEnded, case: Case
) -> Iterator[DomainError]:
    participation_id = fact.participation_id
    entered = [
        start.entered_on
        for start in case.with_event(EsfParticipationStarted)
        if start.participation_id == participation_id
    ]
    left = [end.left_on for end in case.with_event(EsfParticipationEnded) if end.participation_id == participation_id]
    for entered_on, left_on in contradictions(entered, left):
        yield ParticipationEndedBeforeStartError(
            participation_id=participation_id, entered_on=entered_on, left_on=left_on
        )
