"""Rules of a grant: one at a time, a diagnosis, no carence, its number; and of a start that moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.agrement.decisions.case import AgrementCase
from services.agrement.decisions.numbers import number_taken, number_taken_by
from services.agrement.facts import AgrementGranted, StartMoved
from services.agrement.law.tables import law_on, use_of_agrements
from services.agrement.model.hiring import frees_from_carence, usable_diagnosis
from services.agrement.model.lengths import default_end
from services.agrement.model.numbers import OFFICIAL_PREFIX, is_of
from services.agrement.model.person_file import Agrement, Diagnosis
from services.agrement.model.states import carence_on
from services.agrement.refusals.grants import (
    AgrementAlreadyStartedError,
    AgrementEndsBeforeStartError,
    AgrementIdUsedError,
    AgrementRunningError,
    AgrementsOverlapError,
    DiagnosisNotAllowedError,
    DiagnosisNotValidError,
    DiagnosisOfAnotherEmployerError,
    DiagnosisRequiredError,
    DiagnosisUnknownError,
    InCarenceError,
    NumberMissingError,
    NumberOfAnotherIssuerError,
    OfficialEndDiffersError,
    StartMovedTooLateError,
    StructureMissingError,
    StructureNotSiaeError,
)
from shared.deciding.refusals import DomainError
from shared.facts.days import plus


def an_agrement_id_is_new(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    if any(standing.agrement_id == fact.agrement_id for standing in case.standing(AgrementGranted)):
        yield AgrementIdUsedError(agrement_id=fact.agrement_id)


def an_agrement_ends_after_its_first_day(fact: AgrementGranted, _: AgrementCase) -> Iterator[DomainError]:
    if fact.initial_ends_on is not None and fact.initial_ends_on <= fact.starts_on:
        yield AgrementEndsBeforeStartError(
            agrement_id=fact.agrement_id, starts_on=fact.starts_on, initial_ends_on=fact.initial_ends_on
        )


def an_official_agrement_has_its_official_end(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    """The end it was issued with; what suspensions and prolongations added is told by facts of their own."""
    official_end = default_end(fact.starts_on, case.law.length)
    if case.law.origins[fact.origin].official and fact.initial_ends_on not in (None, official_end):
        yield OfficialEndDiffersError(
            agrement_id=fact.agrement_id,
            starts_on=fact.starts_on,
            initial_ends_on=fact.initial_ends_on,
            official_ends_on=official_end,
        )


def an_official_agrement_is_told_by_the_structure_of_the_hire(
    fact: AgrementGranted, case: AgrementCase
) -> Iterator[DomainError]:
    if case.law.origins[fact.origin].official and fact.structure_id is None:
        yield StructureMissingError(agrement_id=fact.agrement_id, origin=fact.origin)


def one_agrement_at_a_time(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    for other in _others(fact, case):
        if _blocks(other, fact.granted_on):
            waits = case.law.origins[fact.origin].carence
            yield AgrementRunningError(
                agrement_id=other.agrement_id,
                ends_on=other.ends_on,
                # Two years after its end, but for those whom a prescriber sends: nobody is told of a day before.
                earliest_granted_on=_earliest_free(fact, case, waits),
                earliest_sent_on=_earliest_free(fact, case, waits=False) if waits else None,
            )


def _blocks(agrement: Agrement, day: date) -> bool:
    # Only those granted by then: an older agrément may be imported after a newer one.
    return agrement.granted_on <= day <= agrement.ends_on


def _earliest_free(fact: AgrementGranted, case: AgrementCase, waits: bool) -> date:
    """The first day from the grant's on which no agrément runs, nor, of one that `waits`, a carence: what follows one
    may be another that is on file already."""
    day: date | None = fact.granted_on
    while day is not None:
        free, others = day, _others(fact, case)
        ends = [other.ends_on for other in others if _blocks(other, day)]
        carence = carence_on(case.file, day, case.law) if waits else None
        ends += [] if carence is None else [carence.ends_on]
        # Each turn goes beyond an agrément or a carence, of which there are few.
        day = plus(max(ends), 1) if ends else None
    return free


def agrements_never_overlap(fact: AgrementGranted | StartMoved, case: AgrementCase) -> Iterator[DomainError]:
    span = _span(fact, case)
    for other in _others(fact, case):
        if span is not None and other.starts_on <= span[1] and span[0] <= other.ends_on:
            yield AgrementsOverlapError(agrement_id=other.agrement_id, starts_on=other.starts_on, ends_on=other.ends_on)


def _others(fact: AgrementGranted | StartMoved, case: AgrementCase) -> list[Agrement]:
    return [agrement for agrement in case.file.agrements if agrement.agrement_id != fact.agrement_id]


def _span(fact: AgrementGranted | StartMoved, case: AgrementCase) -> tuple[date, date] | None:
    """First and last day as they would be."""
    if isinstance(fact, AgrementGranted):
        return fact.starts_on, fact.initial_ends_on or default_end(fact.starts_on, case.law.length)
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return None
    # What suspensions and prolongations added stays added where the start moves: only the base end is computed anew.
    pushed = (agrement.ends_on - agrement.base_ends_on).days
    if fact.contract_id is not None:
        # The length is that of the day it was granted, not of the day it moves: law/length.yaml.
        return fact.starts_on, plus(default_end(fact.starts_on, law_on(agrement.granted_on).length), pushed)
    return fact.starts_on, plus(agrement.ends_on, (fact.starts_on - agrement.starts_on).days)


def only_a_siae_uses_an_agrement(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    """None named counts as a SIAE. Workers in post at a reform (`ai_stock`) had theirs before their SIAE used any."""
    kind = None if fact.structure_id is None else case.kind_of(fact.structure_id)
    # Until 2021-11-30 an AI used agréments for nobody but its workers of that day, whose origin (`ai_stock`) says so.
    may_be = case.law.siae_kinds if case.law.origins[fact.origin].of_a_stock else case.law.agrement_kinds
    if kind is not None and kind not in may_be:
        since, until = use_of_agrements(kind, fact.granted_on)
        yield StructureNotSiaeError(
            structure_id=fact.structure_id,
            kind=kind,
            day=fact.granted_on,
            siae_kinds=list(may_be),
            used_since=since,
            used_until=until,
        )


def an_agrement_rests_on_a_valid_diagnosis(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    needs = case.law.origins[fact.origin].diagnosis
    if needs == "forbidden":
        if fact.diagnosis_id is not None:
            yield DiagnosisNotAllowedError(origin=fact.origin, diagnosis_id=fact.diagnosis_id)
    elif fact.diagnosis_id is not None:
        yield from _faults_of_diagnosis(fact, case)
    elif needs == "required" and diagnosis_of(case, fact) is None:
        yield DiagnosisRequiredError(origin=fact.origin, granted_on=fact.granted_on)


def diagnosis_of(case: AgrementCase, fact: AgrementGranted) -> Diagnosis | None:
    """The diagnosis on file that a grant which names none rests on."""
    return usable_diagnosis(case.file.diagnoses, fact.granted_on, fact.structure_id)


def _faults_of_diagnosis(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    named = next((diagnosis for diagnosis in case.file.diagnoses if diagnosis.diagnosis_id == fact.diagnosis_id), None)
    if named is None:
        yield DiagnosisUnknownError(diagnosis_id=fact.diagnosis_id)
        return
    if not named.is_valid_on(fact.granted_on):
        yield DiagnosisNotValidError(
            diagnosis_id=named.diagnosis_id,
            granted_on=fact.granted_on,
            made_on=named.made_on,
            expires_on=named.expires_on,
        )
    if not named.is_seen_by(fact.structure_id):
        yield DiagnosisOfAnotherEmployerError(diagnosis_id=named.diagnosis_id, structure_id=fact.structure_id)


def no_new_agrement_in_carence(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    if not case.law.origins[fact.origin].carence:
        return
    carence = carence_on(case.file, fact.granted_on, case.law)
    if carence is None or frees_from_carence(case.file.diagnoses, fact.granted_on, fact.sender_kind):
        return
    yield InCarenceError(
        granted_on=fact.granted_on,
        carence_starts_on=carence.starts_on,
        carence_ends_on=carence.ends_on,
        earliest_granted_on=_earliest_free(fact, case, waits=True),
    )


def a_number_is_never_used_twice(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    if fact.number is None or keeps_its_number(case, fact):
        return
    if number_taken_by(fact.number, case) is not None or any(
        agrement.number == fact.number for agrement in (*case.file.agrements, *case.file.cancelled)
    ):
        yield number_taken(fact.number, case)


def keeps_its_number(case: AgrementCase, fact: AgrementGranted) -> bool:
    """A correction of a grant goes on with the number that grant had, or goes back to one that it was given here."""
    kept = number_kept(case)
    return (kept is not None and fact.number in (None, kept)) or fact.number in _given_here(case)


def number_kept(case: AgrementCase) -> str | None:
    """The number of the grant that the event corrects; of one that was voided, the one it was given here."""
    if isinstance(case.replaced, AgrementGranted):
        return case.replaced.number
    return next(reversed(_given_here(case)), None)


def _given_here(case: AgrementCase) -> list[str]:
    """Numbers given here to the grant that the event corrects, which are that grant's for ever, also once it was voided."""
    grants = (fact.data for fact in sorted(case.corrections, key=lambda fact: fact.said_order))
    numbers = [grant.number for grant in grants if isinstance(grant, AgrementGranted) and grant.number is not None]
    taken = {number: number_taken_by(number, case) for number in numbers}
    return [number for number in numbers if (by := taken[number]) and by.lasting and by.subject == case.event.subject]


