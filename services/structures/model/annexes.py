"""Days on which a structure that needs a financial annex has none any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.structures.facts import AnnexRecorded
from services.structures.facts.kinds import kind_on, while_open
from services.structures.law.tables import annexes_on
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
    """Gaps after an annex. Before its first annex a structure has none that ended; closed, or of another kind, it needs
    none."""
    closing = closed_on(facts)
    for annex, until in _ended(annexes_in_force(facts)):
        since = plus(annex.ends_on, 1)
        rule = annexes_on(since)
        over = earliest(until, closing, _leaves_on(facts, since, rule.kinds))
        if kind_on(facts, since) in rule.kinds and (over is None or since <= over):
            yield AnnexGap(annex.annex_id, since, over, rule.article)


def annexes_in_force(facts: Iterable[Recorded]) -> list[AnnexRecorded]:
    """Each annex in its last state, where that state opens posts; by first day."""
    last = {fact.data.annex_id: fact.data for fact in facts if isinstance(fact.data, AnnexRecorded)}
    known = [
        annex
        for annex in last.values()
        if annex.starts_on <= annex.ends_on and annex.state in annexes_on(annex.starts_on).states
    ]
    return sorted(known, key=lambda annex: (annex.starts_on, annex.ends_on, annex.annex_id))


def _ended(annexes: Sequence[AnnexRecorded]) -> Iterator[tuple[AnnexRecorded, date | None]]:
    """An annex after which there is none, with the last day before the next."""
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
    changes = (said for said in while_open(fact.data for fact in facts) if said.kind not in (None, *kinds))
    return earliest(*(plus(said.occurred_on, -1) for said in changes if said.occurred_on > since))
