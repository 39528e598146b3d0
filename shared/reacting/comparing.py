"""What every comparison of a service with itself does alike: some subjects at a time, and again where they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from shared.log.comparison import Comparison, Difference, Rest
from shared.log.store import FactStore

TOGETHER = 500
TRIES = 5
"""Facts and what follows from them change in one transaction and are read in two: where they differ, both are read again."""


def compare(
    comparison: Comparison,
    parts: Iterable[Sequence[str]],
    differing: Callable[[Sequence[str]], Iterable[Difference]],
    *,
    rest: Rest,
    tries: int = TRIES,
) -> Comparison:
    """Add what still differs of some subjects when they have been read again. `differing`: of these subjects."""
    for some in parts:
        comparison.subjects += len(some)
        found: list[Difference] = []
        asked: Sequence[str] = some
        for _ in range(tries):
            found = list(differing(asked))
            asked = list(dict.fromkeys(str(difference.subject) for difference in found))
            if not asked:
                break
        comparison.add(found)
        rest()
    return comparison


def parts_of(store: FactStore, subjects: Sequence[str] | None) -> Iterator[Sequence[str]]:
    """These subjects, or all of a store, TOGETHER at a time."""
    if subjects is not None:
        yield from (subjects[start : start + TOGETHER] for start in range(0, len(subjects), TOGETHER))
        return
    after = ""
    while some := store.subjects(after, TOGETHER):
        yield some
        after = some[-1]
