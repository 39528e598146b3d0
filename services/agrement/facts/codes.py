"""Names of this service's codes (`codes.yaml`)."""

from __future__ import annotations

from pathlib import Path

from services.pathways.facts.codes import CODES as PATHWAYS
from services.structures.facts.codes import CODES as STRUCTURES
from shared.facts.codes import CodeBook

CODES = CodeBook(
    Path(__file__).with_name("codes.yaml"),
    law=Path(__file__).parents[1] / "law",
    borrowed=((PATHWAYS, "sender_kind"), (PATHWAYS, "prescriber_kind"), (STRUCTURES, "structure_kind")),
)
