"""Rules that the law dates (`law/*.yaml`, see shared/deciding/dated.py): which set is in force on a day.

A window of the cap follows the set of its first day, a placement that of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from shared.deciding.dated import Row, by_last_change, row_on, rows_on

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Cap(Row):
    limit: float
    months: int
    article: str


@dataclass(frozen=True)
class CapWarning(Row):
    share: float


@dataclass(frozen=True)
class CapStructures(Row):
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class ClientKindRule(Row):
    kind: str
    capped: bool


@dataclass(frozen=True)
class BridgeRule(Row):
    kinds: tuple[str, ...]
    after_months: int
    months: int
    renewals: int
    article: str


@dataclass(frozen=True)
class EconomicDismissalRule(Row):
    kinds: tuple[str, ...]
    months: int
    article: str


@dataclass(frozen=True)
class Law:
    """What is in force on one day; kinds of clients by their code, in the order of the file."""

    cap: Cap
    cap_warning: CapWarning
    cap_structures: CapStructures
    client_kinds: Mapping[str, ClientKindRule]
    bridges: BridgeRule
    economic_dismissals: EconomicDismissalRule

    def is_capped(self, structure_kind: str | None, client_kind: str | None) -> bool:
        """Whether such a structure's hours with such a client count; not (yet) where a kind is not known."""
        row = None if client_kind is None else self.client_kinds.get(client_kind)
        return row is not None and row.capped and structure_kind in self.cap_structures.kinds

    def clients(self, *, capped: bool) -> list[ClientKindRule]:
        """Kinds of clients with whom hours count against the cap, or with whom none does."""
        return [row for row in self.client_kinds.values() if row.capped == capped]


@by_last_change(FOLDER)
def law_on(day: date) -> Law:
    return Law(
        cap=row_on(FOLDER, "cap", Cap, day),
        cap_warning=row_on(FOLDER, "cap_warning", CapWarning, day),
        cap_structures=row_on(FOLDER, "cap_structures", CapStructures, day),
        client_kinds={row.kind: row for row in rows_on(FOLDER, "client_kinds", ClientKindRule, day)},
        bridges=row_on(FOLDER, "bridges", BridgeRule, day),
        economic_dismissals=row_on(FOLDER, "economic_dismissals", EconomicDismissalRule, day),
    )
