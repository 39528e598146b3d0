"""What is told of a person's agréments to a structure or a prescriber: what follows from its own facts, and, while it has to
do with the person, the agrément of today, reckoned on everybody's facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.agrement.facts import AgrementGranted, HireLinked, ProlongationRequested, Prolonged, Suspended
from services.agrement.law.tables import Law, law_on
from services.agrement.model.known import known_by
from services.agrement.model.person_file import Agrement, Counting, PersonFile
from services.agrement.model.person_view import agrement_view, carence_view, person_view
from services.agrement.model.reckoning import reckon
from services.agrement.model.states import latest
from shared.deciding.refusals import plain
from shared.facts.fact import Fact, Recorded


def current(standing: Sequence[Recorded], today: date) -> UUID | None:
    """The agrément that a hire or a prolongation would be about today, by all that is known now."""
    found = latest(reckon(known_by(standing, today)), today)
    return None if found is None else found.agrement_id


def told_view(
    settled: Sequence[Recorded],
    own: Sequence[Recorded],
    on: date,
    told: UUID | None,
    counting: Counting = "reference",
    person_id: str | None = None,
) -> dict[str, Any]:
    """`settled`: all that stands; `own`: what of it was said for the asker. `told`: the agrément of today; asked about
    another day it is still that one, since of those before and after it the asker sees its own facts alone."""
    view = person_view(own, on, counting, person_id)
    file = reckon(known_by(settled, on), counting)
    found = latest(file, on)
    if found is None or found.agrement_id != told:
        return view
    law = law_on(on)
    shown = plain(_told(file, found, own, on, law))
    others = [agrement for agrement in view["agrements"] if agrement["agrement_id"] != shown["agrement_id"]]
    # How it ended tells whose suspension ran then: the days after it are told where its own facts alone give the same.
    carence = plain(carence_view(file, on, law))
    return {
        **view,
        "carence": carence if carence == view["carence"] else None,
        "agrements": [shown, *others],
    }


def _told(file: PersonFile, agrement: Agrement, own: Sequence[Recorded], on: date, law: Law) -> dict[str, Any]:
    """Its number, state, days and window as all facts make them; everything else as if others had neither hired, suspended,
    prolonged nor asked for anything: a day or a gap would tell when they did."""
    whole = agrement_view(file, agrement, on, law)
    suspended, prolonged = _ids(own, Suspended, "suspension_id"), _ids(own, Prolonged, "prolongation_id")
    requested, said = _ids(own, ProlongationRequested, "request_id"), {fact.key for fact in own}
    seen = replace(
        agrement,
        suspensions=tuple(one for one in agrement.suspensions if one.suspension_id in suspended),
        prolongations=tuple(one for one in agrement.prolongations if one.prolongation_id in prolonged),
        requests=tuple(one for one in agrement.requests if one.request_id in requested),
        explained=tuple(one for one in agrement.explained if (one.source, one.fact_id) in said),
    )
    hired = _ids(own, HireLinked, "contract_id")
    beside = PersonFile(agrements=(seen,), hires=tuple(hire for hire in file.hires if hire.contract_id in hired))
    view = agrement_view(beside, seen, on, law)
    is_suspended = whole["state"] == "suspended"
    if all(one.prolongation_id in prolonged for one in agrement.standing_prolongations()):
        allowed = [] if is_suspended else view["prolongation_window"]["allowed"]
    else:
        # Which reasons are left tells for which ones days were given before.
        allowed = None
    return {
        **view,
        "origin": agrement.origin if agrement.agrement_id in _ids(own, AgrementGranted, "agrement_id") else None,
        "state": whole["state"],
        "remaining_days": whole["remaining_days"],
        "remaining_estimate": whole["remaining_estimate"],
        "ends_on_if_resumed": None if is_suspended and seen.suspension_on(on) is None else whole["ends_on_if_resumed"],
        "next_suspension": view["next_suspension"] if whole["state"] == "valid" else None,
        "prolongation_window": {**whole["prolongation_window"], "allowed": allowed},
    }


def _ids(facts: Sequence[Recorded], kind: type[Fact], name: str) -> set[UUID]:
    return {getattr(fact.data, name) for fact in facts if isinstance(fact.data, kind)}
