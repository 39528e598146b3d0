"""Which numbers the person's grants carry before and after an event, and what that takes and gives back.

A number given here is used for ever. One that a sender brought by mistake is given back once no grant of the person
carries it: its fact was voided, or corrected to another number. Restored (by a void of the void) it is taken again, unless
it is somebody else's by now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import CATALOGUE, AgrementCancelled, AgrementGranted, FactVoided
from services.agrement.model.numbers import is_of
from services.agrement.refusals.grants import NumbersExhaustedError, NumberTakenError
from shared.deciding.claims import Taken
from shared.deciding.refusals import DomainError
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle

ORDER = order_of_truth(CATALOGUE)

DIGITS = 7
LAST = 10**DIGITS - 1


def following(highest: str | None, prefix: str) -> str:
    """The number after the highest ever used with this prefix, cancelled ones included; the first one after none.

    Raise NumbersExhaustedError after the last.
    """
    place = 0 if highest is None or not is_of(highest, prefix) else int(highest.removeprefix(prefix))
    if place >= LAST:
        raise NumbersExhaustedError(prefix=prefix, last_number=f"{prefix}{LAST}")
    return f"{prefix}{place + 1:0{DIGITS}d}"


def number_taken_by(number: str, case: AgrementCase) -> Taken | None:
    """Who has it, earlier events of the group among them; None where it is free, given back too."""
    # The group first: what an earlier event of it takes or gives back is not in the database yet.
    taken = case.outside.claimed.get(number) or case.outside.find_number(number)
    return None if taken is None or taken.released else taken


def number_taken(number: str, case: AgrementCase) -> NumberTakenError:
    """With the grant that carries it, of whomever."""
    error = NumberTakenError(number=number)
    taken = case.outside.claimed.get(number)
    error.standing = taken.by if taken is not None else case.outside.grant_of_number(number)
    return error


def a_number_given_back_is_nobody_elses(fact: FactVoided, case: AgrementCase) -> Iterator[DomainError]:
    """Asked of a void that restores a grant."""
    for number in sorted(_gained(case)):
        taken = number_taken_by(number, case)
        # Whoever had it before takes it again; only another person in between stands in the way.
        if taken is not None and taken.subject != case.event.subject:
            yield number_taken(number, case)


def taken_again(case: AgrementCase) -> tuple[str, ...]:
    """Numbers that a void restores and that had been given back."""
    return tuple(number for number in sorted(_gained(case)) if number_taken_by(number, case) is None)


def given_back(case: AgrementCase, completed: AgrementGranted | None = None) -> tuple[str, ...]:
    """Numbers brought by senders that no grant of the person carries any more. `completed`: the event's grant as it will be
    recorded. The number of an agrément that was cancelled stays used, and so does one whose grant is voided under another id
    of the person: once they are split it stands again (docs/adr/0037)."""
    before, after = _before(case), _after(case, completed)
    # A number stays used when its agrément is cancelled; it is given back only when it was brought by mistake.
    cancelled = {fact.agrement_id for fact in case.standing(AgrementCancelled)}
    lost = {number for number, agrement_id in before if agrement_id not in cancelled} - {number for number, _ in after}
    taken = ((number, number_taken_by(number, case)) for number in sorted(lost))
    return tuple(
        number for number, by in taken if by is not None and not by.lasting and by.subject == case.event.subject
    )


def _gained(case: AgrementCase) -> set[str]:
    before = {number for number, _ in _before(case)}
    return {number for number, _ in _after(case, None)} - before


Carried = set[tuple[str, object]]
"""Numbers, each with the agrément that carries it."""


def _before(case: AgrementCase) -> Carried:
    return _carried(settle(case.outside.recorded, ORDER))


def _after(case: AgrementCase, completed: AgrementGranted | None) -> Carried:
    event = case.event if completed is None else case.event.model_copy(update={"data": completed})
    return _carried(settle([*case.outside.recorded, event], ORDER))


def _carried(facts: Iterable[Recorded]) -> Carried:
    grants = (fact.data for fact in facts if isinstance(fact.data, AgrementGranted))
    return {(grant.number, grant.agrement_id) for grant in grants if grant.number is not None}
