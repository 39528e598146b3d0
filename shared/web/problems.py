"""What is refused before any rule speaks: a malformed body, an unknown address, a caller who may not (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from shared.deciding.refusals import DomainError
from shared.process.current_request import current_request

PROBLEM_JSON = "application/problem+json"
MAX_FAULTS = 100
"""Told of one body; whoever has made so many mends the first before reading on. The others are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing malformed: where (a JSON pointer, RFC 6901), a stable code, and a sentence for people."""

    pointer: str
    code: str
    message: str

    def json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "message": self.message}


class MalformedError(DomainError):
    """The body is not a fact that could be judged; `errors` says where, each with a JSON pointer: the first
    `MAX_FAULTS`. `errors_left_out`: how many more there are."""

    code = "malformed"
    title = "Malformed; see `errors` for each place"
    title_fr = "Demande mal formée ; voir « errors »"
    instead = "Correct each place named in `errors`."
    instead_fr = "Corrigez chaque endroit indiqué dans « errors »."
    status = 422

    def __init__(self, faults: Sequence[Fault], **fields: Any) -> None:
        self.faults = tuple(faults[:MAX_FAULTS])
        super().__init__(errors=[fault.json() for fault in self.faults], **fields)
        self._leave_out(len(faults) - len(self.faults))

    def _leave_out(self, count: int) -> None:
        self.left_out = count
        if count:
            self.fields["errors_left_out"] = count

    def first(self, count: int) -> MalformedError:
        """The same with at most so many faults told."""
        few = MalformedError(self.faults[:count])
        few._leave_out(self.left_out + len(self.faults[count:]))
        return few


class TooLargeError(DomainError):
    code = "too_large"
    title = "Larger than what is accepted at once; send it in smaller parts or as a stream of lines"
    title_fr = "Trop volumineux ; envoyez par lots plus petits ou en flux de lignes"
    instead = "[At most {limit_bytes:byte} at once.|At most {limit_items:item} at once.|Send less at once.]"
    instead_fr = (
        "[Au plus {limit_bytes:octet} à la fois.|Au plus {limit_items:élément} à la fois.|Envoyez-en moins à la fois.]"
    )
    status = 413


class UnsupportedMediaTypeError(DomainError):
    code = "unsupported_media_type"
    title = "This content type is not read here"
    title_fr = "Ce type de contenu n'est pas lu ici"
    instead = "[Accepted: {accepted}.|Send JSON in UTF-8, not compressed.]"
    instead_fr = "[Types acceptés : {accepted}.|Envoyez du JSON en UTF-8, non compressé.]"
    status = 415


class NotFoundError(DomainError):
    code = "not_found"
    title = "There is nothing at this address, or it is not yours to see"
    title_fr = "Rien à cette adresse, ou rien que vous puissiez voir"
    instead = "Check the address, and the id in it."
    instead_fr = "Vérifiez l'adresse et l'identifiant qu'elle contient."
    status = 404


class UnauthorizedError(DomainError):
    code = "unauthorized"
    title = "A valid bearer token is needed"
    title_fr = "Un jeton d'accès valide est nécessaire"
    instead = "Send a valid token in `Authorization: Bearer`."
    instead_fr = "Envoyez un jeton valide dans « Authorization: Bearer »."
    status = 401


def retry_after(error: DomainError | None) -> dict[str, str]:
    """The header that says when to come again, where that may help; why is noted for whoever counts."""
    if error is None or error.retry_after_s is None:
        return {}
    request = current_request()
    if request is not None:
        request.reason = str(error.fields.get("reason") or error.code)
    return {"Retry-After": str(error.retry_after_s)}


def problem_response(error: DomainError) -> Response:
    headers = retry_after(error)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    # Replaced where it cannot be sent: what is refused may be quoted, lone surrogates among it.
    body = json.dumps(error.problem(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(body, error.status, headers, PROBLEM_JSON)


_TEXT = {"type": "string"}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457, with `code` and more data beside the standard members",
    "required": ["type", "code", "title", "status"],
    "properties": {
        **dict.fromkeys(("type", "code", "title", "title_fr"), _TEXT),
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message"],
                "properties": dict.fromkeys(("pointer", "code", "message"), _TEXT),
            },
        },
    },
}
"""Of services that record no facts; those that do tell the data of their rules as well (`shared.intake.openapi`)."""
