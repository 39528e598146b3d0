"""Table `history`: every fact of a subject, kept as it arrived, and read back for folding; all SQL about it.

It is hash-partitioned by subject, and nothing in it was ever folded from anything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from psycopg import Connection
from psycopg.errors import UniqueViolation

from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.histories.subjects import WorkedUp
from shared.log.arrays import integer_array, text_array
from shared.log.envelope import is_emptied, is_same
from shared.log.place import Arrived
from shared.process.private_text import told

BUCKETS = 16
"""Hash partitions of `history`; a rebuild folds them side by side."""


AT_ONCE = 10_000
"""Facts of one statement: each is there several times while it is sent."""

COPIED = 500
"""Facts from which on those that are most likely new are copied: below, the way there and back counts for more."""

FETCHED = 1_000
"""Rows taken at once of those that have come: one by one, each would cost more; all together, they would be there twice."""


def bucket_table(bucket: int) -> str:
    return f"history_{bucket:02d}"


def in_bucket(subject: str, bucket: int) -> str:
    """Whether a subject's history is in that hash partition, as SQL; `subject`: a text, as SQL."""
    return f"satisfies_hash_partition('history'::regclass, {BUCKETS}, {bucket:d}, {subject})"


def in_buckets(subject: str, buckets: Iterable[int]) -> str:
    """The same of several; all of them ask nothing."""
    chosen = set(buckets)
    return "true" if len(chosen) == BUCKETS else f"({' OR '.join(in_bucket(subject, one) for one in sorted(chosen))})"


CREATE = """
CREATE TABLE IF NOT EXISTS history (
    subject text NOT NULL, service text NOT NULL, sequence bigint NOT NULL, streamversion bigint NOT NULL,
    id text NOT NULL, type text NOT NULL, envelope bytea NOT NULL,
    PRIMARY KEY (subject, service, sequence)
) PARTITION BY HASH (subject);
CREATE INDEX IF NOT EXISTS history_log ON history (service, sequence);
""" + "".join(
    f"CREATE TABLE IF NOT EXISTS {bucket_table(bucket)} PARTITION OF history"
    f" FOR VALUES WITH (MODULUS {BUCKETS}, REMAINDER {bucket});\n"
    for bucket in range(BUCKETS)
)


class LogDivergedError(Exception):
    """A service says two things at one position: the record was not of its log, or the log was restored or tampered
    with. Nothing of the delivery was kept; the feed finds out which (`Feed.doubt`).

    `service` and the `sequences`; the text has the first one, with the fact known here and the one that came.
    """

    def __init__(self, service: str, sequences: Sequence[int], known: str, came: str) -> None:
        super().__init__(f"{service}:{sequences[0]} is known here as fact {known} and came again as {came}")
        self.service, self.sequences = service, sequences


class UnreadableFactError(Exception):
    """A fact of a known type whose content cannot be read: its subject cannot be folded."""


@dataclass(slots=True)
class History:
    """Every fact of one subject that could be read, and how many each service says there should be."""

    facts: list[Recorded] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    highest: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    unreadable: str | None = None

    def add(self, catalogue: Catalogue, service: str, streamversion: int, name: str, envelope: bytes) -> None:
        """A fact of a type nobody here knows counts, and folds to nothing. One that cannot be read is kept in mind."""
        self.counted[service] += 1
        self.highest[service] = max(self.highest[service], streamversion)
        try:
            fact = catalogue.decode(name, envelope)
        except Exception as error:  # an upcaster may raise anything; the other subjects of the delivery go on
            self.unreadable = f"{name}, number {streamversion} in {service}: {told(error)}"
        else:
            if fact is not None:
                self.facts.append(fact)

    @classmethod
    def joined(cls, histories: Iterable[History]) -> History:
        """Of one person under several ids, as if of one subject."""
        whole = cls()
        for history in histories:
            whole.facts += history.facts
            whole.unreadable = whole.unreadable or history.unreadable
            for service, count in history.counted.items():
                whole.counted[service] += count
                whole.highest[service] += history.highest[service]
        return whole

    def __len__(self) -> int:
        return sum(self.counted.values())

    def check(self) -> None:
        """Raise UnreadableFactError."""
        if self.unreadable is not None:
            raise UnreadableFactError(self.unreadable)

    @property
    def missing(self) -> str | None:
        """The services whose facts of this subject have a hole, with how many are missing; None when complete."""
        holes = {
            service: self.highest[service] - count
            for service, count in sorted(self.counted.items())
            if self.highest[service] > count
        }
        return ", ".join(f"{service}: {count} of {self.highest[service]}" for service, count in holes.items()) or None


