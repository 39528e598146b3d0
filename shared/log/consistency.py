"""A store compared with itself: facts, the answers they were recorded with, streams without a hole, claims.

An answer has the digest of what was sent, which is what was recorded: all but facts in which the service itself fills in
what was left empty (`filled_in`).

All of it is written in the transactions of the facts, and nothing is deleted. So each statement, which sees one instant,
finds all of it or nothing; what it finds to differ was lost in a restore of single tables, or tampered with.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import psycopg
from psycopg import Connection

from shared.facts.fact import own_source
from shared.log.arrays import text_array
from shared.log.comparison import LIMIT, Comparison, Difference, FactName, Rest, no_rest
from shared.log.content import canonical, digest_of
from shared.log.emptying import NOBODY
from shared.log.schema import Schema
from shared.log.store import FactStore
from shared.process.progress import Progress

DIGESTED = 1_000
"""Facts whose digests are reckoned between two rests: about 15 ms of this process."""

AT_ONCE = 20_000
"""Sequences whose answers are looked up by one statement: about half a second of the server's time."""

MOST = 1_000
"""Differences read of one kind: a lost table would give as many as there are facts."""

_NAMES = "convert_from(state, 'UTF8')::json ->> 'source' AS source, convert_from(state, 'UTF8')::json ->> 'id' AS id"

_UNANSWERED = f"""
SELECT notification_id, originator_id, topic, facts.id, facts.source, intake.position
FROM (
    SELECT notification_id, originator_id, topic, {_NAMES} FROM {{facts}} WHERE {{where}}
) AS facts LEFT JOIN {{intake}} AS intake USING (source, id)
WHERE intake.position IS NULL OR intake.position < notification_id
    OR NOT EXISTS (SELECT FROM {{facts}} AS last WHERE last.notification_id = intake.position)
ORDER BY notification_id LIMIT {MOST}
"""

_ANSWERED = f"""
SELECT notification_id, originator_id, topic, facts.source, facts.id, state, digest
FROM (
    SELECT notification_id, originator_id, topic, state, {_NAMES} FROM {{facts}} WHERE {{where}}
) AS facts JOIN {{intake}} AS intake USING (source, id)
ORDER BY notification_id
"""

_OF_NO_FACT = f"""
SELECT intake.source, intake.id, intake.position
FROM {{intake}} AS intake LEFT JOIN (SELECT {_NAMES} FROM {{facts}}) AS facts USING (source, id)
WHERE facts.id IS NULL LIMIT {MOST}
"""

_BEYOND = f"""
SELECT source, id, position FROM {{intake}} AS intake
WHERE NOT EXISTS (SELECT FROM {{facts}} WHERE notification_id = position) LIMIT {MOST}
"""

_HOLES = f"""
SELECT originator_id, count(*), min(originator_version), max(originator_version)
FROM {{facts}} WHERE {{where}} GROUP BY originator_id
HAVING count(*) <> max(originator_version) OR min(originator_version) <> 1
ORDER BY originator_id LIMIT {MOST}
"""

_CLAIMED_BY_NOBODY = f"""
SELECT claim, subject FROM {{claims}} AS claims
WHERE subject <> '{NOBODY}' AND NOT EXISTS (SELECT FROM {{facts}} WHERE originator_id = subject) ORDER BY claim LIMIT {MOST}
"""


def compare_store(
    store: FactStore,
    *,
    completed: Collection[str] = (),
    limit: int = LIMIT,
    progress: Progress = lambda done, total: None,
    rest: Rest = no_rest,
) -> Comparison:
    """The whole store. `completed`: types of facts in which the service fills in what was left empty."""
    comparison = _of(store, limit)
    look = _Look(store, completed)
    last = store.last_sequence()
    with store.connection() as connection:
        for after in range(0, last, AT_ONCE):
            comparison.add(look.unanswered(connection, after, after + AT_ONCE))
            for begin in range(after, min(after + AT_ONCE, last), DIGESTED):
                comparison.add(look.answered_otherwise(connection, begin, begin + DIGESTED))
                rest()
            comparison.facts = min(after + AT_ONCE, last)
            progress(comparison.facts, last)
            rest()
        if look.has_more_answers(connection):
            comparison.add(look.of_no_fact(connection))
        comparison.add(look.holes(connection))
        comparison.add(look.claimed_by_nobody(connection))
    return comparison


def compare_streams(
    store: FactStore, subjects: Sequence[str], *, completed: Collection[str] = (), limit: int = LIMIT
) -> Comparison:
    """The facts of some subjects, their answers and their streams."""
    comparison = _of(store, limit)
    look = _Look(store, completed)
    theirs = "originator_id = ANY(%s::text[])"
    with store.connection() as connection:
        for entry in store.tails(dict.fromkeys(subjects, 0)):
            comparison.add(look.unanswered(connection, entry.sequence - 1, entry.sequence))
            comparison.add(look.answered_otherwise(connection, entry.sequence - 1, entry.sequence))
        comparison.add(look.holes(connection, theirs, [text_array(subjects)]))
    return comparison


def _of(store: FactStore, limit: int) -> Comparison:
    return Comparison(f"store of {store.service} with itself", limit)


