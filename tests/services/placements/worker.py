"""One person's placements and hours told in a few words, in a small world of associations and clients.

    Worker().agreed("P", "2024-02-10").worked("P", "2024-03", 240).windows()

`happened` records without judging; `does` must be accepted, and its effects are recorded with it; `refuses` gives the
refusals. Days are text. Unless a fact says its day, it is said at noon of `today` (2025-11-01).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID, uuid5

from services.placements import facts
from services.placements.decisions import decide
from services.placements.decisions.case import PlacementsContext
from services.placements.effects import derive, is_policy_effect
from services.placements.facts import CATALOGUE, OWN_SOURCE, CapReached, FactVoided
from services.placements.model.windows import Scope, Window, windows
from services.structures.facts import DerogationGranted
from shared.deciding.effect_ids import EffectIds
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Verdict
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import order_of_truth, settle
from shared.reacting.effects import OwnFact, Wanted, reconcile

ORDER = order_of_truth(CATALOGUE)
SOURCE = "urn:test:software"
E = TypeVar("E", bound=DomainError)

STRUCTURES = {"AI": "AI", "other AI": "AI", "ETTI": "ETTI", "ACI": "ACI", "EI": "EI"}
CLIENTS = {
    "company": "company",
    "other company": "company",
    "industrial": "public_industrial",
    "administrative": "public_administrative",
    "town": "local_authority",
    "household": "household",
    "nonprofit": "nonprofit",
}


def uid(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def day(text: str | date) -> date:
    return text if isinstance(text, date) else date.fromisoformat(text)


@dataclass
class Town:
    """A world: kinds by first day, so that a client can become something else; derogations by structure."""

    structures: dict[str, dict[str, str]] = field(default_factory=dict)
    clients: dict[str, dict[str, str]] = field(default_factory=dict)
    granted: list[tuple[str, DerogationGranted]] = field(default_factory=list)

    def structure_kind(self, structure_id: UUID, on: date) -> str | None:
        return _kind(
            structure_id, on, {name: {"2000-01-01": kind} for name, kind in STRUCTURES.items()}, self.structures
        )

    def client_kind(self, client_id: UUID, on: date) -> str | None:
        return _kind(client_id, on, {name: {"2000-01-01": kind} for name, kind in CLIENTS.items()}, self.clients)

    def derogations(self, structure_id: UUID) -> Sequence[DerogationGranted]:
        return [one for name, one in self.granted if uid(name) == structure_id]


def _kind(one: UUID, on: date, *known: dict[str, dict[str, str]]) -> str | None:
    names = {uid(name): kinds for told in known for name, kinds in told.items()}
    kinds = sorted(names.get(one, {}).items())
    return next((kind for since, kind in reversed(kinds) if day(since) <= on), kinds[0][1] if kinds else None)


def derogation(starts_on: str, ends_on: str, limit: float | None = None, structure: str = "AI") -> Town:
    """A world in which the prefect lifts the cap of an association, or moves it."""
    granted = made(
        DerogationGranted,
        derogation_id=f"D {starts_on}",
        rule="ai_hours_cap",
        decided_on=starts_on,
        starts_on=starts_on,
        ends_on=ends_on,
        limit=limit,
    )
    return Town(granted=[(structure, granted)])


class Worker:
    def __init__(self, world: Town | None = None, scope: Scope = "structure", today: str = "2025-11-01") -> None:
        self.world = world or Town()
        self.scope = scope
        self.today = today
        self.recorded: list[Recorded] = []
        self.last: Verdict = Verdict()

    # What stands

    @property
    def settled(self) -> tuple[Recorded, ...]:
        return settle(self.recorded, ORDER)

    def windows(self, on: str | None = None) -> tuple[Window, ...]:
        return windows(self.settled, self.world, self.scope, None if on is None else day(on))

    def window(self, on: str | None = None) -> Window:
        (one,) = self.windows(on)
        return one

    def spans(self, on: str | None = None) -> list[tuple[str, str]]:
        return [(str(one.starts_on), str(one.ends_on)) for one in self.windows(on)]

    def wanted(self) -> tuple[Wanted, ...]:
        return derive(self.settled, self.world, self.scope)

    def said(self) -> list[tuple[str, str, float, str]]:
        """What should be said of the cap: the type's name, the day, the hours, and the id of the cause."""
        return [(*told(one.fact), one.cause.id) for one in self.wanted()]

    def standing(self) -> list[tuple[str, str, float]]:
        """What is recorded of the cap and stands."""
        return [told(one.data) for one in self.settled if is_policy_effect(one)]

    # Recording and deciding

    def envelope(self, fact: Fact, **around: Any) -> Recorded:
        at = datetime.combine(day(around.pop("on", None) or self.today), time(11), UTC)
        place = len(self.recorded) + 1
        around = {"id": f"fact-{place}", "source": SOURCE, "recordedtime": at, "time": at, **around}
        return Recorded(
            type=fact.type, subject=f"person/{uid('person')}", sequence=place, streamversion=place, data=fact, **around
        )

    def happened(self, fact: Fact, **around: Any) -> Worker:
        self.recorded.append(self.envelope(fact, **around))
        return self

    def judged(self, fact: Fact, **around: Any) -> tuple[Recorded, Verdict]:
        event = self.envelope(fact, **around)
        names = frozenset(known.key for known in self.recorded)
        return event, decide(self.settled, event, PlacementsContext(names, self.world, self.scope))

    def does(self, fact: Fact, **around: Any) -> Worker:
        """Recorded as the writer does it."""
        event, self.last = self.judged(fact, **around)
        assert self.last.refusals == (), [refusal.problem() for refusal in self.last.refusals]
        self.recorded.append(event)
        ids = EffectIds()
        for effect in self.last.effects:
            name = ids.next(event, effect.type)
            self.happened(effect, id=name, source=OWN_SOURCE, causationid=event.id, time=event.time)
        return self

    def refusals(self, fact: Fact, **around: Any) -> tuple[DomainError, ...]:
        return self.judged(fact, **around)[1].refusals

    def allows(self, fact: Fact, **around: Any) -> bool:
        return not self.refusals(fact, **around)

    def refuses(self, fact: Fact, error: type[E], **around: Any) -> E:
        (found,) = self.refusals(fact, **around)
        assert type(found) is error, found.code
        return found

    def unsaid(self) -> list[OwnFact]:
        """What the policy would record now."""
        return reconcile(self.recorded, self.settled, self.wanted(), is_policy_effect, _taken_back)

    def reconciled(self) -> Worker:
        for one in self.unsaid():
            self.happened(one.fact, id=one.id, source=OWN_SOURCE, causationid=one.causationid, time=one.time)
        return self

    # What most tests begin with

    def agreed(self, name: str, starts_on: str, planned: float | None = None, **fields: Any) -> Worker:
        return self.happened(agreement(name, starts_on, planned, **fields), id=f"agreed {name}")

    def worked(self, placement: str | None, month: str, amount: float, **fields: Any) -> Worker:
        return self.happened(hours(placement, month, amount, **fields), id=f"hours {month}")


