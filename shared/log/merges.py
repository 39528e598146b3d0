"""Which ids merges ever joined: known to whoever has to look at all that is recorded of one person."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Protocol

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.merging import PersonsMerged, ids_beside, persons_among, target_of, tells_of_merges
from shared.facts.settle import order_of_truth
from shared.log.entries import LogEntry
from shared.log.store import FactStore

LOOK_EVERY_S = 1.0
"""How long a merge that another process of the service recorded may go unseen here; its own are known at once."""


@dataclass(frozen=True, slots=True)
class Joined:
    """All subjects that merges ever joined with one another: merges that hold, and those voided or split. Which of them are
    one person follows from what stands of each. `merges`: what is known of that from another service's facts."""

    subjects: frozenset[str]
    merges: Sequence[Recorded] = ()


Linked = Mapping[str, Joined]
"""By subject; of one that no merge names there is nothing."""


def together(subjects: Iterable[str], linked: Linked) -> set[str]:
    """These, and all that merges ever joined with one of them."""
    return set().union(*(linked[one].subjects if one in linked else (one,) for one in subjects))


class Merges(Protocol):
    """Asked before a group of events is judged, and by routes; from several threads."""

    def create(self) -> None:
        """Make what it looks by, where that is missing."""
        ...

    def linked(self, subjects: Collection[str]) -> Linked:
        """Of those of them that were ever joined with another. Raise UnavailableError."""
        ...

    def ids(self, subject: str, known_at: datetime | None = None) -> Sequence[str]:
        """All ids of the person that has this one, or as known then. Raise UnavailableError."""
        ...

    def came(self) -> None:
        """That this process has recorded some."""
        ...


class NoMerges:
    """Of a service whose subjects are no persons."""

    def create(self) -> None:
        pass

    def linked(self, subjects: Collection[str]) -> Linked:
        return {}

    def ids(self, subject: str, known_at: datetime | None = None) -> Sequence[str]:
        return (subject,)

    def came(self) -> None:
        pass


class RecordedMerges:
    """Of a service's own log: found by an index of their own, kept in memory, looked for again from where that ended."""

    def __init__(self, store: FactStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._order = order_of_truth(catalogue)
        self._types = [name for name, kind in catalogue.facts.items() if issubclass(kind, PersonsMerged)]
        self._telling = {name for name, kind in catalogue.facts.items() if tells_of_merges(kind)}
        self._groups: dict[str, frozenset[str]] = {}
        self._through = 0
        self._look_at = 0.0
        self._lock = threading.Lock()  # guards all of it: the writer and routes ask

    def create(self) -> None:
        self._store.index_types(self._types)

    def linked(self, subjects: Collection[str]) -> Linked:
        with self._lock:
            if monotonic() >= self._look_at:
                self._look()
            return {subject: Joined(self._groups[subject]) for subject in subjects if subject in self._groups}

    def ids(self, subject: str, known_at: datetime | None = None) -> Sequence[str]:
        joined = self.linked([subject]).get(subject)
        if joined is None:
            return (subject,)
        facts = self._that_tell(self._store.tails(dict.fromkeys(joined.subjects, 0)))
        return ids_beside(subject, persons_among(joined.subjects, facts, self._order, known_at=known_at))

    def _that_tell(self, entries: Sequence[LogEntry]) -> Iterator[Recorded]:
        """Of facts as they are stored, at least those that merges follow from: to decode a life takes longer than to read
        it, and whoever asks decodes it again."""
        every = any(b'"unproven"' in entry.state for entry in entries)
        for entry in entries:
            if every or entry.type in self._telling or b'"replaces"' in entry.state:
                fact = self._catalogue.decode(entry.type, entry.wire)
                if fact is not None:
                    yield fact

    def came(self) -> None:
        with self._lock:
            self._look_at = 0.0

    def _look(self) -> None:
        for entry in self._store.of_types(self._types, self._through):
            fact = self._catalogue.decode(entry.type, entry.wire)
            if fact is not None and isinstance(fact.data, PersonsMerged):
                join(self._groups, fact.subject, target_of(fact.data))
            self._through = entry.sequence
        self._look_at = monotonic() + LOOK_EVERY_S


def join(groups: dict[str, frozenset[str]], *subjects: str) -> None:
    """Note that these belong together, with whomever each of them did before."""
    together = frozenset[str]().union(*(groups.get(subject, frozenset([subject])) for subject in subjects))
    groups.update(dict.fromkeys(together, together))
