"""Rules of a diagnosis: what its criteria ask for. Source: arrêté of 1 September 2021; law/criteria*.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import EligibilityDiagnosed
from services.agrement.law.tables import CriterionRule
from services.agrement.refusals.eligibility import (
    CriteriaExcludeEachOtherError,
    CriterionNotMetError,
    DiagnosisIdUsedError,
    NotEnoughCriteriaError,
)
from shared.deciding.refusals import DomainError


def a_diagnosis_id_is_new(fact: EligibilityDiagnosed, case: AgrementCase) -> Iterator[DomainError]:
    if any(standing.diagnosis_id == fact.diagnosis_id for standing in case.standing(EligibilityDiagnosed)):
        yield DiagnosisIdUsedError(diagnosis_id=fact.diagnosis_id)


def criteria_go_together(fact: EligibilityDiagnosed, case: AgrementCase) -> Iterator[DomainError]:
    given = set(fact.criteria or ())
    for code in sorted(given):
        for other in case.law.criteria[code].excludes:
            # Both rows exclude each other; one refusal for the pair is enough.
            if other in given and code < other:
                yield CriteriaExcludeEachOtherError(diagnosis_id=fact.diagnosis_id, criteria=[code, other])


def criteria_fit_age_and_months(fact: EligibilityDiagnosed, case: AgrementCase) -> Iterator[DomainError]:
    for code in sorted(set(fact.criteria or ())):
        rule = case.law.criteria[code]
        bounds = (
            ("age", fact.age, rule.least_age, rule.greatest_age),
            ("unemployed_months", fact.unemployed_months, rule.least_months, rule.greatest_months),
        )
        for about, given, least, greatest in bounds:
            if given is not None and not _is_within(given, least, greatest):
                yield CriterionNotMetError(
                    diagnosis_id=fact.diagnosis_id,
                    criterion=code,
                    about=about,
                    given=given,
                    least=least,
                    greatest=greatest,
                )


def an_employer_alone_needs_enough_criteria(fact: EligibilityDiagnosed, case: AgrementCase) -> Iterator[DomainError]:
    """Criteria that are not given are not judged: they may have been erased, or stay with the structure."""
    kind = None if fact.structure_id is None else case.kind_of(fact.structure_id)
    needed = case.law.criteria_required.get(kind or "")
    if fact.author_kind != "employer" or fact.criteria is None or needed is None:
        return
    # Distinct codes: one said twice is one criterion.
    levels = [case.law.criteria[code].level for code in set(fact.criteria)]
    if levels.count(1) < needed.level_1 and levels.count(2) < needed.level_2:
        yield NotEnoughCriteriaError(
            diagnosis_id=fact.diagnosis_id,
            kind=kind,
            level_1_needed=needed.level_1,
            level_2_needed=needed.level_2,
            level_2_given=levels.count(2),
        )


def _is_within(given: int, least: int | None, greatest: int | None) -> bool:
    return (least is None or least <= given) and (greatest is None or given <= greatest)


def criteria_met(law: Mapping[str, CriterionRule], age: int | None, unemployed_months: int | None) -> list[str]:
    """The criteria that an age and months without a job establish by themselves."""
    return [
        code
        for code, rule in law.items()
        if _establishes(age, rule.least_age, rule.greatest_age)
        or _establishes(unemployed_months, rule.least_months, rule.greatest_months)
    ]


def _establishes(given: int | None, least: int | None, greatest: int | None) -> bool:
    return given is not None and (least, greatest) != (None, None) and _is_within(given, least, greatest)
