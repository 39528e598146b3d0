"""What a rule about contracts tells where it is not kept."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from services.pathways.model.days import Span, known_end
from services.pathways.model.recruitments import Hire

BreachKind = Literal[
    "contract_too_short",
    "contract_too_long",
    "weekly_hours_below_floor",
    "cdi_inclusion_too_young",
    "cdi_inclusion_too_early",
    "cdi_inclusion_with_end",
]


class Breach(NamedTuple):
    """One rule that the contract of `hire` does not keep from `since` to `until` (None: open), where its structure is of
    `structure_kind`."""

    kind: BreachKind
    hire: Hire
    since: date
    until: date | None
    structure_kind: str
    article: str


def breach(kind: BreachKind, hire: Hire, span: Span, structure_kind: str, article: str) -> Breach:
    return Breach(kind, hire, span[0], known_end(span[1]), structure_kind, article)
