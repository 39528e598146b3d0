"""For whom a recorded event was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.facts.catalogue import Catalogue
from shared.facts.sayers import named_in


def sayer_of_event(event: Mapping[str, Any], catalogue: Catalogue) -> str | None:
    """For whom a recorded CloudEvent was said: as recorded; facts from before were said for whom they name."""
    kind = catalogue.facts.get(event["type"])
    if "saidfor" in event or kind is None:
        return event.get("saidfor")
    return named_in(kind, event["data"], event["subject"])


def with_sayer(event: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """A recorded CloudEvent with for whom it was said."""
    sayer = sayer_of_event(event, catalogue)
    return event if sayer is None else {**event, "saidfor": sayer}
