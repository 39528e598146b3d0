"""Persons under several ids in what a reader keeps: who was ever joined with whom, whose rows tell of each, and the facts
of a person together. See docs/adr/0036."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from psycopg import Connection

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.merging import PersonsMerged, persons_among, target_of
from shared.facts.settle import Order, order_of_truth
from shared.histories.history import History, load
from shared.histories.subjects import Subject, write_linked
from shared.log.merges import join
from shared.log.place import Arrived


def merges_in(facts: Iterable[Arrived], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Of each merge among them, the two that it names; of one that cannot be read nothing: its fold says so."""
    types = {name for name, kind in catalogue.facts.items() if issubclass(kind, PersonsMerged)}
    for fact in facts:
        if fact.type in types:
            history = History()
            history.add(catalogue, fact.service, fact.streamversion, fact.type, fact.envelope)
            yield from merges_of(history.facts)


def merges_kept(connection: Connection[Any], names: Collection[str], catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """The same of all that is kept of some subjects."""
    for history in load(connection, sorted(names), catalogue).values():
        yield from merges_of(history.facts)


def merges_of(facts: Iterable[Recorded]) -> Iterator[tuple[str, str]]:
    """Of each merge among them, holding or not, the two that it names."""
    return ((fact.subject, target_of(fact.data)) for fact in facts if isinstance(fact.data, PersonsMerged))


def link(
    connection: Connection[Any], subjects: Mapping[str, Subject], merges: Iterable[tuple[str, str]]
) -> dict[str, Subject]:
    """The subjects as they are once these merges join some. All of them, and whom merges name, are locked."""
    groups = {name: frozenset(subject.linked) for name, subject in subjects.items() if subject.linked}
    for pair in merges:
        join(groups, *pair)
    now = {
        name: replace(subject, linked=sorted(groups[name])) if name in groups else subject
        for name, subject in subjects.items()
    }
    write_linked(connection, [subject for name, subject in now.items() if subject != subjects[name]])
    return now


def roots_among(histories: Mapping[str, History], order: Order, **past: Any) -> dict[str, str]:
    """The root of each, from the histories of all that merges ever joined with one of them. `past`: as `settle` takes it."""
    facts = chain.from_iterable(history.facts for history in histories.values())
    return {name: root for root, ids in persons_among(histories.keys(), facts, order, **past).items() for name in ids}


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept under one id, and of the whole person: that is what its rows follow from. Of an id that is not the
    person's root nothing: the root's rows tell of it."""

    own: History
    person: History
    ids: Collection[str]
    root: str


def load_known(
    connection: Connection[Any], linked: Mapping[str, Collection[str] | None], catalogue: Catalogue
) -> dict[str, Known]:
    """Of some subjects; `linked`: all that merges ever joined with each, where any did."""
    names = {one for name, together in linked.items() for one in together or (name,)}
    histories = load(connection, sorted(names), catalogue)
    order = order_of_truth(catalogue)
    return {
        name: _known(name, {one: histories[one] for one in together}, order)
        if together
        else Known(histories[name], histories[name], (name,), name)
        for name, together in linked.items()
    }


def _known(name: str, histories: Mapping[str, History], order: Order) -> Known:
    roots = roots_among(histories, order)
    ids = sorted(one for one, root in roots.items() if root == name)
    return Known(histories[name], History.joined(histories[one] for one in ids), ids, roots[name])
