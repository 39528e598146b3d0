"""What the facts of the agrement service amount to for one person: the service's own model, nothing counted here."""

from __future__ import annotations

from services.agrement.facts import CATALOGUE
from services.agrement.model.person_file import PersonFile
from services.agrement.model.reckoning import reckon
from services.projections.tables.subject_facts import SubjectFacts

OF_AGREMENT = frozenset(CATALOGUE.facts.values())


def person_file(subject: SubjectFacts) -> PersonFile:
    """Empty where the agrement service said nothing."""
    of_agrement = [recorded for recorded in subject.settled if type(recorded.data) in OF_AGREMENT]
    return reckon(of_agrement, subject.settings.suspension_counting) if of_agrement else PersonFile()
