"""What may be recorded about structures, groups and clients. A new rule is a function here, under its fact.

What is merely not known yet is no reason to refuse: an end may come before its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from services.structures.facts import (
    AnnexRecorded,
    CertificationAwarded,
    CertificationEnded,
    ClientRegistered,
    DerogationGranted,
    GroupFormed,
    MembershipEnded,
    MembershipStarted,
    NetworkJoined,
    NetworkLeft,
    StructureClosed,
    StructureRegistered,
)
from services.structures.refusals.annexes import AnnexEndsBeforeStartError
from services.structures.refusals.certifications import (
    CertificationAlreadyEndedError,
    CertificationEndedBeforeAwardError,
    CertificationExpiresBeforeAwardError,
    CertificationIdUsedError,
)
from services.structures.refusals.clients import ClientAlreadyRegisteredError
from services.structures.refusals.derogations import DerogationEndsBeforeStartError, DerogationIdUsedError
from services.structures.refusals.groups import AlreadyAMemberError, GroupAlreadyFormedError
from services.structures.refusals.networks import NetworkAlreadyJoinedError
from services.structures.refusals.structures import (
    StructureAlreadyClosedError,
    StructureAlreadyRegisteredError,
    StructureClosedBeforeRegisteredError,
    StructureSucceedsItselfError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case, Rules

RULES = Rules(strict_links=False)
decide = RULES.decide


@RULES.rule
def a_structure_is_registered_once(_: StructureRegistered, case: Case) -> Iterator[DomainError]:
    for known in case.standing(StructureRegistered):
        yield StructureAlreadyRegisteredError(registered_on=known.registered_on)


@RULES.rule
def a_structure_closes_once(_: StructureClosed, case: Case) -> Iterator[DomainError]:
    for known in case.standing(StructureClosed):
        yield StructureAlreadyClosedError(closed_on=known.closed_on)


@RULES.rule
def a_structure_closes_after_it_opened(_: StructureRegistered | StructureClosed, case: Case) -> Iterator[DomainError]:
    for opening in case.with_event(StructureRegistered):
        for closing in case.with_event(StructureClosed):
            if closing.closed_on < opening.registered_on:
                yield StructureClosedBeforeRegisteredError(
                    registered_on=opening.registered_on, closed_on=closing.closed_on
                )


@RULES.rule
def a_successor_is_another_structure(fact: StructureClosed, case: Case) -> Iterator[DomainError]:
    if case.event.subject == f"structure/{fact.successor_id}":
        yield StructureSucceedsItselfError(successor_id=fact.successor_id)


@RULES.rule
def an_annex_ends_after_it_starts(fact: AnnexRecorded, _: Case) -> Iterator[DomainError]:
    if fact.ends_on < fact.starts_on:
        yield AnnexEndsBeforeStartError(annex_id=fact.annex_id, starts_on=fact.starts_on, ends_on=fact.ends_on)


@RULES.rule
def a_derogation_id_is_new(fact: DerogationGranted, case: Case) -> Iterator[DomainError]:
    if any(known.derogation_id == fact.derogation_id for known in case.standing(DerogationGranted)):
        yield DerogationIdUsedError(derogation_id=fact.derogation_id)


@RULES.rule
def a_derogation_ends_after_it_starts(fact: DerogationGranted, _: Case) -> Iterator[DomainError]:
    if fact.ends_on < fact.starts_on:
        yield DerogationEndsBeforeStartError(
            derogation_id=fact.derogation_id, starts_on=fact.starts_on, ends_on=fact.ends_on
        )


@RULES.rule
def a_certification_id_is_new(fact: CertificationAwarded, case: Case) -> Iterator[DomainError]:
    if any(known.certification_id == fact.certification_id for known in case.standing(CertificationAwarded)):
        yield CertificationIdUsedError(certification_id=fact.certification_id)


@RULES.rule
def a_certification_expires_after_its_award(fact: CertificationAwarded, _: Case) -> Iterator[DomainError]:
    if fact.expires_on is not None and fact.expires_on < fact.awarded_on:
        yield CertificationExpiresBeforeAwardError(
            certification_id=fact.certification_id, awarded_on=fact.awarded_on, expires_on=fact.expires_on
        )


@RULES.rule
def a_certification_ends_once(fact: CertificationEnded, case: Case) -> Iterator[DomainError]:
    for known in case.standing(CertificationEnded):
        if known.certification_id == fact.certification_id:
            yield CertificationAlreadyEndedError(certification_id=fact.certification_id, ended_on=known.ended_on)


@RULES.rule
def a_certification_ends_after_its_award(
    fact: CertificationAwarded | CertificationEnded, case: Case
) -> Iterator[DomainError]:
    awards = [f for f in case.with_event(CertificationAwarded) if f.certification_id == fact.certification_id]
    ends = [f for f in case.with_event(CertificationEnded) if f.certification_id == fact.certification_id]
    for award, end in ((award, end) for award in awards for end in ends if end.ended_on < award.awarded_on):
        yield CertificationEndedBeforeAwardError(
            certification_id=fact.certification_id, awarded_on=award.awarded_on, ended_on=end.ended_on
        )


@RULES.rule
def a_network_is_left_before_it_is_joined_again(fact: NetworkJoined, case: Case) -> Iterator[DomainError]:
    joined = (known.joined_on for known in case.standing(NetworkJoined) if known.network == fact.network)
    left = (known.left_on for known in case.standing(NetworkLeft) if known.network == fact.network)
    for day in _open_beside(fact.joined_on, joined, left):
        yield NetworkAlreadyJoinedError(network=fact.network, joined_on=day)


@RULES.rule
def a_group_is_formed_once(_: GroupFormed, case: Case) -> Iterator[DomainError]:
    for known in case.standing(GroupFormed):
        yield GroupAlreadyFormedError(formed_on=known.formed_on)


@RULES.rule
def a_group_is_left_before_it_is_joined_again(fact: MembershipStarted, case: Case) -> Iterator[DomainError]:
    starts = (known.started_on for known in case.standing(MembershipStarted) if known.structure_id == fact.structure_id)
    ends = (known.ended_on for known in case.standing(MembershipEnded) if known.structure_id == fact.structure_id)
    for day in _open_beside(fact.started_on, starts, ends):
        yield AlreadyAMemberError(structure_id=fact.structure_id, started_on=day)


@RULES.rule
def a_client_is_registered_once(_: ClientRegistered, case: Case) -> Iterator[DomainError]:
    for known in case.standing(ClientRegistered):
        yield ClientAlreadyRegisteredError(registered_on=known.registered_on)


def _open_beside(day: date, starts: Iterable[date], ends: Iterable[date]) -> Iterator[date]:
    """Starts of stays between which and a new one from `day` there is no end. An end is a last day, so a new stay
    begins after it. An end alone says nothing: its start may not be known yet."""
    known_ends = list(ends)
    for start in starts:
        first, last = min(start, day), max(start, day)
        if not any(first <= end < last for end in known_ends):
            yield start
