"""What this service knows from outside when it decides: kinds of structures and clients by day, derogations, and contracts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from uuid import UUID

from services.pathways.facts import CATALOGUE as PATHWAYS
from services.placements.decisions.case import PlacementsContext
from services.placements.facts import HoursWorked, PlacementAgreed
from services.placements.model.contracts import Contract, contracts
from services.placements.model.windows import Scope
from services.placements.model.world import KnownWorld
from services.structures.facts import CATALOGUE as STRUCTURES
from shared.deciding.rules import MakeContext, OwnFacts
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.reacting.knowledge import Knowledge

CONSUMED = Catalogue.join([STRUCTURES, PATHWAYS])
SERVICES = ("structures", "pathways")


class Outside:
    """Looks up what a group of events needs, once for all of them."""

    def __init__(self, knowledge: Knowledge, scope: Scope) -> None:
        self._knowledge = knowledge
        self._scope = scope

    def create(self) -> None:
        """It has no tables of its own."""

    def prepare(self, facts: Sequence[Recorded], streams: Mapping[str, OwnFacts]) -> MakeContext:
        standing = (fact for stream in streams.values() for fact in stream.settled)
        # Of the standing placements too: the cap adds up hours of clients that no event of this group names.
        workers = {fact.subject for fact in facts if isinstance(fact.data, HoursWorked)}
        known = self._known({*_named(facts), *_named(standing), *workers})
        world = self._world(known)

        @cache  # once for the group: an import has many hours of one person, who may have a thousand contracts
        def contracts_of(subject: str) -> Sequence[Contract] | None:
            return contracts(known[subject]) if subject in workers else None

        def context(names: Mapping[tuple[str, str], int], _: AbstractSet[str]) -> PlacementsContext:
            return PlacementsContext(names, world, self._scope, contracts_of)

        return context

    def close(self) -> None:
        """Nothing is held open here: what was read belongs to whoever made it."""

    def world_of(
        self, settled: Iterable[Recorded], structure_id: UUID | None = None, known_at: datetime | None = None
    ) -> KnownWorld:
        """What one person's facts ask, and of one more structure, as known then."""
        asked = set() if structure_id is None else {f"structure/{structure_id}"}
        return self._world(self._known({*_named(settled), *asked}, known_at), known_at)

    def _known(self, subjects: AbstractSet[str], known_at: datetime | None = None) -> dict[str, Sequence[Recorded]]:
        return dict(self._knowledge.of(subjects, known_at)) if subjects else {}

    def _world(self, facts: dict[str, Sequence[Recorded]], known_at: datetime | None = None) -> KnownWorld:
        def lookup(subject: str) -> Sequence[Recorded]:
            if subject not in facts:  # of a placement that a void of the group restores
                facts.update(self._knowledge.of([subject], known_at))
            return facts[subject]

        return KnownWorld(lookup)


def _named(facts: Iterable[Recorded]) -> Iterator[str]:
    """Structures and clients of placements."""
    for placement in (fact.data for fact in facts if isinstance(fact.data, PlacementAgreed)):
        yield f"structure/{placement.structure_id}"
        yield f"client/{placement.client_id}"
