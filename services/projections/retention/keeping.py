"""Until when what is held of one person is kept: pure, from all that stands of it under whatever ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from services.agrement.facts import AgrementExpired, AgrementExpiring
from services.agrement.law.tables import law_on
from services.agrement.model.reckoning import reckon
from services.agrement.model.states import latest
from services.agrement.model.windows import window
from services.pathways.facts import (
    EsfParticipationEnded,
    EsfParticipationStarted,
    LimitationLifted,
    ObjectionLifted,
    PersonsMerged,
    PersonsSplit,
    ProcessingLimited,
    SharingInformed,
    SharingObjected,
)
from services.placements.facts import CapReached
from services.projections.folding.project import project
from services.projections.law.retention import retention_on
from services.projections.tables.agrement_file import OF_AGREMENT
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.contests import ABOUT_FACTS
from shared.facts.fact import FactVoided, Recorded

NO_CONTACT = (
    *(FactVoided, *ABOUT_FACTS, PersonsMerged, PersonsSplit),
    *(SharingInformed, SharingObjected, ObjectionLifted, ProcessingLimited, LimitationLifted),
    *(AgrementExpiring, AgrementExpired, CapReached),
)
"""Facts about the record, about rights, and what a day alone brings: nobody met the person for them."""

ENDS = ("steps", "contracts", "trainings", "immersions", "placements")
"""Read tables whose rows last: until a last day, `ends_on` (`ended_on` of trainings)."""


class Keeping(NamedTuple):
    """`last_contact_on`, `kept_until` None: something goes on still, so that nothing is over yet. `kept_until`: the last day."""

    person_id: UUID
    last_contact_on: date | None
    carence_ends_on: date | None
    window_closes_on: date | None
    esf_until: date | None
    kept_until: date | None


def keeping(person_id: UUID, settled: Sequence[Recorded], settings: ProjectionSettings, on: date) -> Keeping:
    """By the law of the day `on`. Source: `law/retention.yaml`."""
    rows: Mapping[str, Sequence[Any]] = project("person", settled, settings, person_id)
    law, agrement = retention_on(on), _window_closes(settled, settings, on)
    carence = max((row.carence_ends_on for row in rows["agrements"] if row.carence_ends_on), default=None)
    esf = _esf_ended(settled)
    esf_until = None if esf is None else law.esf.last_day(esf)
    if _goes_on(rows):
        return Keeping(person_id, None, carence, agrement, esf_until, None)
    contact = max(_contacts(settled, rows), default=None) or max(
        (fact.data.occurred_on for fact in settled), default=on
    )
    last = max(day for day in (contact, carence, agrement) if day is not None)
    kept_until = max(law.pathway.last_day(last), esf_until or date.min)
    return Keeping(person_id, contact, carence, agrement, esf_until, kept_until)


def _goes_on(rows: Mapping[str, Sequence[Any]]) -> bool:
    """A stay without an end, or a contract outside the pathway, which makes no stay."""
    return any(row.ends_on is None for row in rows["steps"]) or any(
        row.ends_on is None and row.in_pathway is False for row in rows["contracts"]
    )


def _contacts(settled: Iterable[Recorded], rows: Mapping[str, Sequence[Any]]) -> Iterator[date]:
    """Days on which something was done with the person, or lasted."""
    for fact in settled:
        if not isinstance(fact.data, NO_CONTACT):
            yield fact.data.occurred_on
    for table in ENDS:
        for row in rows[table]:
            ends_on = row.ended_on if table == "trainings" else row.ends_on
            if ends_on is not None:
                yield ends_on


def _window_closes(settled: Sequence[Recorded], settings: ProjectionSettings, on: date) -> date | None:
    """The last day on which a prolongation of the latest agrément may be asked for."""
    file = reckon([fact for fact in settled if type(fact.data) in OF_AGREMENT], settings.suspension_counting)
    found = latest(file, on)
    return None if found is None else window(found, law_on(on)).ends_on


def _esf_ended(settled: Iterable[Recorded]) -> date | None:
    """The last day of a participation in the European Social Fund; of one without an end its first."""
    days = [
        fact.data.left_on if isinstance(fact.data, EsfParticipationEnded) else fact.data.entered_on
        for fact in settled
        if isinstance(fact.data, EsfParticipationStarted | EsfParticipationEnded)
    ]
    return max(days, default=None)
