"""Bodies of requests, read so that no refusal quotes one: where a name stands, anything may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request

from services.identities.folding import folded
from services.identities.names import Names, birth_date_of, names_of, text_fault
from services.identities.shapes import LARGEST_PAGE, MOST_ASKED, PAGE
from shared.intake.strict_json import JsonSyntaxError, faults, parse
from shared.web.paging import limit_of
from shared.web.problems import Fault, MalformedError, TooLargeError, UnsupportedMediaTypeError

LONGEST_BODY = 32 * 1024
"""Of 500 ids; names take some 200 bytes."""
FEWEST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: beginnings of words, folded."""

    words: tuple[str, ...]
    birth_date: date | None
    limit: int
    next: str | None


async def json_of(request: Request) -> Any:
    """Raise UnsupportedMediaTypeError, TooLargeError, MalformedError."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" or "content-encoding" in request.headers:
        raise UnsupportedMediaTypeError(accepted=["application/json"])
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            raise TooLargeError(limit_bytes=LONGEST_BODY)
    try:
        value, is_suspect = parse(body)
    except JsonSyntaxError:
        raise MalformedError([Fault("", "not_json", "the body is no JSON in UTF-8")]) from None
    if is_suspect and (found := [Fault(_known(fault.pointer), fault.code, fault.message) for fault in faults(value)]):
        raise MalformedError(found)
    return value


def _known(pointer: str) -> str:
    """Without keys that the sender made up."""
    return pointer if pointer in _POINTERS else ""


_POINTERS = frozenset(
    f"/{name}" for name in ["family_name", "given_names", "birth_date", "name", "person_ids", "limit", "next"]
)


async def given(request: Request, today: date) -> Names:
    """Raise MalformedError and what `json_of` raises."""
    found = names_of(await json_of(request), today)
    if not isinstance(found, Names):
        raise MalformedError(found)
    return found


async def person_ids(request: Request) -> list[UUID]:
    value = _object(await json_of(request), ("person_ids",))
    ids = value.get("person_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_ASKED:
        raise MalformedError([Fault("/person_ids", "bad_list", f"1 to {MOST_ASKED} ids of persons")])
    try:
        return list(dict.fromkeys(UUID(one) for one in ids))
    except (ValueError, TypeError, AttributeError):
        raise MalformedError([Fault("/person_ids", "bad_id", "each is a UUID")]) from None


async def asked(request: Request, today: date) -> Asked:
    value = _object(await json_of(request), ("name", "birth_date", "limit", "next"))
    name = value.get("name")
    fault = text_fault(name)
    if fault is not None or not isinstance(name, str):
        raise MalformedError([Fault("/name", *(fault or ("not_text", "a name is text")))])
    words = tuple(folded(name).split())
    if sum(map(len, words)) < FEWEST_LETTERS:
        raise MalformedError([Fault("/name", "too_short", f"at least {FEWEST_LETTERS} letters")])
    born = None if value.get("birth_date") is None else birth_date_of(value["birth_date"], today)
    if isinstance(born, Fault):
        raise MalformedError([born])
    limit, after = value.get("limit"), value.get("next")
    if not (limit is None or type(limit) is int) or not (after is None or isinstance(after, str)):
        raise MalformedError([Fault("/limit", "bad_limit", "limit is a number, next a cursor of the page before")])
    return Asked(words, born, limit_of(limit, PAGE, LARGEST_PAGE), after)


def _object(value: Any, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedError([Fault("", "not_an_object", f"an object with {known[0]}")])
    if value.keys() - set(known):
        raise MalformedError([Fault("", "unknown_field", f"there are {', '.join(known)}, and no other field")])
    return value
