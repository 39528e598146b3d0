"""Rules of groups (GES) and of who belongs to them."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.decisions.stays import stays_left_open
from services.structures.facts import GroupFormed, MembershipEnded, MembershipStarted
from services.structures.refusals.groups import (
    AlreadyAMemberError,
    GroupAlreadyFormedError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def a_group_is_formed_once(_: GroupFormed, case: Case) -> Iterator[DomainError]:
    for formed in case.standing(GroupFormed):
        yield GroupAlreadyFormedError(formed_on=formed.formed_on)


def a_group_is_left_before_it_is_joined_again(fact: MembershipStarted, case: Case) -> Iterator[DomainError]:
    starts = (start.started_on for start in case.standing(MembershipStarted) if start.structure_id == fact.structure_id)
    ends = (end.ended_on for end in case.standing(MembershipEnded) if end.structure_id == fact.structure_id)
    for day in stays_left_open(fact.started_on, starts, ends):
        yield AlreadyAMemberError(structure_id=fact.structure_id, started_on=day)
