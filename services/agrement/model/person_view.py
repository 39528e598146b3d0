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
    carence = carence_on(file, on, law)
    view: dict[str, Any] = plain(
        {
            "person_id": person_id or (settled[0].subject.partition("/")[2] if settled else None),
            "on": on,
            "carence": None if carence is None else asdict(carence),
            "agrements": [agrement_view(file, one, on, law) for one in _latest_first(file, on)],
        }
    )
    return view


def _latest_first(file: PersonFile, on: date) -> list[Agrement]:
    first = latest(file, on)
    return sorted(file.agrements, key=lambda one: (one is first, one.starts_on), reverse=True)


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
                "suspension_id": one.suspension_id,
                "reason": one.reason,
                "starts_on": one.starts_on,
                "ends_on": one.ends_on,
                "pushes_days": one.pushes_days(agrement.counting),
            }
            for one in agrement.standing_suspensions()
        ],
        "prolongations": [
            {
                "prolongation_id": one.prolongation_id,
                "reason": one.reason,
                "starts_on": one.starts_on,
                "ends_on": one.ends_on,
                "pushes_days": one.pushes_days,
            }
            for one in sorted(agrement.standing_prolongations(), key=lambda one: one.starts_on)
        ],
        "next_suspension": None if following is None else asdict(following),
        "prolongation_window": _window_view(file, agrement, on, law),
        "explained": [asdict(one) for one in agrement.explained],
    }


def _window_view(file: PersonFile, agrement: Agrement, on: date, law: Law) -> dict[str, Any]:
    span = window(agrement, law)
    return {
        "opens_on": span.starts_on,
        "closes_on": span.ends_on,
        "open": span.holds(on),
        "allowed": [asdict(one) for one in allowed_prolongations(file, agrement, on, law)],
    }
