"""What a refused event collides with: the fact that stands, named so that its sender finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """`position`: of the fact itself, such as `pathways:123`. Of a fact of the same request it is known once that is
    recorded: `positions`, sequences by source and id, is looked up when it is told, not before."""

    service: str
    source: str
    id: str
    positions: Mapping[tuple[str, str], int]

    def json(self) -> dict[str, str | None]:
        """`position` is null where the fact came with the same request and was not recorded either."""
        sequence = self.positions.get((self.source, self.id), 0)
        return {"id": self.id, "source": self.source, "position": f"{self.service}:{sequence}" if sequence else None}


def standing_at(service: str, key: tuple[str, str], sequence: int) -> Standing:
    """A fact whose sequence is known."""
    return Standing(service, *key, {key: sequence})
