"""Why something was not done, said the same way everywhere: one class per rule inside, RFC 9457 problems outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

PROBLEM_JSON = "application/problem+json"


class DomainError(Exception):
    """A rule refuses. One subclass per rule: `code` and `title` are for ever; fields are ids, days and codes (public).

    `article` is the source of the rule, where it has one; `instead`, filled with the fields, says what would be
    allowed. A subclass takes its fields by keyword.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    title_fr: ClassVar[str] = ""
    instead: ClassVar[str] = ""
    instead_fr: ClassVar[str] = ""
    article: ClassVar[str] = ""
    status: ClassVar[int] = 409

    def __init__(self, **fields: Any) -> None:
        super().__init__(self.title)
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DomainError) and type(other) is type(self) and other.fields == self.fields

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.fields)))

    def problem(self) -> dict[str, Any]:
        """The members of the problem document; fields of the rule stand beside the standard ones."""
        detail, detail_fr = self._filled(self.instead, "."), self._filled(self.instead_fr, ",")
        texts = {"title_fr": self.title_fr, "article": self.article, "detail": detail, "detail_fr": detail_fr}
        return {
            "type": f"urn:parcours:{self.code}",
            "code": self.code,
            "title": self.title,
            "status": self.status,
            **{name: text for name, text in texts.items() if text},
            **{name: plain(value) for name, value in self.fields.items()},
        }

    def _filled(self, template: str, point: str) -> str:
        known = {field: _readable(value, point) for field, value in self.fields.items() if value is not None}
        try:
            return template.format_map(known)
        except KeyError:  # a field that is not known leaves the sentence out
            return ""


def _readable(value: Any, point: str) -> Any:
    """`point`: what stands before decimals."""
    shown = plain(value)
    if isinstance(shown, float):
        return f"{shown:.4f}".rstrip("0").rstrip(".").replace(".", point)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else shown


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing malformed: where (a JSON pointer, RFC 6901), a stable code, and a sentence for people."""

    pointer: str
    code: str
    message: str

    def json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "message": self.message}


class MalformedError(DomainError):
    """The body is not a fact that could be judged; `errors` says where, each with a JSON pointer."""

    code = "malformed"
    title = "Malformed; see `errors` for each place"
    title_fr = "Demande mal formée ; voir `errors`"
    status = 422

    def __init__(self, faults: Sequence[Fault], **fields: Any) -> None:
        super().__init__(errors=[fault.json() for fault in faults], **fields)
        self.faults = tuple(faults)


class TooLargeError(DomainError):
    code = "too_large"
    title = "Larger than what is accepted at once; send it in smaller parts or as a stream of lines"
    title_fr = "Trop volumineux ; envoyez par lots plus petits ou en flux de lignes"
    status = 413


class UnsupportedMediaTypeError(DomainError):
    code = "unsupported_media_type"
    title = "This content type is not read here"
    status = 415


class NotFoundError(DomainError):
    code = "not_found"
    title = "There is nothing at this address, or it is not yours to see"
    title_fr = "Rien à cette adresse, ou rien que vous puissiez voir"
    status = 404


class UnauthorizedError(DomainError):
    code = "unauthorized"
    title = "A valid bearer token is needed"
    title_fr = "Un jeton d'accès valide est nécessaire"
    status = 401


class SourceNotAllowedError(DomainError):
    code = "source_not_allowed"
    title = "Your token does not name this source; you may post, void and replace under your own sources only"
    title_fr = "Votre jeton ne couvre pas cette source"
    status = 403


class UnavailableError(DomainError):
    """The infrastructure is away; the same request may be sent again, nothing can be recorded twice."""

    code = "unavailable"
    title = "The service cannot answer now; send the same request again"
    title_fr = "Le service ne peut pas répondre maintenant ; renvoyez la même demande"
    status = 503
    retry_after_s: ClassVar[int] = 1


def plain(value: Any) -> Any:
    """A field of a refusal as JSON: days and instants in ISO form, ids as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
