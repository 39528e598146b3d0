"""The streams a writer keeps in memory: the facts of recently used subjects, settled, bounded by facts."""

from __future__ import annotations

from bisect import insort
from collections import OrderedDict
from collections.abc import Iterable

from shared.facts import Catalogue, Recorded
from shared.settle import Order, is_plain, order_of_truth, settle
from shared.store import FactStore

SUBJECT_LIMIT = 50_000
"""Facts one subject may have in a service; more is a sender gone wrong."""


class Stream:
    """All facts of one subject in one service, and what stands of them.

    A fact that neither voids, replaces, nor is named by one is put in its place; any other settles all again.
    """

    def __init__(self, order: Order) -> None:
        self.version = 0
        self.names: set[tuple[str, str]] = set()
        self.settled: list[Recorded] = []
        self._order = order
        self._facts: list[Recorded] = []
        self._mended = False

    def __len__(self) -> int:
        return len(self._facts)

    def add(self, fact: Recorded) -> None:
        self.extend([fact])

    def extend(self, facts: Iterable[Recorded]) -> None:
        new = list(facts)
        if not new:
            return
        self._facts += new
        self.names.update(fact.key for fact in new)
        self.version = new[-1].streamversion
        self._mended = self._mended or not all(map(is_plain, new))
        if self._mended or len(new) > 1:
            self.settled = list(settle(self._facts, self._order))
        else:
            insort(self.settled, new[0], key=self._order)


class Streams:
    """Least recently used subjects leave once `capacity` facts are held. One thread uses it."""

    def __init__(self, store: FactStore, catalogue: Catalogue, capacity: int) -> None:
        self._store = store
        self._catalogue = catalogue
        self._order = order_of_truth(catalogue)
        self._capacity = capacity
        self._kept: OrderedDict[str, Stream] = OrderedDict()
        self._held = 0

    def load(self, subjects: Iterable[str]) -> dict[str, Stream]:
        """The streams as the store has them now, in one query."""
        streams = {subject: self._take(subject) for subject in subjects}
        tails: dict[str, list[Recorded]] = {}
        for entry in self._store.tails({subject: stream.version for subject, stream in streams.items()}):
            fact = self._catalogue.decode(entry.type, entry.wire)
            if fact is not None:
                tails.setdefault(entry.subject, []).append(fact)
        for subject, facts in tails.items():
            streams[subject].extend(facts)
        return streams

    def _take(self, subject: str) -> Stream:
        """Out of the cache: a decision that fails leaves nothing half-changed behind."""
        stream = self._kept.pop(subject, None)
        if stream is None:
            return Stream(self._order)
        self._held -= len(stream)
        return stream

    def keep(self, streams: dict[str, Stream]) -> None:
        """Put back streams that are as the store has them."""
        for subject, stream in streams.items():
            self._kept[subject] = stream
            self._held += len(stream)
        while self._held > self._capacity and self._kept:
            _, oldest = self._kept.popitem(last=False)
            self._held -= len(oldest)
