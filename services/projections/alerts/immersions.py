"""Alerts about immersions that stand and no longer keep their limits: what they rested on was corrected since."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.facts import ImmersionAgreed
from services.pathways.model.immersion_limits import Beside
from services.pathways.model.immersions import immersions
from services.projections.alerts.alert import MEDIUM, PersonAlert
from services.projections.tables.history import History
from services.projections.tables.stays import career


def alerts(history: History) -> Iterator[PersonAlert]:
    """Each is judged beside those that began before it: of two that are too many, the later is told."""
    if not history.of(ImmersionAgreed):
        return
    earlier = Beside(history.once(career).employments)
    for one in immersions(history.of):
        fault = next(earlier.faults(one), None)
        earlier.add(one)
        if fault is not None:
            yield PersonAlert(
                history.subject_id,
                "immersion_beyond_limits",
                one.immersion_id,
                one.starts_on,
                "",
                max(one.ends_on, one.starts_on),
                fault.article,
                MEDIUM,
                one.agreed.structure_id,
                contract_id=one.agreed.contract_id,
            )
