"""What the product says of a history: this module and `product_*.py` are the only ones of the oracle that import it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from uuid import UUID, uuid5

from services.agrement import facts as agrement_facts
from services.pathways import facts as pathways_facts
from services.placements import facts as placements_facts
from shared.facts.fact import Recorded
from tests.oracle.history import Fact, History

SOURCE = "urn:test:software"
CATALOGUES = {
    "agrement": agrement_facts.CATALOGUE,
    "pathways": pathways_facts.CATALOGUE,
    "placements": placements_facts.CATALOGUE,
}


def uid(name: str) -> UUID:
    return uuid5(UUID(int=0), name)


def recorded(one: Fact, number: int) -> Recorded:
    """As the service stores it; names become ids."""
    kind = CATALOGUES[one["type"].partition(".")[0]].facts[f"{one['type']}.v1"]
    values = {
        key: str(uid(value)) if key.endswith("_id") and key != "fact_id" else value
        for key, value in one["data"].items()
        if value is not None
    }
    at = datetime.combine(one["said"], time(one["hour"] - 1), UTC)
    return Recorded(
        id=one["id"],
        source=SOURCE,
        type=kind.type,
        subject=f"person/{uid('person')}",
        time=at,
        recordedtime=at,
        sequence=number,
        streamversion=number,
        replaces=one["replaces"],
        data=kind.model_validate_json(json.dumps(values, default=str)),
    )


def facts_of(history: History, service: str) -> list[Recorded]:
    return [recorded(one, n) for n, one in enumerate(history, 1) if one["type"].startswith(service + ".")]
