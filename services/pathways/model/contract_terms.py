"""What one contract must hold by itself: its shortest length, and the terms of a CDI inclusion."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.law.tables import Law
from services.pathways.model.ages import age_on
from services.pathways.model.breach import Breach, breach
from services.pathways.model.recruitments import Hire
from services.pathways.model.spans import Span
from services.pathways.model.working_life import WorkingLife
from shared.facts.months import span_end


def too_short(hire: Hire, days: Span, law: Law) -> Iterator[Breach]:
    """By the planned last day as last known, whatever came of it. Renewals and adapted sentences are free.

    Source: L5132-15-1, L5132-11-1, L5132-5; `law/shortest.yaml`.
    """
    hired, planned = hire.contract.hired, hire.contract.planned_ends_on
    # That a renewal may be shorter is our reading, marked open in law/shortest.yaml.
    if hired is None or planned is None or hired.renews_contract_id is not None or hired.adapted_sentence:
        return
    for row in law.shortest:
        if hire.contract_type in row.contract_types and planned < span_end(hire.starts_on, row.months):
            yield breach("contract_too_short", hire, days, row.kind, row.article)


def inclusion(hire: Hire, days: Span, law: Law, life: WorkingLife) -> Iterator[Breach]:
    """Too young where that is certain, too early in the pathway, or with an end.

    Source: L5132-15-1-1, L5132-14-1, L5132-5-1, L5132-6-1; `law/inclusion.yaml`.
    """
    for row in law.inclusion:
        if hire.contract_type not in row.contract_types:
            continue
        age = age_on(hire.starts_on, [hire], life.birth_year)
        # Only where no birthday can have made the person old enough: an age is known to within a year.
        if age is not None and age.most < row.least_age:
            yield breach("cdi_inclusion_too_young", hire, days, row.kind, row.article)
        if hire.starts_on <= span_end(life.pathway_starts_on(hire), row.least_months):
            yield breach("cdi_inclusion_too_early", hire, days, row.kind, row.article)
        if hire.contract.planned_ends_on is not None:
            yield breach("cdi_inclusion_with_end", hire, days, row.kind, row.article)
