"""What an event may take for itself in the whole service: a number, for instance."""

from __future__ import annotations

from dataclasses import dataclass

from shared.deciding.standing import Standing


@dataclass(frozen=True, slots=True)
class Taken:
    """By which subject's fact. `lasting`: for ever; else it is given back (`released`) once nothing that stands carries it,
    and may be taken again."""

    subject: str
    lasting: bool = True
    released: bool = False
    by: Standing | None = None
    """The fact that took it, where that is one of the same group."""
