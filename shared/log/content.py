"""What an event says, apart from how it came: one spelling of it, and the digest by which a repeat is recognised."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Made once: `json.dumps` makes an encoder at each call.
_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(value: Any) -> bytes:
    """One spelling for equal JSON values: sorted keys, no spaces."""
    return _sorted(value).encode()


def digest_of(type_name: str, subject: str, replaces: str | None, data: bytes) -> bytes:
    """`data`: canonical. 16 bytes: it tells a sender's mistakes apart, within one id; nobody gains by finding two contents
    with one digest."""
    content = f"{type_name}\n{subject}\n{replaces or ''}\n".encode()  # none holds a line's end
    return hashlib.blake2b(content + data, digest_size=16).digest()
