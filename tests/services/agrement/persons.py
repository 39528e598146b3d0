"""One person's agrément told in a few words: what happened, what is decided next, and what it amounts to.

    Person().hired("A", "2024-01-01").granted("2024-01-01").suspended("2024-06-01", "2024-08-30").ends_on()

`given` records without judging; `does` must be accepted, and is recorded; `refuses` gives the fields of a refusal. Days
are text. A fact is said at noon of `today` (2026-08-03) unless a test says on which day, so that the law of August 2026
is in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from services.agrement import facts
from services.agrement.decisions import decide
from services.agrement.decisions.case import AgrementContext
from services.agrement.facts import CATALOGUE, OWN_SOURCE
from services.agrement.model.person_file import Agrement, Counting, PersonFile
from services.agrement.model.person_view import person_view
from services.agrement.model.reckoning import reckon
from services.structures.facts import StructureKind
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context
from shared.facts.fact import Fact
from tests.services.scenario import Scenario, day, made, uid

E = TypeVar("E", bound=DomainError)

KINDS = {"A": "ACI", "B": "AI", "EI": "EI", "ETTI": "ETTI", "EITI": "EITI", "AI": "AI", "ACI": "ACI", "GEIQ": "GEIQ"}
"""Structures that tests name, with their kind; the kind of others is not known."""


def kind_on(structure_id: UUID, _: date) -> str | None:
    return next((kind for name, kind in KINDS.items() if uid(name) == structure_id), None)


class Person(Scenario):
    apart = timedelta()  # all of a day are said at one instant: their ids part them

    def __init__(self, counting: Counting = "reference", today: str = "2026-08-03", **asked: Any) -> None:
        """`asked`: what decisions ask from outside, by the names that AgrementContext gives it."""
        super().__init__(CATALOGUE, decide, f"person/{uid('person')}", today)
        self.counting = counting
        self.asked = {"kind_on": kind_on, "counting": counting, **asked}

    def context(self, known_facts: Mapping[tuple[str, str], int]) -> Context:
        return AgrementContext(known_facts=known_facts, **self.asked)

    # What stands

    @property
    def file(self) -> PersonFile:
        return reckon(self.settled, self.counting)

    def agrement(self, name: str = "P") -> Agrement:
        found = self.file.agrement(uid(name))
        assert found is not None
        return found

    def ends_on(self, name: str = "P") -> str:
        return str(self.agrement(name).ends_on)

    def view(self, on: str) -> dict[str, Any]:
        return person_view(self.settled, day(on), self.counting)

    # Deciding

    def refuses(self, fact: Fact, error: type[E], **around: Any) -> dict[str, Any]:
        """The fields of that refusal, days and ids as text (but what it collides with); it must be among the refusals."""
        found = [refusal for refusal in self.refusals(fact, **around) if type(refusal) is error]
        assert found, f"{error.code} not among {[refusal.code for refusal in self.refusals(fact, **around)]}"
        standard = {"type", "code", "title", "title_fr", "status", "article", "detail", "detail_fr", "standing"}
        return {name: value for name, value in found[0].problem().items() if name not in standard}

    # What most tests begin with

    def hired(self, structure: str, on: str, agrement: str | None = "P", contract: str = "") -> Person:
        fact = facts.HireLinked(
            agrement_id=None if agrement is None else uid(agrement),
            contract_id=uid(contract or f"contract {structure} {on}"),
            structure_id=uid(structure),
            structure_kind=cast(StructureKind, KINDS[structure]),
            starts_on=day(on),
        )
        return self.given(fact, source=OWN_SOURCE, on=on)

    def granted(self, starts_on: str, ends_on: str | None = None, name: str = "P", **fields: Any) -> Person:
        return self.given(grant(starts_on, ends_on, name, **fields))

    def diagnosed(self, made_on: str, author: str = "authorised_prescriber", **fields: Any) -> Person:
        return self.given(diagnosis(made_on, author, **fields))


def diagnosis(
    made_on: str, author: str = "authorised_prescriber", name: str = "D", **fields: Any
) -> facts.EligibilityDiagnosed:
    return made(facts.EligibilityDiagnosed, diagnosis_id=name, made_on=made_on, author_kind=author, **fields)  # type: ignore[no-any-return]


def grant(starts_on: str, ends_on: str | None = None, name: str = "P", **fields: Any) -> facts.AgrementGranted:
    fields = {"origin": "default", "granted_on": starts_on, **fields}
    return made(  # type: ignore[no-any-return]
        facts.AgrementGranted, agrement_id=name, starts_on=starts_on, initial_ends_on=ends_on, **fields
    )


def suspension(starts_on: str, ends_on: str | None = None, name: str = "S", **fields: Any) -> facts.Suspended:
    fields = {
        "agrement_id": "P",
        "structure_id": "A",
        "reason": "CONTRACT_SUSPENDED",
        "declared_on": starts_on,
        **fields,
    }
    return made(facts.Suspended, suspension_id=name, starts_on=starts_on, ends_on=ends_on, **fields)  # type: ignore[no-any-return]


def change(changed_on: str, name: str = "S", **fields: Any) -> facts.SuspensionChanged:
    fields = {"agrement_id": "P", "structure_id": "A", **fields}
    return made(facts.SuspensionChanged, suspension_id=name, changed_on=changed_on, **fields)  # type: ignore[no-any-return]


def removal(removed_on: str, name: str = "S", **fields: Any) -> facts.SuspensionRemoved:
    fields = {"agrement_id": "P", "structure_id": "A", **fields}
    return made(facts.SuspensionRemoved, suspension_id=name, removed_on=removed_on, **fields)  # type: ignore[no-any-return]


def prolongation(starts_on: str, ends_on: str, name: str = "L", **fields: Any) -> facts.Prolonged:
    fields = {
        "agrement_id": "P", "structure_id": "A", "reason": "COMPLETE_TRAINING", "declared_on": starts_on, **fields
    }  # fmt: skip
    return made(facts.Prolonged, prolongation_id=name, starts_on=starts_on, ends_on=ends_on, **fields)  # type: ignore[no-any-return]


def request(starts_on: str, ends_on: str, name: str = "R", **fields: Any) -> facts.ProlongationRequested:
    fields = {"agrement_id": "P", "structure_id": "A", "reason": "RQTH", "requested_on": starts_on, **fields}
    return made(facts.ProlongationRequested, request_id=name, starts_on=starts_on, ends_on=ends_on, **fields)  # type: ignore[no-any-return]


def answer_yes(decided_on: str, name: str = "R", **fields: Any) -> facts.ProlongationGranted:
    fields = {"agrement_id": "P", "prolongation_id": "L of R", "prescriber_id": "FT", "authorised": True, **fields}
    return made(facts.ProlongationGranted, request_id=name, decided_on=decided_on, **fields)  # type: ignore[no-any-return]


def answer_no(decided_on: str, name: str = "R", **fields: Any) -> facts.ProlongationDenied:
    fields = {"agrement_id": "P", "prescriber_id": "FT", "authorised": True, "deny_reason": "DURATION", **fields}
    return made(facts.ProlongationDenied, request_id=name, decided_on=decided_on, **fields)  # type: ignore[no-any-return]


def move(moved_on: str, starts_on: str, **fields: Any) -> facts.StartMoved:
    fields = {"agrement_id": "P", "cause": "asked", **fields}
    return made(facts.StartMoved, moved_on=moved_on, starts_on=starts_on, **fields)  # type: ignore[no-any-return]


def closing(closed_on: str, author: str = "staff", **fields: Any) -> facts.AgrementClosed:
    fields = {"agrement_id": "P", "reason": "left", "author_kind": author, **fields}
    return made(facts.AgrementClosed, closed_on=closed_on, **fields)  # type: ignore[no-any-return]


def cancellation(cancelled_on: str, **fields: Any) -> facts.AgrementCancelled:
    fields = {"agrement_id": "P", "reason": "mistake", **fields}
    return made(facts.AgrementCancelled, cancelled_on=cancelled_on, **fields)  # type: ignore[no-any-return]


def void(fact_id: str, voided_on: str = "2026-08-03", fact_source: str | None = None) -> facts.FactVoided:
    return facts.FactVoided(fact_id=fact_id, voided_on=day(voided_on), reason="mistake", fact_source=fact_source)
