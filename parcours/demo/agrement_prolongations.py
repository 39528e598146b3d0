"""Prolongations of a demonstrated agrément: asked, granted or denied."""

from __future__ import annotations

from datetime import date

from parcours.demo.agrement_grants import PRESCRIBERS, SENIOR
from parcours.demo.agrement_state import Agrement, Work
from parcours.demo.journal import LAST_DAY, an_id, between, days, one_of, working_day

MOST_PROLONGATIONS = 3
ASKED_AHEAD = (40, 170)
"""Days before the end when a prolongation is asked."""


def prolong(agrement: Agrement) -> None:
    """Asked for when contracts go on beyond the end, and by most who employ the person shortly before it."""
    for place in range(MOST_PROLONGATIONS):
        first, last = agrement.ends_on - days(ASKED_AHEAD[1]), agrement.ends_on - days(ASKED_AHEAD[0])
        first = max(first, agrement.resumed_on)
        asked_on = working_day(between(agrement.rng, first, min(last, LAST_DAY)))
        employer = _employer_on(agrement, asked_on)
        if not first <= asked_on <= min(last, LAST_DAY) or employer is None:
            return
        goes_on = any(work.ends_on > agrement.ends_on and work.starts_on <= LAST_DAY for work in agrement.works)
        is_at_work = any(work.starts_on <= asked_on <= work.ends_on for work in agrement.works)
        wants_to = agrement.rng.random() < 0.6 and place == 0
        if not (goes_on or (is_at_work and wants_to)) or not _ask(agrement, employer, asked_on):
            return


def _employer_on(agrement: Agrement, day: date) -> Work | None:
    return next((work for work in reversed(agrement.works) if work.starts_on <= day), None)


def _ask(agrement: Agrement, work: Work, asked_on: date) -> bool:
    """Whether it was prolonged."""
    reason = _reason_to_go_on(agrement, work, asked_on)
    starts_on, agrement.requests = agrement.ends_on, agrement.requests + 1
    ends_on = starts_on + days(agrement.rng.choice((92, 120, 182, 182, 273, 365)))
    prolonged = {
        "agrement_id": agrement.id,
        "structure_id": work.stage.body.id,
        "reason": reason,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "age": agrement.person.age_on(asked_on),
    }
    prolongation = agrement.person.an_id("prolongation", agrement.requests)
    if reason == "COMPLETE_TRAINING":
        agrement.write(
            work, "prolonged", asked_on, {**prolonged, "prolongation_id": prolongation, "declared_on": asked_on}
        )
        agrement.ends_on = ends_on
        return True
    request = agrement.person.an_id("request", agrement.requests)
    prescriber = str(one_of(agrement.rng, PRESCRIBERS))
    asked = {"request_id": request, "requested_on": asked_on, "addressed_to": an_id("prescriber", prescriber)}
    agrement.write(work, "prolongation_requested", asked_on, {**prolonged, **asked})
    if not _is_granted(agrement, request, prolongation, prescriber, asked_on):
        return False
    agrement.ends_on = ends_on
    return True


def _is_granted(agrement: Agrement, request: str, prolongation: str, prescriber: str, asked_on: date) -> bool:
    """The prescriber's answer some weeks later; none yet where that is after the story's end."""
    decided_on = working_day(asked_on + days(agrement.rng.randint(4, 26)))
    if decided_on > LAST_DAY:
        return False
    answer = {
        "agrement_id": agrement.id,
        "request_id": request,
        "decided_on": decided_on,
        "prescriber_id": an_id("prescriber", prescriber),
        "prescriber_kind": prescriber,
        "authorised": True,
    }
    if _is_denied(agrement):
        why = str(one_of(agrement.rng, {"IAE": 3, "DURATION": 1, "REASON": 1}))
        denied = {**answer, "deny_reason": why, "next_step": "EXIT_TO_TRAINING" if why == "IAE" else None}
        agrement.decide("prolongation_denied", decided_on, denied)
        return False
    agrement.decide("prolongation_granted", decided_on, {**answer, "prolongation_id": prolongation})
    return True


def _reason_to_go_on(agrement: Agrement, work: Work, day: date) -> str:
    if agrement.person.is_disabled:
        return "RQTH"
    if agrement.person.age_on(day) >= SENIOR:
        return "SENIOR"
    if work.stage.body.kind in ("AI", "ACI") and agrement.rng.random() < 0.8:
        return "PARTICULAR_DIFFICULTIES"
    return "COMPLETE_TRAINING"


def _is_denied(agrement: Agrement) -> bool:
    """Now and then, where no contract begins after the end."""
    return agrement.rng.random() < 0.5 and not any(work.starts_on > agrement.ends_on for work in agrement.works)
