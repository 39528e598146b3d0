"""Alerts about contracts in the pathway that do not keep the law: their type, length, weekly hours, CDI inclusion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.pathways.model.breach import Breach, BreachKind
from services.pathways.model.lawfulness import breaches
from services.pathways.model.working_life import WorkingLife, working_life
from services.projections.alerts.alert import HIGH, MEDIUM, PersonAlert
from services.projections.tables.history import History
from services.projections.tables.stays import career

SEVERITY: Mapping[BreachKind, str] = {
    "contract_too_short": MEDIUM,
    "contract_too_long": HIGH,
    "weekly_hours_below_floor": MEDIUM,
    "cdi_inclusion_too_young": HIGH,
    "cdi_inclusion_too_early": HIGH,
    "cdi_inclusion_with_end": MEDIUM,
}


def life(history: History) -> WorkingLife:
    return working_life(history.once(career).employments, history.of)


def alerts(history: History) -> Iterator[PersonAlert]:
    if history.once(career).employments:
        for found in breaches(history.once(life)):
            yield _alert(history, found)


def _alert(history: History, found: Breach) -> PersonAlert:
    return PersonAlert(
        history.subject_id,
        found.kind,
        found.hire.contract_id,
        found.since,
        found.structure_kind,
        found.until,
        found.article,
        SEVERITY[found.kind],
        found.hire.structure_id,
        contract_id=found.hire.contract_id,
    )
