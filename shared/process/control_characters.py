"""Characters that steer a terminal, break a line of a log, or turn the direction of text (Unicode's C0, DEL and C1, line and
paragraph separators, bidirectional embeddings, overrides and isolates). What comes in with one is refused; what was kept
before is shown escaped, as JSON would."""

from __future__ import annotations

import io
import re
from typing import TextIO

BEYOND_ASCII = r"\x80-\x9f\u2028-\u202e\u2066-\u2069"
CONTROL = rf"\x00-\x1f\x7f{BEYOND_ASCII}"
"""As they stand in a class of a regular expression; Python, Rust and JSON Schema read them alike."""

_ANY = re.compile(f"[{CONTROL}]")
_BUT_LINES_AND_TABS = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f{BEYOND_ASCII}]")
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}


def has_control(text: str) -> bool:
    return _ANY.search(text) is not None


def without_control(text: str) -> str:
    """Each replaced: for what is quoted back to whoever sent it."""
    return _ANY.sub("\ufffd", text)


def escaped(text: str) -> str:
    """On one line."""
    return _ANY.sub(_escape, text)


def escaped_lines(text: str) -> str:
    """With its lines and tabs: for what we have laid out ourselves."""
    return _BUT_LINES_AND_TABS.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}"


class EscapingStream(io.TextIOWrapper):
    """A standard stream whose text is escaped, whoever prints. What colours text or rewrites a line, and escapes what it
    quotes by itself, writes to `unfiltered`."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        # Through at once: both write into one buffer, in the order in which they are called.
        super().__init__(stream.buffer, stream.encoding, "replace", line_buffering=True, write_through=True)
        self.unfiltered = stream

    def write(self, text: str, /) -> int:
        return super().write(escaped_lines(text))


def unfiltered(stream: TextIO) -> TextIO:
    return stream.unfiltered if isinstance(stream, EscapingStream) else stream
