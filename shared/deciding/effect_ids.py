"""Ids of facts that a service records by itself: they follow from what they follow from, so none is recorded twice.

The only place where such ids are made. They are for ever: a log recorded once is numbered the same by every later
version (tests/data/recorded_log).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from uuid import NAMESPACE_URL, uuid5

from shared.facts.fact import Recorded


class EffectIds:
    """Gives ids to effects recorded into one stream: of a cause and a type the next number that is free.

    `recorded`: the facts of the stream, in force or not, since an effect that stood before gets a new id when it stands
    again. What a cause records in the very moment it is recorded itself needs none: nothing follows from it yet.
    """

    def __init__(self, recorded: Iterable[Recorded] = ()) -> None:
        # Facts of other sources are counted too: two causes may share an id, and a number is never given twice.
        facts = list(recorded)
        self._given = Counter((fact.causationid, fact.type) for fact in facts)
        self._taken = {fact.id for fact in facts}

    def next(self, cause: Recorded, type_name: str) -> str:
        while True:
            self._given[cause.id, type_name] += 1
            name = _numbered(cause, type_name, self._given[cause.id, type_name])
            if name not in self._taken:  # a cause of another source may have the same id: it counted, its effects not
                return name


def effects_of(cause: Recorded, own: Iterable[Recorded], recorded: Sequence[Recorded]) -> list[Recorded]:
    """Which of the service's own facts are effects of this very cause. That `causationid` says so is not enough: it names
    no source, and another source may have used the same id.

    `recorded`: all facts of the subject, in force or not.
    """
    alike = [fact for fact in own if fact.causationid == cause.id]
    # Computed once for a type: a cause may have many effects, and each would count through all facts again.
    ids = {name: set(_ids_given(cause, name, recorded)) for name in {fact.type for fact in alike}}
    return [fact for fact in alike if fact.id in ids[fact.type]]


def _ids_given(cause: Recorded, type_name: str, recorded: Iterable[Recorded]) -> Iterator[str]:
    """Every id that `EffectIds` can have given. It counts on from the facts of that cause's id and that type, whatever
    their source, so no number is higher than they are many; but for each that it passed over as taken, one more."""
    counted = 0
    taken: set[str] = set()
    for fact in recorded:
        if (fact.causationid, fact.type) == (cause.id, type_name):
            counted += 1
        else:
            taken.add(fact.id)
    number = 0
    while counted > 0:
        number += 1
        name = _numbered(cause, type_name, number)
        counted -= name not in taken
        yield name


def notice_id(subject: str, name: str) -> str:
    """The id of a notice of the clock, which has no cause but the day: it follows from what the notice speaks of."""
    return str(uuid5(NAMESPACE_URL, f"{subject} {name}"))


def _numbered(cause: Recorded, type_name: str, number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"{cause.source} {cause.id} {type_name} {number}"))
