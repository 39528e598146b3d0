"""Causes: what many troubles have in common, their message without what is different in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LONGEST_CAUSE = 120
"""Characters: a cause is read, and typed again for `--cause`."""


@dataclass(frozen=True, slots=True)
class Group:
    """Troubles of one cause at one reader. `example`: the name of the first; `first`, `last`: when such came (UTC)."""

    kind: str
    cause: str
    count: int
    skipped: int
    example: str
    first: datetime | None
    last: datetime | None


def cause_of(message: str) -> str:
    """SQL, as its argument is: the first line, ids and numbers taken out, not too long."""
    ids = f"regexp_replace({message}, '[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}', 'ID', 'g')"
    return f"left(split_part(regexp_replace({ids}, '[0-9]+', 'N', 'g'), E'\\n', 1), {LONGEST_CAUSE})"
