"""Federations, regions and brands to which a structure belongs."""

from __future__ import annotations

from typing import Any, ClassVar

from services.structures.facts.structures import StructureFact
from shared.facts.fact import Code, Day


class NetworkJoined(StructureFact):
    """The structure belongs to a federation, a region or a brand, which is not a group and opens no one's history."""

    type: ClassVar[str] = "structures.network_joined.v1"
    occurred_on_field: ClassVar[str] = "joined_on"
    example: ClassVar[dict[str, Any]] = {"network": "COORACE", "joined_on": "2019-04-01"}
    network: Code
    joined_on: Day


class NetworkLeft(StructureFact):
    """The last day in that network."""

    type: ClassVar[str] = "structures.network_left.v1"
    occurred_on_field: ClassVar[str] = "left_on"
    example: ClassVar[dict[str, Any]] = {"network": "COORACE", "left_on": "2024-12-31"}
    network: Code
    left_on: Day
