"""What persons are called on the screen: by name where the caller may know it, and by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonName:
    family_name: str
    given_names: str
    birth_date: str

    @property
    def usual(self) -> str:
        """The first given name, and the family name in capitals."""
        return f"{self.given_names.replace(',', ' ').split()[0]} {self.family_name.upper()}"


Names = Mapping[str, PersonName]
"""By person's id; of whom the caller sees no name, nothing."""

NO_NAMES: Names = {}


def named(person_id: str | None, names: Names) -> str:
    """On two lines where there is a name: the id is what the next command asks for."""
    name = names.get(person_id or "")
    return f"{name.usual}\n{person_id}" if name is not None else person_id or ""


def named_in_line(person_id: str, names: Names) -> str:
    name = names.get(person_id)
    return f"Personne {person_id}" if name is None else f"{name.usual} ({person_id})"
