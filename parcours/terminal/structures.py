"""What people call the structures that rows name by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Structure:
    name: str
    kind: str | None

    @property
    def label(self) -> str:
        return f"{self.name} ({self.kind})" if self.kind else self.name


Structures = Mapping[str, Structure]
"""By id; what is not known is shown by its id."""
