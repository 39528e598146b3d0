"""Ids of facts that a service records by itself: they follow from what they follow from, so none is recorded twice.

The only place where such ids are made. They are for ever: a log recorded once is numbered the same by every later
version (tests/data/recorded_log).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import NAMESPACE_URL, uuid5

from shared.facts.fact import Recorded


class EffectIds:
    """Gives ids to effects recorded into one stream: of a cause and a type the next number that is free.

    `recorded`: the facts of the stream, in force or not, since an effect that stood before gets a new id when it stands
    again. What a cause records in the very moment it is recorded itself needs none: nothing follows from it yet.
    """

    def __init__(self, recorded: Iterable[Recorded] = ()) -> None:
        facts = list(recorded)
        self._given = Counter((fact.causationid, fact.type) for fact in facts)
        self._taken = {fact.id for fact in facts}

    def next(self, cause: Recorded, type_name: str) -> str:
        while True:
            self._given[cause.id, type_name] += 1
            name = _numbered(cause, type_name, self._given[cause.id, type_name])
            if name not in self._taken:  # a cause of another source may have the same id: it counted, its effects not
                return name


def effects_of(cause: Recorded, own: Iterable[Recorded], facts_in_stream: int) -> list[Recorded]:
    """Which of the service's own facts are effects of this very cause. That `causationid` says so is not enough: it names
    no source, and another source may have used the same id.

    `facts_in_stream`: of the subject, in force or not. Each number that `EffectIds` passed over or gave is one of them,
    so none can be higher.
    """
    return [
        fact
        for fact in own
        if fact.causationid == cause.id
        and any(fact.id == _numbered(cause, fact.type, number) for number in range(1, facts_in_stream + 1))
    ]


def notice_id(subject: str, name: str) -> str:
    """The id of a notice of the clock, which has no cause but the day: it follows from what the notice speaks of."""
    return str(uuid5(NAMESPACE_URL, f"{subject} {name}"))


def _numbered(cause: Recorded, type_name: str, number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"{cause.source} {cause.id} {type_name} {number}"))
