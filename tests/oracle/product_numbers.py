"""What the product answers of grants of several people, one event after the other: its decisions over a table of claims."""

from __future__ import annotations

from dataclasses import replace

from services.agrement.decisions import decide
from services.agrement.decisions.case import AgrementContext
from services.agrement.decisions.numbers import following
from services.agrement.facts import CATALOGUE, AgrementGranted
from services.agrement.model.numbers import numbers_of
from shared.deciding.claims import Taken
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from tests.oracle.history import Fact
from tests.oracle.product import facts_of

PREFIX = "XXXXX"


class Office:
    """As the store keeps claims: a row for each number that was ever taken."""

    def __init__(self) -> None:
        self.claims: dict[str, Taken] = {}
        self.lives: dict[str, list[Recorded]] = {}

    def record(self, person: str, one: Fact) -> bool:
        life = self.lives.setdefault(person, [])
        (event,) = facts_of([one], "agrement")
        event = event.model_copy(update={"subject": f"person/{person}"})
        context = AgrementContext(
            {fact.key: place for place, fact in enumerate(life, 1)},
            recorded=life,
            prefix=PREFIX,
            next_number=self.next,
            find_number=self.claims.get,
        )
        verdict = decide(settle(life, order_of_truth(CATALOGUE)), event, context)
        if verdict.refusals:
            return False
        life.append(event.model_copy(update={"data": verdict.recorded or event.data}))
        for number in verdict.claims:
            self.claims[number] = Taken(event.subject, verdict.lasting)
        for number in verdict.releases:
            self.claims[number] = replace(self.claims[number], released=True)
        return True

    def next(self) -> str:
        ours = [number for number in self.claims if number.startswith(PREFIX)]
        return following(max(ours, default=None), PREFIX)

    def numbers(self, person: str) -> list[str | None]:
        standing = settle(self.lives.get(person, []), order_of_truth(CATALOGUE))
        return sorted(fact.data.number for fact in standing if isinstance(fact.data, AgrementGranted))  # type: ignore[type-var]

    def claims_that_differ(self) -> list[str]:
        """As `parcours verify` compares them (`shared.reacting.comparing_claims`): never, whatever was accepted."""
        found = []
        for person, life in self.lives.items():
            standing = numbers_of(settle(life, order_of_truth(CATALOGUE)))
            for number in numbers_of(life):
                taken = self.claims.get(number)
                if taken is None or (number in standing and (taken.released or taken.subject != f"person/{person}")):
                    found.append(f"{number} {person} {taken}")
            ours = {number for number, taken in self.claims.items() if taken.subject == f"person/{person}"}
            found += sorted(ours - numbers_of(life))
        return found
