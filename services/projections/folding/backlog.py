"""Who is far behind keeps what comes and folds it later: a subject whose facts stand far apart in the log is folded once."""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import islice

FAR_BEHIND = 2_000
"""Facts of one delivery from which on they are only kept: whoever keeps up with thousands a second gets far fewer."""

MOST_SUBJECTS, MOST_FACTS = 25_000, 500_000
"""That wait; then all are folded before more is read. It bounds memory, how long rows stand still, and, to a minute or
two, how long a consumer group hears nothing of this reader."""

TOGETHER = 200
"""Subjects folded per transaction: half a second, between two looks at what has come."""


class Backlog:
    """Subjects that have facts in the histories and wait to be folded, in the order in which they began to wait.

    What waits is told to the database too (`put_off`), in the transaction that keeps the facts: so nobody is told that they
    were applied, and whoever starts next folds them.
    """

    def __init__(self, far_behind: int = FAR_BEHIND, subjects: int = MOST_SUBJECTS, facts: int = MOST_FACTS) -> None:
        self._far_behind = far_behind
        self._most_subjects = subjects
        self._most_facts = facts
        self._waiting: dict[str, None] = {}
        self._facts = 0
        self._is_full = False

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, subject: object) -> bool:
        return subject in self._waiting

    @property
    def is_full(self) -> bool:
        """From when too much waits until nothing does: else a little room would be filled by much, again and again."""
        return self._is_full

    def is_far_behind(self, facts: int) -> bool:
        """Whether a delivery of so many facts is to be kept only."""
        return facts >= self._far_behind

    def put_off(self, subjects: Iterable[str], facts: int) -> None:
        self._waiting.update(dict.fromkeys(subjects))
        self._facts += facts
        self._is_full |= len(self._waiting) >= self._most_subjects or self._facts >= self._most_facts

    def next(self, at_hand: Container[str]) -> list[str]:
        """The next to be folded: those `at_hand` first, before others take their place there."""
        ready = list(islice((name for name in self._waiting if name in at_hand), TOGETHER))
        return ready or list(islice(self._waiting, TOGETHER))

    def took_turn(self, subjects: Iterable[str]) -> None:
        for name in subjects:
            self._waiting.pop(name, None)
        if not self._waiting:
            self._facts, self._is_full = 0, False