def made(kind: type[Fact], **fields: Any) -> Any:
    """A fact from text: a field that ends in `_id` is a name, the others are as given."""
    values = {
        name: uid(value) if name.endswith("_id") and isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
    return kind.model_validate_json(json.dumps(values, default=str))


def agreement(
    name: str,
    starts_on: str,
    planned: float | None = None,
    client: str = "company",
    structure: str = "AI",
    **fields: Any,
) -> facts.PlacementAgreed:
    ids = {"placement_id": name, "client_id": client, "structure_id": structure}
    return made(facts.PlacementAgreed, **ids, starts_on=starts_on, planned_hours=planned, **fields)  # type: ignore[no-any-return]


def change(name: str, changed_on: str, planned: float | None = None, **fields: Any) -> facts.PlacementChanged:
    return made(facts.PlacementChanged, placement_id=name, changed_on=changed_on, planned_hours=planned, **fields)  # type: ignore[no-any-return]


def end(name: str, ended_on: str) -> facts.PlacementEnded:
    return made(facts.PlacementEnded, placement_id=name, ended_on=ended_on)  # type: ignore[no-any-return]


def hours(placement: str | None, month: str, amount: float, **fields: Any) -> facts.HoursWorked:
    fields = {"entry_id": f"entry {placement} {month}", "structure_id": "AI", **fields}
    return made(facts.HoursWorked, placement_id=placement, month=month, hours=amount, **fields)  # type: ignore[no-any-return]


def void(fact_id: str, voided_on: str = "2025-11-01", fact_source: str | None = None) -> FactVoided:
    return FactVoided(fact_id=fact_id, voided_on=day(voided_on), reason="mistake", fact_source=fact_source)


def told(fact: Fact) -> tuple[str, str, float]:
    assert isinstance(fact, CapReached)
    return fact.type.split(".")[1], str(fact.reached_on), fact.hours


def _taken_back(effect: Recorded) -> FactVoided:
    return FactVoided(
        fact_id=effect.id, fact_source=effect.source, voided_on=effect.occurred_on, reason="no_longer_stands"
    )
