"""What may be recorded about a person's agrément, and what follows at once.

The rules are in `decisions/`, by the fact they judge. Unlike the services that only keep facts, this one decides on
what was recorded before: what a fact voids or replaces must be known here. A fact that is voided or replaced takes
with it what the service had recorded as its effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from services.agrement.decisions import answers, eligibility, endings, general, grants, prolongations, suspensions
from services.agrement.decisions.case import RULES, AgrementCase, agrement_context
from services.agrement.facts import OWN_SOURCE, AgrementGranted, FactVoided, ProlongationGranted, Prolonged
from services.agrement.refusals.grants import NumbersExhaustedError
from shared.deciding.rules import Context, Verdict, effect_id, refused
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import is_plain

RULE_MODULES = (general, eligibility, grants, suspensions, prolongations, answers, endings)
"""Importing them registered their rules."""

EFFECTS_OF_ONE_FACT = 8


def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
    """Every refusal of the event, or what it records: itself, completed, and its effects."""
    fallen = _effects_of(_taken_back(settled, event), settled)
    standing = [known for known in settled if known not in fallen] if fallen else settled
    case = AgrementCase(event, standing, agrement_context(context))
    refusals = RULES.refusals(case)
    if refusals:
        return refused(*refusals)
    effects: list[Fact] = [_void(known, event) for known in fallen]
    if isinstance(event.data, ProlongationGranted):
        effects += answers.prolonged_by(event.data, case)
    if isinstance(event.data, AgrementGranted):
        return _granted(event.data, case, tuple(effects))
    return Verdict(effects=tuple(effects))


def rules_broken(settled: Sequence[Recorded], event: Recorded, context: Context) -> list[dict[str, object]]:
    """May I? Every rule the event would break, as the problems its refusal would show; nothing is recorded."""
    return [refusal.problem() for refusal in decide(settled, event, context).refusals]


def _granted(fact: AgrementGranted, case: AgrementCase, effects: tuple[Fact, ...]) -> Verdict:
    """The grant with its number, and the diagnosis it rests on where it named none."""
    completed: dict[str, object] = {}
    claims: tuple[str, ...] = () if fact.number is None or grants.keeps_its_number(fact, case) else (fact.number,)
    if fact.number is None:
        try:
            completed["number"], claims = _number(fact, case)
        except NumbersExhaustedError as error:
            return refused(error)
    if fact.diagnosis_id is None and case.rules.origins[fact.origin].diagnosis == "required":
        diagnosis = grants.diagnosis_of(fact, case)
        completed["diagnosis_id"] = None if diagnosis is None else diagnosis.diagnosis_id
    completed = {name: value for name, value in completed.items() if value is not None}
    recorded = fact.model_copy(update=completed) if completed else None
    return Verdict(effects=effects, recorded=recorded, claims=claims)


def _number(fact: AgrementGranted, case: AgrementCase) -> tuple[str | None, tuple[str, ...]]:
    """The number the grant gets, and what it claims: nothing where a correction keeps the one it had."""
    if grants.keeps_its_number(fact, case) and isinstance(case.replaced, AgrementGranted):
        return case.replaced.number, ()
    if case.outside.next_number is None:
        return None, ()
    number = case.outside.next_number()
    return number, (number,)


def _taken_back(settled: Sequence[Recorded], event: Recorded) -> Recorded | None:
    """The standing fact that the event voids or replaces."""
    if is_plain(event):
        return None
    name = (event.source, event.replaces or "")
    if isinstance(event.data, FactVoided):
        name = (event.data.fact_source or event.source, event.data.fact_id)
    return next((known for known in settled if known.key == name), None)


def _effects_of(cause: Recorded | None, settled: Sequence[Recorded]) -> list[Recorded]:
    """What the service recorded as effects of that fact: their ids follow from it."""
    if cause is None:
        return []
    return [
        known
        for known in settled
        if known.source == OWN_SOURCE
        and known.causationid == cause.id
        and isinstance(known.data, Prolonged | FactVoided)
        and known.id in _effect_ids(cause, known.type)
    ]


def _effect_ids(cause: Recorded, type_name: str) -> Iterator[str]:
    return (effect_id(cause, type_name, place) for place in range(1, EFFECTS_OF_ONE_FACT + 1))


def _void(fallen: Recorded, event: Recorded) -> FactVoided:
    """The void of an effect whose cause is taken back."""
    day: date = event.data.voided_on if isinstance(event.data, FactVoided) else event.decided_on
    return FactVoided(fact_id=fallen.id, fact_source=fallen.source, voided_on=day, reason="cause_taken_back")
