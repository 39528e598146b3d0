"""Mises à disposition with clients, the hours worked, and what they come to beside the cap.

All are about `person/<id>`. Days are days of Europe/Paris; a span holds its first and its last day. Open codes:
`[A-Za-z0-9_]{1,40}`.
"""

from __future__ import annotations

from typing import ClassVar

from services.placements.facts.codes import CODES
from services.placements.facts.forgetting import PersonErased
from services.placements.facts.hours import HoursWorked, Mode
from services.placements.facts.own import CapApproaching, CapExceeded, CapReached
from services.placements.facts.placements import PlacementAgreed, PlacementChanged, PlacementEnded, Purpose
from shared.facts import contests
from shared.facts import fact as shared_facts
from shared.facts.catalogue import Catalogue

OWN_SOURCE = "urn:parcours:placements"
"""The `source` of what the service records by itself."""


class FactVoided(shared_facts.FactVoided):
    """An earlier fact of this person here never was; it must be known and not voided already."""

    type: ClassVar[str] = "placements.fact_voided.v1"


class FactContested(contests.FactContested):
    """Whoever the fact says something about says that it is not so; it changes nothing by itself."""

    type: ClassVar[str] = "placements.fact_contested.v1"


class ContestSettled(contests.ContestSettled):
    """A steward answers a contest; upheld, the steward voids the fact."""

    type: ClassVar[str] = "placements.contest_settled.v1"


CATALOGUE = Catalogue(
    [
        PlacementAgreed,
        PlacementChanged,
        PlacementEnded,
        HoursWorked,
        CapApproaching,
        CapExceeded,
        PersonErased,
        FactContested,
        ContestSettled,
        FactVoided,
    ],
    codes=[CODES],
)

__all__ = [
    "CATALOGUE",
    "OWN_SOURCE",
    "CapApproaching",
    "CapExceeded",
    "CapReached",
    "ContestSettled",
    "FactContested",
    "FactVoided",
    "HoursWorked",
    "Mode",
    "PersonErased",
    "PlacementAgreed",
    "PlacementChanged",
    "PlacementEnded",
    "Purpose",
]
