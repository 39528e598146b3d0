"""One rule about contracts that is not kept, and from when to when."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from services.pathways.model.recruitments import Hire
from services.pathways.model.spans import Span, known_end

BreachKind = Literal[
    "contract_too_short",
    "contract_too_long",
    "weekly_hours_below_floor",
    "cdi_inclusion_too_young",
    "cdi_inclusion_too_early",
    "cdi_inclusion_with_end",
]


class Breach(NamedTuple):
    """One rule that the contract of `hire` does not keep from `since` to `until`, both included (None: open), where its
    structure is of `structure_kind`. `article`: of the code du travail."""

    kind: BreachKind
    hire: Hire
    since: date
    until: date | None
    structure_kind: str
    article: str


def breach(kind: BreachKind, hire: Hire, span: Span, structure_kind: str, article: str) -> Breach:
    return Breach(
        kind=kind,
        hire=hire,
        since=span[0],
        until=known_end(span[1]),
        structure_kind=structure_kind,
        article=article,
    )
