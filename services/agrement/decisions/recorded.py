"""What is recorded with an event that no rule refuses: the event completed, the number it claims, and its effects."""

from __future__ import annotations

from collections.abc import Sequence

from services.agrement.decisions.answers import prolonged_by
from services.agrement.decisions.case import AgrementCase
from services.agrement.decisions.grants import diagnosis_of, keeps_its_number, number_kept
from services.agrement.decisions.numbers import given_back, taken_again
from services.agrement.decisions.taken_back import void_of
from services.agrement.facts import AgrementGranted, FactVoided, ProlongationGranted
from services.agrement.refusals.grants import NumbersExhaustedError
from shared.deciding.rules import Verdict, refused
from shared.facts.fact import Fact, Recorded


def recorded_with(case: AgrementCase, fallen: Sequence[Recorded]) -> Verdict:
    """`fallen`: effects whose cause the event takes back."""
    fact = case.event.data
    effects: list[Fact] = [void_of(effect, case.event) for effect in fallen]
    if isinstance(fact, ProlongationGranted):
        effects += prolonged_by(case, fact)
    if isinstance(fact, AgrementGranted):
        return _granted(fact, case, tuple(effects))
    if isinstance(fact, FactVoided):
        claims, releases = taken_again(case), given_back(case)
        return Verdict(effects=tuple(effects), claims=claims, lasting=False, releases=releases)
    return Verdict(effects=tuple(effects))


def _granted(fact: AgrementGranted, case: AgrementCase, effects: tuple[Fact, ...]) -> Verdict:
    """The grant with its number, and the diagnosis it rests on where it named none."""
    completed: dict[str, object] = {}
    claims: tuple[str, ...] = () if fact.number is None or keeps_its_number(case, fact) else (fact.number,)
    if fact.number is None:
        try:
            # Given only now, after every rule: a refused grant uses up no number.
            completed["number"], claims = _number(fact, case)
        except NumbersExhaustedError as error:
            return refused(error)
    if fact.diagnosis_id is None and case.law.origins[fact.origin].diagnosis == "required":
        diagnosis = diagnosis_of(case, fact)
        completed["diagnosis_id"] = None if diagnosis is None else diagnosis.diagnosis_id
    completed = {name: value for name, value in completed.items() if value is not None}
    recorded = fact.model_copy(update=completed) if completed else None
    # Only a correction can leave a number that nobody carries any more; a plain grant adds one.
    releases = () if case.event.replaces is None else given_back(case, recorded or fact)
    # What the sender brought is given back when it proves a mistake; what is given here is used for ever.
    lasting = fact.number is None
    return Verdict(effects=effects, recorded=recorded, claims=claims, lasting=lasting, releases=releases)


def _number(fact: AgrementGranted, case: AgrementCase) -> tuple[str | None, tuple[str, ...]]:
    """The number the grant gets, and what it claims: nothing where a correction keeps the one it had."""
    if (kept := number_kept(case)) is not None:
        return kept, ()
    if case.outside.next_number is None:
        return None, ()
    number = case.outside.next_number()
    return number, (number,)
