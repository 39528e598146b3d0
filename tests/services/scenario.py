"""Given facts, when one more comes, then it is recorded or refused: rules tested without a server.

    PATHWAYS.given(like(Hired)).when(like(Hired)).refused_with(ContractIdUsedError, contract_id=CONTRACT)

What is given stands without being judged: it happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context, Decide, Verdict
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import order_of_truth, settle

F = TypeVar("F", bound=Fact)

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SOURCE = "urn:test:software"
UUID_OF_SUBJECT = "6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001"


def like(kind: type[F], **changes: Any) -> F:
    """The example of a fact, but for what a test is about; None leaves an optional field out."""
    data = {**kind.example, **changes}
    return kind.model_validate({name: value for name, value in data.items() if value is not None})


@dataclass(frozen=True)
class Said:
    """A fact with what its sender wrote around it."""

    fact: Fact
    id: str | None = None
    replaces: str | None = None
    source: str = SOURCE
    minute: int | None = None


def said(fact: Fact, **around: Any) -> Said:
    return Said(fact, **around)


def recorded(what: Fact | Said, place: int, subject: str) -> Recorded:
    said = what if isinstance(what, Said) else Said(what)
    time = START + timedelta(minutes=place if said.minute is None else said.minute)
    return Recorded(
        id=said.id or f"fact-{place}",
        source=said.source,
        type=said.fact.type,
        subject=subject,
        time=time,
        recordedtime=START + timedelta(minutes=place),
        sequence=place,
        streamversion=place,
        replaces=said.replaces,
        data=said.fact,
    )


@dataclass(frozen=True)
class Service:
    catalogue: Catalogue
    decide: Decide
    subject: str = f"person/{UUID_OF_SUBJECT}"

    def about(self, kind: str) -> Service:
        return Service(self.catalogue, self.decide, f"{kind}/{UUID_OF_SUBJECT}")

    def given(self, *facts: Fact | Said) -> Given:
        return Given(self, tuple(recorded(fact, place, self.subject) for place, fact in enumerate(facts, start=1)))

    def when(self, event: Fact | Said) -> Then:
        return self.given().when(event)


@dataclass(frozen=True)
class Given:
    service: Service
    facts: tuple[Recorded, ...] = field(default=())

    def when(self, event: Fact | Said) -> Then:
        new = recorded(event, len(self.facts) + 1, self.service.subject)
        settled = settle(self.facts, order_of_truth(self.service.catalogue))
        context = Context(frozenset(fact.key for fact in self.facts))
        return Then(self.service.decide(settled, new, context))


@dataclass(frozen=True)
class Then:
    verdict: Verdict

    def accepted(self) -> None:
        assert self.verdict == Verdict()

    def refused_with(self, error: type[DomainError], **fields: Any) -> None:
        self.refused_with_all(error(**fields))

    def refused_with_all(self, *errors: DomainError) -> None:
        """Exactly these, in any order."""
        found = self.verdict.refusals
        assert sorted(found, key=repr_of) == sorted(errors, key=repr_of)


def repr_of(error: DomainError) -> str:
    return f"{error.code} {error.fields}"
