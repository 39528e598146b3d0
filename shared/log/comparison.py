"""What a comparison of two things that should be alike looked at, and what it found to differ.

Rows with facts, histories with stores, topics with stores: each finds differences of one form, so that they are counted,
printed and kept alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any, Literal

LIMIT = 100
"""Differences that are kept of each comparison; the others are only counted: a lost table must not fill the memory."""

FACTS_NAMED = 20
"""Facts named with one difference, at most."""

Rest = Callable[[], None]
"""Called between two steps of a comparison: one in the background waits there, or ends it by raising."""


def no_rest() -> None:
    """For who waits for the outcome."""


What = Literal["row", "subject", "view", "fact", "record", "answer", "claim", "deadline", "effect", "relation"]
Kind = Literal["missing", "surplus", "changed", "unfolded", "unfoldable"]


@dataclass(frozen=True, slots=True)
class FactName:
    """Where a fact stands, and what it is."""

    service: str
    sequence: int
    id: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as it should be.

    `what` it is, and in which table, topic or view (`where`). `key` names it there. `kind`: missing (`expected` is what
    should be there), surplus (`found` should not), changed (both, and the `columns` that differ); of a subject unfolded
    or unfoldable. `facts`: those behind it, the first of `facts_behind`. `reason`: more, in words.
    """

    what: What
    kind: Kind
    where: str
    key: Mapping[str, Any]
    subject: str | None = None
    columns: Sequence[str] = ()
    expected: Mapping[str, Any] | None = None
    found: Mapping[str, Any] | None = None
    facts: Sequence[FactName] = ()
    facts_behind: int = 0
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """For machines: values that JSON has not are texts."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    def without_values(self) -> dict[str, Any]:
        """To be kept: which thing, not what it holds, which an erasure would then have to find there too."""
        return {name: value for name, value in self.as_json().items() if name not in ("expected", "found")}


@dataclass(slots=True)
class Comparison:
    """One comparison, as far as it has come.

    `name`: what with what. `subjects`, `facts`, `rows`, `records`: how many it looked at. `differences`: how many it
    found; `first`: the first `limit` of them. `notes`: what could not be looked at, and what is no difference but worth
    knowing.
    """

    name: str
    limit: int = LIMIT
    subjects: int = 0
    facts: int = 0
    rows: int = 0
    records: int = 0
    differences: int = 0
    first: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, found: Iterable[Difference]) -> None:
        for difference in found:
            self.differences += 1
            if len(self.first) < self.limit:
                self.first.append(difference)

    def take(self, other: Comparison) -> None:
        """What was found of another part of the same."""
        self.subjects += other.subjects
        self.facts += other.facts
        self.rows += other.rows
        self.records += other.records
        self.differences += other.differences
        self.first += other.first[: self.limit - len(self.first)]
        self.notes += [note for note in other.notes if note not in self.notes]

    def as_json(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("subjects", "facts", "rows", "records", "differences")}
        first = [difference.as_json() for difference in self.first]
        return {"name": self.name, **counts, "notes": self.notes, "first": first}


def _plain(value: Any) -> Any:
    """NaN and the infinities are no JSON either."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
