"""One person's placements and hours told in a few words, in a small world of associations and clients.

    Worker().agreed("P", "2024-02-10").worked("P", "2024-03", 240).windows()

`given` records without judging; `does` must be accepted, and its effects are recorded with it; `refuses` gives the
refusals. Days are text. Unless a fact says its day, it is said at noon of `today` (2025-11-01).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from services.placements import facts
from services.placements.decisions import decide
from services.placements.decisions.case import PlacementsContext
from services.placements.effects.cap import derive, is_policy_effect
from services.placements.facts import CATALOGUE, OWN_SOURCE, CapReached, FactVoided
from services.placements.model.windows import Scope, Window, windows
from services.structures.facts import DerogationGranted
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context
from shared.facts.fact import Fact, Recorded
from shared.reacting.effects import OwnFact, Wanted, reconcile
from tests.services.scenario import Scenario, day, made, uid

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


class Worker(Scenario):
    apart = timedelta()  # all of a day are said at one instant: their ids part them

    def __init__(self, world: Town | None = None, scope: Scope = "structure", today: str = "2025-11-01") -> None:
        super().__init__(CATALOGUE, decide, f"person/{uid('person')}", today)
        self.world = world or Town()
        self.scope = scope

    def context(self, known_facts: Mapping[tuple[str, str], int]) -> Context:
        return PlacementsContext(known_facts, self.world, self.scope)

    # What stands

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

    # Deciding

    def refuses(self, fact: Fact, error: type[E], **around: Any) -> E:
        (found,) = self.refusals(fact, **around)
        assert type(found) is error, found.code
        return found

    def unsaid(self) -> list[OwnFact]:
        """What the policy would record now."""
        return reconcile(self.recorded, self.settled, self.wanted(), is_policy_effect, _taken_back)

    def reconciled(self) -> Worker:
        for one in self.unsaid():
            self.given(one.fact, id=one.id, source=OWN_SOURCE, causationid=one.causationid, time=one.time)
        return self

    # What most tests begin with

    def agreed(self, name: str, starts_on: str, planned: float | None = None, **fields: Any) -> Worker:
        return self.given(agreement(name, starts_on, planned, **fields), id=f"agreed {name}")

    def worked(self, placement: str | None, month: str, amount: float, **fields: Any) -> Worker:
        return self.given(hours(placement, month, amount, **fields), id=f"hours {month}")


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
