"""What two implementations say of one life, and where they differ."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from tests.oracle import agrements as naive
from tests.oracle.history import History, told
from tests.oracle.lives import KINDS, Life, smallest
from tests.oracle.product_agrements import AgrementsAsSaid


def plain(agrement: dict[str, Any]) -> dict[str, Any]:
    spans = {
        name: {key: (one["starts_on"], one["ends_on"]) for key, one in agrement[name].items()}
        for name in ("suspensions", "prolongations")
    }
    return {"starts_on": agrement["starts_on"], "ends_on": agrement["ends_on"], **spans}


def differences(history: History, counting: str = "reference") -> list[str]:
    """Each difference as one line; none where both say the same."""
    file = naive.file_of(history, KINDS, counting)
    theirs = AgrementsAsSaid(history, KINDS, counting)
    said = theirs.agrements()
    found = []
    for name in sorted({*file, *said}):
        if name not in file or name not in said:
            found.append(f"{name}: only one of them knows it")
            continue
        ours = plain(file[name])
        found += [
            f"{name}.{key}: product {said[name][key]}, page {ours[key]}" for key in ours if said[name][key] != ours[key]
        ]
    if found or any(is_irregular(one) for one in file.values()):
        return found
    return differences_by_day(history, counting, file, theirs)


def is_irregular(agrement: dict[str, Any]) -> bool:
    """Whether a suspension begins before its agrément, once a start has moved past it, or two share a day, once a hire
    between them was voided: days are not counted then. The page's formula takes two for apart."""
    spans = sorted((one["starts_on"], one["ends_on"]) for one in agrement["suspensions"].values())
    share = any(second[0] <= first[1] for first, second in pairwise(spans))
    return share or any(starts_on < agrement["starts_on"] for starts_on, _ in spans)


def differences_by_day(history: History, counting: str, whole: dict[str, Any], theirs: AgrementsAsSaid) -> list[str]:
    """Around each day on which something begins or ends, by what had been declared by that day."""
    days = {day + timedelta(days=around) for one in whole.values() for day in days_of(one) for around in (-1, 0, 1)}
    days |= {naive.carence(one)[1] + timedelta(days=around) for one in whole.values() for around in (0, 1)}
    found = []
    for on in sorted(days):
        file = naive.file_of(history, KINDS, counting, on)
        said, carence = theirs.on(on)
        if set(said) != set(file):
            found.append(f"known on {on}: product {sorted(said)}, page {sorted(file)}")
            continue
        if any(is_irregular(one) for one in file.values()):
            continue
        if carence != naive.carence_on(file, on):
            found.append(f"carence on {on}: product {carence}, page {naive.carence_on(file, on)}")
        for name, one in file.items():
            ours = (naive.state_on(one, on), naive.remaining_days(one, on), naive.end_if_resumed(one, on))
            if said[name] != ours:
                found.append(f"{name} on {on}: product {said[name]}, page {ours}")
    return found


def days_of(agrement: dict[str, Any]) -> list[date]:
    spans = [agrement, *agrement["suspensions"].values()]
    return [one[key] for one in spans for key in ("starts_on", "ends_on")]


def first_difference(seeds: range, acts: tuple[str, ...], first: date, counting: str) -> str | None:
    """The first life they do not agree on, as small as it can be, with its seed."""
    for seed in seeds:
        history = Life(seed, acts, first).history
        if differences(history, counting):
            return report(seed, history, counting)
    return None


def report(seed: int, history: History, counting: str) -> str:
    least = smallest(history, lambda it: differences(it, counting))
    return "\n".join([f"seed {seed}, {counting}:", told(least), *differences(least, counting)])
