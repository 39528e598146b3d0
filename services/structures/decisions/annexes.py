"""Rules of financial annexes."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.facts import AnnexRecorded
from services.structures.refusals.annexes import AnnexEndsBeforeStartError
from shared.deciding.contradicting_days import ends_first
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def an_annex_ends_after_it_starts(fact: AnnexRecorded, _: Case) -> Iterator[DomainError]:
    if ends_first(fact.starts_on, fact.ends_on):
        yield AnnexEndsBeforeStartError(annex_id=fact.annex_id, starts_on=fact.starts_on, ends_on=fact.ends_on)
