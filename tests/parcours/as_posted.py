"""Events recorded as `parcours.posting` would have them recorded, without servers: every decision, and what the services
do by themselves in between."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from parcours.posting import PIECE_EVENTS, WRITE_SERVICES
from services.agrement import domain as agrement
from services.agrement.acting import hire_policy
from services.agrement.decisions.case import AgrementContext
from services.agrement.knowledge import kinds_by
from services.pathways import domain as pathways
from services.placements import domain as placements
from services.placements.acting import cap_policy
from services.placements.decisions.case import PlacementsContext
from services.placements.knowledge import KnownWorld
from services.projections.catalogue import CATALOGUE
from services.structures import domain as structures
from shared.deciding import Context, effect_id
from shared.facts import Fact, Recorded
from shared.intake.incoming import read_event
from shared.intake.streams import Stream
from shared.intake.writer import own_source
from shared.reconciling import Policy
from shared.settle import order_of_truth, settle

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ORDER = order_of_truth(CATALOGUE)
DECIDE = {
    "structures": structures.decide,
    "pathways": pathways.decide,
    "agrement": agrement.decide,
    "placements": placements.decide,
}

POLICIES: dict[str, tuple[Policy, str]] = {
    "agrement": (hire_policy("reference"), "pathways"),
    "placements": (cap_policy("structure"), "structures"),
}
"""What a service does by itself, and whose facts about the person it is told."""

Key = tuple[str, str]
"""Service and subject."""


@dataclass
class Book:
    """What is recorded, by service and subject, and what was refused."""

    known: defaultdict[Key, list[Recorded]] = field(default_factory=lambda: defaultdict(list))
    refused: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)

    def settled(self, service: str, subject: str) -> Sequence[Recorded]:
        return settle(self.known[service, subject], ORDER)

    def take(self, piece: Sequence[Mapping[str, Any]]) -> None:
        facts = [read_event(event, False, CATALOGUE, NOW).fact for event in piece]
        for service in WRITE_SERVICES:
            its = [fact for fact in facts if fact.service == service]
            for fact in its:
                self._decide(fact)
                if service in POLICIES:
                    self._act(service, fact.subject)
            if service == "pathways":
                for subject in sorted({fact.subject for fact in its}):
                    self._act("agrement", subject)

    def _decide(self, fact: Recorded) -> None:
        its = self.known[fact.service, fact.subject]
        verdict = DECIDE[fact.service](
            self.settled(fact.service, fact.subject), fact, self._context(fact.service, {one.key for one in its})
        )
        self.refused += [(fact.id, refusal.problem()) for refusal in verdict.refusals]
        if verdict.refusals:
            return
        self.numbers.update(verdict.claims)
        its.append(fact if verdict.recorded is None else fact.model_copy(update={"data": verdict.recorded}))
        for effect in verdict.effects:
            its.append(_own(fact, effect, effect_id(fact, effect.type, 1)))

    def _context(self, service: str, names: set[tuple[str, str]]) -> Context:
        if service == "placements":
            return PlacementsContext(names, KnownWorld(lambda subject: self.settled("structures", subject)))

        def next_number() -> str:
            return f"XXXXX{len(self.numbers) + 1:07}"

        return AgrementContext(names, self._kind_on, next_number=next_number, is_number_taken=self.numbers.__contains__)

    def _kind_on(self, structure_id: UUID, day: date) -> str | None:
        return kinds_by(lambda subject: self.settled("structures", subject), structure_id, day)

    def _act(self, service: str, subject: str) -> None:
        """What the service does when it has read what is new."""
        policy, told = POLICIES[service]
        its = self.known[service, subject]
        stream = Stream(subject, ORDER)
        stream.extend(its, len(its))
        said = policy(stream, self.settled(told, subject), lambda other: self.settled("structures", other))
        for one in said:
            cause = next(fact for fact in (*its, *self.known[told, subject]) if fact.id == one.causationid)
            its.append(_own(cause, one.fact, one.id))


def _own(cause: Recorded, fact: Fact, name: str) -> Recorded:
    service = fact.type.partition(".")[0]
    about = {"id": name, "source": own_source(service), "type": fact.type, "data": fact}
    return cause.model_copy(update={**about, "replaces": None, "causationid": cause.id})


def recorded(events: Iterable[Mapping[str, Any]]) -> Book:
    book = Book()
    for piece in _pieces(list(events)):
        book.take(piece)
    return book


def _pieces(events: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(events), PIECE_EVENTS):
        yield events[start : start + PIECE_EVENTS]
