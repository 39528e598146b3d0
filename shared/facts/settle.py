"""settle: from the facts of one subject, as they came, to the ones that stand, in the order of truth.

Write services and projections call the same function, so a decision and a row never disagree about what is in force.
Nothing about arrival takes part: the same facts in any order settle to the same list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from shared.facts.catalogue import Catalogue
from shared.facts.fact import FactVoided, Recorded

Name = tuple[str, str, str]
"""Service, source and id: no two facts have them alike, and those that void or replace a fact call it so."""

Order = Callable[[Recorded], tuple[Any, ...]]


def order_of_truth(catalogue: Catalogue) -> Order:
    """Sort key: the day it was true, the type's place in the catalogue, then `time`, id and source to break ties."""
    place = catalogue.place

    def key(fact: Recorded) -> tuple[Any, ...]:
        return (fact.data.occurred_on, place(fact.type), fact.time, fact.id, fact.source)

    return key


def settle(
    facts: Iterable[Recorded], order: Order, *, known_at: datetime | None = None, as_of: date | None = None
) -> tuple[Recorded, ...]:
    """What stands, in the order of truth.

    `known_at` (an instant) forgets what was recorded after it; `as_of` (a Paris day) what was decided or became true
    after it, but never a void: a mistake was one from the start. Facts repeated under one name count once.
    """
    by_name = {name_of(fact): fact for fact in facts if known_at is None or fact.recordedtime <= known_at}
    # Nearly always nobody voids or replaces anything: then there is nothing to look up.
    if any(fact.replaces is not None or isinstance(fact.data, FactVoided) for fact in by_name.values()):
        # Voids first: a correction that was voided replaces nothing, so what it had replaced stands again.
        by_name = _without_replaced(_without_voided(by_name))
    standing = by_name.values() if as_of is None else [fact for fact in by_name.values() if _true_by(fact, as_of)]
    return tuple(sorted(standing, key=order))


def is_plain(fact: Recorded) -> bool:
    """Whether the fact can only add itself to what stands (it neither voids nor replaces)."""
    return fact.replaces is None and not isinstance(fact.data, FactVoided)


def name_of(fact: Recorded) -> Name:
    return (fact.service, fact.source, fact.id)


def _true_by(fact: Recorded, day: date) -> bool:
    return isinstance(fact.data, FactVoided) or fact.decided_on <= day


def _without_voided(by_name: Mapping[Name, Recorded]) -> dict[Name, Recorded]:
    """Drop what a standing void names. A void of a void restores; voids that name each other in a circle all fall."""
    voids = {name: target for name, fact in by_name.items() if (target := _voided_by(fact)) in by_name and target}
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


def _without_replaced(by_name: Mapping[Name, Recorded]) -> dict[Name, Recorded]:
    """Of the facts joined by `replaces`, one stands: among those nothing replaces, the last by `time` and id."""
    links = {
        name: target
        for name, fact in by_name.items()
        if fact.replaces is not None and (target := (fact.service, fact.source, fact.replaces)) in by_name
    }
    replaced = set(links.values())
    if not replaced:
        return dict(by_name)
    last: dict[Name, Name] = {}
    for name in by_name:
        if name in links and name not in replaced:
            root = _first_of_chain(name, links)
            rival = last.get(root)
            if rival is None or _said_later(by_name[name], by_name[rival]):
                last[root] = name
    chosen = set(last.values())
    return {
        name: fact for name, fact in by_name.items() if name in chosen or (name not in replaced and name not in links)
    }


def _first_of_chain(name: Name, links: Mapping[Name, Name]) -> Name:
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
    return (fact.time, fact.id) > (other.time, other.id)
