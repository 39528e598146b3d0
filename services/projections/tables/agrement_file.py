"""What the facts of the agrement service amount to for one person: the service's own model, nothing counted here."""

from __future__ import annotations

from datetime import date

from services.agrement.facts import CATALOGUE, SuspensionLifted
from services.agrement.model.known import known_by
from services.agrement.model.person_file import PersonFile
from services.agrement.model.reckoning import reckon
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.fact import Recorded, paris_day

OF_AGREMENT = frozenset(CATALOGUE.facts.values())

MOST_DAYS = 100
"""A file is reckoned for as many days on which something was said, the last ones; each reckoning reads every fact, and a
subject with thousands would hold up everybody's. On days before these it is shown as it was on the first of them."""


def person_file(subject: SubjectFacts) -> PersonFile:
    """Empty where the agrement service said nothing."""
    facts = subject.once(_of_agrement)
    return reckon(facts, subject.settings.suspension_counting) if facts else PersonFile()


def files_by_day(subject: SubjectFacts) -> list[tuple[date, PersonFile]]:
    """The file by what had been said by each day on which something was, in their order; the last one is `person_file`."""
    facts = subject.once(_of_agrement)
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
