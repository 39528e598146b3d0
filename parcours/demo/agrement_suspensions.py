"""Suspensions of a demonstrated agrément: contracts that stand still, weeks between two hires, and after the last one."""

from __future__ import annotations

from datetime import date

from parcours.demo.agrement_state import Agrement, Work
from parcours.demo.journal import DAY, LAST_DAY, days, office_day_before, one_of, working_day
from parcours.demo.lives import SHOWCASE
from shared.facts.months import months_after

LEFT_RUNNING = 0.2
"""Share of the gaps between two contracts that nobody declares: their days are used up."""


def be_away(agrement: Agrement, work: Work) -> None:
    """A contract that stands still for more than 15 days."""
    away = work.contract.away
    if away is None or (away[1] - away[0]).days < 16 or _is_another_hire_in(agrement, work, *away):
        return
    starts_on, ends_on = away
    declared_on = working_day(starts_on + days(6))
    if declared_on > min(agrement.ends_on, LAST_DAY) or starts_on < agrement.resumed_on:
        return
    _, suspension = agrement.suspend(work, "CONTRACT_SUSPENDED", starts_on, ends_on, declared_on)
    about = {
        "agrement_id": agrement.id,
        "suspension_id": suspension,
        "structure_id": work.stage.body.id,
    }
    turn = agrement.person.number % 4
    back_on = office_day_before(ends_on - days(3))
    if turn == 0 and back_on > declared_on:
        ends_on = back_on - DAY
        changed = {**about, "changed_on": back_on, "back_on": back_on}
        agrement.write(work, "suspension_changed", back_on, changed)
    elif turn == 1:
        removed_on = working_day(declared_on + days(2))
        if removed_on <= ends_on:
            agrement.write(work, "suspension_removed", removed_on, {**about, "removed_on": removed_on})
            return
    agrement.count(starts_on, ends_on)


def _is_another_hire_in(agrement: Agrement, work: Work, first: date, last: date) -> bool:
    return any(other is not work and work.starts_on <= other.starts_on <= last for other in agrement.works)


def stand_still(agrement: Agrement, work: Work, until: date, following: Work) -> None:
    """Weeks between two contracts: most structures suspend the agrément, until the next hire lifts it."""
    starts_on, back_on = until + DAY, following.starts_on
    gap = (back_on - starts_on).days
    is_handed_over = work.stage.next is following.stage and _is_in_group(work, following, starts_on)
    is_left_running = agrement.rng.random() < LEFT_RUNNING and agrement.person.number != SHOWCASE
    if gap < (7 if is_handed_over else 20) or is_left_running:
        return
    declared_on = working_day(starts_on + days(agrement.rng.randint(1, 12)))
    if declared_on >= back_on:
        declared_on = starts_on
    if declared_on > min(agrement.ends_on, LAST_DAY) or starts_on < agrement.resumed_on:
        return
    reason = "APPROVAL_BETWEEN_CTA_MEMBERS" if is_handed_over else _reason(work)
    if agrement.person.number % 29 == 2 and starts_on - days(10) >= agrement.resumed_on:
        _suspend_by_mistake(agrement, work, reason, starts_on, declared_on)
    ends_on = _until(agrement, starts_on)
    agrement.suspend(work, reason, starts_on, ends_on, declared_on)
    agrement.count(starts_on, min(ends_on or back_on, back_on - DAY))


def _suspend_by_mistake(agrement: Agrement, work: Work, reason: str, starts_on: date, declared_on: date) -> None:
    """Declared from a wrong day, voided at once."""
    name, _ = agrement.suspend(work, reason, starts_on + min(DAY, declared_on - starts_on), None, declared_on)
    agrement.person.journal.void(work.stage.body.source, "agrement", name, declared_on)


def _is_in_group(work: Work, following: Work, day: date) -> bool:
    return work.stage.body.is_member_on(day) and following.stage.body.is_member_on(day)


def _until(agrement: Agrement, starts_on: date) -> date | None:
    """Most declare as long as they may."""
    months = one_of(agrement.rng, {0: 6, 12: 3, 24: 1})
    return months_after(starts_on, months) - DAY if months else None


def _reason(work: Work) -> str:
    return "FINISHED_CONTRACT" if work.contract.ends_on == work.contract.planned_ends_on else "CONTRACT_BROKEN"


def suspend_a_leaver(agrement: Agrement, work: Work, starts_on: date) -> None:
    """Some structures suspend for somebody who may come back; who does not is closed after a year."""
    may_come_back = work.stage.reason in ("2", "6", "7", "8", "10")
    declared_on = working_day(starts_on + days(agrement.rng.randint(2, 20)))
    if not may_come_back or agrement.rng.random() < 0.6 or declared_on > min(agrement.ends_on, LAST_DAY):
        return
    ends_on = _until(agrement, starts_on)
    _, suspension = agrement.suspend(work, _reason(work), starts_on, ends_on, declared_on)
    closed_on = working_day(starts_on + days(380))
    if agrement.person.number % 3 == 0 and closed_on <= LAST_DAY and (ends_on is None or closed_on <= ends_on):
        closed = {
            "agrement_id": agrement.id,
            "closed_on": closed_on,
            "reason": "suspended_too_long",
            "author_kind": "employer",
            "structure_id": work.stage.body.id,
            "suspension_id": suspension,
        }
        agrement.write(work, "agrement_closed", closed_on, closed)
