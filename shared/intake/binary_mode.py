"""CloudEvents' binary content mode: attributes as headers `ce-…`, the data as the body. SDKs send it by default.

It is read into what the structured mode gives, so that nothing behind this knows the difference. CloudEvents HTTP
protocol binding 1.0.2, section 3.1.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers

from shared.intake.strict_json import JsonSyntaxError, parse
from shared.web.problems import Fault, MalformedError

PREFIX = "ce-"
_PREFIX = PREFIX.encode()
_INTEGERS = frozenset({"expectedversion"})
"""Attributes that are numbers; a header is always text."""
_INTEGER = re.compile(r"0|[1-9][0-9]{0,14}")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(rb"\\(.)")


def is_binary(headers: Headers) -> bool:
    """Whether an event comes in headers. Asked where the content type says neither structured mode nor batch."""
    return any(name.startswith(_PREFIX) for name, _ in headers.raw)


def binary_event(headers: Headers, body: bytes) -> dict[str, Any]:
    """The event as the structured mode would have it; to be read as suspect. Raise MalformedError where a header or
    the body is none of the event."""
    event: dict[str, Any] = {}
    # Raw, since an attribute may come as bytes beyond ASCII, and a header given twice has to be seen.
    for raw_name, raw in headers.raw:
        name = raw_name.decode("latin-1").lower()
        if name.startswith(PREFIX):
            attribute = name.removeprefix(PREFIX)
            if attribute in event:
                raise MalformedError([Fault(f"/{attribute}", "duplicate_key", "the header is given twice")])
            event[attribute] = _value(attribute, raw)
    if kind := headers.get("content-type"):
        event["datacontenttype"] = kind
    # `ce-data` is no attribute: the data are the body, and nothing else.
    event.pop("data", None)
    if body:
        try:
            event["data"], _ = parse(body)
        except JsonSyntaxError as error:
            raise MalformedError([Fault("/data", "not_json", str(error))]) from None
    return event


def _value(attribute: str, raw: bytes) -> str | int:
    """Quotes around the whole are taken off, then percent-encoding is undone, once."""
    quoted = _QUOTED.fullmatch(raw.strip())
    plain = _ESCAPED.sub(rb"\1", quoted[1]) if quoted else raw.strip()
    try:
        text = unquote_to_bytes(plain).decode("utf-8")
    except UnicodeDecodeError:
        fault = Fault(f"/{attribute}", "not_utf8", "characters beyond ASCII are percent-encoded UTF-8 in a header")
        raise MalformedError([fault]) from None
    return int(text) if attribute in _INTEGERS and _INTEGER.fullmatch(text) else text
