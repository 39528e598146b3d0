"""`/<service>/v1/codes`: the codes of a service with their names, for those who show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from shared.facts.codes import CodeName
from shared.web.callers import Callers
from shared.web.paging import Page, cursor, key_of, limit_of
from shared.web.problems import Fault, MalformedError


def codes_route(names: Callable[[], Iterable[CodeName]], callers: Callers) -> APIRouter:
    router = APIRouter(tags=["codes"])

    @router.get("/codes", operation_id="list_codes")
    async def list_codes(
        request: Request, domain: str | None = None, limit: int | None = None, next: str | None = None
    ) -> Response:
        """Codes with French and English labels, by domain in the order of its list; `valid_from` and `valid_to`, both
        included, where the list is dated; `confidence` is of the wording. `domain`: that list alone."""
        callers.caller(request.headers.get("authorization"))
        return page(list(names()), domain, next, limit_of(limit)).response()

    return router


def page(names: Sequence[CodeName], domain: str | None, after: str | None, size: int) -> Page:
    """Raise MalformedError for a domain or a cursor that is not of this list."""
    domains = dict.fromkeys(name.domain for name in names)
    if domain is not None and domain not in domains:
        raise MalformedError([Fault("/query/domain", "unknown_domain", f"domains here: {', '.join(domains)}")])
    asked = [name for name in names if domain in (None, name.domain)]
    start = 0 if after is None else _place_after(asked, key_of(after, 2))
    shown = asked[start : start + size]
    last = shown[-1] if start + size < len(asked) else None
    return Page([name.json() for name in shown], cursor([last.domain, last.code]) if last else None)


def _place_after(names: Sequence[CodeName], key: Sequence[Any]) -> int:
    for place, name in enumerate(names, start=1):
        if [name.domain, name.code] == list(key):
            return place
    raise MalformedError([Fault("/query/next", "bad_cursor", "next is a cursor from an earlier page of this list")])