def keep(connection: Connection[Any], facts: Sequence[Arrived], highest: Mapping[str, int]) -> list[Arrived]:
    """Add what is new to the histories and give it back; a repeat changes nothing, but that what an erasure has left of a
    fact takes its place.

    `highest`: per service, the highest sequence ever kept; at or below it a fact may be a repeat, and must then be
    the same one. Raise LogDivergedError.
    """
    unique = _unique(facts)
    _check_repeats(
        connection,
        [
            fact
            for fact in unique.values()
            # What is left of a fact may come before the fact was read so far: a repair keeps facts ahead of that.
            if fact.sequence <= highest.get(fact.service, 0) or is_emptied(fact.envelope)
        ],
    )
    later = {key: fact for key, fact in unique.items() if fact.sequence > highest.get(fact.service, 0)}
    new = {*later} if len(later) >= COPIED and _copy(connection, later.values()) else set()
    came = [fact for key, fact in unique.items() if key not in new]
    for start in range(0, len(came), AT_ONCE):
        rows = connection.execute(
            "INSERT INTO history (subject, service, sequence, streamversion, id, type, envelope)"
            " SELECT subject, service, sequence, streamversion, id, type, convert_to(envelope, 'UTF8')"
            " FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[])"
            " AS new (subject, service, sequence, streamversion, id, type, envelope)"
            " ON CONFLICT DO NOTHING RETURNING service, sequence",
            _columns(came[start : start + AT_ONCE]),
        )
        new.update((service, sequence) for service, sequence in rows)
    return [fact for key, fact in unique.items() if key in new]


def _copy(connection: Connection[Any], facts: Iterable[Arrived]) -> bool:
    """At half the cost of an INSERT that asks of each row whether it is there. False, and nothing done, where one is."""
    query = "COPY history (subject, service, sequence, streamversion, id, type, envelope) FROM STDIN (FORMAT binary)"
    try:
        with connection.transaction(), connection.cursor() as cursor, cursor.copy(query) as copy:
            copy.set_types(["text", "text", "int8", "int8", "text", "text", "bytea"])
            for fact in facts:
                copy.write_row(
                    (fact.subject, fact.service, fact.sequence, fact.streamversion, fact.id, fact.type, fact.envelope)
                )
    except UniqueViolation:  # somebody mended a hole before it was read up to there
        return False
    return True


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


def _unique(facts: Iterable[Arrived]) -> dict[tuple[str, int], Arrived]:
    unique: dict[tuple[str, int], Arrived] = {}
    for fact in facts:
        first = unique.setdefault((fact.service, fact.sequence), fact)
        if first is fact:  # nearly always
            continue
        if _is_at_one_place(fact, first) and is_emptied(fact.envelope) != is_emptied(first.envelope):
            unique[fact.service, fact.sequence] = fact if is_emptied(fact.envelope) else first
        elif (fact.subject, fact.id) != (first.subject, first.id) or not is_same(fact.envelope, first.envelope):
            raise LogDivergedError(fact.service, [fact.sequence], _named(first), _named(fact))
    return unique


def _check_repeats(connection: Connection[Any], facts: Iterable[Arrived]) -> None:
    """One query a service: of a join with pairs PostgreSQL makes a scan of all history."""
    by_service: dict[str, dict[int, Arrived]] = defaultdict(dict)
    for fact in facts:
        by_service[fact.service][fact.sequence] = fact
    for service, came in by_service.items():
        rows = connection.execute(
            "SELECT sequence, subject, id, envelope FROM history WHERE service = %s AND sequence = ANY(%s::bigint[])",
            [service, integer_array(list(came))],
            binary=True,  # as text, each byte of an envelope would come as two
        )
        differing = {
            sequence: (subject, fact_id, envelope)
            for sequence, subject, fact_id, envelope in rows
            if (subject, fact_id) != (came[sequence].subject, came[sequence].id)
            or not is_same(envelope, came[sequence].envelope)
        }
        left = {
            sequence: came[sequence]
            for sequence, (subject, _, envelope) in differing.items()
            if subject == came[sequence].subject and is_emptied(came[sequence].envelope) and not is_emptied(envelope)
        }
        _put_in_place(connection, service, left)
        others = {
            sequence: f"{fact_id} of {subject}"
            for sequence, (subject, fact_id, _) in differing.items()
            if sequence not in left
        }
        if others:  # all of them at once: of a restored log, or a changed one, there are many
            first = min(others)
            raise LogDivergedError(service, sorted(others), others[first], _named(came[first]))


