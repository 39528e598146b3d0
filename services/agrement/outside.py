"""What this service knows from outside when it decides: structures' kinds by day, and numbers given so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from functools import cache
from uuid import UUID

from services.agrement.decisions.case import AgrementContext
from services.agrement.decisions.numbers import following
from services.agrement.facts import CATALOGUE, AgrementGranted
from services.agrement.model.kinds import kinds_by
from services.agrement.model.numbers import is_of
from services.agrement.model.person_file import Counting
from services.pathways.facts import CATALOGUE as PATHWAYS
from services.structures.facts import CATALOGUE as STRUCTURES
from services.structures.facts.kinds import name_on
from shared.deciding.rules import MakeContext, OwnFacts
from shared.deciding.standing import Standing, standing_at
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.log.store import FactStore
from shared.reacting.knowledge import Knowledge

CONSUMED = Catalogue.join([STRUCTURES, PATHWAYS])
SERVICES = ("structures", "pathways")


class Outside:
    """Looks up what a group of events needs, once for all of them."""

    def __init__(self, store: FactStore, knowledge: Knowledge, prefix: str, counting: Counting) -> None:
        self._store = store
        self._knowledge = knowledge
        self._prefix = prefix
        self._counting = counting

    def create(self) -> None:
        """It has no tables of its own."""

    def prepare(self, facts: Sequence[Recorded], _: Mapping[str, OwnFacts]) -> MakeContext:
        ids = (getattr(fact.data, "structure_id", None) for fact in facts)
        structures = {f"structure/{structure_id}" for structure_id in ids if structure_id is not None}
        of_structures = self._knowledge.of(structures) if structures else {}

        highest = cache(lambda: self._store.claims.highest(self._prefix))  # once for the group

        def kind(structure_id: UUID, day: date) -> str | None:
            return kinds_by(lambda subject: of_structures.get(subject, ()), structure_id, day)

        def name(structure_id: UUID, day: date) -> str | None:
            """Asked only where a refusal names a structure that no event of the group does."""
            subject = f"structure/{structure_id}"
            return name_on(of_structures.get(subject) or self._knowledge.of([subject])[subject], day)

        def context(names: Mapping[tuple[str, str], int], claimed: AbstractSet[str]) -> AgrementContext:
            return AgrementContext(
                known_facts=names,
                kind_on=kind,
                counting=self._counting,
                prefix=self._prefix,
                next_number=lambda: self._next_number(claimed, highest()),
                find_number=self._store.claims.find,
                name_on=name,
                grant_of_number=self._grant_of,
            )

        return context

    def close(self) -> None:
        self._store.close()

    def kind_of(self, structure_id: UUID, day: date) -> str | None:
        return kinds_by(lambda subject: self._knowledge.of([subject])[subject], structure_id, day)

    def _grant_of(self, number: str) -> Standing | None:
        taken = self._store.claims.find(number)
        # From the end: a number given back and taken again is carried by the later grant.
        for entry in reversed(self._store.tails({} if taken is None else {taken.subject: 0})):
            fact = CATALOGUE.decode(entry.type, entry.wire)
            if fact is not None and isinstance(fact.data, AgrementGranted) and fact.data.number == number:
                return standing_at(self._store.service, fact.key, fact.sequence)
        return None

    def _next_number(self, claimed: Iterable[str], highest: str | None) -> str:
        """After the highest ever claimed, by earlier events of the group too. Raise NumbersExhaustedError."""
        # Numbers of other issuers stand among the claims too, and may be greater: they say nothing of the sequence.
        ours = [number for number in claimed if is_of(number, self._prefix)]
        return following(max([*ours, highest or ""]) or None, self._prefix)
