"""Numbers of agréments: the issuer's prefix of five characters and seven digits, given in sequence, never twice."""

from __future__ import annotations

from collections.abc import Iterable

from services.agrement.facts import AgrementGranted
from shared.facts.fact import Recorded

OFFICIAL_PREFIX = "99999"
"""Of the State's service (les emplois de l'inclusion), which alone gives these numbers."""


def is_of(number: str, prefix: str) -> bool:
    """Whether this issuer gave it; others belong to older agréments and say nothing about the sequence."""
    return number.startswith(prefix)


def shown(number: str) -> str:
    """In groups of 5, 2 and 5, as on paper."""
    return f"{number[:5]} {number[5:7]} {number[7:]}"


def numbers_of(facts: Iterable[Recorded]) -> set[str]:
    """Those that grants among these carry."""
    grants = (fact.data for fact in facts if isinstance(fact.data, AgrementGranted))
    return {grant.number for grant in grants if grant.number is not None}
