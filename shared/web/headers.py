"""Headers that are lists: several lines of one are one list (RFC 9110, 5.3), and `Prefer` (RFC 7240)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from starlette.datastructures import Headers

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_WORD = re.compile(rf"[ \t]*({_TOKEN})[ \t]*(?:=[ \t]*({_TOKEN}|{_QUOTED})?)?[ \t]*")
_ELEMENT = re.compile(rf"(?:[^,\"]|{_QUOTED})+|\"[^,]*")
"""Up to the next comma outside of quotes; a quote that is never closed quotes nothing."""
_ESCAPED = re.compile(r"\\(.)")


def listed(headers: Headers, name: str) -> str:
    """The lines of a header as the one list they are; empty where there is none."""
    return ", ".join(headers.getlist(name))


def preferences(headers: Headers) -> Mapping[str, str]:
    """What the sender prefers: name in lower case -> value, empty where none is given. Of one named twice the first
    counts; parameters (`; …`), of which we know none, and what is no preference are passed over, as the RFC wants."""
    found: dict[str, str] = {}
    for element in _ELEMENT.findall(listed(headers, "prefer")):
        match = _WORD.match(element)
        if match is not None and element[match.end() :][:1] in ("", ";"):
            found.setdefault(match[1].lower(), _plain(match[2] or ""))
    return found


def prefers_minimal(headers: Headers) -> bool:
    """`return=minimal`: no more is answered than must be."""
    return preferences(headers).get("return", "").lower() == "minimal"


def _plain(word: str) -> str:
    return _ESCAPED.sub(r"\1", word[1:-1]) if word.startswith('"') else word
