"""A person's agréments on a day, as the API answers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from services.agrement.law.tables import Law, law_on
from services.agrement.model.durations_in_words import estimate
from services.agrement.model.known import known_by
from services.agrement.model.person_file import Agrement, Counting, PersonFile
from services.agrement.model.reckoning import reckon
from services.agrement.model.states import carence_on, ends_on_if_resumed, latest, remaining_days, state
from services.agrement.model.windows import allowed_prolongations, next_suspension, window
from shared.deciding.refusals import plain
from shared.facts.fact import Recorded


def person_view(
    settled: Sequence[Recorded], on: date, counting: Counting = "reference", person_id: str | None = None
) -> dict[str, Any]:
    """The JSON of one person on that day, by what had been declared by then; `person_id` says whose it is where there is
    no fact at all."""
    file, law = reckon(known_by(settled, on), counting), law_on(on)
    view: dict[str, Any] = plain(
        {
            "person_id": person_id or (settled[0].subject.partition("/")[2] if settled else None),
            "on": on,
            "carence": carence_view(file, on, law),
            "agrements": [agrement_view(file, agrement, on, law) for agrement in _latest_first(file, on)],
        }
    )
    return view


def carence_view(file: PersonFile, on: date, law: Law) -> dict[str, Any] | None:
    carence = carence_on(file, on, law)
    return None if carence is None else asdict(carence)


def _latest_first(file: PersonFile, on: date) -> list[Agrement]:
    first = latest(file, on)
    return sorted(file.agrements, key=lambda agrement: (agrement is first, agrement.starts_on), reverse=True)


def agrement_view(file: PersonFile, agrement: Agrement, on: date, law: Law) -> dict[str, Any]:
    remaining, following = remaining_days(agrement, on), next_suspension(file, agrement, on, law)
    return {
        "agrement_id": agrement.agrement_id,
        "number": agrement.number,
        "origin": agrement.origin,
        "state": state(agrement, on),
        "starts_on": agrement.starts_on,
        "ends_on": agrement.ends_on,
        "ends_on_if_resumed": ends_on_if_resumed(agrement, on),
        "remaining_days": remaining,
        "remaining_estimate": estimate(remaining, on),
        "suspensions": [
            {
                "suspension_id": suspension.suspension_id,
                "reason": suspension.reason,
                "starts_on": suspension.starts_on,
                "ends_on": suspension.ends_on,
                "pushes_days": suspension.pushes_days(agrement.counting),
            }
            for suspension in agrement.standing_suspensions()
        ],
        "prolongations": [
            {
                "prolongation_id": prolongation.prolongation_id,
                "reason": prolongation.reason,
                "starts_on": prolongation.starts_on,
                "ends_on": prolongation.ends_on,
                "pushes_days": prolongation.pushes_days,
            }
            for prolongation in sorted(
                agrement.standing_prolongations(), key=lambda prolongation: prolongation.starts_on
            )
        ],
        "next_suspension": None if following is None else asdict(following),
        "prolongation_window": _window_view(file, agrement, on, law),
        "explained": [
            {"fact_id": moved.fact_id, "type": moved.type, "days": moved.days, "article": moved.article}
            for moved in agrement.explained
        ],
    }


def _window_view(file: PersonFile, agrement: Agrement, on: date, law: Law) -> dict[str, Any]:
    span = window(agrement, law)
    return {
        "opens_on": span.starts_on,
        "closes_on": span.ends_on,
        "open": span.holds(on),
        "allowed": [asdict(allowed) for allowed in allowed_prolongations(file, agrement, on, law)],
    }
