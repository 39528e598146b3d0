"""The pathways of a person as spans of days, and in which of them each stay began."""

from __future__ import annotations

from services.pathways.facts import PathwayClosed
from services.pathways.model.pathways import PathwaySpan, pathway_number, pathway_spans
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts


def spans(subject: SubjectFacts) -> list[PathwaySpan]:
    """In order. Empty while no hire is known, though stays may be (from their exits)."""
    return pathway_spans(subject.once(career).employments.values(), subject.of(PathwayClosed))


def pathway_numbers(subject: SubjectFacts) -> list[int]:
    """For each stay, in order, the number (from 1) of the pathway it began in."""
    opened = subject.once(spans)
    return [pathway_number(opened, stay.sort_day) for stay in subject.once(career).stays]