class _Look:
    """The questions, each of one instant."""

    def __init__(self, store: FactStore, completed: Collection[str]) -> None:
        self._service = store.service
        self._own = own_source(store.service)
        self._completed = completed
        self._schema = Schema(store.service)

    def unanswered(self, connection: Connection[Any], after: int, through: int) -> Iterator[Difference]:
        """Facts that a repeated event would be recorded beside once more: its first answer is not there."""
        between = f"notification_id > {after} AND notification_id <= {through}"
        try:
            rows = connection.execute(self._sql(_UNANSWERED, between)).fetchall()
        except psycopg.DataError as error:  # one of them is no JSON, or no text at all: halves, until it stands alone
            if through - after == 1:
                yield self._unreadable(through, str(error).partition("\n")[0])
                return
            middle = (after + through) // 2
            yield from self.unanswered(connection, after, middle)
            yield from self.unanswered(connection, middle, through)
            return
        for sequence, subject, type_name, fact_id, source, position in rows:
            key = {"source": source, "id": fact_id}
            yield Difference(
                what="answer",
                kind="missing" if position is None else "changed",
                where=f"{self._service}.intake",
                subject=subject,
                key=key,
                columns=() if position is None else ("position",),
                expected={**key, "position": sequence},
                found=None if position is None else {**key, "position": position},
                facts=[FactName(self._service, sequence, str(fact_id), type_name)],
                facts_behind=1,
                reason="the event, sent again, would be recorded a second time" if position is None else "",
            )

    def answered_otherwise(self, connection: Connection[Any], after: int, through: int) -> Iterator[Difference]:
        """Facts whose event, sent again, would be refused as another content under its id, or another let pass as it."""
        between = f"notification_id > {after} AND notification_id <= {through}"
        try:
            rows = connection.execute(self._sql(_ANSWERED, between)).fetchall()
        except (
            psycopg.DataError
        ):  # one cannot be read, which `unanswered` tells: halves, so that the others are looked at
            if through - after > 1:
                middle = (after + through) // 2
                yield from self.answered_otherwise(connection, after, middle)
                yield from self.answered_otherwise(connection, middle, through)
            return
        for sequence, subject, type_name, source, fact_id, state, digest in rows:
            if type_name in self._completed:
                continue
            expected = b"" if source == self._own else _digest_in(type_name, subject, bytes(state))
            if expected == bytes(digest):
                continue
            yield Difference(
                what="answer",
                kind="changed",
                where=f"{self._service}.intake",
                subject=subject,
                key={"source": source, "id": fact_id},
                columns=("digest",),
                expected={"digest": expected.hex()},
                found={"digest": bytes(digest).hex()},
                facts=[FactName(self._service, sequence, str(fact_id), type_name)],
                facts_behind=1,
                reason="the event, sent again, would be refused as another one under its id",
            )

    def _unreadable(self, sequence: int, reason: str) -> Difference:
        return Difference(
            what="fact",
            kind="changed",
            where=f"{self._service}.facts",
            key={"service": self._service, "sequence": sequence},
            columns=("state",),
            facts_behind=1,
            reason=f"what is stored cannot be read: {reason}",
        )

    def has_more_answers(self, connection: Connection[Any]) -> bool:
        """Counted in one statement, so of one instant."""
        counts = "SELECT (SELECT count(*) FROM {intake}) > (SELECT count(*) FROM {facts})"
        row = connection.execute(self._schema.statement(counts)).fetchone()
        return bool(row and row[0])

    def of_no_fact(self, connection: Connection[Any]) -> Iterator[Difference]:
        try:
            rows = connection.execute(self._sql(_OF_NO_FACT)).fetchall()
        except psycopg.DataError:  # of facts that cannot be read nobody knows the ids: told by `unanswered`
            rows = connection.execute(self._sql(_BEYOND)).fetchall()
        for source, event_id, position in rows:
            yield Difference(
                what="answer",
                kind="surplus",
                where=f"{self._service}.intake",
                key={"source": source, "id": event_id},
                found={"source": source, "id": event_id, "position": position},
                reason="the event was answered, and its fact is not in the log",
            )

    def holes(
        self, connection: Connection[Any], where: str = "true", values: Sequence[Any] = ()
    ) -> Iterator[Difference]:
        """Streams are numbered 1, 2, 3…"""
        for subject, count, first, last in connection.execute(self._sql(_HOLES, where), values).fetchall():
            yield Difference(
                what="subject",
                kind="changed",
                where=f"{self._service}.facts",
                subject=subject,
                key={"subject": subject},
                columns=("streamversion",),
                expected={"facts": last, "first": 1, "last": last},
                found={"facts": count, "first": first, "last": last},
                facts_behind=count,
                reason="its stream has a hole",
            )

    def claimed_by_nobody(self, connection: Connection[Any]) -> Iterator[Difference]:
        for claim, subject in connection.execute(self._sql(_CLAIMED_BY_NOBODY)).fetchall():
            yield Difference(
                what="claim",
                kind="surplus",
                where=f"{self._service}.claims",
                subject=subject,
                key={"claim": claim},
                found={"claim": claim, "subject": subject},
                reason="taken by a subject of whom nothing is recorded",
            )

    def _sql(self, text: str, where: str = "true") -> bytes:
        return self._schema.statement(text.replace("{where}", where))


def _digest_in(type_name: str, subject: str, state: bytes) -> bytes:
    envelope = json.loads(state)
    return digest_of(type_name, subject, envelope.get("replaces"), canonical(envelope.get("data")))
