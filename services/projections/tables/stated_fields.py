"""What a registration or a change says of the columns of a row."""

from __future__ import annotations

from typing import Any

from shared.facts.fact import Fact


def stated_fields(fact: Fact, columns: tuple[str, ...]) -> dict[str, Any]:
    """Values by name of the fact's fields that are columns too. A field left out says nothing, so what was known stays."""
    return {
        name: value
        for name in type(fact).model_fields
        if name in columns and (value := getattr(fact, name)) is not None
    }
