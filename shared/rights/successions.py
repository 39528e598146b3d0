"""Whose rights a structure has beside its own: those of structures that closed and that it took over. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple


class TakenOver(NamedTuple):
    """A structure (bare id) that another took over; that one has its rights from the day after `confirmed_on`."""

    structure_id: str
    confirmed_on: date


BySuccessor = Mapping[str, Sequence[TakenOver]]


def predecessors(structures: Iterable[str], by_successor: BySuccessor, today: date) -> dict[str, frozenset[str]]:
    """Of each of these structures, and of each that it took over, all that it took over by this day: those of before them
    too. Of who took over none there is nothing."""
    found: dict[str, frozenset[str]] = {}
    to_do = list(structures)
    while to_do:
        structure_id = to_do.pop()
        if structure_id not in found and (of_it := _all_before(structure_id, by_successor, today)):
            found[structure_id] = of_it
            to_do += of_it
    return found


def _all_before(structure_id: str, by_successor: BySuccessor, today: date) -> frozenset[str]:
    before: set[str] = set()
    to_do = [structure_id]
    while to_do:
        for one in by_successor.get(to_do.pop(), ()):
            if one.confirmed_on < today and one.structure_id not in before:
                before.add(one.structure_id)
                to_do.append(one.structure_id)
    # Two that closed and each named the other: nobody is its own predecessor.
    return frozenset(before - {structure_id})
