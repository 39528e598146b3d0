"""Read table `person_alerts`: what somebody should look at, as far as the person's own facts say it.

Each module tells the alerts of one field of rules. What a structure is on that day, and which of them are due today,
is joined in the view `alerts`, beside the alerts about structures.
"""

from __future__ import annotations

from services.projections.alerts import (
    agrements,
    bridges,
    caps,
    contracts,
    corrections,
    follow_ups,
    handovers,
    immersions,
)
from services.projections.alerts.alert import PersonAlert
from services.projections.tables.history import History

SOURCES = (
    agrements.alerts,
    contracts.alerts,
    immersions.alerts,
    bridges.alerts,
    caps.alerts,
    corrections.alerts,
    handovers.alerts,
    follow_ups.alerts,
)


def person_alerts(history: History) -> list[PersonAlert]:
    rows = {row[:5]: row for source in SOURCES for row in source(history)}
    return sorted(rows.values(), key=lambda row: (row.since, row[:5]))
