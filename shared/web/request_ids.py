"""`X-Request-Id`: one id from a request to its log lines, the facts it recorded, and its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from random import getrandbits
from typing import Any
from uuid import UUID

HEADER = b"x-request-id"
LONGEST = 128
_GOOD = re.compile(rb"[\x21-\x7e]{1,%d}" % LONGEST)
"""What can stand in a header, a log line and a fact as it is."""


def request_id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The one that was sent; made anew where none was, or several, or one that is not 1 to 128 printable ASCII
    characters: an answer has one all the same, and nothing a stranger sends breaks a line."""
    given = [value for name, value in headers if name == HEADER]
    if len(given) == 1 and _GOOD.fullmatch(given[0]):
        return given[0].decode("ascii")
    # Not `uuid4`: a system call for each request lets another thread in. Nobody gains by guessing one.
    return str(UUID(int=getrandbits(128), version=4))


_PARAMETER = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "description": "An id of the sender's for this request; kept as `correlationid` by facts that bring none",
    "schema": {"type": "string"},
}
_ANSWERED = {
    "description": "The id of the request: as it was sent, or made where none was, or one of more than 128 characters",
    "schema": {"type": "string"},
}


def describe_request_ids(document: dict[str, Any]) -> dict[str, Any]:
    """In an OpenAPI document, at every operation and at each of its answers."""
    components = document.setdefault("components", {})
    components.setdefault("headers", {})["RequestId"] = _ANSWERED
    for path in document.get("paths", {}).values():
        for operation in path.values():
            operation.setdefault("parameters", []).append(_PARAMETER)
            for response in operation.get("responses", {}).values():
                if "$ref" not in response:
                    response.setdefault("headers", {})["X-Request-Id"] = {"$ref": "#/components/headers/RequestId"}
    return document
