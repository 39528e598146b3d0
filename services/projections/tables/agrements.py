"""Read tables `agrements`, `agrement_periods` and `prolongation_requests`: the person's bounded right to work in the IAE.

Everything counted comes from `services.agrement.model`: no rule of the agrément is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from services.agrement.facts import CATALOGUE, AgrementGranted
from services.agrement.model import file as reckoned
from services.agrement.model.file import PersonFile
from services.agrement.model.reading import reckon
from services.agrement.model.states import carence_span
from services.projections.tables.columns import PUBLIC, STRUCTURE, ContractId, PersonId
from services.projections.tables.history import History
from shared.facts.days import span_days

OF_AGREMENT = frozenset(CATALOGUE.facts.values())

AgrementId = Annotated[UUID, "The agrément", PUBLIC]


class Agrement(NamedTuple):
    """One agrément of a person, as everything known makes it. Cancelled ones stay, with the day of it."""

    person_id: PersonId
    agrement_id: AgrementId
    number: Annotated[str | None, "Issuer's prefix and seven digits; NULL: not said"]
    origin: Annotated[str, "default, pe_approval, ai_stock, admin"]
    granted_on: Annotated[date, "Day of the decision"]
    starts_on: Annotated[date, "First day, moved starts applied"]
    ends_on: Annotated[date, "Last day as of all that is known: suspensions run to their end, prolongations are used"]
    duration_days: Annotated[int, "Days from the first to the last, both included"]
    base_ends_on: Annotated[date, "Last day before suspensions and prolongations moved it"]
    suspended_days: Annotated[int, "Days that suspensions add to the end, by the setting suspension_counting"]
    prolonged_days: Annotated[int, "Days that prolongations add to the end"]
    closed_on: Annotated[date | None, "Day it was closed, before its term: its end; NULL: not closed"]
    cancelled_on: Annotated[date | None, "Day it was cancelled, as if it had never been; NULL: it stands"]
    carence_starts_on: Annotated[date | None, "First day after it without a new one; NULL: cancelled"]
    carence_ends_on: Annotated[date | None, "Last day after it without a new one; NULL: cancelled"]
    structure_id: Annotated[UUID | None, "Structure it was asked for; NULL: not said", PUBLIC]
    diagnosis_id: Annotated[UUID | None, "Diagnosis it rests on; NULL: not said", PUBLIC]
    contract_id: ContractId
    sender_kind: Annotated[str | None, "Who sent the person; NULL: not said"]
    prescriber_kind: Annotated[str | None, "Kind of the prescriber; NULL: none, or not said"]


class AgrementPeriod(NamedTuple):
    """One suspension or prolongation in force of an agrément that stands; changes, returns to work and closing applied."""

    person_id: PersonId
    agrement_id: AgrementId
    kind: Annotated[str, "suspension or prolongation"]
    period_id: Annotated[UUID, "The suspension or the prolongation", PUBLIC]
    starts_on: Annotated[date, "First day; of a prolongation the end before it, which it moves"]
    ends_on: Annotated[date, "Last day; of a suspension without one, the latest day allowed"]
    open_ended: Annotated[bool, "A suspension whose end nobody has said"]
    pushes_days: Annotated[int, "Days it adds to the agrément's end, unless that was closed"]
    structure_id: Annotated[UUID, "Structure that declared it", PUBLIC]
    declared_on: Annotated[date | None, "Day a suspension was declared; NULL: a prolongation"]
    request_id: Annotated[UUID | None, "Request that a prolongation follows from; NULL: none", PUBLIC]
    reason: Annotated[str | None, "Code; NULL: erased", STRUCTURE]


class ProlongationRequest(NamedTuple):
    """One request of a prolongation, addressed to a prescriber, with its answer."""

    person_id: PersonId
    agrement_id: AgrementId
    request_id: Annotated[UUID, "The request", PUBLIC]
    structure_id: Annotated[UUID, "Structure that asks", PUBLIC]
    requested_on: Annotated[date, "Day it was made"]
    starts_on: Annotated[date, "End of the agrément when it was asked"]
    ends_on: Annotated[date, "End that is asked for"]
    addressed_to: Annotated[UUID | None, "Prescriber it is addressed to; NULL: not said", PUBLIC]
    state: Annotated[str, "pending, granted, denied"]
    decided_on: Annotated[date | None, "Day of the answer; NULL: none yet"]
    prescriber_kind: Annotated[str | None, "Kind of the prescriber who answered; NULL: none yet, or not said"]
    deny_reason: Annotated[str | None, "IAE, SIAE, DURATION, REASON; NULL: not denied"]
    next_step: Annotated[str | None, "What is proposed instead; NULL: nothing"]
    reason: Annotated[str | None, "Code; NULL: erased", STRUCTURE]


def person_file(history: History) -> PersonFile:
    """What the facts of the agrement service amount to."""
    own = [known for known in history.settled if type(known.data) in OF_AGREMENT]
    return reckon(own, history.rules.suspension_counting) if own else PersonFile()


def agrements(history: History) -> list[Agrement]:
    file = history.once(person_file)
    granted = {fact.agrement_id: fact for fact in history.of(AgrementGranted)}
    known = sorted((*file.agrements, *file.cancelled), key=lambda one: (one.starts_on, one.granted_on, one.agrement_id))
    return [_agrement(history, one, granted[one.agrement_id]) for one in known]


def _agrement(history: History, one: reckoned.Agrement, granted: AgrementGranted) -> Agrement:
    carence = None if one.cancelled_on else carence_span(one)
    return Agrement(
        history.subject_id,
        one.agrement_id,
        one.number,
        one.origin,
        one.granted_on,
        one.starts_on,
        one.ends_on,
        span_days(one.starts_on, one.ends_on),
        one.base_ends_on,
        sum(period.pushes_days(one.counting) for period in one.suspensions),
        sum(period.pushes_days for period in one.prolongations),
        one.closed_on,
        one.cancelled_on,
        carence.starts_on if carence else None,
        carence.ends_on if carence else None,
        granted.structure_id,
        granted.diagnosis_id,
        granted.contract_id,
        granted.sender_kind,
        granted.prescriber_kind,
    )


def agrement_periods(history: History) -> list[AgrementPeriod]:
    rows = [
        row
        for one in history.once(person_file).agrements
        for row in (*_suspensions(history, one), *_prolongations(history, one))
    ]
    return sorted(rows, key=lambda row: (row.starts_on, row[:4]))


def _suspensions(history: History, agrement: reckoned.Agrement) -> Iterator[AgrementPeriod]:
    for one in agrement.standing_suspensions():
        yield AgrementPeriod(
            history.subject_id,
            agrement.agrement_id,
            "suspension",
            one.suspension_id,
            one.starts_on,
            one.ends_on,
            one.open_ended,
            one.pushes_days(agrement.counting),
            one.structure_id,
            one.declared_on,
            None,
            one.reason,
        )


def _prolongations(history: History, agrement: reckoned.Agrement) -> Iterator[AgrementPeriod]:
    for one in agrement.standing_prolongations():
        yield AgrementPeriod(
            history.subject_id,
            agrement.agrement_id,
            "prolongation",
            one.prolongation_id,
            one.starts_on,
            one.ends_on,
            False,
            one.pushes_days,
            one.structure_id,
            None,
            one.request_id,
            one.reason,
        )


def prolongation_requests(history: History) -> list[ProlongationRequest]:
    return [
        ProlongationRequest(
            history.subject_id,
            agrement.agrement_id,
            one.request_id,
            one.structure_id,
            one.requested_on,
            one.starts_on,
            one.ends_on,
            one.addressed_to,
            one.state,
            one.decided_on,
            one.prescriber_kind,
            one.deny_reason,
            one.next_step,
            one.reason,
        )
        for agrement in history.once(person_file).agrements
        for one in agrement.requests
    ]
