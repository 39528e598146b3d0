"""What a caller with rights sees beside its own facts: the agrément, reckoned on all of them, and events without what is
not its to read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.agrement.law.tables import law_on
from services.agrement.model.known import known_by
from services.agrement.model.reckoning import reckon
from services.agrement.model.states import latest, remaining_days, state
from services.agrement.model.windows import window
from services.projections.api.seen import Shown, Sight
from services.projections.read_tables import READ_TABLES
from services.projections.tables.agrement_file import OF_AGREMENT
from services.projections.tables.agrements import Agrement
from services.projections.tables.prolongation_requests import prolongation_requests
from services.projections.tables.read_table import Row
from services.projections.tables.subject_facts import ProjectionSettings, SubjectFacts
from shared.facts.fact import Recorded
from shared.facts.saying import STRUCTURE


def agrement_of(settled: Sequence[Recorded], settings: ProjectionSettings, day: date) -> dict[str, Any] | None:
    """The agrément that a hire or a prolongation would be about on a day, by what had been declared by then; nothing of who
    asked for it, nor why anything moved it. None: there is none."""
    of_agrement = [fact for fact in settled if type(fact.data) in OF_AGREMENT]
    file = reckon(known_by(of_agrement, day), settings.suspension_counting)
    found = latest(file, day)
    if found is None:
        return None
    asked = window(found, law_on(day))
    return {
        "agrement_id": str(found.agrement_id),
        "number": found.number,
        "state": state(found, day),
        "starts_on": found.starts_on.isoformat(),
        "ends_on": found.ends_on.isoformat(),
        "remaining_days": remaining_days(found, day),
        "window_opens_on": asked.starts_on.isoformat(),
        "window_closes_on": asked.ends_on.isoformat(),
    }


def seen_agrement(
    settled: Sequence[Recorded],
    known_now: Sequence[Recorded],
    sight: Sight,
    settings: ProjectionSettings,
    day: date,
    today: date,
) -> dict[str, Any] | None:
    """The same for a caller to whom it is shown. Asked about another day it is still the one of today: what came before
    is nothing that it sees."""
    if not sight.may("agrement"):
        return None
    now = agrement_of(known_now, settings, today)
    then = now if settled is known_now and day == today else agrement_of(settled, settings, day)
    return then if now and then and now["agrement_id"] == then["agrement_id"] else None


def with_agrement(rows: Sequence[Row], agrement: Mapping[str, Any], person_id: UUID) -> list[Row]:
    """Rows of the caller's own facts, in place of one of them the agrément as all facts make it; of one that others asked
    for, its id, number and days alone."""
    agrement_id = UUID(agrement["agrement_id"])
    own: list[Any] = [Agrement(*row) for row in rows]
    found = next((row for row in own if row.agrement_id == agrement_id), None)
    blank: Any = Agrement(*([None] * len(Agrement._fields)))  # type: ignore[arg-type]
    whole: Any = (found or blank)._replace(
        person_id=person_id,
        agrement_id=agrement_id,
        number=agrement["number"],
        starts_on=date.fromisoformat(agrement["starts_on"]),
        ends_on=date.fromisoformat(agrement["ends_on"]),
        # Reckoned from its own facts alone these would contradict the end beside them.
        **dict.fromkeys(_MOVED),
    )
    others = [row for row in own if row.agrement_id != agrement_id]
    return sorted([*others, whole], key=lambda row: (row.starts_on, row.agrement_id))


_MOVED = (
    *("duration_days", "base_ends_on", "suspended_days", "prolonged_days"),
    *("closed_on", "cancelled_on", "carence_starts_on", "carence_ends_on"),
)


ALERT_TABLES = ("person_alerts", "person_alerts_by_day")

MENDED_BY_OTHERS = frozenset(
    [
        *("hired_without_agrement", "contract_beyond_agrement", "diagnosis_taken_back"),
        *("gap_without_suspension", "suspension_too_long", "work_while_suspended"),
        *("cdi_inclusion_too_early", "bridge_too_early"),
    ]
)
"""Kinds of alerts that a grant, a diagnosis or a hire of somebody else ends: made of some facts alone they would be false."""


def told_alerts(table: str, rows: Sequence[Row], sight: Sight) -> list[Row]:
    """The alerts of a table that are told to the caller, of those that the facts which it sees give: its own (of a contest
    the other side has one too, of a shared hire the employer)."""
    names = [column.name for column in READ_TABLES[table].columns]
    kind, structure = names.index("kind"), names.index("structure_id")
    to = {None, *(UUID(one.removeprefix(STRUCTURE)) for one in sight.acts_as)}
    return [row for row in rows if row[structure] in to and row[kind] not in MENDED_BY_OTHERS]


def requested(
    settled: Sequence[Recorded], requests: Collection[UUID], person_id: UUID, settings: ProjectionSettings
) -> list[Row]:
    """The rows of some requests of a prolongation, whole."""
    subject = SubjectFacts(person_id, settled, settings)
    return [row for row in subject.once(prolongation_requests) if row.request_id in requests]


def seen_event(
    event: dict[str, Any], fact: Recorded, shown: Shown, numbers: Mapping[tuple[str, int], int]
) -> dict[str, Any]:
    """A recorded CloudEvent as the caller may read it, with the number that it has among what was said for the caller."""
    data = {name: value for name, value in event["data"].items() if name in shown.fields}
    seen = {**event, "data": data}
    number = numbers.get((fact.service, fact.sequence))
    if number is None:
        # Of another's the number would tell how much else that one said, and its cause what.
        return {name: value for name, value in seen.items() if name not in _OF_OTHERS}
    return {**seen, "streamversion": number}


_OF_OTHERS = ("streamversion", "correlationid", "causationid")
