"""What the facts of the agrement service amount to for one person: the service's own model, nothing counted here."""

from __future__ import annotations

from datetime import date

from services.agrement.facts import (
    CATALOGUE,
    AgrementExpired,
    AgrementExpiring,
    EligibilityDiagnosed,
    HireLinked,
    SuspensionLifted,
)
from services.agrement.model.known import known_by
from services.agrement.model.person_file import PersonFile
from services.agrement.model.reckoning import reckon
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import Recorded, paris_day

OF_AGREMENT = frozenset(CATALOGUE.facts.values())

MOVES_NOTHING = (HireLinked, EligibilityDiagnosed, AgrementExpiring, AgrementExpired)
"""What is said of hires, diagnoses and days that come changes no agrément: a day on which only that was said is no other
file. Those who are hired day by day have hundreds of these."""

MOST_DAYS = 40
"""A file is reckoned for as many days on which an agrément was changed, the last ones; each reckoning reads all that
changes one, and a subject with thousands would hold up everybody's. On days before these it is shown as it was on the
first of them."""


def person_file(subject: SubjectFacts) -> PersonFile:
    """Empty where the agrement service said nothing."""
    facts = subject.once(_of_agrement)
    return reckon(facts, subject.settings.suspension_counting) if facts else PersonFile()


def files_by_day(subject: SubjectFacts) -> list[tuple[date, PersonFile]]:
    """The agréments by what had been said by each day on which one was changed, in their order; the last file is
    `person_file`."""
    facts = [fact for fact in subject.once(_of_agrement) if not isinstance(fact.data, MOVES_NOTHING)]
    days = sorted({day for fact in facts for day in _days_said(fact)})
    if not days:
        return []
    kept = days[-MOST_DAYS:]
    files = [reckon(known_by(facts, day), subject.settings.suspension_counting) for day in kept[:-1]]
    return list(zip([days[0], *kept[1:]], [*files, subject.once(person_file)], strict=True))


def _of_agrement(subject: SubjectFacts) -> list[Recorded]:
    return [recorded for recorded in subject.settled if type(recorded.data) in OF_AGREMENT]


def _days_said(fact: Recorded) -> set[date]:
    """A hire to come lifts from the day it is said (`services.agrement.model.known`)."""
    return {fact.decided_on} | ({paris_day(fact.time)} if isinstance(fact.data, SuspensionLifted) else set())
