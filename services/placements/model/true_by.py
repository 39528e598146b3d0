"""What was true by a day: an answer about it takes nothing from later days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.placements.facts import HoursWorked, PlacementAgreed
from services.placements.model.ledger import ledger
from services.structures.facts import DerogationGranted
from shared.facts.fact import Recorded, paris_day


def true_by(settled: Sequence[Recorded], day: date) -> list[Recorded]:
    """Facts whose day has come; what is agreed for later counts once it was said.

    An entry of hours told twice was a mistake the first time, whenever it was mended: the last one alone counts, from its
    own day on.
    """
    counted = {entry.by.key for entry in ledger(settled)}
    return [
        fact
        for fact in settled
        if since(fact) <= day and (not isinstance(fact.data, HoursWorked) or fact.key in counted)
    ]


def since(fact: Recorded) -> date:
    """The day from which a fact counts: its own, or the Paris day on which an agreement for later was said."""
    is_agreement = isinstance(fact.data, PlacementAgreed)
    return min(fact.occurred_on, paris_day(fact.time)) if is_agreement else fact.occurred_on


def decided_by(derogations: Sequence[DerogationGranted], day: date) -> tuple[DerogationGranted, ...]:
    return tuple(derogation for derogation in derogations if derogation.decided_on <= day)
