"""Subjects folded lately, kept in memory: with their history and rows, so that one fact more costs no reading."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from services.projections.folding.relations_kept import Kept
from services.projections.folding.set_rows import Rows
from services.projections.tables.subject_facts import Remembered
from shared.facts.catalogue import Catalogue
from shared.histories.history import History
from shared.histories.persons import Known
from shared.log.place import Arrived


@dataclass(slots=True)
class Folded:
    """A subject's history as of `version`, of a merged person that of all its ids, and `known` what it is
    made of. `rows` are what its read set holds, None when that is not known. `remembered`:
    what they were made from. `relations`: what is kept of it beside them, None when that is not known."""

    version: int
    history: History
    rows: Rows | None = None
    remembered: Remembered | None = None
    relations: Kept | None = None
    known: Known | None = None

    @classmethod
    def of_nothing(cls) -> Folded:
        """Of whom no fact has come yet: there are no rows either, nor anything beside them."""
        return cls(0, History(), rows={}, relations=frozenset())


class FoldedCache:
    """Recently folded subjects, bounded by their facts: a decoded fact is about 1.9 kB."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, Folded] = OrderedDict()
        self._held = 0

    @property
    def remembers(self) -> bool:
        """Whether anything is ever kept: whoever meets each subject once keeps nothing for the next time."""
        return self._capacity > 0

    def __contains__(self, subject: object) -> bool:
        return subject in self._kept

    def get(self, subject: str, version: int) -> Folded | None:
        """The subject as of `version`; None where it is not here, or another process has moved it since."""
        kept = self._kept.get(subject)
        if kept is None or kept.version == version:
            return kept
        self.drop(subject)
        return None

    def put(self, subject: str, folded: Folded) -> None:
        self.drop(subject)
        self._kept[subject] = folded
        self._held += len(folded.history)
        self._shrink()

    def add(self, fact: Arrived, catalogue: Catalogue) -> None:
        """One fact more, where its subject is here."""
        kept = self._kept.get(fact.subject)
        if kept is not None:
            kept.history.add(catalogue, fact.service, fact.streamversion, fact.type, fact.envelope)
            kept.version += 1
            self._held += 1
            self._shrink()

    def _shrink(self) -> None:
        while self._held > self._capacity:
            # The one folded longest ago: whoever is hired or works is folded several times within minutes.
            self.drop(next(iter(self._kept)))

    def drop(self, subject: str) -> None:
        kept = self._kept.pop(subject, None)
        if kept is not None:
            self._held -= len(kept.history)

    def clear(self) -> None:
        self._kept.clear()
        self._held = 0
