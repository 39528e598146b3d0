"""Dated rules that whoever joins facts of several subjects needs, as rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from services.placements.law.tables import table


class CapLimit(NamedTuple):
    """The cap of a window that opens from `valid_from` to `valid_to`, both included; an absent bound is open."""

    hours_limit: float
    months: int
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


class CapKind(NamedTuple):
    """A kind of structure or client, and whether placements begun on those days count."""

    kind: str
    capped: bool
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


class DismissalRule(NamedTuple):
    """Kinds of structures that may place nobody on an occupation for so many months after the client dismissed on it."""

    structure_kinds: tuple[str, ...]
    months: int
    article: str
    valid_from: date | None
    valid_to: date | None
    source: str
    confidence: str


def cap_limits() -> tuple[CapLimit, ...]:
    return tuple(CapLimit(row["limit"], row["months"], row["article"], *_dated(row)) for row in table("cap"))


def cap_structure_kinds() -> tuple[CapKind, ...]:
    return tuple(CapKind(kind, True, *_dated(row)) for row in table("cap_structures") for kind in row["kinds"])


def cap_client_kinds() -> tuple[CapKind, ...]:
    return tuple(CapKind(row["kind"], row["capped"], *_dated(row)) for row in table("client_kinds"))


def dismissal_rules() -> tuple[DismissalRule, ...]:
    return tuple(
        DismissalRule(tuple(row["kinds"]), row["months"], row["article"], *_dated(row))
        for row in table("economic_dismissals")
    )


def _dated(row: Mapping[str, Any]) -> Iterator[Any]:
    return (row[name] for name in ("valid_from", "valid_to", "source", "confidence"))
