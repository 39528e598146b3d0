"""Lists answer `{items, next}`: at most `limit` items and an opaque cursor for the rest."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Response

from shared.web.problems import Fault, MalformedError

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 1_000
"""A page is built in memory, and others wait meanwhile; a whole table is exported instead."""


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[Any]
    next: str | None

    def response(self) -> Response:
        body = json.dumps({"items": list(self.items), "next": self.next}, ensure_ascii=False, separators=(",", ":"))
        return Response(body.encode(), media_type="application/json")


def limit_of(limit: int | None, usual: int = DEFAULT_LIMIT, largest: int = LARGEST_LIMIT) -> int:
    """The page size asked for, within bounds. Raise MalformedError below 1; above the largest it is cut."""
    if limit is None:
        return usual
    if limit < 1:
        raise MalformedError([Fault("", "bad_limit", f"limit is between 1 and {largest}")])
    return min(limit, largest)


def cursor(key: Sequence[Any]) -> str:
    """An opaque place behind the row with this key."""
    return base64.urlsafe_b64encode(json.dumps(list(key), default=str).encode()).decode().rstrip("=")


def key_of(text: str, length: int) -> list[Any]:
    """The key in a cursor. Raise MalformedError for what `cursor` did not make."""
    try:
        # The padding was left off, as it would have to be escaped in an address.
        key = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        key = None
    if not isinstance(key, list) or len(key) != length:
        raise MalformedError([Fault("", "bad_cursor", "next is a cursor from an earlier page, unchanged")])
    return key
