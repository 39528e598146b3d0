"""May the person be hired: on the agrément there is, on a new one, or not before somebody entitled says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from services.agrement.facts.codes import CODES
from services.agrement.law.tables import Law, law_on
from services.agrement.model.person_file import Diagnosis, PersonFile
from services.agrement.model.states import carence_on, is_in_progress, latest

PRESCRIBER = "authorised_prescriber"

HiringAnswer = Annotated[Literal["reuse", "new", "blocked", "not_needed"], CODES.named("may_be_hired")]


@dataclass(frozen=True, slots=True)
class Why:
    code: str
    article: str


@dataclass(frozen=True, slots=True)
class MayBeHired:
    answer: HiringAnswer
    agrement_id: UUID | None = None
    why: tuple[Why, ...] = ()

    def json(self) -> dict[str, Any]:
        """As the API answers it; `agrement_id` only where one is reused."""
        named = {} if self.agrement_id is None else {"agrement_id": str(self.agrement_id)}
        return {"answer": self.answer, **named, "why": [asdict(reason) for reason in self.why]}


def may_be_hired(
    file: PersonFile,
    day: date,
    structure_kind: str | None,
    sender_kind: str | None = None,
    structure_id: UUID | None = None,
    law: Law | None = None,
) -> MayBeHired:
    """What a hire on that day would find. A structure of unknown kind counts as a SIAE."""
    law = law or law_on(day)
    if structure_kind is not None and not law.uses_agrements(structure_kind):
        return MayBeHired("not_needed", why=(Why("not_siae", "L5132-4"),))
    # One in progress on the day first: the latest valid one may be future, and begin after the hire.
    found = next((agrement for agrement in file.agrements if is_in_progress(agrement, day)), None) or latest(file, day)
    if found is not None and found.ends_on >= day:
        return MayBeHired("reuse", found.agrement_id, _notes(found.suspension_on(day) is not None))
    # Carence before the diagnosis: a diagnosis by an employer would not free the person, and asking for one would
    # mislead.
    if carence_on(file, day, law) is not None and not frees_from_carence(file.diagnoses, day, sender_kind):
        return MayBeHired("blocked", why=(Why("in_carence", "R5132-1-4"),))
    if usable_diagnosis(file.diagnoses, day, structure_id) is None:
        return MayBeHired("new", why=(Why("diagnosis_needed", "L5132-3"),))
    return MayBeHired("new")


def _notes(is_suspended: bool) -> tuple[Why, ...]:
    return (Why("suspended", "R5132-1-3"),) if is_suspended else ()


def needs_diagnosis(origin: str, day: date) -> bool:
    """Whether an agrément of that origin, granted on that day, rests on a diagnosis."""
    return law_on(day).origins[origin].diagnosis == "required"


def frees_from_carence(diagnoses: Iterable[Diagnosis], day: date, sender_kind: str | None) -> bool:
    """An authorised prescriber sent the person, or made a diagnosis still valid; an orienteur or an employer does not."""
    return sender_kind == PRESCRIBER or any(
        diagnosis.is_by_prescriber and diagnosis.is_valid_on(day) for diagnosis in diagnoses
    )


def usable_diagnosis(diagnoses: Iterable[Diagnosis], day: date, structure_id: UUID | None) -> Diagnosis | None:
    """The diagnosis an agrément may rest on: a prescriber's wins, then the latest made."""
    valid = [diagnosis for diagnosis in diagnoses if diagnosis.is_valid_on(day) and diagnosis.is_seen_by(structure_id)]
    # `diagnoses` come in the order of truth: of several made on one day the last said, not the greatest id.
    return max(reversed(valid), key=lambda diagnosis: (diagnosis.is_by_prescriber, diagnosis.made_on), default=None)
