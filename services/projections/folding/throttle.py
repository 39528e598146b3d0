"""Large subjects take their turn: folding one costs as much as it has facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from shared.histories.subjects import Subject

LARGE = 2_000
"""Facts above which a subject is folded again at most once in EVERY_S; of a merged person those of all its ids."""

EVERY_S = 1.0


class Throttle:
    """When large subjects were folded last, and which wait to be folded again."""

    def __init__(self, clock: Callable[[], float], large: int = LARGE, every_s: float = EVERY_S) -> None:
        self._clock = clock
        self._large = large
        self._every_s = every_s
        self._due_at: dict[str, float] = {}
        self._waiting: set[str] = set()

    def large(self, subjects: Collection[Subject]) -> set[str]:
        """Those of them of which a fold reads many facts. All ids of a person are among them, or none."""
        # What comes after a merge counts in the version of each id: rather a few too many than a fold at each fact.
        versions = {one.subject: one.version for one in subjects}
        return {one.subject for one in subjects if sum(versions.get(name, 0) for name in one.together) > self._large}

    def is_early(self, subject: str) -> bool:
        """Whether a large subject was folded just now."""
        return self._due_at.get(subject, 0.0) > self._clock()

    def due(self) -> list[str]:
        """Subjects that have waited long enough."""
        now = self._clock()
        return sorted(name for name in self._waiting if self._due_at[name] <= now)

    def wait_s(self, longest: float) -> float:
        """How long nothing has to be done."""
        now = self._clock()
        return max(0.0, min([longest, *(self._due_at[name] - now for name in self._waiting)]))

    def put_off(self, subjects: Iterable[str]) -> None:
        self._waiting.update(subjects)

    def folded(self, subjects: Iterable[str]) -> None:
        now = self._clock()
        for name in subjects:
            self._waiting.discard(name)
            self._due_at[name] = now + self._every_s
        # Forgotten once it is past and nobody waits: a projector runs for months.
        if len(self._due_at) > len(self._waiting):
            self._due_at = {name: at for name, at in self._due_at.items() if at > now or name in self._waiting}
