"""Alerts about decisions that rest on something that no longer stands: voided or replaced since, or never sent.

What was decided stays as it is; somebody has to look at it. A fact that names what is not known (yet) cannot be told
from one that names what was taken back: services without order between them may bring the first later, and the alert
goes when it comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from services.agrement.facts import AgrementGranted, EligibilityDiagnosed
from services.agrement.model.file import Agrement, PersonFile
from services.agrement.model.hiring import needs_diagnosis
from services.projections.alerts.alert import HIGH, LOW, MEDIUM, AlertKind, PersonAlert
from services.projections.tables.agrements import person_file
from services.projections.tables.history import History
from services.projections.tables.stays import career
from services.projections.tables.trainings import trainings


def alerts(history: History) -> Iterator[PersonAlert]:
    file = history.once(person_file)
    yield from _without_diagnosis(history, file)
    for agrement in file.agrements:
        yield from _suspensions(history, agrement)
        yield from _prolongations(history, agrement)


def _without_diagnosis(history: History, file: PersonFile) -> Iterator[PersonAlert]:
    """From the grant to the end of the agrément: of an agrément that stands, whose origin requires the diagnosis it names."""
    granted = {fact.agrement_id: fact for fact in history.of(AgrementGranted)}
    standing = {fact.diagnosis_id for fact in history.of(EligibilityDiagnosed)}
    for agrement in file.agrements:
        grant = granted[agrement.agrement_id]
        names_one = grant.diagnosis_id is not None and needs_diagnosis(grant.origin, grant.granted_on)
        if names_one and grant.diagnosis_id not in standing and grant.granted_on <= agrement.ends_on:
            yield PersonAlert(
                history.subject_id,
                "diagnosis_taken_back",
                agrement.agrement_id,
                grant.granted_on,
                "",
                agrement.ends_on,
                "L5132-3",
                HIGH,
                grant.structure_id,
                agrement_id=agrement.agrement_id,
                contract_id=grant.contract_id,
            )


def _suspensions(history: History, agrement: Agrement) -> Iterator[PersonAlert]:
    """Of a structure that, on the day it declared the suspension, had hired nobody: it moves the end all the same."""
    contracts = history.once(career).employments.values()
    hires = [(one.hired.structure_id, one.starts_on) for one in contracts if one.hired and one.hired.in_pathway]
    for one in agrement.standing_suspensions():
        is_employer = any(
            structure_id == one.structure_id and starts_on is not None and starts_on <= one.declared_on
            for structure_id, starts_on in hires
        )
        if not is_employer and one.declared_on <= agrement.ends_on:
            yield PersonAlert(
                history.subject_id,
                "suspension_without_hire",
                one.suspension_id,
                one.declared_on,
                "",
                agrement.ends_on,
                "R5132-1-3",
                MEDIUM,
                one.structure_id,
                agrement_id=agrement.agrement_id,
                suspension_id=one.suspension_id,
            )


def _prolongations(history: History, agrement: Agrement) -> Iterator[PersonAlert]:
    """Whose request, or whose contract or training, is not known (any more)."""
    requests = {one.request_id for one in agrement.requests}
    contracts = {name for name, one in history.once(career).employments.items() if one.hired is not None}
    followed = {one.training_id for one in history.once(trainings) if one.started_on is not None}
    for one in agrement.standing_prolongations():
        rests_on: tuple[tuple[AlertKind, UUID | None, set[UUID], str], ...] = (
            ("prolongation_without_request", one.request_id, requests, MEDIUM),
            ("prolongation_ground_unknown", one.contract_id if one.reason == "SENIOR_CDI" else None, contracts, LOW),
            ("prolongation_ground_unknown", one.training_id, followed, LOW),
        )
        for kind, named, known, severity in rests_on:
            if named is not None and named not in known and one.starts_on <= one.ends_on:
                yield PersonAlert(
                    history.subject_id,
                    kind,
                    one.prolongation_id,
                    one.starts_on,
                    "",
                    one.ends_on,
                    "R5132-1-8",
                    severity,
                    one.structure_id,
                    agrement_id=agrement.agrement_id,
                    contract_id=one.contract_id,
                    request_id=one.request_id,
                )
