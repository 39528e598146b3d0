"""Alerts about decisions that rest on something that no longer stands: voided or replaced since, or never sent.

What was decided stays as it is; somebody has to look at it. A fact that names what is not known (yet) cannot be told
from one that names what was taken back: services without order between them may bring the first later, and the alert
goes when it comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from services.agrement.facts import AgrementGranted, EligibilityDiagnosed
from services.agrement.model.hiring import needs_diagnosis
from services.agrement.model.person_file import Agrement, Prolongation
from services.pathways.facts import TrainingEnded, TrainingStarted
from services.projections.alerts.alert import HIGH, LOW, MEDIUM, AlertKind, AlertSource, PersonAlert, always
from services.projections.tables.agrement_file import person_file
from services.projections.tables.facts_by_day import OF_AGREMENTS, OF_CONTRACTS
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts
from services.projections.tables.trainings import trainings


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    for agrement in subject.once(person_file).agrements:
        yield from _without_diagnosis(subject, agrement)
        yield from _without_hire(subject, agrement)
        yield from _without_ground(subject, agrement)


def _without_diagnosis(subject: SubjectFacts, agrement: Agrement) -> Iterator[PersonAlert]:
    """From the grant to the end of an agrément that stands, where its origin requires the diagnosis it names."""
    grant = subject.once(_grants)[agrement.agrement_id]
    # Only what it names can be taken back; a grant without one was judged by the rules when it came.
    names_one = grant.diagnosis_id is not None and needs_diagnosis(grant.origin, grant.granted_on)
    if names_one and grant.diagnosis_id not in subject.once(_diagnoses) and grant.granted_on <= agrement.ends_on:
        yield PersonAlert(
            person_id=subject.id,
            kind="diagnosis_taken_back",
            about_id=agrement.agrement_id,
            since=grant.granted_on,
            structure_kinds="",
            until=agrement.ends_on,
            article="L5132-3",
            severity=HIGH,
            structure_id=grant.structure_id,
            agrement_id=agrement.agrement_id,
            contract_id=grant.contract_id,
        )


def _grants(subject: SubjectFacts) -> dict[UUID, AgrementGranted]:
    return {fact.agrement_id: fact for fact in subject.of(AgrementGranted)}


def _diagnoses(subject: SubjectFacts) -> set[UUID]:
    return {fact.diagnosis_id for fact in subject.of(EligibilityDiagnosed)}


def _without_hire(subject: SubjectFacts, agrement: Agrement) -> Iterator[PersonAlert]:
    """A suspension by a structure that, on the day it declared it, had hired nobody: it moves the end all the same."""
    for suspension in agrement.standing_suspensions():
        is_employer = any(
            contract.hired is not None
            and contract.hired.in_pathway
            and contract.hired.structure_id == suspension.structure_id
            and contract.starts_on is not None
            # By the day of declaring: a hire that came later gave no right to suspend before it.
            and contract.starts_on <= suspension.declared_on
            for contract in subject.once(career).employments.values()
        )
        if not is_employer and suspension.declared_on <= agrement.ends_on:
            yield PersonAlert(
                person_id=subject.id,
                kind="suspension_without_hire",
                about_id=suspension.suspension_id,
                since=suspension.declared_on,
                structure_kinds="",
                until=agrement.ends_on,
                article="R5132-1-3",
                severity=MEDIUM,
                structure_id=suspension.structure_id,
                agrement_id=agrement.agrement_id,
                suspension_id=suspension.suspension_id,
            )


class Ground(NamedTuple):
    """Something a prolongation names; `found`: it is known and stands."""

    kind: AlertKind
    named: UUID | None
    found: bool
    severity: str


def _without_ground(subject: SubjectFacts, agrement: Agrement) -> Iterator[PersonAlert]:
    """A prolongation whose request, or whose contract or training, is not known (any more)."""
    for prolongation in agrement.standing_prolongations():
        for ground in _grounds(subject, agrement, prolongation):
            if ground.named is not None and not ground.found and prolongation.starts_on <= prolongation.ends_on:
                yield PersonAlert(
                    person_id=subject.id,
                    kind=ground.kind,
                    about_id=prolongation.prolongation_id,
                    since=prolongation.starts_on,
                    structure_kinds="",
                    until=prolongation.ends_on,
                    article="R5132-1-8",
                    severity=ground.severity,
                    structure_id=prolongation.structure_id,
                    agrement_id=agrement.agrement_id,
                    contract_id=prolongation.contract_id,
                    request_id=prolongation.request_id,
                )


def _grounds(subject: SubjectFacts, agrement: Agrement, prolongation: Prolongation) -> Iterator[Ground]:
    request_id, training_id = prolongation.request_id, prolongation.training_id
    # For other reasons the contract is where the person works, not what the prolongation rests on.
    contract_id = prolongation.contract_id if prolongation.reason == "SENIOR_CDI" else None
    requests = {request.request_id for request in agrement.requests}
    yield Ground("prolongation_without_request", request_id, request_id in requests, MEDIUM)
    yield Ground("prolongation_ground_unknown", contract_id, contract_id in subject.once(_hired), LOW)
    yield Ground("prolongation_ground_unknown", training_id, training_id in subject.once(_begun_trainings), LOW)


def _hired(subject: SubjectFacts) -> set[UUID]:
    """Contracts whose hire is known."""
    contracts = subject.once(career).employments.values()
    return {contract.contract_id for contract in contracts if contract.hired is not None}


def _begun_trainings(subject: SubjectFacts) -> set[UUID]:
    return {training.training_id for training in subject.once(trainings) if training.started_on is not None}


SOURCE = AlertSource(
    kinds=(
        "diagnosis_taken_back",
        "suspension_without_hire",
        "prolongation_without_request",
        "prolongation_ground_unknown",
    ),
    alerts=alerts,
    about=(AgrementGranted,),
    reads=always(*OF_AGREMENTS, EligibilityDiagnosed, *OF_CONTRACTS, TrainingStarted, TrainingEnded),
)
