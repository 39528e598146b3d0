"""Alerts about immersions that stand and no longer keep their limits: what they rested on was corrected since."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.facts import ImmersionAgreed, ImmersionEnded
from services.pathways.model.immersion_limits import StandingImmersions
from services.pathways.model.immersions import immersions
from services.projections.alerts.alert import MEDIUM, AlertSource, PersonAlert
from services.projections.tables.facts_by_day import days_of_contracts
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import Kinds, SubjectFacts


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    """Each is judged beside those that began before it: of two that are too many, the later gives the alert."""
    if not subject.of(ImmersionAgreed):
        return
    earlier = StandingImmersions(subject.once(career).binding_recruitments)
    for immersion in immersions(subject.of):
        passed = next(earlier.passed_limits(immersion), None)
        earlier.add(immersion)
        if passed is not None:
            yield PersonAlert(
                person_id=subject.id,
                kind="immersion_beyond_limits",
                about_id=immersion.immersion_id,
                since=immersion.starts_on,
                structure_kinds="",
                until=max(immersion.ends_on, immersion.starts_on),
                article=passed.article,
                severity=MEDIUM,
                structure_id=immersion.agreed.structure_id,
                contract_id=immersion.agreed.contract_id,
            )


def _reads(subject: SubjectFacts) -> Kinds:
    return ImmersionEnded, *days_of_contracts(subject)


SOURCE = AlertSource(
    kinds=("immersion_beyond_limits",),
    alerts=alerts,
    about=(ImmersionAgreed,),
    reads=_reads,
)
