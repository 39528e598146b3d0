"""Which members share by which agreement of a group, and on which days."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from services.structures.facts import MembershipEnded, MembershipStarted, SharingAgreed, SharingWithdrawn
from services.structures.facts.sharing import TERMS
from shared.facts.fact import LAST_DAY, Recorded
from shared.rights.sharing import Party


def parties_of(settled: Sequence[Recorded]) -> Iterator[Party]:
    """Of one group, from its facts that stand, in the order of truth. Who leaves the group, or withdraws, agrees anew to share
    again."""
    for fact in settled:
        agreed = fact.data
        if not isinstance(agreed, SharingAgreed):
            continue
        days = days_agreed(fact, settled)
        if days is None:
            continue
        yield Party(
            group_id=UUID(fact.subject.partition("/")[2]),
            agreement_id=agreed.agreement_id,
            structure_id=agreed.structure_id,
            purpose=agreed.purpose,
            profile=agreed.profile,
            terms=terms_of(agreed),
            coordinator=agreed.coordinator,
            agreed_at=fact.recordedtime,
            starts_on=days[0],
            ends_on=days[1],
        )


def days_agreed(agreed: Recorded, settled: Sequence[Recorded]) -> tuple[date, date | None] | None:
    """First and last day on which a member shares by what it agreed; None: not one."""
    data = agreed.data
    assert isinstance(data, SharingAgreed)
    stay = next(((first, last) for first, last in _stays(data.structure_id, settled) if last >= data.agreed_on), None)
    if stay is None:
        return None
    ends = [stay[1], data.until or LAST_DAY]
    # From that day on nothing is shared: the last day with sharing is the one before.
    ends += [fact.data.occurred_on - timedelta(days=1) for fact in settled if _ends(fact, agreed)]
    first, last = max(stay[0], data.agreed_on), min(ends)
    return None if last < first else (first, None if last == LAST_DAY else last)


def terms_of(agreed: SharingAgreed) -> str:
    return json.dumps(agreed.model_dump(mode="json", include=set(TERMS)), sort_keys=True)


def _ends(fact: Recorded, agreed: Recorded) -> bool:
    """A withdrawal ends what was agreed before its day, and what was recorded before it, whatever day that is from: who changes
    its mind on the day itself agrees anew. What one request brings is of one instant, and in its order."""
    left, data = fact.data, agreed.data
    return (
        isinstance(left, SharingWithdrawn)
        and isinstance(data, SharingAgreed)
        and (left.agreement_id, left.structure_id) == (data.agreement_id, data.structure_id)
        and (
            left.withdrawn_on > data.agreed_on
            or (fact.recordedtime, fact.sequence) > (agreed.recordedtime, agreed.sequence)
        )
    )


def _stays(structure_id: UUID, settled: Sequence[Recorded]) -> Iterator[tuple[date, date]]:
    """Days as a member, in their order; the last of one that goes on is `LAST_DAY`."""
    first: date | None = None
    for fact in settled:
        data = fact.data
        if not isinstance(data, MembershipStarted | MembershipEnded) or data.structure_id != structure_id:
            continue
        if isinstance(data, MembershipStarted):
            first = first or data.started_on
        elif first is not None:
            yield first, data.ended_on
            first = None
    if first is not None:
        yield first, LAST_DAY
