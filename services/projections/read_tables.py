"""The read tables, in the order in which they are created and listed. A read set is one schema that holds them all.

A table is a file of `tables/` (or of `alerts/`) that ends with `TABLE`; it exists once its line stands here.
"""

from __future__ import annotations

from services.projections.alerts import (
    person_alerts,
    person_alerts_by_day,
    structure_alerts,
    structure_alerts_by_day,
)
from services.projections.tables import (
    agrement_periods,
    agrements,
    agrements_by_day,
    annexes,
    certifications,
    client_periods,
    clients,
    contracts,
    contracts_by_day,
    derogations,
    economic_dismissals,
    exits,
    follow_ups,
    groups,
    handovers,
    hours_by_month,
    hours_entries,
    immersions,
    memberships,
    networks,
    pathway_closings,
    pathways,
    persons,
    placement_periods,
    placements,
    prolongation_requests,
    registrations,
    skills,
    steps,
    structure_periods,
    structures,
    support_actions,
    suspensions_by_day,
    trainings,
    welcomes,
    workforce,
)
from services.projections.tables.read_table import ReadTable

READ_TABLES: dict[str, ReadTable] = {
    table.name: table
    for table in (
        structures.TABLE,
        structure_periods.TABLE,
        annexes.TABLE,
        certifications.TABLE,
        derogations.TABLE,
        networks.TABLE,
        workforce.TABLE,
        structure_alerts.TABLE,
        structure_alerts_by_day.TABLE,
        groups.TABLE,
        memberships.TABLE,
        clients.TABLE,
        client_periods.TABLE,
        economic_dismissals.TABLE,
        persons.TABLE,
        registrations.TABLE,
        contracts.TABLE,
        contracts_by_day.TABLE,
        steps.TABLE,
        pathways.TABLE,
        pathway_closings.TABLE,
        trainings.TABLE,
        skills.TABLE,
        immersions.TABLE,
        support_actions.TABLE,
        welcomes.TABLE,
        exits.TABLE,
        follow_ups.TABLE,
        handovers.TABLE,
        agrements.TABLE,
        agrement_periods.TABLE,
        agrements_by_day.TABLE,
        suspensions_by_day.TABLE,
        prolongation_requests.TABLE,
        person_alerts.TABLE,
        person_alerts_by_day.TABLE,
        placements.TABLE,
        placement_periods.TABLE,
        hours_by_month.TABLE,
        hours_entries.TABLE,
    )
}
"""By name."""
