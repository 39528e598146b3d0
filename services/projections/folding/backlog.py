"""Who is far behind keeps what comes and folds it later: a subject whose facts stand far apart in the log is folded once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, takewhile

FAR_BEHIND = 2_000
"""Facts of one delivery from which on they are only kept: whoever keeps up with thousands a second gets far fewer."""

MOST_SUBJECTS, MOST_FACTS = 25_000, 500_000
"""That wait; then all are folded before more is read. It bounds how long rows stand still."""

MANY_FACTS = 20_000
"""That wait, from which on processes beside are worth their start: a second of a core for each."""

SILENT_FACTS = 20_000
"""Facts of others that come after a subject's last one, from which on most likely nothing more does, in a log in which
the facts of each stand together. Of whom something comes all the same is folded again."""

TOGETHER, FEWEST = 200, 50
"""Subjects folded per transaction: half a second, between two looks at what has come. Beside, fewer where fewer wait, but so
many: of several who fold none has much left to do when the others are done."""
SHARES = 8
"""Into so many parts those who wait are divided then."""


class Backlog:
    """Subjects that have facts in the histories and wait to be folded, in the order in which facts of them came last: of
    whom nothing has come for long, most likely nothing more does.

    What waits is told to the database too (`put_off`), in the transaction that keeps the facts: so nobody is told that they
    were applied, and whoever starts next folds them.
    """

    def __init__(
        self,
        far_behind: int = FAR_BEHIND,
        subjects: int = MOST_SUBJECTS,
        facts: int = MOST_FACTS,
        many_facts: int = MANY_FACTS,
        silent_facts: int = SILENT_FACTS,
    ) -> None:
        self._far_behind = far_behind
        self._most_subjects = subjects
        self._most_facts = facts
        self._many_facts = many_facts
        self._silent_facts = silent_facts
        self._waiting: dict[str, int] = {}
        """With how many facts had been put off when its last one was."""
        self._under_way: dict[str, None] = {}
        """In the order in which they were begun with."""
        self._came = 0
        """Ever put off."""
        self._facts = 0
        self._is_full = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self._under_way)

    def __contains__(self, subject: object) -> bool:
        return subject in self._waiting or subject in self._under_way

    @property
    def is_full(self) -> bool:
        """From when too much waits until nothing does: else a little room would be filled by much, again and again."""
        return self._is_full

    def is_long(self, more: int = 0) -> bool:
        """Whether many wait, perhaps with so many facts more."""
        return self._facts + more >= self._many_facts

    def is_far_behind(self, facts: int) -> bool:
        """Whether a delivery of so many facts is to be kept only."""
        return facts >= self._far_behind

    def put_off(self, subjects: Sequence[str]) -> None:
        """Of each fact that came, in their order, its subject."""
        for place, name in enumerate(subjects, start=self._came + 1):
            self._waiting.pop(name, None)  # to the end
            self._waiting[name] = place
        self._came += len(subjects)
        self._facts += len(subjects)
        self._is_full |= len(self) >= self._most_subjects or self._facts >= self._most_facts

    def found(self, subjects: Iterable[str]) -> None:
        """These wait too, as the database says: a projector that was killed had put them off."""
        for name in subjects:
            self._waiting.setdefault(name, 0)

    def next(self, shares: int = 1) -> list[str]:
        """The next to be folded; where they are divided into so many, not much more than one share."""
        together = max(FEWEST, min(TOGETHER, len(self._waiting) // shares))
        return list(islice(self._waiting, together))

    def next_silent(self) -> list[str]:
        """The next of whom nothing has come for long: they may be folded while more is kept."""
        last = self._came - self._silent_facts
        silent = takewhile(lambda entry: entry[1] <= last, self._waiting.items())
        return [name for name, _ in islice(silent, TOGETHER)]

    def begin(self, subjects: Sequence[str]) -> None:
        """They are being folded, perhaps elsewhere; what comes of them from now on waits anew."""
        for name in subjects:
            del self._waiting[name]
        self._under_way.update(dict.fromkeys(subjects))

    def took_turn(self, subjects: Iterable[str]) -> None:
        """Those wait no more, though nobody began with them: they were folded with a delivery."""
        for name in subjects:
            self._waiting.pop(name, None)
        self._emptied()

    def ended(self, subjects: Iterable[str]) -> None:
        """Those begun with were folded."""
        for name in subjects:
            self._under_way.pop(name, None)
        self._emptied()

    def lost(self) -> None:
        """Whether those begun with were folded is not known: they wait again, before the others."""
        others = {name: last for name, last in self._waiting.items() if name not in self._under_way}
        self._waiting = {**dict.fromkeys(self._under_way, 0), **others}
        self._under_way.clear()

    def _emptied(self) -> None:
        if not self:
            self._facts, self._is_full = 0, False
