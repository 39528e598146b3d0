"""What this service has beside its facts: whose rights structures took over, and which person a number stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.pathways.decisions.merging import PathwaysContext
from services.pathways.person_references import GrantedNumbers, PersonReferences
from services.structures.facts import CATALOGUE as STRUCTURES
from shared.deciding.rules import MakeContext, OwnFacts
from shared.facts.fact import Recorded
from shared.log.store import FactStore

CONSUMED = STRUCTURES
SERVICES = ("structures",)


class Outside:
    """Rules ask whether anything is recorded of another person than the event's."""

    def __init__(self, store: FactStore, reference_key: bytes, granted: GrantedNumbers | None = None) -> None:
        """`reference_key` keys the hashes under which numbers of persons are kept. `granted`: agrément numbers, where they
        are at hand."""
        self._store = store
        self.references = PersonReferences(store, reference_key, granted)

    def create(self) -> None:
        self.references.create()

    def prepare(self, facts: Sequence[Recorded], streams: Mapping[str, OwnFacts]) -> MakeContext:
        return prepare(facts, streams)

    def close(self) -> None:
        self.references.close()
        self._store.close()


def prepare(_: Sequence[Recorded], streams: Mapping[str, OwnFacts]) -> MakeContext:
    """`streams`: of whom events are, and of those into whom they merge. Looked at when a rule asks: an event before it in
    its group may have registered the person."""

    def is_recorded(subject: str) -> bool:
        return subject in streams and streams[subject].version > 0

    return lambda names, _: PathwaysContext(names, is_recorded=is_recorded)