def a_number_is_given_by_its_issuer(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    """Official numbers are the State's service's to give: one that it issued is brought, never made here. What is imported
    (it asks no diagnosis) has its number already: nobody is sent to ask for one."""
    origin = case.law.origins[fact.origin]
    if not (origin.official or case.outside.prefix == OFFICIAL_PREFIX):
        return
    if fact.number is None and not keeps_its_number(case, fact):
        is_imported = origin.diagnosis == "forbidden"
        yield NumberMissingError(origin=fact.origin, prefix=None if is_imported else OFFICIAL_PREFIX)


def a_number_is_of_the_issuer_of_its_origin(fact: AgrementGranted, case: AgrementCase) -> Iterator[DomainError]:
    """Official ones begin with the State's service's prefix, older ones with neither that one nor ours."""
    if fact.number is None or keeps_its_number(case, fact):
        return
    ours, fields = case.outside.prefix, {"number": fact.number, "origin": fact.origin}
    if case.law.origins[fact.origin].official:
        if not is_of(fact.number, OFFICIAL_PREFIX):
            yield NumberOfAnotherIssuerError(**fields, prefix=OFFICIAL_PREFIX, official_prefix=OFFICIAL_PREFIX)
    # Older agréments were numbered by Pôle emploi: any number may be theirs but one that a newer issuer gives.
    elif fact.origin == "pe_approval":
        newer = next((prefix for prefix in (OFFICIAL_PREFIX, ours) if is_of(fact.number, prefix)), None)
        if newer is not None:
            yield NumberOfAnotherIssuerError(**fields, prefix=ours, newer_prefix=newer)
    elif not is_of(fact.number, ours):
        yield NumberOfAnotherIssuerError(**fields, prefix=ours)


def a_start_does_not_pass_what_follows(fact: StartMoved, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return
    later = [suspension.starts_on for suspension in agrement.standing_suspensions()]
    # Both count: what stands inside the agrément would begin before it.
    later += [prolongation.starts_on for prolongation in agrement.standing_prolongations()]
    if later and fact.starts_on > min(later):
        yield StartMovedTooLateError(agrement_id=fact.agrement_id, starts_on=fact.starts_on, latest_start=min(later))


def a_hire_moves_only_what_has_not_started(fact: StartMoved, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is not None and fact.contract_id is not None and agrement.starts_on <= fact.moved_on:
        yield AgrementAlreadyStartedError(
            agrement_id=fact.agrement_id, starts_on=agrement.starts_on, moved_on=fact.moved_on
        )
