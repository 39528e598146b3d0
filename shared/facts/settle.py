"""settle: from the facts of one subject, as they came, to the ones that stand, in the order of truth.

Write services and projections call the same function, so a decision and a row never disagree about what is in force.
Nothing about arrival takes part: the same facts in any order settle to the same list.
"""

from __future__ import annotations

from collections import defaultdict
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
    """Sort key: the day it was true, the type's place in the catalogue, then `time`, id and source to break ties: of what was erased the place that the id had."""
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
        # Voids first: a correction that was voided replaces nothing, so what it had replaced stands again.
        unvoided = _without_voided(by_name)
        if corrected := _corrected_voids(unvoided, by_name):
            # A void that was corrected, to name another fact say, voids nothing any more.
            unvoided = _without_voided(by_name, corrected)
        by_name = _without_replaced(unvoided, by_name)
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


def _without_voided(by_name: Mapping[Name, Recorded], corrected: Set[Name] = frozenset()) -> dict[Name, Recorded]:
    """Drop what a standing void names. A void of a void restores; voids that name each other in a circle all fall.
    `corrected`: voids that void nothing."""
    voids = {
        name: target
        for name, fact in by_name.items()
        if name not in corrected and (target := _voided_by(fact)) in by_name and target
    }
    voided_by: dict[Name, list[Name]] = defaultdict(list)
    for name, target in voids.items():
        voided_by[target].append(name)
    stands: dict[Name, bool] = {name: True for name in by_name if name not in voided_by}
    ready = list(stands)
    while ready:
        name = ready.pop()
        target = voids.get(name)
        if target is None or target in stands:
            continue
        if stands[name]:
            stands[target] = False
        # Of several voids each must have fallen: one that stands is enough.
        elif all(stands.get(other) is False for other in voided_by[target]):
            stands[target] = True
        else:
            continue
        ready.append(target)
    # What was never decided stands in a circle of voids: all of it falls, the same whichever came first.
    return {name: fact for name, fact in by_name.items() if stands.get(name, False)}


def _voided_by(fact: Recorded) -> Name | None:
    void = fact.data
    if not isinstance(void, FactVoided):
        return None
    return (fact.service, void.fact_source or fact.source, void.fact_id)


def _corrected_voids(unvoided: Mapping[Name, Recorded], by_name: Mapping[Name, Recorded]) -> Set[Name]:
    """Voids whose place a fact in force takes, themselves voided or not."""
    links = _links(by_name)
    replaced = (target for name in links if name in unvoided for target in _replaced_by(name, links, unvoided))
    return {name for name in replaced if name in by_name and isinstance(by_name[name].data, FactVoided)}


def _links(by_name: Mapping[Name, Recorded]) -> dict[Name, Name]:
    """What each correction names, known or not."""
    return {
        name: (fact.service, fact.source, fact.replaces) for name, fact in by_name.items() if fact.replaces is not None
    }


def _without_replaced(unvoided: Mapping[Name, Recorded], by_name: Mapping[Name, Recorded]) -> dict[Name, Recorded]:
    """Of the facts joined by `replaces`, one stands: among those nothing replaces, the last by `time` and id.

    `by_name`: the voided ones too. They stand no more and replace nothing, but what they join stays joined: corrections of
    one fact are corrections of it whether or not it, or one between them, has been voided.
    """
    links = _links(by_name)
    replaced = {target for name in links if name in unvoided for target in _replaced_by(name, links, unvoided)}
    last: dict[Name, Name] = {}
    for name in unvoided:
        if name in links and name not in replaced:
            root = _first_of_chain(name, links)
            rival = last.get(root)
            if rival is None or _said_later(unvoided[name], unvoided[rival]):
                last[root] = name
    chosen = set(last.values())
    return {
        name: fact for name, fact in unvoided.items() if name in chosen or (name not in replaced and name not in links)
    }


def _replaced_by(name: Name, links: Mapping[Name, Name], unvoided: Mapping[Name, Recorded]) -> Iterator[Name]:
    """What a fact takes the place of: what it names, and, where that was voided, what that one had taken the place of."""
    passed = {name}
    target = links[name]
    yield target
    # On over voided ones; a circle that leads back over one is open there.
    while target not in unvoided and target in links and (target := links[target]) not in passed:
        passed.add(target)
        yield target


def _first_of_chain(name: Name, links: Mapping[Name, Name]) -> Name:
    """What a chain of corrections began with, whether or not it is known (yet)."""
    seen = {name}
    while (target := links.get(name)) is not None:
        if target in seen:
            # A circle has no first: the least name, so that the order of arrival does not tell.
            return min(_circle(target, links))
        seen.add(target)
        name = target
    return name


def _circle(start: Name, links: Mapping[Name, Name]) -> set[Name]:
    circle, name = {start}, links[start]
    while name != start:
        circle.add(name)
        name = links[name]
    return circle


def _said_later(fact: Recorded, other: Recorded) -> bool:
    return fact.said_order > other.said_order
