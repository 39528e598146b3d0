"""Requests of prolongation that nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.agrement.law.tables import law_on
from services.agrement.model.person_file import PersonFile
from shared.facts.days import plus


@dataclass(frozen=True, slots=True)
class Reminder:
    """A request of prolongation still pending so many days after it was made."""

    agrement_id: UUID
    request_id: UUID
    due_on: date
    days_after: int


def reminders(file: PersonFile) -> tuple[Reminder, ...]:
    return tuple(
        Reminder(agrement.agrement_id, request.request_id, plus(request.requested_on, days), days)
        for agrement in file.agrements
        for request in agrement.requests
        if request.state == "pending"
        for days in law_on(request.requested_on).alerts.days_after_request
    )
