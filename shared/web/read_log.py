"""The log of reads: every answer about persons has its line in `access.reads` (`reads_table.py`), written before it leaves:
no line, no answer.

Who asks is noted when a request begins (`begin`), and found again, in the thread that reads too, when there is an answer
(`line_of`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request

from shared.facts.saying import STRUCTURE
from shared.rights.caller import Caller
from shared.web.headers import listed
from shared.web.paging import Page
from shared.web.problems import Fault, MalformedError
from shared.web.reads_table import Line

PURPOSE = re.compile(r"[A-Za-z0-9_]{1,40}")
CONTINUITY = "pathway_continuity"
CAPS = "caps"
FIGURES = "figures"
"""For what members of a group may agree to share; each route serves one purpose, these or another (docs/access.md)."""
SAYING = "saying"
"""What a service answers to facts that somebody says, or would say."""
AUDIT = "audit"
"""Of who looks into this log; a line about one person has the reason too."""
LONGEST_SUB = 256


@dataclass(slots=True)
class Reading:
    """One request that reads. `route`: its template; `named`: the persons that its address asks about, who are read of even
    where there is no row."""

    sub: str
    role: str
    acting_for: str | None
    purpose: str
    route: str
    named: frozenset[str]

    def line(self, persons: Collection[str], rows: int) -> Line:
        return Line(self.sub, self.role, self.acting_for, self.purpose, self.route, sorted(persons), rows)


_READING: ContextVar[Reading | None] = ContextVar("parcours_reading", default=None)


def begin(request: Request, caller: Caller, purpose: str) -> None:
    """Note who reads, for the task that answers and the threads it uses. `purpose`: the route's, where the request says no
    other. Raise MalformedError for one that is no code."""
    asked = request.query_params
    names = (request.path_params.get("person_id"), asked.get("person_id"), person_in(asked.get("subject", "").lower()))
    _READING.set(
        reading(
            caller,
            _purpose(listed(request.headers, "purpose")) or purpose,
            f"{request.method} {_template(request)}",
            frozenset(str(name).lower() for name in names if _is_id(name)),
        )
    )


def reading(caller: Caller, purpose: str, route: str, named: frozenset[str] = frozenset()) -> Reading:
    acting_for = STRUCTURE + next(iter(caller.structures)) if len(caller.structures) == 1 else None
    return Reading(caller.sub[:LONGEST_SUB], caller.role, acting_for, purpose, route, named)


def refusing(caller: Caller, saidfor: str | None, route: str) -> Reading:
    """A request with facts that are refused. `saidfor`: for whom they are said, which a token of several structures leaves
    to its facts."""
    return Reading(caller.sub[:LONGEST_SUB], caller.role, _structure(saidfor), SAYING, route, frozenset())


def _structure(saidfor: str | None) -> str | None:
    return saidfor if saidfor is not None and saidfor.startswith(STRUCTURE) else None


def audited(reason: str, person_id: UUID) -> None:
    """This request looks into the log itself, about one person and for a reason."""
    current = _READING.get()
    if current is not None:
        current.purpose, current.named = f"{AUDIT}:{reason}", frozenset([str(person_id)])


def asked_about(subject: str, saidfor: str | None) -> None:
    """This request has its subject in its body, and for whom it is said."""
    current = _READING.get()
    if current is not None:
        current.acting_for = _structure(saidfor)
        current.named |= frozenset(filter(None, [person_in(subject)]))


def also_about(person_ids: Iterable[UUID]) -> None:
    """The answer tells of these too, in a form of its own."""
    current = _READING.get()
    if current is not None:
        current.named |= frozenset(map(str, person_ids))


def who_asks_what() -> str:
    """Of the request that began: under whose name, by which route."""
    current = _READING.get()
    return "" if current is None else f"{current.sub} {current.acting_for} {current.route}"


def line_of(answer: Any, *, always: bool = False) -> Line | None:
    """The line of an answer to the request that began; None where it is about no person, unless `always`: that a name finds
    nobody tells something too."""
    current = _READING.get()
    if current is None:
        return None
    rows = list(_rows(answer))
    persons = current.named | {person for row in rows if (person := _person_of(row)) is not None}
    return current.line(persons, len(rows)) if persons or always else None


def person_in(subject: str) -> str | None:
    """The person that a subject is."""
    return subject.removeprefix("person/") if subject.startswith("person/") else None


def _template(request: Request) -> str:
    """Of the whole address: a route of a router that another takes in knows its own part alone."""
    service = "/".join(request.url.path.split("/")[:3])  # /projections/v1
    path = str(getattr(request.scope.get("route"), "path", ""))
    return path if path.startswith(service) else service + path


def _purpose(text: str) -> str:
    if text and not PURPOSE.fullmatch(text):
        raise MalformedError([Fault("/header/Purpose", "bad_purpose", "Purpose is a code such as pathway_continuity")])
    return text


def _rows(answer: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of an answer: itself, and those in its lists."""
    if isinstance(answer, Page):
        yield from (row for row in answer.items if isinstance(row, Mapping))
    elif isinstance(answer, Mapping):
        yield answer
        for part in answer.values():
            if isinstance(part, list | tuple):
                yield from (row for row in part if isinstance(row, Mapping))


def _person_of(row: Mapping[str, Any]) -> str | None:
    person = row.get("person_id")
    if person is None and isinstance(subject := row.get("subject"), str):
        person = person_in(subject)
    return str(person) if _is_id(person) else None


def _is_id(value: object) -> bool:
    if isinstance(value, UUID):
        return True
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False
