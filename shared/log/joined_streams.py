"""What is recorded of one person under several ids, as an event about one of them is judged beside it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from itertools import chain

from shared.facts.fact import Recorded
from shared.facts.merging import ABOUT_MERGES, persons_of
from shared.facts.sayers import Sayers
from shared.facts.settled import Settled
from shared.log.deadlines import Deadline, DeadlinesBySubject
from shared.log.merges import Joined
from shared.log.streams import Shelf, Stream


class JoinedStream:
    """The streams of one person. They stay what they are, each with its versions; here their facts are those of one
    subject."""

    def __init__(self, root: str, streams: Sequence[Stream]) -> None:
        self.subject = root
        self.streams = tuple(streams)
        self.ids = tuple(stream.subject for stream in streams)
        # Looked up when it is told: a fact of the same group has its place once that is recorded.
        self.names: Mapping[tuple[str, str], int] = ChainMap(*(stream.names for stream in streams))
        self._whole = Stream(root, streams[0].order)
        self._taken = dict.fromkeys(self.ids, 0)
        self.take()

    def take(self) -> None:
        """What its streams have come to have: to settle a long life anew for each event would cost as much as its facts."""
        new = [fact for stream in self.streams for fact in stream.facts[self._taken[stream.subject] :]]
        if new:
            self._whole.extend(new, self._whole.version + len(new))
            self._taken = {stream.subject: len(stream) for stream in self.streams}

    def __len__(self) -> int:
        return len(self._whole)

    @property
    def facts(self) -> Sequence[Recorded]:
        return self._whole.facts

    @property
    def settled(self) -> Settled:
        return self._whole.settled

    @property
    def is_erased(self) -> bool:
        """One of its ids is enough."""
        return self._whole.is_erased

    @property
    def sayers(self) -> Sayers:
        return self._whole.sayers


class JoinedStreams:
    """Those used last, up to so many facts. One thread uses it."""

    def __init__(self, capacity: int) -> None:
        self._shelf = Shelf[JoinedStream](capacity)

    def of(self, root: str, streams: Sequence[Stream]) -> JoinedStream:
        kept = self._shelf.take(root)
        # Streams are told apart by being the same object: one that held what was not recorded after all is never used again.
        if kept is not None and kept.streams == tuple(streams):
            kept.take()
        else:
            kept = JoinedStream(root, streams)
        self._shelf.put(root, kept)
        return kept


Beside = Stream | JoinedStream


def beside(
    streams: Mapping[str, Stream], subject: str, joined: Joined | None, kept: JoinedStreams | None = None
) -> Beside:
    """What an event of a subject is judged beside: all that is recorded of its person. `joined`: None where no merge ever
    named it; `kept`: where persons under several ids are kept from one event to the next."""
    if joined is None:
        return streams[subject]
    of_streams = (streams[one].settled.of_kind(kind) for one in joined.subjects for kind in ABOUT_MERGES)
    persons = persons_of(joined.subjects, chain(joined.merges, *of_streams))
    root, ids = next(one for one in persons.items() if subject in one[1])
    if len(ids) == 1:
        return streams[subject]
    together = [streams[one] for one in ids]
    return JoinedStream(root, together) if kept is None else kept.of(root, together)


def ids_of(person: Beside) -> Sequence[str]:
    """All subjects of which it has the facts."""
    return person.ids if isinstance(person, JoinedStream) else (person.subject,)


def of_root(person: Beside, deadlines: Sequence[Deadline]) -> DeadlinesBySubject:
    """What is due about a person is written under its root; of its other ids nothing is due."""
    return {name: deadlines if name == person.subject else () for name in ids_of(person)}
