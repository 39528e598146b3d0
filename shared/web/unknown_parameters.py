"""A query parameter that a route does not know, or that is given twice, is refused: what was meant by it, or by the
first of the two, would else be left out in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import get_origin

from fastapi import Request
from fastapi.routing import APIRoute

from shared.web.problems import Fault, MalformedError

SHOWN_CHARACTERS = 100


class UnknownParameterError(MalformedError):
    """`known`: the parameters of this address. `nearest`: which of them was perhaps meant."""

    code = "unknown_parameter"
    title = "This address knows no such query parameter; nothing was done"
    title_fr = "Cette adresse ne connaît pas ce paramètre ; rien n'a été fait"

    def __init__(self, faults: Sequence[Fault], known: Collection[str], nearest: str | None) -> None:
        super().__init__(faults, known=sorted(known), **({} if nearest is None else {"nearest": nearest}))


class RepeatedParameterError(MalformedError):
    """`errors`: one for each parameter that is given more than once where one is read."""

    code = "repeated_parameter"
    title = "A query parameter is given more than once; nothing was done"
    title_fr = "Un paramètre est donné plusieurs fois ; rien n'a été fait"


async def refuse_unread_parameters(request: Request) -> None:
    """A dependency of every route of an application. What a route knows is read from the route: the parameters of its
    function, and those that it documents, as the filters of a list are. Only what is declared as a list may be given
    more than once. Raise UnknownParameterError, RepeatedParameterError."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    own = {parameter.alias for parameter in route.dependant.query_params}
    filters = _documented(route)
    known = own | set(filters)
    # A list says itself what is wrong with a filter that its address gives already.
    given_by_address = {parameter.alias for parameter in route.dependant.path_params} if filters else set()
    unknown = [name for name in request.query_params if name not in known | given_by_address]
    if unknown:
        nearest = next((near for name in unknown if (near := _nearest(name, known))), None)
        raise UnknownParameterError([_fault(name, known, filters) for name in unknown], known, nearest)
    if repeated := [name for name in _repeated(request) if name not in _lists(route)]:
        raise RepeatedParameterError(
            [Fault(f"/query/{name}", "given_twice", f"{name} is given once, not several times") for name in repeated]
        )


def _repeated(request: Request) -> list[str]:
    counts = Counter(name for name, _ in request.query_params.multi_items())
    return [name for name, count in counts.items() if count > 1]


def _lists(route: APIRoute) -> set[str]:
    declared = ((field.alias, field.field_info.annotation) for field in route.dependant.query_params)
    return {alias for alias, kind in declared if (get_origin(kind) or kind) in (list, set, tuple)}


def _documented(route: APIRoute) -> list[str]:
    parameters = (route.openapi_extra or {}).get("parameters", ())
    return [parameter["name"] for parameter in parameters if parameter["in"] == "query"]


def _nearest(name: str, known: Collection[str]) -> str | None:
    found = get_close_matches(name.lower()[:SHOWN_CHARACTERS], sorted(known), n=1)
    return found[0] if found else None


def _fault(name: str, known: Collection[str], filters: Sequence[str]) -> Fault:
    shown = name.encode("unicode_escape").decode()[:SHOWN_CHARACTERS]
    near = _nearest(name, known)
    meant = "" if near is None else f"; was {near} meant?"
    if filters:
        return Fault("/query", "unknown_filter", f"{shown} is no column; there are {', '.join(filters)}{meant}")
    names = ", ".join(sorted(known)) or "none"
    return Fault("/query", "unknown_parameter", f"{shown} is no parameter here; there are: {names}{meant}")
