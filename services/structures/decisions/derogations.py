"""Rules of derogations granted to a structure."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.facts import DerogationGranted
from services.structures.refusals.derogations import (
    DerogationEndsBeforeStartError,
    DerogationIdUsedError,
)
from shared.deciding.contradicting_days import ends_first
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_derogation_id_is_new(fact: DerogationGranted, case: Case) -> Iterator[DomainError]:
    if any(granted.derogation_id == fact.derogation_id for granted in case.standing(DerogationGranted)):
        yield DerogationIdUsedError(derogation_id=fact.derogation_id)


def a_derogation_ends_after_it_starts(fact: DerogationGranted, _: Case) -> Iterator[DomainError]:
    if ends_first(fact.starts_on, fact.ends_on):
        yield DerogationEndsBeforeStartError(
            derogation_id=fact.derogation_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )
