"""Days on which a structure that needs a financial annex has none any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.structures.facts import AnnexRecorded
from services.structures.facts.kinds import kind_on, while_open
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


def annex_gaps(facts: Sequence[Recorded]) -> Iterator[AnnexGap]:
    """Gaps after an annex, from the structure's settled facts. Before its first annex none has ended, so there is no gap;
    closed, or of another kind, a structure needs none.

    Source: L5132-2; `law/annexes.yaml`.
    """
    closing = closed_on(facts)
    for annex, until in _ended(annexes_in_force(facts)):
        since = plus(annex.ends_on, 1)
        rule = law_on(since).annexes
        over = earliest(until, closing, _leaves_on(facts, since, rule.kinds))
        if kind_on(facts, since) in rule.kinds and (over is None or since <= over):
            yield AnnexGap(annex.annex_id, since, over, rule.article)


def annexes_in_force(facts: Iterable[Recorded]) -> list[AnnexRecorded]:
    """Each annex in its last state, where that state opens posts; by first day."""
    last_said = {fact.data.annex_id: fact.data for fact in facts if isinstance(fact.data, AnnexRecorded)}
    in_force = [
        annex
        for annex in last_said.values()
        if annex.starts_on <= annex.ends_on and annex.state in law_on(annex.starts_on).annexes.states
    ]
    return sorted(in_force, key=lambda annex: (annex.starts_on, annex.ends_on, annex.annex_id))


def _ended(annexes: Sequence[AnnexRecorded]) -> Iterator[tuple[AnnexRecorded, date | None]]:
    """Each annex that is followed by a day without any, with the last such day before the next annex; None: no next."""
    longest: AnnexRecorded | None = None
    for annex in annexes:
        if longest is not None and annex.starts_on > plus(longest.ends_on, 1):
            yield longest, plus(annex.starts_on, -1)
        if longest is None or annex.ends_on > longest.ends_on:
            longest = annex
    if longest is not None:
        yield longest, None


def _leaves_on(facts: Iterable[Recorded], since: date, kinds: Sequence[str]) -> date | None:
    """The last day of a kind that needs an annex, where it changes later."""
    changes = (change for change in while_open(fact.data for fact in facts) if change.kind not in (None, *kinds))
    return earliest(*(plus(change.occurred_on, -1) for change in changes if change.occurred_on > since))
