"""What a structure is on a day, as far as it is known: the one thing that agréments ask of structures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

from services.structures.facts.kinds import kind_on
from shared.facts.fact import Recorded

KindOn = Callable[[UUID, date], str | None]
"""The kind of a structure on a day; None where it is not known (yet)."""

NameOn = Callable[[UUID, date], str | None]
"""What a structure is called on a day; None likewise."""


def nothing_known(_: UUID, __: date) -> str | None:
    return None


def kinds_by(lookup: Callable[[str], Sequence[Recorded]], structure_id: UUID, day: date) -> str | None:
    """`lookup`: the standing facts of structures about a subject."""
    return kind_on(lookup(f"structure/{structure_id}"), day)
