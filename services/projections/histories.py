"""Histories: every fact of a subject, kept as it arrived, and read back for folding.

Everything that folds first locks the `subjects` rows it touches, in sorted order, then reads: two projectors that
learn of one person from two services would otherwise each fold without the other's fact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from shared.facts import Catalogue, Recorded
from shared.feed import Arrived
from shared.store import integer_array, text_array


class LogDivergedError(Exception):
    """A service's log says two things at one position: it was restored or tampered with. Reading it stops.

    `service`, `sequence`, the id `known` here and the id that `came`.
    """

    def __init__(self, service: str, sequence: int, known: str, came: str) -> None:
        super().__init__(
            f"{service}:{sequence} is known here as fact {known!r} and came again as {came!r}: the log of {service} is"
            f" not the one that was read before. Nothing more of it is read. If its store was restored from a backup,"
            f" see `parcours streams restored`."
        )
        self.service, self.sequence, self.known, self.came = service, sequence, known, came


@dataclass(frozen=True, slots=True)
class Subject:
    """One locked row of `subjects`."""

    subject: str
    root: str
    version: int
    failed: bool
    missing: str | None


@dataclass(slots=True)
class History:
    """Every fact of one subject that could be read, and how many each service says there should be."""

    facts: list[Recorded]
    counted: dict[str, int]
    highest: dict[str, int]

    @classmethod
    def empty(cls) -> History:
        return cls([], defaultdict(int), defaultdict(int))

    def add(self, service: str, streamversion: int, fact: Recorded | None) -> None:
        """`fact` is None for a type nobody here knows: it counts, and folds to nothing."""
        self.counted[service] += 1
        self.highest[service] = max(self.highest[service], streamversion)
        if fact is not None:
            self.facts.append(fact)

    @property
    def missing(self) -> str | None:
        """The services whose facts of this subject have a hole, with how many are missing; None when complete."""
        holes = {
            service: self.highest[service] - count
            for service, count in sorted(self.counted.items())
            if self.highest[service] > count
        }
        return ", ".join(f"{service}: {count} of {self.highest[service]}" for service, count in holes.items()) or None


def lock_subjects(connection: Connection[Any], subjects: Iterable[str]) -> dict[str, Subject]:
    """Make the rows that are missing, then hold them all until the transaction ends."""
    names = sorted(set(subjects))
    asked = [text_array(names)]
    connection.execute(
        "INSERT INTO projections.subjects (subject, root)"
        " SELECT s, s FROM unnest(%s::text[]) AS s ORDER BY s ON CONFLICT DO NOTHING",
        asked,
    )
    rows = connection.execute(
        "SELECT subject, root, version, error IS NOT NULL, missing FROM projections.subjects"
        " WHERE subject = ANY(%s::text[]) ORDER BY subject FOR UPDATE",
        asked,
    )
    return {row[0]: Subject(*row) for row in rows}


def keep(connection: Connection[Any], facts: Sequence[Arrived], known_below: Mapping[str, int]) -> list[Arrived]:
    """Add what is new to the histories and give it back; a repeat changes nothing.

    `known_below`: per service, the highest sequence ever kept; at or below it a fact may be a repeat, and must then
    be the same one. Raise LogDivergedError.
    """
    _check_repeats(connection, [fact for fact in facts if fact.sequence <= known_below.get(fact.service, 0)])
    unique = {(fact.service, fact.sequence): fact for fact in facts}
    rows = connection.execute(
        "INSERT INTO projections.history (subject, service, sequence, streamversion, id, type, envelope)"
        " SELECT subject, service, sequence, streamversion, id, type, convert_to(envelope, 'UTF8')"
        " FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])"
        " AS new (subject, service, sequence, streamversion, id, type, envelope)"
        " ON CONFLICT DO NOTHING RETURNING service, sequence",
        _columns(list(unique.values())),
    )
    new = {(service, sequence) for service, sequence in rows}
    return [fact for key, fact in unique.items() if key in new]


def _columns(facts: Sequence[Arrived]) -> list[str]:
    return [
        text_array([fact.subject for fact in facts]),
        text_array([fact.service for fact in facts]),
        integer_array([fact.sequence for fact in facts]),
        integer_array([fact.streamversion for fact in facts]),
        text_array([fact.id for fact in facts]),
        text_array([fact.type for fact in facts]),
        text_array([fact.envelope.decode() for fact in facts]),
    ]


def _check_repeats(connection: Connection[Any], facts: Sequence[Arrived]) -> None:
    if not facts:
        return
    came = {(fact.service, fact.sequence): fact.id for fact in facts}
    rows = connection.execute(
        "SELECT service, sequence, id FROM projections.history"
        " JOIN unnest(%s::text[], %s::bigint[]) AS asked (service, sequence) USING (service, sequence)",
        [text_array([service for service, _ in came]), integer_array([sequence for _, sequence in came])],
    )
    for service, sequence, known in rows:
        if came[service, sequence] != known:
            raise LogDivergedError(service, sequence, known, came[service, sequence])


def bump(connection: Connection[Any], counts: Mapping[str, int]) -> None:
    """The subjects have that many more facts to fold."""
    connection.execute(
        "UPDATE projections.subjects SET version = version + more"
        " FROM unnest(%s::text[], %s::bigint[]) AS new (name, more) WHERE subject = name",
        [text_array(list(counts)), integer_array(list(counts.values()))],
    )


def load(connection: Connection[Any], subjects: Sequence[str], catalogue: Catalogue) -> dict[str, History]:
    """Whole histories, by subject."""
    histories = {subject: History.empty() for subject in subjects}
    rows = connection.execute(
        "SELECT subject, service, streamversion, type, envelope FROM projections.history"
        " WHERE subject = ANY(%s::text[]) ORDER BY subject, service, sequence",
        [text_array(list(subjects))],
        binary=True,
    )
    for subject, service, streamversion, name, envelope in rows:
        histories[subject].add(service, streamversion, catalogue.decode(name, envelope))
    return histories


def highest_sequences(connection: Connection[Any], services: Iterable[str]) -> dict[str, int]:
    """The highest sequence kept of each service."""
    highest = {}
    for service in services:
        row = connection.execute(
            "SELECT coalesce(max(sequence), 0) FROM projections.history WHERE service = %s", [service]
        ).fetchone()
        highest[service] = row[0] if row else 0
    return highest
