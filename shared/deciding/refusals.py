"""Why something is not done: one class per rule, its code and titles for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from shared.deciding.sentences import filled
from shared.deciding.standing import Standing
from shared.facts.codes import CodeBook
from shared.facts.fact import Fact


def by(kind: type[Fact], *fields: str) -> tuple[tuple[type[Fact], tuple[str, ...]], ...]:
    """The facts of a type whose fields say what the refusal's fields of the same names say; without any, each of them."""
    return ((kind, fields),)


class DomainError(Exception):
    """A rule refuses. One subclass per rule: `code` and `title` are for ever; fields are ids, days and codes (public).

    `article` is the source of the rule, where it has one; `instead`, filled with the fields (`sentences.py`), says what
    would be allowed; `codes` has the names of codes in it. A subclass takes its fields by keyword.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    title_fr: ClassVar[str] = ""
    instead: ClassVar[str] = ""
    instead_fr: ClassVar[str] = ""
    article: ClassVar[str] = ""
    codes: ClassVar[CodeBook | None] = None
    status: ClassVar[int] = 409
    retry_after_s: int | None = None
    """Seconds after which the same request may be answered otherwise, where that is known."""

    against: ClassVar[tuple[tuple[type[Fact], tuple[str, ...]], ...]] = ()
    """Of a collision: which facts the event may collide with (`by`)."""

    told_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that come from others' facts and are told all the same, to whoever has to do with the person today."""

    standing: Standing | None = None
    """The fact that it does collide with."""

    asked: tuple[str, ...] = ()
    """Services whose facts the rule that refuses asks for (`Rules`, `asks`): what it has not seen may change its answer."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(self.title)
        self.fields = fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DomainError) and type(other) is type(self) and other.fields == self.fields

    def __hash__(self) -> int:
        # By the names of the fields alone: values may be lists, which have no hash.
        return hash((type(self), tuple(self.fields)))

    def bare(self, names: Iterable[str]) -> DomainError:
        """The same refusal without what it collides with, and with these fields alone."""
        bare = type(self)(**{name: self.fields[name] for name in names if name in self.fields})
        bare.asked = self.asked
        return bare

    def problem(self) -> dict[str, Any]:
        """The members of the problem document; fields of the rule stand beside the standard ones."""
        detail = filled(self.instead, self.fields, "en", self.codes)
        detail_fr = filled(self.instead_fr, self.fields, "fr", self.codes)
        texts = {"title_fr": self.title_fr, "article": self.article, "detail": detail, "detail_fr": detail_fr}
        return {
            "type": f"urn:parcours:{self.code}",
            "code": self.code,
            "title": self.title,
            "status": self.status,
            **{name: text for name, text in texts.items() if text},
            **{name: plain(value) for name, value in self.fields.items()},
            **({} if self.standing is None else {"standing": self.standing.json()}),
        }


def plain(value: Any) -> Any:
    """A field of a refusal as JSON: days and instants in ISO form, ids as text."""
    # Before `date`: an instant is a day to Python, and would lose its time of day.
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, DomainError):
        return value.problem()
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
