"""The four write services together, without servers: every decision as intake takes it, and what services record by
themselves, whenever a test lets them act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.agrement.decisions import decide as agrement
from services.agrement.decisions.case import AgrementContext
from services.agrement.effects.policy import hire_policy
from services.agrement.model.kinds import kinds_by
from services.pathways.decisions import decide as pathways
from services.placements.decisions import decide as placements
from services.placements.decisions.case import PlacementsContext
from services.placements.effects.policy import cap_policy
from services.placements.model.world import KnownWorld
from services.projections.catalogue import CATALOGUE
from services.structures.decisions import decide as structures
from shared.deciding.claims import Taken
from shared.deciding.effect_ids import EffectIds
from shared.deciding.rules import Context
from shared.facts.fact import Fact, Recorded, own_source
from shared.facts.settle import order_of_truth, settle
from shared.log.streams import Stream
from shared.reacting.decision import Policy

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ORDER = order_of_truth(CATALOGUE)
DECIDE = {
    "structures": structures,
    "pathways": pathways,
    "agrement": agrement,
    "placements": placements,
}

POLICIES: Mapping[str, tuple[Policy, str]] = {
    "agrement": (hire_policy("reference"), "pathways"),
    "placements": (cap_policy("structure"), "structures"),
}
"""What a service records by itself, and the service whose facts about the person it reads for that."""

Key = tuple[str, str]
"""Service and subject."""


@dataclass
class Book:
    """What is recorded, by service and subject, and what was refused."""

    recorded: defaultdict[Key, list[Recorded]] = field(default_factory=lambda: defaultdict(list))
    refused: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    numbers: dict[str, Taken] = field(default_factory=dict)
    seconds: int = 0
    """Of the clock that stamps what is recorded."""

    def settled(self, service: str, subject: str) -> Sequence[Recorded]:
        return settle(self.recorded[service, subject], ORDER)

    def post(self, fact: Recorded) -> Sequence[Recorded]:
        """The fact as it was recorded, and what was recorded with it; nothing where it was refused."""
        facts = self.recorded[fact.service, fact.subject]
        fact = fact.model_copy(update={"recordedtime": self._instant()})
        context = self._context(fact.service, {known.key for known in facts}, tuple(facts))
        verdict = DECIDE[fact.service](self.settled(fact.service, fact.subject), fact, context)
        self.refused += [(fact.id, refusal.problem()) for refusal in verdict.refusals]
        if verdict.refusals:
            return ()
        self.numbers.update({claim: Taken(fact.subject, verdict.lasting) for claim in verdict.claims})
        self.numbers.update({claim: Taken(fact.subject, False, True) for claim in verdict.releases})
        new = [fact if verdict.recorded is None else fact.model_copy(update={"data": verdict.recorded})]
        ids = EffectIds()
        new += [_own(fact, effect, ids.next(fact, effect.type)) for effect in verdict.effects]
        facts += new
        return new

    def act(self, service: str, subject: str) -> Sequence[Recorded]:
        """What the service records when it has read everything."""
        policy, read_service = POLICIES[service]
        own, read = self.recorded[service, subject], self.recorded[read_service, subject]
        stream = Stream(subject, ORDER)
        stream.extend(own, len(own))
        effects = policy(stream, self.settled(read_service, subject), lambda other: self.settled("structures", other))
        causes = {fact.id: fact for fact in (*own, *read)}
        instant = self._instant()
        new = [
            _own(causes[effect.causationid], effect.fact, effect.id).model_copy(update={"recordedtime": instant})
            for effect in effects
        ]
        own += new
        return new

    def facts_about(self, subject: str) -> list[Recorded]:
        """Of every service, as one reader would keep them."""
        return [fact for (_, about), facts in self.recorded.items() if about == subject for fact in facts]

    def _instant(self) -> datetime:
        """Of recording: never the same twice, as it is in a log."""
        self.seconds += 1
        return NOW + timedelta(seconds=self.seconds)

    def _context(self, service: str, names: set[tuple[str, str]], facts: Sequence[Recorded]) -> Context:
        known = dict.fromkeys(names, 0)
        if service == "placements":
            return PlacementsContext(known, KnownWorld(lambda subject: self.settled("structures", subject)))

        def next_number() -> str:
            return f"XXXXX{len(self.numbers) + 1:07}"

        return AgrementContext(
            known, self._kind_on, next_number=next_number, find_number=self.numbers.get, recorded=facts
        )

    def _kind_on(self, structure_id: UUID, day: date) -> str | None:
        return kinds_by(lambda subject: self.settled("structures", subject), structure_id, day)


def _own(cause: Recorded, fact: Fact, effect_id: str) -> Recorded:
    """What the service of that fact records by itself, in an envelope like that of its cause."""
    service = fact.type.partition(".")[0]
    about = {"id": effect_id, "source": own_source(service), "type": fact.type, "data": fact}
    return cause.model_copy(update={**about, "replaces": None, "causationid": cause.id})