def _is_at_one_place(fact: Arrived, other: Arrived) -> bool:
    return (fact.subject, fact.streamversion) == (other.subject, other.streamversion)


def _put_in_place(connection: Connection[Any], service: str, left: Mapping[int, Arrived]) -> None:
    """What an erasure has left, in place of what was kept."""
    if left:
        connection.execute(
            "UPDATE history SET id = left_id, envelope = convert_to(left_envelope, 'UTF8')"
            " FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[])"
            " AS emptied (left_subject, left_sequence, left_id, left_envelope)"
            " WHERE service = %s AND subject = left_subject AND sequence = left_sequence",
            [
                text_array([fact.subject for fact in left.values()]),
                integer_array(list(left)),
                text_array([fact.id for fact in left.values()]),
                text_array([fact.envelope.decode() for fact in left.values()]),
                service,
            ],
        )


def _named(fact: Arrived) -> str:
    return f"{fact.id} of {fact.subject}"


def highest_kept(connection: Connection[Any], services: Iterable[str]) -> dict[str, int]:
    """Per service, the highest sequence in the histories; 0 where there is none."""
    rows = connection.execute(
        # A grouped maximum would scan all history; so it is one look at the index for each service.
        "SELECT service, coalesce((SELECT max(sequence) FROM history h WHERE h.service = asked.service), 0)"
        " FROM unnest(%s::text[]) AS asked (service)",
        [text_array(sorted(set(services)))],
    )
    return dict(rows.fetchall())


def load(connection: Connection[Any], subjects: Sequence[str], catalogue: Catalogue) -> dict[str, History]:
    """Whole histories, by subject."""
    histories = {subject: History() for subject in subjects}
    for subject, service, streamversion, type_name, envelope in stored(connection, subjects) if subjects else ():
        histories[subject].add(catalogue, service, streamversion, type_name, envelope)
    return histories


def stored(connection: Connection[Any], subjects: Sequence[str]) -> Iterator[tuple[str, str, int, str, bytes]]:
    """What was kept of some subjects, one after the other: subject, service, stream version, type and envelope."""
    cursor = connection.execute(
        "SELECT subject, service, streamversion, type, envelope FROM history"
        " WHERE subject = ANY(%s::text[]) ORDER BY subject, service, sequence",
        [text_array(subjects)],
        binary=True,  # as text, each byte of an envelope would come as two and be decoded again
    )
    while rows := cursor.fetchmany(FETCHED):
        yield from rows


def is_named(connection: Connection[Any], subject: str, name: str) -> bool:
    """Whether what was kept of a subject has a text in it, the id of a structure say; no fact is read."""
    query = "SELECT EXISTS (SELECT FROM history WHERE subject = %s AND position(%s::bytea IN envelope) > 0)"
    return connection.execute(query, [subject, name.encode()]).fetchall() == [(True,)]


def load_bucket(
    connection: Connection[Any], bucket: int, without: WorkedUp, catalogue: Catalogue
) -> Iterator[tuple[str, int, History]]:
    """Subject, version and whole history of those in a bucket that were never worked up, in order; one snapshot. Without
    persons that were ever merged, whose facts lie in several buckets: they are left behind.

    Version and facts must be of one moment: hence the one statement over three tables. Memory is one subject's.
    """
    query = (
        "SELECT h.subject, s.version, h.service, h.streamversion, h.type, h.envelope"
        f" FROM {bucket_table(bucket)} h JOIN subjects s USING (subject)"
        f" LEFT JOIN {without.table} w ON w.{without.key} = h.subject"
        f" WHERE w.{without.key} IS NULL AND s.linked IS NULL ORDER BY h.subject, h.service, h.sequence"
    )
    # A cursor of the server: all rows of a bucket at once would not fit into memory.
    with connection.cursor(f"bucket_{bucket}", binary=True) as cursor:
        cursor.itersize = 2_000  # facts fetched at a time: some 2 MB
        cursor.execute(query)
        for (subject, version), rows in groupby(cursor, key=lambda row: (row[0], row[1])):
            history = History()
            for _, _, service, streamversion, type_name, envelope in rows:
                history.add(catalogue, service, streamversion, type_name, envelope)
            yield subject, version, history
