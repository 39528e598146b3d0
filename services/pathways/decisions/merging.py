"""Rules of persons who turn out to be one, and of those who do not. What is said of several ids of one person stands in
one case: each fact tells by its subject of whom it was said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.pathways.facts import PersonsMerged, PersonsSplit
from services.pathways.refusals.merging import (
    AlreadyMergedError,
    MergedInACircleError,
    MergedIntoItselfError,
    MergedPersonUnknownError,
    MergeUnknownError,
    SplitBeforeMergedError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case, Context
from shared.facts.merging import root_of, standing_merges, target_of, targets_in


@dataclass(frozen=True, slots=True)
class PathwaysContext(Context):
    """`is_recorded`: whether anything is recorded here of a person who is named (by subject)."""

    is_recorded: Callable[[str], bool] = field(default=lambda _: True, kw_only=True)


def a_person_is_merged_into_another(fact: PersonsMerged, case: Case) -> Iterator[DomainError]:
    if target_of(fact) == case.event.subject:
        yield MergedIntoItselfError(into=fact.into)


def merged_persons_are_known(fact: PersonsMerged, case: Case) -> Iterator[DomainError]:
    if isinstance(case.context, PathwaysContext):
        for subject in (case.event.subject, target_of(fact)):
            if not case.context.is_recorded(subject):
                yield MergedPersonUnknownError(unknown=subject)


def a_person_is_merged_once(fact: PersonsMerged, case: Case) -> Iterator[DomainError]:
    merge = standing_merges(case.around).get(case.event.subject)
    if merge is not None and isinstance(merge.data, PersonsMerged):
        yield AlreadyMergedError(into=merge.data.into, merged_on=merge.data.merged_on)


def merges_make_no_circle(fact: PersonsMerged, case: Case) -> Iterator[DomainError]:
    subject, target = case.event.subject, target_of(fact)
    into = targets_in(case.around)
    # Of one merged already that is told, whatever else it would make.
    if target != subject and subject not in into and root_of(target, into) == subject:
        yield MergedInACircleError(into=fact.into)


def a_split_names_a_merge_that_holds(fact: PersonsSplit, case: Case) -> Iterator[DomainError]:
    merge = standing_merges(case.around).get(case.event.subject)
    if merge is None or merge.id != fact.merge_id or not isinstance(merge.data, PersonsMerged):
        yield MergeUnknownError(merge_id=fact.merge_id)
    elif fact.split_on < merge.data.merged_on:
        yield SplitBeforeMergedError(merge_id=fact.merge_id, merged_on=merge.data.merged_on, split_on=fact.split_on)
