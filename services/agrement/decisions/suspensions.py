"""Rules of a suspension: who, why, from when, until when; and of what changes or removes one. Source: R5132-1-3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.agrement.decisions.case import AgrementCase
from services.agrement.facts import Suspended, SuspensionChanged, SuspensionRemoved
from services.agrement.law.tables import use_of_agrements
from services.agrement.model.agrement_by_fact import changed
from services.agrement.model.lengths import latest_suspension_end
from services.agrement.model.person_file import Agrement, Suspension
from services.agrement.model.states import is_in_progress, state
from services.agrement.model.windows import earliest_suspension
from services.agrement.refusals.suspensions import (
    AgrementAlreadySuspendedError,
    AgrementNotInProgressError,
    BackOutsideSuspensionError,
    NotTheLastEmployerError,
    SuspensionAlreadyGoneError,
    SuspensionChangeUnclearError,
    SuspensionEndsBeforeStartError,
    SuspensionIdUsedError,
    SuspensionInTheFutureError,
    SuspensionNotRunningError,
    SuspensionOutsideAgrementError,
    SuspensionReasonNotOfferedError,
    SuspensionsOverlapError,
    SuspensionTooEarlyError,
    SuspensionTooFarBackError,
    SuspensionTooLongError,
    SuspensionUnknownError,
)
from shared.deciding.refusals import DomainError
from shared.facts.days import plus

AboutASuspension = Suspended | SuspensionChanged | SuspensionRemoved
GivesDays = Suspended | SuspensionChanged


def a_suspension_id_is_new(fact: Suspended, case: AgrementCase) -> Iterator[DomainError]:
    if any(standing.suspension_id == fact.suspension_id for standing in case.standing(Suspended)):
        yield SuspensionIdUsedError(suspension_id=fact.suspension_id)


def the_suspension_is_known(fact: SuspensionChanged | SuspensionRemoved, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is not None and agrement.suspension(fact.suspension_id) is None:
        yield SuspensionUnknownError(agrement_id=fact.agrement_id, suspension_id=fact.suspension_id)


def only_the_last_employer_suspends(fact: AboutASuspension, case: AgrementCase) -> Iterator[DomainError]:
    """The SIAE of the last hire on that day; where no hire by a SIAE is known, nobody. A prescriber may too (R5132-1-3),
    naming the employer concerned, which need not be the last one."""
    if fact.author_kind == "prescriber":
        return
    last = case.file.last_hire(case.day)
    if last is None or last.structure_id != fact.structure_id:
        yield NotTheLastEmployerError(
            structure_id=fact.structure_id,
            day=case.day,
            last_structure_id=None if last is None else last.structure_id,
            last_structure_name=None if last is None else case.outside.name_on(last.structure_id, case.day),
            last_hired_on=None if last is None else last.starts_on,
        )


def only_a_running_agrement_is_suspended(fact: Suspended, case: AgrementCase) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return
    if not is_in_progress(agrement, case.day):
        yield AgrementNotInProgressError(
            agrement_id=fact.agrement_id,
            day=case.day,
            state=state(agrement, case.day),
            starts_on=agrement.starts_on,
            ends_on=agrement.ends_on,
        )
    running = agrement.suspension_on(case.day)
    if running is not None:
        yield AgrementAlreadySuspendedError(
            agrement_id=fact.agrement_id, suspension_id=running.suspension_id, ends_on=running.ends_on
        )


def a_suspension_reason_is_offered(fact: Suspended, case: AgrementCase) -> Iterator[DomainError]:
    kind = case.kind_of(fact.structure_id)
    offered = case.law.offered_suspensions(kind)
    if fact.reason not in offered:
        since, until = use_of_agrements(kind, case.day)
        yield SuspensionReasonNotOfferedError(
            reason=fact.reason,
            kind=kind,
            day=case.day,
            offered=offered,
            used_since=None if offered else since,
            used_until=None if offered else until,
        )


def only_a_running_suspension_is_changed(
    fact: SuspensionChanged | SuspensionRemoved, case: AgrementCase
) -> Iterator[DomainError]:
    agrement = case.agrement(fact.agrement_id)
    if agrement is None:
        return
    suspension = agrement.suspension(fact.suspension_id)
    if suspension is None:
        return
    if suspension.gone:
        yield SuspensionAlreadyGoneError(suspension_id=fact.suspension_id)
    # Edited while it runs only, as the official service has it: once it is over, its days are what moved the end.
    elif not suspension.runs_on(case.day):
        yield SuspensionNotRunningError(
            suspension_id=fact.suspension_id,
            day=case.day,
            starts_on=suspension.starts_on,
            ends_on=suspension.ends_on,
        )


def a_change_says_one_thing(fact: SuspensionChanged, _: AgrementCase) -> Iterator[DomainError]:
    given = [day is not None for day in (fact.starts_on, fact.ends_on, fact.back_on)]
    if not any(given) or (given[1] and given[2]):
        yield SuspensionChangeUnclearError(suspension_id=fact.suspension_id)


def work_resumes_within_the_suspension(fact: SuspensionChanged, case: AgrementCase) -> Iterator[DomainError]:
    before = _before(fact, case)
    if before is None or fact.back_on is None:
        return
    start = fact.starts_on or before.starts_on
    if not start < fact.back_on < before.ends_on:
        earliest, latest = plus(start, 1), plus(before.ends_on, -1)
        is_possible = earliest <= latest  # in one of one or two days nobody comes back before it ends
        yield BackOutsideSuspensionError(
            suspension_id=fact.suspension_id,
            back_on=fact.back_on,
            earliest_back=earliest if is_possible else None,
            latest_back=latest if is_possible else None,
        )


def a_suspension_lasts_a_day_or_more_but_not_too_long(fact: GivesDays, case: AgrementCase) -> Iterator[DomainError]:
    days = _days(fact, case)
    # A return to work is judged by its own rule: its end is the day before, which the bounds of an end would misjudge.
    if days is None or (isinstance(fact, SuspensionChanged) and fact.back_on is not None):
        return
    start, end = days
    limits = case.law.suspension_limits
    latest_end = latest_suspension_end(start, limits)
    if end < start:
        yield SuspensionEndsBeforeStartError(
            suspension_id=fact.suspension_id, ends_on=end, earliest_end=start, latest_end=latest_end
        )
    if end > latest_end:
        yield SuspensionTooLongError(
            suspension_id=fact.suspension_id,
            ends_on=end,
            latest_end=latest_end,
            longest_months=limits.longest_months,
        )


def a_suspension_starts_within_bounds(fact: GivesDays, case: AgrementCase) -> Iterator[DomainError]:
    """Within the agrément, not in the future, not too far back, and after what came before. A change that gives no
    first day is not asked."""
    agrement = case.agrement(fact.agrement_id)
    if agrement is None or fact.starts_on is None:
        return
    start, declared_on = fact.starts_on, _declared_on(fact, agrement, case)
    earliest = earliest_suspension(case.file, agrement, case.day, declared_on, case.law, but=fact.suspension_id)
    latest = min(case.day, agrement.ends_on)
    bounds = {"suspension_id": fact.suspension_id, "starts_on": start}
    # Every bound named is one that is accepted: where the rules leave no day between them, none is.
    earliest_start, latest_start = (earliest, latest) if earliest <= latest else (None, None)
    if not is_in_progress(agrement, start):
        yield SuspensionOutsideAgrementError(**bounds, earliest_start=earliest_start, latest_start=latest_start)
    if start > case.day:
        yield SuspensionInTheFutureError(**bounds, latest_start=latest_start)
    if start < plus(declared_on, -case.law.suspension_limits.days_back):
        yield SuspensionTooFarBackError(
            **bounds, earliest_start=earliest_start, days_back=case.law.suspension_limits.days_back
        )
    # Not where it lies before the agrément: that is told already, and the earliest day would say the same again.
    elif agrement.starts_on <= start < earliest:
        yield SuspensionTooEarlyError(**bounds, earliest_start=earliest_start)


def suspensions_share_no_day(fact: GivesDays, case: AgrementCase) -> Iterator[DomainError]:
    days, agrement = _days(fact, case), case.agrement(fact.agrement_id)
    if days is None or agrement is None:
        return
    start, end = days
    for other in agrement.standing_suspensions():
        if other.suspension_id != fact.suspension_id and other.starts_on <= end and start <= other.ends_on:
            yield SuspensionsOverlapError(
                suspension_id=other.suspension_id, starts_on=other.starts_on, ends_on=other.ends_on
            )


def _before(fact: SuspensionChanged, case: AgrementCase) -> Suspension | None:
    """The suspension that would change, if it can."""
    agrement = case.agrement(fact.agrement_id)
    suspension = None if agrement is None else agrement.suspension(fact.suspension_id)
    return None if suspension is None or suspension.gone else suspension


def _days(fact: GivesDays, case: AgrementCase) -> tuple[date, date] | None:
    """First and last day as they would be."""
    if isinstance(fact, SuspensionChanged):
        before = _before(fact, case)
        after = None if before is None else changed(before, fact)
        return None if after is None else (after.starts_on, after.ends_on)
    return fact.starts_on, fact.ends_on or latest_suspension_end(fact.starts_on, case.law.suspension_limits)


def _declared_on(fact: GivesDays, agrement: Agrement, case: AgrementCase) -> date:
    """The day the suspension was first declared: how far back it may start is counted from there."""
    # A change made a year later may still move the first day back to where it could have been declared at first.
    before = agrement.suspension(fact.suspension_id) if isinstance(fact, SuspensionChanged) else None
    return case.day if before is None else before.declared_on
