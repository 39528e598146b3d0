"""Days on which a structure that needs a financial annex has none any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.structures.facts import AnnexRecorded
from services.structures.facts.annexes import parts_of
from services.structures.facts.kinds import while_open
from services.structures.law.tables import law_on
from services.structures.model.closing import closed_on, earliest
from shared.facts.days import plus
from shared.facts.fact import Recorded


class AnnexGap(NamedTuple):
    """From the day after an annex ended until the day before another begins; `until` None: none does yet."""

    annex_id: UUID
    since: date
    until: date | None
    article: str


class CoveredDays(NamedTuple):
    """Days on which an annex opens posts, both included."""

    starts_on: date
    ends_on: date
    annex_id: UUID


def annex_gaps(facts: Sequence[Recorded]) -> Iterator[AnnexGap]:
    """Gaps after an annex, from the structure's settled facts. Before its first annex none has ended, so there is no gap;
    closed, or of a kind that needs none, a structure has none.

    An annex counts while its measure is that of the structure's kind: another kind's, or a fund's (FDI), prolongs nothing.
    Source: L5132-2; `law/annexes.yaml`, `law/measures.yaml`.
    """
    closing = closed_on(facts)
    for ended, until in _ended(covered_days(facts)):
        rule = law_on(plus(ended.ends_on, 1)).annexes
        # A spell as a kind that needs none parts it: after that spell nothing covers the structure any more than before.
        for since, last in _runs_of(rule.kinds, facts):
            first, over = max(since, plus(ended.ends_on, 1)), earliest(until, closing, last)
            if over is None or first <= over:
                yield AnnexGap(ended.annex_id, first, over, rule.article)


def covered_days(facts: Sequence[Recorded]) -> list[CoveredDays]:
    """By first day: of each annex in force those on which the structure is of the kind whose measure it has."""
    periods = list(_periods_of_kinds(facts))
    covered = []
    for annex in annexes_in_force(facts):
        own_kind = law_on(annex.starts_on).kind_of_measure(annex.measure)
        for since, until, kind in periods:
            first, last = max(annex.starts_on, since), min(annex.ends_on, until)
            # A former AI cannot hold its posts by an annex of an AI: its measure must be that of what it is on those
            # days.
            if kind == own_kind and first <= last:
                covered.append(CoveredDays(first, last, annex.annex_id))
    return sorted(covered)


def annexes_in_force(facts: Iterable[Recorded]) -> list[AnnexRecorded]:
    """Each annex in its last state, where that state opens posts, whatever its measure; up to the day before an amendment
    takes its place."""
    # An annex is told again whenever its state changes; the order of truth makes the last one count.
    last_said = {fact.data.annex_id: fact.data for fact in facts if isinstance(fact.data, AnnexRecorded)}
    amended = amended_from(last_said.values())
    until = {annex_id: plus(day, -1) for annex_id, day in amended.items()}
    cut = (
        annex.model_copy(update={"ends_on": min(annex.ends_on, until.get(annex.annex_id, annex.ends_on))})
        for annex in last_said.values()
    )
    return [annex for annex in cut if annex.starts_on <= annex.ends_on and _opens_posts(annex)]


def amended_from(annexes: Iterable[AnnexRecorded]) -> dict[UUID, date]:
    """For each annex that an amendment recorded as an annex of its own takes the place of, the first day of that one.

    Of the texts of one convention, a higher amendment, or modification of it, holds from its first day on. `annexes`: each
    in its last state.
    """
    texts: defaultdict[tuple[str, str], list[AnnexRecorded]] = defaultdict(list)
    for annex in annexes:
        parts = parts_of(annex.number)
        # DC and MP of one kind are two measures: whether they share numbers could not be read.
        if parts is not None and annex.starts_on <= annex.ends_on and _opens_posts(annex):
            texts[parts.convention, annex.measure].append(annex)
    first_day: dict[UUID, date] = {}
    for of_convention in texts.values():
        for annex in of_convention:
            later = [text.starts_on for text in of_convention if _place(text) > _place(annex)]
            # One that begins after its end follows it, and takes nothing of it.
            if later and min(later) <= annex.ends_on:
                first_day[annex.annex_id] = min(later)
    return first_day


def _place(annex: AnnexRecorded) -> tuple[int, int]:
    parts = parts_of(annex.number)
    return (parts.amendment, parts.modification) if parts is not None else (0, 0)


def _opens_posts(annex: AnnexRecorded) -> bool:
    return annex.state in law_on(annex.starts_on).annexes.states


def _periods_of_kinds(facts: Sequence[Recorded]) -> Iterator[tuple[date, date, str]]:
    """First and last day of each kind, as `kind_on` tells them; the first kind said holds before its day too."""
    changes = [(fact.occurred_on, fact.kind) for fact in while_open(fact.data for fact in facts) if fact.kind]
    starts = [date.min, *(day for day, _ in changes[1:])]
    ends = [*(plus(day, -1) for day in starts[1:]), date.max]
    for since, until, (_, kind) in zip(starts, ends, changes, strict=False):  # without a change there is no period
        yield since, until, kind


def _ended(covered: Sequence[CoveredDays]) -> Iterator[tuple[CoveredDays, date | None]]:
    """Covered days followed by a day that is not, with the last such day before the next covered one; None: no next."""
    longest: CoveredDays | None = None
    for days in covered:
        if longest is not None and days.starts_on > plus(longest.ends_on, 1):
            yield longest, plus(days.starts_on, -1)
        # Annexes may overlap: the one that reaches furthest so far is what a gap comes after.
        if longest is None or days.ends_on > longest.ends_on:
            longest = days
    if longest is not None:
        yield longest, None


def _runs_of(kinds: Sequence[str], facts: Sequence[Recorded]) -> Iterator[tuple[date, date | None]]:
    """First and last day of each uninterrupted time as one of these kinds; None: it lasts."""
    began: date | None = None
    for since, until, kind in _periods_of_kinds(facts):
        # Two changes of one day leave no day to the first.
        if since > until:
            continue
        if kind in kinds:
            began = since if began is None else began
        elif began is not None:
            yield began, plus(since, -1)
            began = None
    if began is not None:
        yield began, None
