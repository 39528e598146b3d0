"""The streams a writer keeps in memory: the facts of recently used subjects, settled, bounded by facts."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.sayers import Sayers, ThingId, linked_names, sayer_of, things
from shared.facts.settle import Order, is_plain, order_of_truth, settle
from shared.facts.settled import Settled
from shared.log.store import FactStore

FEW = 8
"""Facts that are put in their places one by one; more are sorted in together."""


class Stream:
    """All facts of one subject in one service, and what stands of them.

    A fact that neither voids, replaces, nor is named by one is put in its place; any other settles all again.
    """

    def __init__(self, subject: str, order: Order) -> None:
        self.subject = subject
        self.version = 0
        self.names: dict[tuple[str, str], int] = {}
        """By source and id, the sequence of each fact; 0 until it is recorded."""
        self.settled = Settled((), order)
        self._order = order
        self._facts: list[Recorded] = []
        self._named: set[tuple[str, str]] = set()
        self.sayers = Sayers()
        """Whose the things are that its facts speak about."""
        self._said: dict[str, list[int]] = {}
        """By sayer, the versions of what was said for it."""
        self._awaited: set[ThingId] = set()
        """Things of which it was not known whose they are when somebody spoke about them."""

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def facts(self) -> Sequence[Recorded]:
        """All of them, in force or not, as they were recorded."""
        return self._facts

    def named(self, key: tuple[str, str]) -> Recorded | None:
        """The fact of this source and id, in force or not."""
        if key not in self.names:
            return None
        return next(fact for fact in self._facts if fact.key == key)

    def version_for(self, sayer: str | None, through: int | None = None) -> int:
        """How many facts were said for one sayer, up to a version of the stream where that is given."""
        said = self._said.get(sayer or "", ())
        return len(said) if through is None else bisect_right(said, through)

    def note(self, fact: Recorded, sequence: int) -> None:
        """That a fact taken before has its place in the log now."""
        self.names[fact.key] = sequence

    def extend(self, facts: Sequence[Recorded], version: int) -> None:
        """Take what follows up to `version`."""
        self.version = version
        self._facts += facts
        self.names.update((fact.key, fact.sequence) for fact in facts)
        for fact in facts:
            # Kept beyond this call: a fact may arrive after the one that voids it.
            self._named.update(linked_names(fact))
            self.sayers.add(fact)
            if (sayer := sayer_of(fact)) is not None:
                self._said.setdefault(sayer, []).append(fact.streamversion)
            if fact.unproven:
                self._awaited.update(thing_id for _, thing_id in things(type(fact.data).said.about, fact))
        if not all(is_plain(fact) and fact.key not in self._named and not self._proves(fact) for fact in facts):
            self.settled = Settled(settle(self._facts, self._order), self._order)
        elif len(facts) <= FEW:
            for fact in facts:
                self.settled.add(fact)
        else:
            self.settled = Settled(sorted([*self.settled, *facts], key=self._order), self._order)

    def _proves(self, fact: Recorded) -> bool:
        """Whether it tells whose something is that was spoken about before."""
        makes = type(fact.data).said.makes
        return bool(self._awaited) and any(thing_id in self._awaited for _, thing_id in things(makes, fact))


class Streams:
    """Least recently used subjects leave once `capacity` facts are held; the last one stays, however large it is.
    One thread uses it."""

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
        self._read_on(streams)
        return streams

    def at_hand(self, subjects: Iterable[str]) -> dict[str, Stream]:
        """The streams as they are kept here, which may be behind the store; those that are not, loaded."""
        kept = {subject: self._take(subject) for subject in subjects}
        self._read_on({subject: stream for subject, stream in kept.items() if stream.version == 0})
        return kept

    def _read_on(self, streams: Mapping[str, Stream]) -> None:
        if not streams:
            return
        tails = self._store.tails({subject: stream.version for subject, stream in streams.items()})
        for subject, of_subject in groupby(tails, key=attrgetter("subject")):
            entries = list(of_subject)
            decoded = [self._catalogue.decode(entry.type, entry.wire) for entry in entries]
            # A type of a later release is not judged, but its place in the stream is taken.
            streams[subject].extend([fact for fact in decoded if fact is not None], entries[-1].streamversion)

    def _take(self, subject: str) -> Stream:
        """Out of the cache: a decision that fails leaves nothing half-changed behind."""
        stream = self._kept.pop(subject, None)
        if stream is None:
            return Stream(subject, self._order)
        self._held -= len(stream)
        return stream

    def keep(self, streams: dict[str, Stream]) -> None:
        """Put back streams that are as the store has them."""
        for subject, stream in streams.items():
            self._kept[subject] = stream
            self._held += len(stream)
        while self._held > self._capacity and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._held -= len(oldest)
