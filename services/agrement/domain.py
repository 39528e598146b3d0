"""What may be recorded about a person's agrément. A new rule is a function here, under its fact.

Unlike the services that only keep facts, this one decides on what was recorded before: what a fact voids or replaces
must be known here.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.agrement.facts import AgrementGranted, EligibilityDiagnosed
from services.agrement.refusals import AgrementEndsBeforeStartError, AgrementIdUsedError, DiagnosisIdUsedError
from shared.deciding import Case, Rules
from shared.problems import DomainError

RULES = Rules(strict_links=True)
decide = RULES.decide


@RULES.rule
def a_diagnosis_id_is_new(fact: EligibilityDiagnosed, case: Case) -> Iterator[DomainError]:
    if any(known.diagnosis_id == fact.diagnosis_id for known in case.standing(EligibilityDiagnosed)):
        yield DiagnosisIdUsedError(diagnosis_id=fact.diagnosis_id)


@RULES.rule
def an_agrement_id_is_new(fact: AgrementGranted, case: Case) -> Iterator[DomainError]:
    if any(known.agrement_id == fact.agrement_id for known in case.standing(AgrementGranted)):
        yield AgrementIdUsedError(agrement_id=fact.agrement_id)


@RULES.rule
def an_agrement_ends_after_its_first_day(fact: AgrementGranted, _: Case) -> Iterator[DomainError]:
    if fact.initial_ends_on is not None and fact.initial_ends_on <= fact.starts_on:
        yield AgrementEndsBeforeStartError(
            agrement_id=fact.agrement_id, starts_on=fact.starts_on, initial_ends_on=fact.initial_ends_on
        )
