"""What an agreement shares: by profile the facts, and of each the fields (`sharing_profiles.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.projections.law.tables import FOLDER
from shared.deciding.dated import Row, by_last_change, rows_on
from shared.rights.sharing import PROFILES

Fields = Mapping[str, frozenset[str]]
"""By type of fact, without its version."""


@dataclass(frozen=True)
class SharedFact(Row):
    profile: str
    fact: str
    fields: list[str]


@by_last_change(FOLDER)
def profiles_on(day: date) -> Mapping[str, Fields]:
    """Each has what those before it in `PROFILES` have."""
    rows = rows_on(FOLDER, "sharing_profiles", SharedFact, day)
    return {profile: _fields(rows, PROFILES[: place + 1]) for place, profile in enumerate(PROFILES)}


def _fields(rows: list[SharedFact], profiles: tuple[str, ...]) -> Fields:
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        if row.profile in profiles:
            found[row.fact] = found.get(row.fact, frozenset()) | frozenset(row.fields)
    return found
