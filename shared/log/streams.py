"""The streams a writer keeps in memory: the facts of recently used subjects, settled, bounded by facts."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence, Sized
from itertools import groupby
from operator import attrgetter
from typing import Generic, TypeVar

from shared.facts.catalogue import Catalogue
from shared.facts.erasing import PersonErased
from shared.facts.fact import Recorded
from shared.facts.sayers import Sayers, ThingId, linked_names, sayer_of, things
from shared.facts.settle import Order, is_plain, order_of_truth, settle
from shared.facts.settled import Settled
from shared.log.entries import LogEntry
from shared.log.store import FactStore

LONG_FACTS = 4_000
"""Facts of a long stream: to load that many takes some 0.2 s, to settle them again 0.02 s."""
PIECE = 1_000
"""Facts loaded at a time: some 0.05 s."""
PIECE_OF_LONG = 250
"""Of one stream that has more than that to be loaded: others wait for each of its pieces, and there are many."""
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
        self.order = order
        self._facts: list[Recorded] = []
        self._settled: Settled | None = Settled((), order)
        """None: all has to be settled again."""
        self._unsorted: list[Recorded] = []
        """What stands as well."""
        self._named: set[tuple[str, str]] = set()
        self.sayers = Sayers()
        """Whose the things are that its facts speak about."""
        self._said: dict[str, list[int]] = {}
        """By sayer, the versions of what was said for it."""
        self.is_erased = False
        """Whether it says that its person is forgotten. No void takes that back: what was emptied stays so."""
        self._awaited: set[ThingId] = set()
        """Things of which it was not known whose they are when somebody spoke about them."""

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def facts(self) -> Sequence[Recorded]:
        """All of them, in force or not, as they were recorded."""
        return self._facts

    @property
    def settled(self) -> Settled:
        """Made when it is asked for: where a long stream comes in pieces once, not after each of them."""
        if self._settled is None:
            self._settled = Settled(settle(self._facts, self.order), self.order)
        elif self._unsorted:
            self._settled = Settled(sorted([*self._settled, *self._unsorted], key=self.order), self.order)
            self._unsorted = []
        return self._settled

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
        keys = [fact.key for fact in facts]
        for fact, key in zip(facts, keys, strict=True):
            self.names[key] = fact.sequence
            # Kept beyond this call: a fact may arrive after the one that voids it.
            self._named.update(linked_names(fact))
            self.sayers.add(fact)
            self.is_erased = self.is_erased or isinstance(fact.data, PersonErased)
            if (sayer := sayer_of(fact)) is not None:
                self._said.setdefault(sayer, []).append(fact.streamversion)
            if fact.unproven:
                self._awaited.update(thing_id for _, thing_id in things(type(fact.data).said.about, fact))
        changes = any(not is_plain(fact) or self._proves(fact) for fact in facts)
        if changes or not self._named.isdisjoint(keys):
            self._settled, self._unsorted = None, []
        elif self._settled is not None:
            if len(facts) <= FEW and not self._unsorted:
                for fact in facts:
                    self._settled.add(fact)
            else:
                self._unsorted += facts

    def _proves(self, fact: Recorded) -> bool:
        """Whether it tells whose something is that was spoken about before."""
        if not self._awaited:
            return False
        return any(thing_id in self._awaited for _, thing_id in things(type(fact.data).said.makes, fact))


S = TypeVar("S", bound=Sized)


class Shelf(Generic[S]):
    """Least recently used streams leave once `capacity` facts are held; the last one stays, however large it is."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, S] = OrderedDict()
        self._held = 0

    def length(self, subject: str) -> int | None:
        """How many facts are kept of it; None where it is not."""
        stream = self._kept.get(subject)
        return None if stream is None else len(stream)

    def take(self, subject: str) -> S | None:
        stream = self._kept.pop(subject, None)
        if stream is not None:
            self._held -= len(stream)
        return stream

    def put(self, subject: str, stream: S) -> None:
        self.take(subject)
        self._kept[subject] = stream
        self._held += len(stream)
        while self._held > self._capacity and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._held -= len(oldest)


class Streams:
    """Those used last are kept, up to `capacity` facts; long ones apart, up to as many again: one of them would push out
    all the others. One thread uses it."""

    def __init__(self, store: FactStore, catalogue: Catalogue, capacity: int) -> None:
        self._store = store
        self._catalogue = catalogue
        self._order = order_of_truth(catalogue)
        self._short, self._long = Shelf[Stream](capacity), Shelf[Stream](capacity)

    def lengths(self, subjects: Iterable[str]) -> dict[str, int]:
        """Of those that are kept here, how many facts."""
        found = ((subject, self._length(subject)) for subject in subjects)
        return {subject: length for subject, length in found if length is not None}

    def load(self, subjects: Iterable[str]) -> dict[str, Stream]:
        """The streams as the store has them now, in one query."""
        streams = {subject: self._take(subject) for subject in subjects}
        self._read_on(streams)
        return streams

    def gather(self, versions: Mapping[str, int]) -> Generator[None, None, dict[str, Stream]]:
        """The streams as they are kept here, or up to the versions that the store had a moment ago, where those are higher;
        0 asks for nothing. With a pause after each piece that was loaded."""
        streams = {subject: self._take(subject) for subject in versions}
        few: dict[str, Stream] = {}
        count = 0
        for subject, stream in streams.items():
            if (missing := versions[subject] - stream.version) <= 0:
                continue
            if missing > PIECE:
                yield from self._read_in_pieces(stream)
                continue
            if count + missing > PIECE:
                self._read_on(few)
                yield
                few, count = {}, 0
            few[subject] = stream
            count += missing
        self._read_on(few)
        return streams

    def _read_in_pieces(self, stream: Stream) -> Iterator[None]:
        while entries := self._store.tail(stream.subject, stream.version, min(PIECE, PIECE_OF_LONG)):
            self._extend(stream, entries)
            yield

    def _read_on(self, streams: Mapping[str, Stream]) -> None:
        if not streams:
            return
        tails = self._store.tails({subject: stream.version for subject, stream in streams.items()})
        for subject, of_subject in groupby(tails, key=attrgetter("subject")):
            self._extend(streams[subject], list(of_subject))

    def _extend(self, stream: Stream, entries: Sequence[LogEntry]) -> None:
        decoded = [self._catalogue.decode(entry.type, entry.wire) for entry in entries]
        # A type of a later release is not judged, but its place in the stream is taken.
        stream.extend([fact for fact in decoded if fact is not None], entries[-1].streamversion)

    def _length(self, subject: str) -> int | None:
        length = self._short.length(subject)
        return self._long.length(subject) if length is None else length

    def _take(self, subject: str) -> Stream:
        """Out of the cache: a decision that fails leaves nothing half-changed behind."""
        kept = self._short.take(subject)
        kept = self._long.take(subject) if kept is None else kept
        return Stream(subject, self._order) if kept is None else kept

    def keep(self, streams: Mapping[str, Stream]) -> None:
        """Put back streams that are as the store has them: not of whom it has emptied, which it has otherwise by now."""
        for subject, stream in streams.items():
            if not stream.is_erased:
                (self._long if len(stream) > LONG_FACTS else self._short).put(subject, stream)
