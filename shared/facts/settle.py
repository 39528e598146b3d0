"""settle: from the facts of one subject, as they came, to the ones that stand, in the order of truth.

Write services and projections call the same function, so a decision and a row never disagree about what is in force.
Nothing about arrival takes part: the same facts in any order settle to the same list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from datetime import date, datetime
from typing import Any

from shared.facts.catalogue import Catalogue
from shared.facts.fact import FactVoided, Recorded, service_of
from shared.facts.sayers import anothers

Name = tuple[str, str, str]
"""Service, source and id: no two facts have them alike, and those that void or replace a fact call it so."""

Order = Callable[[Recorded], tuple[Any, ...]]


def order_of_truth(catalogue: Catalogue) -> Order:
    """Sort key: the day it was true, the type's place in the catalogue, then `time`, id and source to break ties; of what was
    erased, before the id, the place that the id had."""
    places = {name: catalogue.place(name) for name in catalogue.facts}

    def key(fact: Recorded) -> tuple[Any, ...]:
        return (fact.data.occurred_on, places[fact.type], fact.time, fact.erased or 0, fact.id, fact.source)

    return key


def settle(
    facts: Iterable[Recorded], order: Order, *, known_at: datetime | None = None, as_of: date | None = None
) -> tuple[Recorded, ...]:
    """What stands, in the order of truth.

    What was recorded before it was known whose is what it speaks about does not stand where that is another's.
    `known_at` (an instant) forgets what was recorded after it; `as_of` (a Paris day) what was decided or became true
    after it, but never a void: a mistake was one from the start. Facts repeated under one name count once.
    """
    by_name = {name_of(fact): fact for fact in facts if known_at is None or fact.recordedtime <= known_at}
    # First: what speaks about another's contract neither voids nor replaces anything.
    if disproved := anothers(by_name):
        by_name = {name: fact for name, fact in by_name.items() if name not in disproved}
    # Nearly always nobody voids or replaces anything: then there is nothing to look up.
    if any(fact.replaces is not None or isinstance(fact.data, FactVoided) for fact in by_name.values()):
        undone = _Mending(by_name).undone()
        by_name = {name: fact for name, fact in by_name.items() if name not in undone}
    standing = by_name.values() if as_of is None else [fact for fact in by_name.values() if _true_by(fact, as_of)]
    return tuple(sorted(standing, key=order))


def not_theirs(facts: Collection[Recorded], order: Order) -> tuple[Recorded, ...]:
    """What `settle` drops because it speaks about another's, in the order of truth; not what its own sayer has voided."""
    # Nearly always everything is proven: then nothing need be named.
    if not any(fact.unproven for fact in facts):
        return ()
    by_name = {name_of(fact): fact for fact in facts}
    disproved = anothers(by_name)
    standing = (fact for name, fact in by_name.items() if name not in disproved)
    voided = {target for fact in standing if (target := _voided_by(fact)) is not None}
    return tuple(sorted((by_name[name] for name in disproved - voided), key=order))


def is_plain(fact: Recorded) -> bool:
    """Whether the fact can only add itself to what stands (it neither voids nor replaces, and needs no proof)."""
    return fact.replaces is None and not isinstance(fact.data, FactVoided) and not fact.unproven


def name_of(fact: Recorded) -> Name:
    return (service_of(fact.type), fact.source, fact.id)


def _true_by(fact: Recorded, day: date) -> bool:
    return isinstance(fact.data, FactVoided) or fact.decided_on <= day


def _voided_by(fact: Recorded) -> Name | None:
    void = fact.data
    if not isinstance(void, FactVoided):
        return None
    return (fact.service, void.fact_source or fact.source, void.fact_id)


