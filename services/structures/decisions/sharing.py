"""Rules of agreements to share inside a group: members alone agree, to the same terms, and leave what they agreed to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.structures.facts import SharingAgreed, SharingWithdrawn
from services.structures.facts.sharing import TERMS
from services.structures.model.sharing import days_agreed
from services.structures.refusals.sharing import (
    AgreementDiffersError,
    AgreementEndsBeforeStartError,
    AgreementUnknownError,
    AlreadyAgreedError,
    SharingNeedsMembershipError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def an_agreement_ends_after_its_day(fact: SharingAgreed, _: Case) -> Iterator[DomainError]:
    if fact.until is not None and fact.until < fact.agreed_on:
        yield AgreementEndsBeforeStartError(agreed_on=fact.agreed_on, until=fact.until)


def members_alone_agree(fact: SharingAgreed, case: Case) -> Iterator[DomainError]:
    # With the days of the agreement itself left aside: they have a rule of their own.
    endless = case.event.changed(data=fact.model_copy(update={"until": None}))
    if days_agreed(endless, [one for one in case.around if not isinstance(one.data, SharingWithdrawn)]) is None:
        yield SharingNeedsMembershipError(structure_id=fact.structure_id)


def who_agrees_agrees_to_the_same(fact: SharingAgreed, case: Case) -> Iterator[DomainError]:
    for other in case.standing(SharingAgreed):
        differs = [name for name in TERMS if getattr(fact, name) != getattr(other, name)]
        if other.agreement_id == fact.agreement_id and differs:
            terms = {name: _json(getattr(other, name)) for name in TERMS}
            yield AgreementDiffersError(agreement_id=fact.agreement_id, differs=differs, terms=terms)
            return


def an_agreement_is_agreed_once(fact: SharingAgreed, case: Case) -> Iterator[DomainError]:
    for other in _still_agreed(fact, case):
        yield AlreadyAgreedError(
            agreement_id=other.agreement_id, structure_id=other.structure_id, agreed_on=other.agreed_on
        )


def one_withdraws_from_what_it_agreed_to(fact: SharingWithdrawn, case: Case) -> Iterator[DomainError]:
    if not any(_still_agreed(fact, case)):
        yield AgreementUnknownError(agreement_id=fact.agreement_id)


def _still_agreed(fact: SharingAgreed | SharingWithdrawn, case: Case) -> Iterator[SharingAgreed]:
    """What the structure agreed to under that id and did not leave before the fact's day."""
    for recorded in case.around:
        other = recorded.data
        if isinstance(other, SharingAgreed) and (other.agreement_id, other.structure_id) == (
            fact.agreement_id,
            fact.structure_id,
        ):
            days = days_agreed(recorded, case.around)
            if days is not None and (days[1] or date.max) >= fact.occurred_on:
                yield other


def _json(value: object) -> object:
    return value if value is None or isinstance(value, str) else str(value)
