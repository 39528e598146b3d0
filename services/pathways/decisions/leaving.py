"""Rules of exits."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.facts import Exited
from services.pathways.refusals.leaving import ExitIdUsedError, NextStepEndsBeforeStartError
from shared.deciding.contradicting_days import ends_first
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def an_exit_id_is_new(fact: Exited, case: Case) -> Iterator[DomainError]:
    if any(exited.exit_id == fact.exit_id for exited in case.standing(Exited)):
        yield ExitIdUsedError(exit_id=fact.exit_id)


def what_comes_next_ends_after_it_starts(fact: Exited, _: Case) -> Iterator[DomainError]:
    if fact.next is not None and ends_first(fact.next.starts_on, fact.next.ends_on):
        yield NextStepEndsBeforeStartError(
            exit_id=fact.exit_id, starts_on=fact.next.starts_on, ends_on=fact.next.ends_on
        )
