"""A small catalogue and envelopes for tests of the machinery, which knows no service."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Day, Fact, FactVoided, Hours, Recorded
from shared.facts.saying import Said, Thing, structure

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SOURCE = "urn:test:software"
PERSON = "person/6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001"


class Inside(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    note: Literal["a", "b"] | None = None


class Opened(Fact):
    """Something opens; decided on another day than it is true."""

    type: ClassVar[str] = "tests.opened.v1"
    occurred_on_field: ClassVar[str] = "starts_on"
    decided_on_field: ClassVar[str | None] = "declared_on"
    said: ClassVar[Said] = Said(by=(structure(),), makes=(Thing("thing", "thing_id"),))
    starts_on: Day
    declared_on: Day | None = None
    thing_id: UUID | None = None
    kind: Literal["big", "small"] | None = None
    hours: Hours | None = None
    codes: tuple[Literal["x", "y"], ...] | None = None
    inside: Inside | None = None


class Closed(Fact):
    """Something closes."""

    type: ClassVar[str] = "tests.closed.v1"
    occurred_on_field: ClassVar[str] = "ended_on"
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("thing", "thing_id"),))
    ended_on: Day
    thing_id: UUID | None = None


class Voided(FactVoided):
    """Something never was."""

    type: ClassVar[str] = "tests.fact_voided.v1"


CATALOGUE = Catalogue([Opened, Closed, Voided])


def fact(name: str, data: Fact, *, minute: int = 0, recorded: int | None = None, **around: Any) -> Recorded:
    """A recorded fact, said and recorded some minutes after NOW."""
    return Recorded.model_validate(
        {
            "id": name,
            "source": SOURCE,
            "type": data.type,
            "subject": PERSON,
            "time": NOW + timedelta(minutes=minute),
            "recordedtime": NOW + timedelta(minutes=minute if recorded is None else recorded),
            "data": data,
            **around,
        }
    )


def opened(name: str, day: str = "2024-01-01", *, declared_on: str | None = None, **around: Any) -> Recorded:
    declared = None if declared_on is None else date.fromisoformat(declared_on)
    return fact(name, Opened(starts_on=date.fromisoformat(day), declared_on=declared), **around)


def closed(name: str, day: str = "2024-01-01", **around: Any) -> Recorded:
    return fact(name, Closed(ended_on=date.fromisoformat(day)), **around)


def void(name: str, target: str, day: str = "2024-01-01", *, of: str | None = None, **around: Any) -> Recorded:
    data = Voided(fact_id=target, fact_source=of, voided_on=date.fromisoformat(day), reason="mistake")
    return fact(name, data, **around)


def event(**changes: Any) -> dict[str, Any]:
    """A well-formed event as it is sent."""
    return {
        "specversion": "1.0",
        "id": "event-1",
        "source": SOURCE,
        "type": "tests.opened.v1",
        "subject": PERSON,
        "time": "2026-01-05T10:00:00+01:00",
        "data": {"starts_on": "2024-01-01"},
        **changes,
    }
