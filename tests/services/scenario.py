"""Given facts, when one more comes, then it is recorded or refused: rules tested without a server.

    PATHWAYS.given(like(Hired)).when(like(Hired)).refused_with(ContractIdUsedError, contract_id=CONTRACT)

What is given stands without being judged: it happened. `agrement/persons.py` and `placements/worker.py` extend `Scenario`
with the words of their service and with what its decisions ask from outside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self, TypeVar
from uuid import UUID, uuid5

from shared.deciding.effect_ids import EffectIds
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context, Decide, Verdict
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact, Recorded, own_source
from shared.facts.settle import order_of_truth, settle

F = TypeVar("F", bound=Fact)

SOURCE = "urn:test:software"
UUID_OF_SUBJECT = "6a1f0c52-8a77-4d0e-9d0c-3c1b7a1e0001"


# Facts


def uid(name: str) -> UUID:
    """The same id for the same name, always."""
    return uuid5(UUID(int=0), name)


def day(text: str | date) -> date:
    return text if isinstance(text, date) else date.fromisoformat(text)


def like(kind: type[F], **changes: Any) -> F:
    """The example of a fact, but for what a test is about; None leaves an optional field out."""
    data = {**kind.example, **changes}
    return kind.model_validate({name: value for name, value in data.items() if value is not None})


def made(kind: type[Fact], **fields: Any) -> Any:
    """A fact from text: a field that ends in `_id` is a name, the others are as given; None leaves a field out."""
    values = {
        name: uid(value) if name.endswith("_id") and isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
    return kind.model_validate_json(json.dumps(values, default=str))


@dataclass(frozen=True)
class Said:
    """A fact with what its sender wrote around it: `id`, `replaces`, `source`, `time`…"""

    fact: Fact
    around: dict[str, Any]


def said(fact: Fact, **around: Any) -> Said:
    return Said(fact, around)


# Scenarios


class Scenario:
    """What is recorded of one subject in one service, and what that service decides next.

    A fact is said at noon in Paris (11:00 UTC) of `today`, or of the day `on`; facts that follow each other on one day are
    `apart`.
    """

    apart = timedelta(minutes=1)

    def __init__(self, catalogue: Catalogue, decide: Decide, subject: str, today: str = "2026-01-05") -> None:
        self.catalogue = catalogue
        self.decide = decide
        self.subject = subject
        self.today = today
        self.recorded: list[Recorded] = []
        self.last = Verdict()
        """Of what was decided last by `does`."""

    def context(self, known_facts: Mapping[tuple[str, str], int]) -> Context:
        """What a decision is told from outside, beside the names of the subject's facts."""
        return Context(known_facts)

    @property
    def settled(self) -> tuple[Recorded, ...]:
        return settle(self.recorded, order_of_truth(self.catalogue))

    def envelope(self, what: Fact | Said, on: str | date | None = None, **around: Any) -> Recorded:
        """As it would be recorded next; its id is `fact-<place>` unless it is given one."""
        fact, around = (what.fact, {**what.around, **around}) if isinstance(what, Said) else (what, around)
        place = len(self.recorded) + 1
        at = datetime.combine(day(on or self.today), time(11), UTC) + place * self.apart
        usual = {"id": f"fact-{place}", "source": SOURCE, "time": at, "recordedtime": at}
        return Recorded(
            type=fact.type,
            subject=self.subject,
            sequence=place,
            streamversion=place,
            data=fact,
            **{**usual, **around},
        )

    def given(self, *facts: Fact | Said, **around: Any) -> Self:
        for fact in facts:
            self.recorded.append(self.envelope(fact, **around))
        return self

    def judged(self, fact: Fact | Said, **around: Any) -> tuple[Recorded, Verdict]:
        event = self.envelope(fact, **around)
        context = self.context({fact.key: fact.sequence for fact in self.recorded})
        return event, self.decide(self.settled, event, replace(context, recorded=self.recorded))

    def when(self, fact: Fact | Said, **around: Any) -> Then:
        """Nothing is recorded by asking."""
        return Then(self.judged(fact, **around)[1])

    def does(self, fact: Fact | Said, **around: Any) -> Self:
        """It must be accepted, and is recorded as the writer does it: completed, and with its effects."""
        event, self.last = self.judged(fact, **around)
        assert self.last.refusals == (), [refusal.problem() for refusal in self.last.refusals]
        self.recorded.append(event.model_copy(update={"data": self.last.recorded or event.data}))
        ids = EffectIds()
        for effect in self.last.effects:
            self.given(
                effect,
                id=ids.next(event, effect.type),
                source=own_source(event.service),
                causationid=event.id,
                on=event.time.date(),
                time=event.time,
            )
        return self

    def refusals(self, fact: Fact | Said, **around: Any) -> tuple[DomainError, ...]:
        return self.when(fact, **around).verdict.refusals

    def allows(self, fact: Fact | Said, **around: Any) -> bool:
        return not self.refusals(fact, **around)


@dataclass(frozen=True)
class Service:
    """Where scenarios of a service begin that asks nothing from outside."""

    catalogue: Catalogue
    decide: Decide
    subject: str = f"person/{UUID_OF_SUBJECT}"

    def about(self, kind: str) -> Service:
        return Service(self.catalogue, self.decide, f"{kind}/{UUID_OF_SUBJECT}")

    def given(self, *facts: Fact | Said) -> Scenario:
        return Scenario(self.catalogue, self.decide, self.subject).given(*facts)

    def when(self, event: Fact | Said) -> Then:
        return self.given().when(event)


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
