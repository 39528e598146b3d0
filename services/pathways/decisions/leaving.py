"""Rules of exits and of participation in the European Social Fund."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.decisions.case import crossed, ends_first
from services.pathways.facts import EsfParticipationEnded, EsfParticipationStarted, Exited
from services.pathways.refusals.esf import (
    ParticipationAlreadyEndedError,
    ParticipationEndedBeforeStartError,
    ParticipationIdUsedError,
)
from services.pathways.refusals.leaving import ExitIdUsedError, NextStepEndsBeforeStartError
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def an_exit_id_is_new(fact: Exited, case: Case) -> Iterator[DomainError]:
    if any(known.exit_id == fact.exit_id for known in case.standing(Exited)):
        yield ExitIdUsedError(exit_id=fact.exit_id)


def what_comes_next_ends_after_it_starts(fact: Exited, _: Case) -> Iterator[DomainError]:
    if fact.next is not None and ends_first(fact.next.starts_on, fact.next.ends_on):
        yield NextStepEndsBeforeStartError(
            exit_id=fact.exit_id, starts_on=fact.next.starts_on, ends_on=fact.next.ends_on
        )


def a_participation_id_is_new(fact: EsfParticipationStarted, case: Case) -> Iterator[DomainError]:
    if any(known.participation_id == fact.participation_id for known in case.standing(EsfParticipationStarted)):
        yield ParticipationIdUsedError(participation_id=fact.participation_id)


def a_participation_ends_once(fact: EsfParticipationEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(EsfParticipationEnded):
        if known.participation_id == fact.participation_id:
            yield ParticipationAlreadyEndedError(participation_id=fact.participation_id, left_on=known.left_on)


def a_participation_ended_after_it_started(
    fact: EsfParticipationStarted | EsfParticipationEnded, case: Case
) -> Iterator[DomainError]:
    mine = fact.participation_id
    entered = [f.entered_on for f in case.with_event(EsfParticipationStarted) if f.participation_id == mine]
    left = [f.left_on for f in case.with_event(EsfParticipationEnded) if f.participation_id == mine]
    for start, end in crossed(entered, left):
        yield ParticipationEndedBeforeStartError(participation_id=mine, entered_on=start, left_on=end)
