"""What is recorded of one person under several ids, as an event about one of them is judged beside it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from itertools import chain

from shared.facts.fact import Recorded
from shared.facts.merging import persons_of
from shared.facts.sayers import Sayers
from shared.facts.settle import settle
from shared.facts.settled import Settled
from shared.log.deadlines import Deadline, DeadlinesBySubject
from shared.log.merges import Joined
from shared.log.streams import Stream


class JoinedStream:
    """The streams of one person. They stay what they are, each with its versions; here their facts are those of one
    subject."""

    def __init__(self, root: str, streams: Sequence[Stream]) -> None:
        self.subject = root
        self.ids = tuple(stream.subject for stream in streams)
        order = streams[0].order
        self.facts: Sequence[Recorded] = list(chain.from_iterable(stream.facts for stream in streams))
        self.settled = Settled(settle(self.facts, order), order)
        self.sayers = Sayers(self.facts)
        # Looked up when it is told: a fact of the same group has its place once that is recorded.
        self.names: Mapping[tuple[str, str], int] = ChainMap(*(stream.names for stream in streams))


Beside = Stream | JoinedStream


def beside(streams: Mapping[str, Stream], subject: str, joined: Joined | None) -> Beside:
    """What an event of a subject is judged beside: all that is recorded of its person. `joined`: None where no merge ever
    named it."""
    if joined is None:
        return streams[subject]
    settled = chain(joined.merges, *(streams[one].settled for one in joined.subjects))
    root, ids = next(one for one in persons_of(joined.subjects, settled).items() if subject in one[1])
    return streams[subject] if len(ids) == 1 else JoinedStream(root, [streams[one] for one in ids])


def ids_of(person: Beside) -> Sequence[str]:
    """All subjects of which it has the facts."""
    return person.ids if isinstance(person, JoinedStream) else (person.subject,)


def of_root(person: Beside, deadlines: Sequence[Deadline]) -> DeadlinesBySubject:
    """What is due about a person is written under its root; of its other ids nothing is due."""
    return {name: deadlines if name == person.subject else () for name in ids_of(person)}