class _Mending:
    """What voids and corrections of each other leave standing.

    A void voids while it stands, a correction replaces while it is not voided: each may hang on any other. So which facts
    are voided is narrowed from both sides, `unvoided` (known not to be) growing into `maybe` (not known to be), until
    nothing more follows. What even then nobody can tell goes in a circle, of voids or of voids and corrections, and falls.
    """

    def __init__(self, by_name: Mapping[Name, Recorded]) -> None:
        self._facts = by_name
        self._links = {
            name: (fact.service, fact.source, fact.replaces)
            for name, fact in by_name.items()
            if fact.replaces is not None
        }
        # Voids of which it is not known yet whether they stand, with what they name.
        self._open = {
            name: target for name, fact in by_name.items() if (target := _voided_by(fact)) in by_name and target
        }
        self._roots = _roots(self._links)
        concerned = {*self._open, *self._open.values(), *self._links, *self._links.values()} & by_name.keys()
        self._groups: dict[Name, list[Name]] = defaultdict(list)
        for name in concerned:
            self._groups[self._root(name)].append(name)
        self._open_voids_of = Counter(self._open.values())
        self._unvoided = {name for name in concerned if name not in self._open_voids_of}
        self._maybe = concerned

    def undone(self) -> Set[Name]:
        """What does not stand."""
        concerned = set(self._maybe)
        self._narrow(set(self._groups))
        circle = self._circle() if len(self._unvoided) < len(self._maybe) else set()
        in_circles = circle.union(name for name, target in self._open.items() if target in circle)
        self._maybe -= circle
        self._narrow({self._root(name) for name in circle})
        return concerned.difference(*(self._standing_of(root)[0] for root in self._groups)) | in_circles

    def _root(self, name: Name) -> Name:
        return self._roots.get(name, name)

    def _narrow(self, roots: Set[Name]) -> None:
        while roots:
            roots = {self._root(name) for root in roots for name in self._decided_by(root)}

    def _decided_by(self, root: Name) -> Iterator[Name]:
        """The facts of which the voids of a group now tell whether they are voided."""
        surely, maybe = self._standing_of(root)
        for void in self._groups[root]:
            if void not in self._open or (void in maybe and void not in surely):
                continue
            target = self._open.pop(void)
            self._open_voids_of[target] -= 1
            if target in self._maybe and void in surely:
                self._maybe.remove(target)
                yield target
            # Of several voids each must have fallen: one that stands is enough.
            elif target in self._maybe and not self._open_voids_of[target]:
                self._unvoided.add(target)
                yield target

    def _standing_of(self, root: Name) -> tuple[Collection[Name], Collection[Name]]:
        """What surely, and what maybe stands of the facts joined by `replaces`: among those nothing replaces, the last by
        `time` and id.

        Voided ones stand no more and replace nothing, but what they join stays joined: corrections of one fact are
        corrections of it whether or not it, or one between them, has been voided.
        """
        group = self._groups[root]
        replaced = self._replaced_in(group, self._unvoided)
        ends = [name for name in group if name in self._maybe and name not in replaced]
        if not ends:
            return (), ()
        maybe_replaced = self._replaced_in(group, self._maybe)
        sure_ends = [name for name in ends if name in self._unvoided and name not in maybe_replaced]
        if not sure_ends:
            return (), ends
        last_sure, last = max(sure_ends, key=self._said), max(ends, key=self._said)
        rivals = [name for name in ends if self._said(name) >= self._said(last_sure)]
        return ((last,) if last == last_sure else ()), rivals

    def _replaced_in(self, group: Iterable[Name], unvoided: Set[Name]) -> Set[Name]:
        return {
            target
            for name in group
            if name in unvoided and name in self._links
            for target in _replaced_by(name, self._links, unvoided)
        }

    def _said(self, name: Name) -> tuple[datetime, int, str]:
        return self._facts[name].said_order

    def _circle(self) -> set[Name]:
        """Of the facts of which nobody can tell whether they are voided, those from which voids lead back to them; not what
        they void besides."""
        circle = self._maybe - self._unvoided
        voids: dict[Name, list[Name]] = defaultdict(list)
        for void, target in self._open.items():
            voids[target].append(void)
        leading = Counter(self._root(void) for void, target in self._open.items() if target in circle)
        loose = [name for name in circle if not leading[self._root(name)]]
        while loose:
            name = loose.pop()
            circle.remove(name)
            for root in map(self._root, voids[name]):
                leading[root] -= 1
                if not leading[root]:
                    loose += [other for other in self._groups[root] if other in circle]
        return circle


def _roots(links: Mapping[Name, Name]) -> dict[Name, Name]:
    """What each chain of corrections began with, whether or not it is known (yet)."""
    roots: dict[Name, Name] = {}
    for start in links:
        passed: dict[Name, None] = {}
        name = start
        while name in links and name not in roots and name not in passed:
            passed[name] = None
            name = links[name]
        # A circle has no first: the least name, so that the order of arrival does not tell.
        root = min(_circle(name, links)) if name in passed else roots.get(name, name)
        roots.update(dict.fromkeys(passed, root))
    return roots


def _circle(start: Name, links: Mapping[Name, Name]) -> set[Name]:
    circle, name = {start}, links[start]
    while name != start:
        circle.add(name)
        name = links[name]
    return circle


def _replaced_by(name: Name, links: Mapping[Name, Name], unvoided: Set[Name]) -> Iterator[Name]:
    """What a fact takes the place of: what it names, and, where that was voided, what that one had taken the place of."""
    passed = {name}
    target = links[name]
    yield target
    # On over voided ones; a circle that leads back over one is open there.
    while target not in unvoided and target in links and (target := links[target]) not in passed:
        passed.add(target)
        yield target
