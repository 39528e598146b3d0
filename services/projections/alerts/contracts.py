"""Alerts about contracts in the pathway that do not keep the law: their type, length, weekly hours, CDI inclusion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from services.pathways.facts import (
    ContractChanged,
    Hired,
    PathwayClosed,
    PersonRegistered,
    TrainingEnded,
    TrainingStarted,
    WeeklyHoursDerogationGranted,
)
from services.pathways.model.breach import Breach, BreachKind
from services.pathways.model.lawfulness import breaches
from services.pathways.model.working_life import WorkingLife
from services.projections.alerts.alert import HIGH, MEDIUM, AlertSource, PersonAlert
from services.projections.tables.facts_by_day import days_of_contracts
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import Kinds, SubjectFacts

SEVERITIES_BY_KIND: Mapping[BreachKind, str] = {
    "contract_too_short": MEDIUM,
    "contract_too_long": HIGH,
    "weekly_hours_below_floor": MEDIUM,
    "cdi_inclusion_too_young": HIGH,
    "cdi_inclusion_too_early": HIGH,
    "cdi_inclusion_with_end": MEDIUM,
}


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    for breach in breaches(WorkingLife(subject.once(career).recruitments_in_pathway, subject.of)):
        yield _alert(subject.id, breach)


def _alert(person_id: UUID, breach: Breach) -> PersonAlert:
    return PersonAlert(
        person_id=person_id,
        kind=breach.kind,
        about_id=breach.hire.contract_id,
        since=breach.since,
        structure_kinds=breach.structure_kind,
        until=breach.until,
        article=breach.article,
        severity=SEVERITIES_BY_KIND[breach.kind],
        structure_id=breach.hire.structure_id,
        contract_id=breach.hire.contract_id,
    )


def _reads(subject: SubjectFacts) -> Kinds:
    """What `WorkingLife` follows from; of trainings only what carries a contract on."""
    carried_on = any(change.training_id is not None for change in subject.of(ContractChanged))
    trainings = (TrainingStarted, TrainingEnded) if carried_on else ()
    return (*days_of_contracts(subject), PathwayClosed, PersonRegistered, WeeklyHoursDerogationGranted, *trainings)


SOURCE = AlertSource(kinds=tuple(SEVERITIES_BY_KIND), alerts=alerts, about=(Hired,), reads=_reads)
