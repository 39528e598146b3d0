"""People and bodies named by words, posted over HTTP to everything that `parcours up` runs, and read in schema `bi`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import psycopg

from tests.end_to_end.one_process import Suite, suite_on
from tests.services.agrement.suite import a_void, event
from tests.services.scenario import uid

Event = dict[str, Any]

_NUMBERS = count(1)
LINES = {"Content-Type": "application/x-ndjson", "Prefer": "return=minimal"}
SUBJECTS = ("person/", "structure/")
TODAY = "2026-06-01"
COUNTED = "days, counted_newer_reading, counted_older_reading"
"""On 2.65 months and on three, whatever the day."""


@dataclass(frozen=True)
class Whole:
    """The suite and its database."""

    suite: Suite
    url: str


@contextmanager
def whole_on(url: str) -> Iterator[Whole]:
    with suite_on(url) as suite:
        yield Whole(suite, url)


@dataclass
class Life:
    """One person with structures, clients and a group of its own: the same word is the same id within one life."""

    whole: Whole
    number: int = field(default_factory=lambda: next(_NUMBERS))
    words: dict[UUID, str] = field(default_factory=dict)

    def id(self, name: str) -> str:
        self.words[found := uid(f"{name} of life {self.number}")] = name
        return str(found)

    # Posting

    def says(self, one: Event, wanted: int = 201) -> dict[str, Any]:
        """What placements decides rests on what it has read of structures and clients."""
        suite = self.whole.suite
        post = suite.post if one["type"].startswith("placements.") else suite.post_at_once
        return post(one, wanted)

    def say(self, *events: Event) -> None:
        for one in events:
            self.says(one)

    def refused(self, one: Event) -> dict[str, Any]:
        """The problem."""
        return self.says(one, 409)

    def pours(self, events: Iterable[Event]) -> None:
        """Many at once, as one stream of lines for each service."""
        lines: dict[str, list[str]] = {}
        for one in events:
            lines.setdefault(one["type"].partition(".")[0], []).append(json.dumps(one))
        for service, its in lines.items():
            path, body = f"/{service}/v1/events", "\n".join(its).encode()
            answer = self.whole.suite.client.post(path, content=body, headers=LINES)
            assert [json.loads(line)["summary"]["recorded"] for line in answer.text.splitlines()] == [len(its)]

    # Facts

    def about_structure(self, kind: str, structure: str, /, **data: Any) -> Event:
        return event(f"structures.{kind}", f"structure/{self.id(structure)}", data)

    def structure(self, name: str, kind: str = "") -> Event:
        data = {"name": name, "kind": kind or name, "registered_on": "2010-01-01"}
        return self.about_structure("structure_registered", name, **data)

    def client(self, name: str) -> Event:
        data = {"kind": name, "registered_on": "2010-01-01"}
        return event("structures.client_registered", f"client/{self.id(name)}", data)

    def joined(self, structure: str, on: str) -> Event:
        data = {"structure_id": self.id(structure), "started_on": on}
        return event("structures.membership_started", f"group/{self.id('group')}", data)

    def fact(self, kind: str, person: str = "person", /, **data: Any) -> Event:
        """About a person. Fields that end in `_id` are words; those left out are None."""
        told = {
            name: self.id(value) if name.endswith("_id") else value for name, value in data.items() if value is not None
        }
        return event(kind, f"person/{self.id(person)}", told)

    def hired(self, name: str, structure: str, starts_on: str, ends_on: str | None = None, **data: Any) -> Event:
        known = {"contract_id": name, "structure_id": structure, "contract_type": "CDDI", **data}
        return self.fact("pathways.hired", starts_on=starts_on, ends_on=ends_on, **known)

    def exited(self, structure: str, on: str, reason: str, **data: Any) -> Event:
        known = {"exit_id": f"exit {structure} {on}", "structure_id": structure, **data}
        return self.fact("pathways.exited", exited_on=on, reason=reason, **known)

    def worked(self, structure: str, month: str, hours: float, **data: Any) -> Event:
        known = {"entry_id": f"{month} in {structure}", "structure_id": structure, **data}
        return self.fact("placements.hours_worked", month=month, hours=hours, **known)

    def placed(self, name: str, client: str, starts_on: str, planned_hours: float | None = None) -> Event:
        ids = {"placement_id": name, "structure_id": "AI", "client_id": client}
        told = self.fact("placements.placement_agreed", **ids, starts_on=starts_on, planned_hours=planned_hours)
        return {**told, "time": f"{starts_on}T08:00:00+01:00"}

    def immersed(self, name: str, starts_on: str, ends_on: str, **data: Any) -> Event:
        ids = {"immersion_id": name, "structure_id": "ACI", "host_id": "host", **data}
        said = {"object": "discover_trade", "starts_on": starts_on, "ends_on": ends_on}
        return self.fact("pathways.immersion_agreed", **ids, **said)

    def leaves_an_aci(self, exited_on: str, reason: str = "3", **data: Any) -> None:
        """Hired on 2024-01-01, one hour worked, and left."""
        self.say(self.structure("ACI"), self.hired("C", "ACI", "2024-01-01"))
        self.say(self.worked("ACI", "2024-01", 1, contract_id="C"), self.exited("ACI", exited_on, reason, **data))

    # Looking

    def sees(self, view: str, columns: str, where: str = "true", on: str = TODAY, structure: str = "") -> list[Any]:
        """Rows of a view of `bi` about the person (or about a structure), as on that day, in the order of the columns;
        days as text, ids as words."""
        whose = f"structure_id = '{self.id(structure)}'" if structure else f"person_id = '{self.id('person')}'"
        self.whole.suite.get("tables/groups")
        query = f"SELECT {columns} FROM bi.{view} WHERE {whose} AND ({where})"
        with psycopg.connect(self.whole.url) as connection:
            connection.execute(f"SET LOCAL parcours.today = '{on}'")
            rows = connection.execute(query).fetchall()
        return sorted((tuple(map(self._told, one)) for one in rows), key=repr)

    def _told(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(SUBJECTS):
            value = UUID(value.partition("/")[2])
        if isinstance(value, UUID):
            return self.words.get(value, str(value))
        return str(value) if isinstance(value, date) else value


def again(one: Event) -> Event:
    """The same, as another event."""
    return event(one["type"].removesuffix(".v1"), one["subject"], one["data"], time=one["time"])


def void(one: Event) -> Event:
    return a_void(one)
