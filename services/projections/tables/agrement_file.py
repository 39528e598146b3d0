"""What the facts of the agrement service amount to for one person: the service's own model, nothing counted here."""

from __future__ import annotations

from collections.abc import Sequence

from services.agrement.facts import (
    CATALOGUE,
    AgrementExpired,
    AgrementExpiring,
    EligibilityDiagnosed,
    HireLinked,
)
from services.agrement.model.person_file import PersonFile
from services.agrement.model.reckoning import reckon
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import Recorded

OF_AGREMENT = frozenset(CATALOGUE.facts.values())

MOVES_NOTHING = (HireLinked, EligibilityDiagnosed, AgrementExpiring, AgrementExpired)
"""What is said of hires, diagnoses and days that come changes no agrément: a day on which only that was said is no other
file. Those who are hired day by day have hundreds of these."""


def person_file(subject: SubjectFacts) -> PersonFile:
    """Empty where the agrement service said nothing."""
    facts = subject.once(_of_agrement)
    return reckon(facts, subject.settings.suspension_counting) if facts else PersonFile()


def _of_agrement(subject: SubjectFacts) -> Sequence[Recorded]:
    return subject.recorded(OF_AGREMENT)
