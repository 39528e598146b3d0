"""Numbers of agréments: the issuer's prefix of five characters and seven digits, given in sequence, never twice."""

from __future__ import annotations

from services.agrement.refusals.grants import NumbersExhaustedError

OFFICIAL_PREFIX = "99999"
"""Of the State's service (les emplois de l'inclusion), which alone gives these numbers."""

DIGITS = 7
LAST = 10**DIGITS - 1


def is_of(number: str, prefix: str) -> bool:
    """Whether this issuer gave it; others belong to older agréments and say nothing about the sequence."""
    return number.startswith(prefix)


def following(highest: str | None, prefix: str) -> str:
    """The number after the highest ever used with this prefix, cancelled ones included; the first one after none.

    Raise NumbersExhaustedError after the last.
    """
    place = 0 if highest is None or not is_of(highest, prefix) else int(highest.removeprefix(prefix))
    if place >= LAST:
        raise NumbersExhaustedError(prefix=prefix, last_number=f"{prefix}{LAST}")
    return f"{prefix}{place + 1:0{DIGITS}d}"


def shown(number: str) -> str:
    """In groups of 5, 2 and 5, as on paper."""
    return f"{number[:5]} {number[5:7]} {number[7:]}"
