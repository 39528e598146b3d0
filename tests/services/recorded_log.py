"""A log recorded by an earlier version (tests/data/README.md), read, and loaded into real stores."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import psycopg

from shared.facts.fact import own_source, wire
from shared.log.content import canonical
from shared.log.store import FactStore

FOLDER = Path(__file__).parents[1] / "data"
SERVICES = ("structures", "pathways", "agrement", "placements")


@dataclass(frozen=True)
class Line:
    """One fact of a log."""

    service: str
    sequence: int
    subject: str
    streamversion: int
    type: str
    state: str

    @cached_property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.state)
        return found

    @property
    def wire(self) -> bytes:
        return wire(self.state.encode(), self.sequence, self.streamversion)

    @property
    def is_own(self) -> bool:
        """Whether the service recorded it by itself."""
        return bool(self.event["source"] == own_source(self.service))

    def as_posted(self) -> dict[str, Any]:
        """The event as its sender wrote it; where the service completed its data, as it was recorded."""
        return {name: value for name, value in self.event.items() if name != "recordedtime"}


@dataclass(frozen=True)
class RecordedLog:
    lines: Mapping[str, list[Line]]
    deadlines: list[tuple[str, str, str]]
    claims: list[tuple[str, str]]


@cache
def recorded_log(name: str = "demo_log.tar.xz") -> RecordedLog:
    with tarfile.open(FOLDER / name) as archive:
        parts = {part.name: _content(archive, part) for part in archive}
    return RecordedLog(
        {
            service: [Line(service, *json.loads(line)) for line in parts[f"{service}.log.jsonl"].splitlines()]
            for service in SERVICES
        },
        [tuple(row) for row in json.loads(parts["agrement.deadlines.json"])],
        [tuple(row) for row in json.loads(parts["agrement.claims.json"])],
    )


def _content(archive: tarfile.TarFile, part: tarfile.TarInfo) -> str:
    file = archive.extractfile(part)
    assert file is not None
    return file.read().decode()


def load(url: str, log: RecordedLog) -> None:
    """Into stores of an empty database, all but the deadlines. Rows of the intake were not kept: they are made from the
    facts, as the writer makes them from events."""
    for service in SERVICES:
        store = FactStore(url, service)
        try:
            store.create()
        finally:
            store.close()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for service, lines in log.lines.items():
            with cursor.copy(
                f"COPY {service}.facts (notification_id, originator_id, originator_version, topic, state) FROM STDIN"
            ) as copy:
                for line in lines:
                    copy.write_row((line.sequence, line.subject, line.streamversion, line.type, line.state.encode()))
            with cursor.copy(
                f"COPY {service}.intake (source, id, digest, position, recordedtime, effects) FROM STDIN"
            ) as copy:
                for row in _intake_rows(lines):
                    copy.write_row(row)
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{service}.facts', 'notification_id'), %s)", [lines[-1].sequence]
            )
        cursor.executemany("INSERT INTO agrement.claims VALUES (%s, %s)", log.claims)
        # Both had acted on everything: beginning again from nothing, they read it all before they decide anything.
        for reader, others in {"agrement": ("structures", "pathways"), "placements": ("structures",)}.items():
            read_up_to = [(name, log.lines[name][-1].sequence) for name in others]
            cursor.executemany(f"INSERT INTO {reader}.read_up_to VALUES (%s, %s)", read_up_to)


def _intake_rows(lines: list[Line]) -> Iterator[tuple[str, str, bytes, int, str, str]]:
    """Effects of a decision stand right behind their cause, recorded in the same instant."""
    for place, line in enumerate(lines):
        event = line.event
        effects: list[Line] = []
        while not line.is_own and (following := _at(lines, place + 1 + len(effects))) is not None:
            if not following.is_own or following.event.get("causationid") != event["id"]:
                break
            if following.event["recordedtime"] != event["recordedtime"]:
                break
            effects.append(following)
        answered = [{"id": effect.event["id"], "type": effect.type} for effect in effects]
        last = effects[-1] if effects else line
        digest = b"" if line.is_own else _digest(event)
        yield event["source"], event["id"], digest, last.sequence, event["recordedtime"], json.dumps(answered)


def _at(lines: list[Line], place: int) -> Line | None:
    return lines[place] if place < len(lines) else None


def _digest(event: Mapping[str, Any]) -> bytes:
    content = f"{event['type']}\n{event['subject']}\n{event.get('replaces') or ''}\n".encode()
    return hashlib.blake2b(content + canonical(event["data"]), digest_size=16).digest()


def streams(lines: list[Line]) -> dict[str, list[Line]]:
    found: defaultdict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.subject].append(line)
    return found
