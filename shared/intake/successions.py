"""Which structures took over which, as far as a write service knows: for rights, asked with each request of a token."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from time import monotonic
from typing import Protocol
from uuid import UUID

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.saying import STRUCTURE
from shared.facts.settle import order_of_truth, settle
from shared.log.store import FactStore
from shared.rights.caller import Caller
from shared.rights.successions import TakenOver, predecessors

LOOK_EVERY_S = 1.0
"""How long a succession may go unseen here, and rights that a void takes back may last."""

SuccessorOf = Callable[[Iterable[Recorded]], tuple[UUID, date] | None]
"""From what stands of a structure: who took it over, and the day after which that one has its rights."""


class StructureFacts(Protocol):
    """What is known here of structures. Its methods block, and raise UnavailableError."""

    def create(self) -> None: ...

    def confirmed(self) -> Collection[str]:
        """Subjects of which a succession was confirmed since this was asked before, or a little earlier."""
        ...

    def versions(self, subjects: Collection[str]) -> Mapping[str, int]:
        """Numbers that change with each fact of a subject."""
        ...

    def settled(self, subjects: Collection[str]) -> Mapping[str, Sequence[Recorded]]: ...


class Successions:
    """Kept in memory: there are few. Looked for again once a second, where anybody asks; from several threads."""

    def __init__(self, facts: StructureFacts, successor_of: SuccessorOf) -> None:
        self._facts = facts
        self._successor_of = successor_of
        self._versions: dict[str, int] = {}
        self._successors: dict[str, tuple[UUID, date]] = {}
        self._by_successor: Mapping[str, Sequence[TakenOver]] = {}
        self._look_at = 0.0
        self._lock = threading.Lock()  # guards what `look` changes; `_by_successor` is put in its place whole

    def create(self) -> None:
        self._facts.create()

    @property
    def is_due(self) -> bool:
        return monotonic() >= self._look_at

    def look(self) -> None:
        """Bring up to date what is kept. Blocks; raise UnavailableError."""
        with self._lock:
            known = {**dict.fromkeys(self._facts.confirmed(), 0), **self._versions}
            versions = self._facts.versions(known) if known else {}
            changed = [subject for subject, version in versions.items() if version != self._versions.get(subject)]
            if changed:
                self._note(self._facts.settled(changed))
            self._versions = {**known, **versions}
            self._look_at = monotonic() + LOOK_EVERY_S

    def _note(self, settled: Mapping[str, Sequence[Recorded]]) -> None:
        for subject, facts in settled.items():
            if (successor := self._successor_of(facts)) is not None:
                self._successors[subject] = successor
            else:
                self._successors.pop(subject, None)
        by_successor: defaultdict[str, list[TakenOver]] = defaultdict(list)
        for subject, (successor_id, confirmed_on) in self._successors.items():
            by_successor[str(successor_id)].append(TakenOver(subject.removeprefix(STRUCTURE), confirmed_on))
        self._by_successor = dict(by_successor)

    def with_taken_over(self, caller: Caller, today: date) -> Caller:
        """With what its structures took over by this day, as far as was looked."""
        if not self._by_successor or not caller.structures:
            return caller
        found = predecessors(caller.structures, self._by_successor, today)
        return replace(caller, taken_over=found) if found else caller


class OwnStructureFacts:
    """Of the service that records them: found in its log by an index of their own."""

    def __init__(self, store: FactStore, catalogue: Catalogue, confirms: str) -> None:
        """`confirms`: the type that confirms a succession."""
        self._store = store
        self._catalogue = catalogue
        self._order = order_of_truth(catalogue)
        self._confirms = confirms
        self._through = 0

    def create(self) -> None:
        self._store.index_types([self._confirms])

    def confirmed(self) -> Collection[str]:
        entries = self._store.of_types([self._confirms], self._through)
        if entries:
            self._through = entries[-1].sequence
        return {entry.subject for entry in entries}

    def versions(self, subjects: Collection[str]) -> Mapping[str, int]:
        return self._store.versions(subjects)

    def settled(self, subjects: Collection[str]) -> Mapping[str, Sequence[Recorded]]:
        decoded = (
            self._catalogue.decode(entry.type, entry.wire)
            for entry in self._store.tails(dict.fromkeys(sorted(subjects), 0))
        )
        facts = sorted((fact for fact in decoded if fact is not None), key=lambda fact: fact.subject)
        return {subject: settle(some, self._order) for subject, some in groupby(facts, key=lambda fact: fact.subject)}
