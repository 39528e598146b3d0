"""One person under several ids: that two are one, that they are not after all, and what that makes of their ids.

Pure, from the facts of each subject: whatever the order in which merges, splits, voids and corrections came, the same ids
have the same root.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field

from shared.facts.fact import NAMES_FACT, Day, Fact, FactVoided, Recorded
from shared.facts.saying import Said, steward
from shared.facts.settle import Order, settle


class PersonsMerged(Fact):
    """The subject and the person `into` are one from now on; all that is recorded of both is told under the root: the one
    that was merged into nobody."""

    occurred_on_field: ClassVar[str] = "merged_on"
    said: ClassVar[Said] = Said(by=(steward(),))
    example: ClassVar[dict[str, Any]] = {"into": "5b0d4a3c-2f1e-4c3b-9a8d-7e6f5a4b3c01", "merged_on": "2024-03-11"}
    into: UUID
    merged_on: Day


class PersonsSplit(Fact):
    """A merge of the subject holds no more: each has again what was recorded of it. `merge_id`: the id of that
    `persons_merged`."""

    occurred_on_field: ClassVar[str] = "split_on"
    said: ClassVar[Said] = Said(by=(steward(),))
    example: ClassVar[dict[str, Any]] = {"merge_id": "merged-2024-0003", "split_on": "2024-03-18"}
    merge_id: Annotated[str, Field(min_length=1, max_length=256), NAMES_FACT]
    split_on: Day


ABOUT_MERGES = (PersonsMerged, PersonsSplit)


def is_about_merges(fact: Recorded) -> bool:
    return isinstance(fact.data, ABOUT_MERGES)


def target_of(merge: PersonsMerged) -> str:
    """The subject that it names."""
    return f"person/{merge.into}"


def subjects_of(fact: Recorded) -> tuple[str, ...]:
    """Whom it is judged beside: its own subject, and the one into which it merges that."""
    return (fact.subject, target_of(fact.data)) if isinstance(fact.data, PersonsMerged) else (fact.subject,)


def standing_merges(facts: Iterable[Recorded]) -> dict[str, Recorded]:
    """By subject, the merge that holds: of several the last. `facts`: settled, of one subject or several."""
    merges: list[Recorded] = []
    split: set[tuple[str, str]] = set()
    for fact in facts:
        if isinstance(fact.data, PersonsMerged):
            merges.append(fact)
        elif isinstance(fact.data, PersonsSplit):
            split.add((fact.subject, fact.data.merge_id))
    return {merge.subject: merge for merge in merges if (merge.subject, merge.id) not in split}


def targets_in(facts: Iterable[Recorded]) -> dict[str, str]:
    """Into whom each subject is merged, as far as settled facts say."""
    return {
        subject: target_of(merge.data)
        for subject, merge in standing_merges(facts).items()
        if isinstance(merge.data, PersonsMerged)
    }


def root_of(subject: str, into: Mapping[str, str]) -> str:
    """Whose rows tell of the subject. Merges that lead back in a circle (the second of them is refused, and yet may be
    recorded in the same instant, or restored by a void) hold between none of those in it."""
    passed = {subject: 0}
    path = [subject]
    while (target := into.get(path[-1])) is not None:
        if target in passed:
            return path[passed[target]]
        passed[target] = len(path)
        path.append(target)
    return path[-1]


def persons_of(linked: Collection[str], facts: Iterable[Recorded]) -> dict[str, list[str]]:
    """The persons that some subjects are: by root, all its ids in their order. `linked`: all that merges ever joined with
    one of them. `facts`: what stands of each, settled by itself: a merge is a matter of its own subject's facts."""
    into = targets_in(facts)
    persons: dict[str, list[str]] = {}
    for subject in sorted(linked):
        persons.setdefault(root_of(subject, into), []).append(subject)
    return persons


def persons_among(
    linked: Collection[str], facts: Iterable[Recorded], order: Order, **past: Any
) -> dict[str, list[str]]:
    """The same from all that is recorded of each. `past`: as `settle` takes it."""
    of_each: dict[str, list[Recorded]] = {}
    for fact in facts:
        of_each.setdefault(fact.subject, []).append(fact)
    settled = (settle(_that_tell(some), order, **past) for some in of_each.values())
    return persons_of(linked, chain.from_iterable(settled))


def tells_of_merges(kind: type[Fact]) -> bool:
    """Whether one of that type may make or unmake a merge; of the others only a correction may."""
    return issubclass(kind, (*ABOUT_MERGES, FactVoided))


def _that_tell(facts: Sequence[Recorded]) -> Iterable[Recorded]:
    """Those of one subject that its merges follow from: a life is settled to tell what happened, not who it is of. All, where
    one waits for a proof: whether it voids or replaces anything follows from any of them."""
    if any(fact.unproven for fact in facts):
        return facts
    return [fact for fact in facts if fact.replaces is not None or tells_of_merges(type(fact.data))]


def ids_beside(subject: str, persons: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """All ids of the person that has this one."""
    return next(ids for ids in persons.values() if subject in ids)
