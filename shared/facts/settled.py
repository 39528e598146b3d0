"""What stands of one subject, kept such that an event can be judged beside it without reading all of a life."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import overload

from shared.facts.fact import Fact, Recorded
from shared.facts.sayers import linked_names
from shared.facts.settle import Order

OfType = Callable[[type[Fact]], Sequence[Recorded]]
"""Of a type, the facts that stand, in the order of truth."""


class Settled(Sequence[Recorded]):
    """In the order of truth, all together and by type. What it gives is lent: whoever has it looks, and lets it go."""

    def __init__(self, facts: Iterable[Recorded], order: Order) -> None:
        """`facts`: settled, in that order."""
        self._order = order
        self._facts = list(facts)
        self._of_type: defaultdict[type[Fact], list[Recorded]] = defaultdict(list)
        self._named: set[tuple[str, str]] = set()
        for fact in self._facts:
            self._of_type[type(fact.data)].append(fact)
            self._named.update(linked_names(fact))

    def add(self, fact: Recorded) -> None:
        """One that changes nothing of what stands."""
        of_type = self._of_type[type(fact.data)]
        # Nearly always the last, then of its type too: what is found out by looking at one fact takes no search.
        if not self._facts or self._order(self._facts[-1]) <= self._order(fact):
            self._facts.append(fact)
            of_type.append(fact)
        else:
            insort(self._facts, fact, key=self._order)
            insort(of_type, fact, key=self._order)

    def of_type(self, kind: type[Fact]) -> Sequence[Recorded]:
        return self._of_type.get(kind, ())

    def of_kind(self, kind: type[Fact]) -> Iterator[Recorded]:
        """Those of every type that is one of its kind."""
        for one, facts in self._of_type.items():
            if issubclass(one, kind):
                yield from facts

    @property
    def named(self) -> AbstractSet[tuple[str, str]]:
        """Source and id of what these facts void or replace."""
        return self._named

    def __len__(self) -> int:
        return len(self._facts)

    def __iter__(self) -> Iterator[Recorded]:
        return iter(self._facts)

    @overload
    def __getitem__(self, place: int) -> Recorded: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Recorded]: ...
    def __getitem__(self, place: int | slice) -> Recorded | Sequence[Recorded]:
        return self._facts[place]


def named_in(facts: Sequence[Recorded]) -> AbstractSet[tuple[str, str]]:
    """Source and id of what facts that stand void or replace."""
    return facts.named if isinstance(facts, Settled) else {name for fact in facts for name in linked_names(fact)}


def by_type(facts: Sequence[Recorded]) -> OfType:
    if isinstance(facts, Settled):
        return facts.of_type
    found: defaultdict[type[Fact], list[Recorded]] = defaultdict(list)
    for fact in facts:
        found[type(fact.data)].append(fact)
    return lambda kind: found.get(kind, ())
