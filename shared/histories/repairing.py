"""What is wrong at a reader, tried again: letters read anew, holes filled from the stores, subjects worked up once more.

Whoever runs goes on meanwhile: `Reader.mend` locks as the reader itself does. Done twice, by two operators or after a
kill, it does no more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from psycopg import Connection

from shared.histories.database import HistoryDatabase
from shared.histories.dead_letters import StoredLetter, drop_letters, explain_letter, hold_letters, letters_numbered
from shared.histories.filling import missing_facts, put_right
from shared.histories.places import highest_known
from shared.histories.subjects import lock_subjects, touch
from shared.histories.troubles import Troubles
from shared.log.envelope import Mark, UnreadableError, fact_in, read
from shared.log.place import Arrived
from shared.log.store import FactStore

log = structlog.get_logger(__name__)

TOGETHER = 50
"""Subjects or letters mended in one transaction: they stay locked until it ends."""

StoreOf = Callable[[str], FactStore]
"""The store of a service. Raise UnavailableError."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A process that consumes logs, as far as it is looked at and mended from outside.

    `consumed`: services whose facts it keeps. `troubles`: of which failures, which may change with the read set.
    `about`: of whom else facts are needed to work up a subject. `mend`: keep facts, work up their subjects and these
    again; returns those that still fail.
    """

    name: str
    database: HistoryDatabase
    consumed: Collection[str]
    troubles: Callable[[Connection[Any]], Troubles]
    about: Callable[[Connection[Any], Sequence[str]], Iterable[str]]
    mend: Callable[[Sequence[Arrived], Sequence[str]], Collection[str]]


LetterOutcome = Literal["applied", "dropped", "still", "gone"]


@dataclass(frozen=True, slots=True)
class Retried:
    """`applied`: it was a fact of the log, and is kept and worked up. `dropped`: it says nothing (a mark). `still`: it is
    a letter, or the subject is in trouble, for this `reason`. `gone`: somebody else has mended it meanwhile."""

    name: str
    outcome: LetterOutcome
    reason: str = ""


def retry_letters(reader: Reader, store_of: StoreOf, numbers: Sequence[int]) -> list[Retried]:
    """Read some letters again, and take in what is a fact of the log by now. Raise UnavailableError."""
    with reader.database.connection() as connection:
        letters = letters_numbered(connection, numbers)
    judged = {letter.number: judge(letter, store_of) for letter in letters}
    facts = [fact for fact, _ in judged.values() if isinstance(fact, Arrived)]
    if facts:
        reader.mend(facts, [])
    with reader.database.transaction() as connection:
        there = hold_letters(connection, numbers)
        drop_letters(connection, [number for number in there if judged[number][0] is not None])
        for number in there:
            fact, reason = judged[number]
            if fact is None:
                explain_letter(connection, number, reason)
    return [_retried(number, judged[number]) if number in there else Retried(str(number), "gone") for number in numbers]


def _retried(number: int, judged: tuple[Arrived | Mark | None, str]) -> Retried:
    fact, reason = judged
    if fact is None:
        return Retried(str(number), "still", reason)
    return Retried(str(number), "dropped" if isinstance(fact, Mark) else "applied", reason)


def judge(stored: StoredLetter, store_of: StoreOf) -> tuple[Arrived | Mark | None, str]:
    """What a letter is by the code of now, with a sentence about it; None where it stays one.

    A record is a fact only where the store holds it: anybody may have written to the topic.
    """
    letter = stored.letter
    from_a_store = stored.feed == "store"
    value = _in_store(store_of(letter.service), letter.offset) if from_a_store else letter.value
    try:
        found = read(letter.service, letter.partition, value)
    except UnreadableError as error:
        return None, str(error)
    if isinstance(found, Mark):
        return (found, "a mark") if not from_a_store else (None, "a mark has no place in a store")
    there = fact_in(letter.service, _in_store(store_of(letter.service), found.sequence) or b"")
    if there is None or (there.subject, there.id, there.source) != (found.subject, found.id, found.source):
        holds = f"{there.id} of {there.subject}" if there else "nothing that can be read"
        place = f"{letter.service}:{found.sequence}"
        return None, f"not of the log: it says {found.id} of {found.subject} at {place}, where the store holds {holds}"
    return there, f"{letter.service}:{there.sequence}, {there.type} of {there.subject}"


def _in_store(store: FactStore, sequence: int) -> bytes | None:
    return next((entry.wire for entry in store.at([sequence])), None)


def retry_subjects(reader: Reader, store_of: StoreOf, subjects: Sequence[str]) -> list[Retried]:
    """Have their facts be what the stores hold, and work them up again, well or not. Raise UnavailableError."""
    with reader.database.transaction() as connection:
        _put_right(connection, reader, store_of, subjects)
    with reader.database.connection() as connection:
        facts = list(_never_came(connection, reader, store_of, subjects))
    reader.mend(facts, subjects)
    with reader.database.connection() as connection:
        troubles = reader.troubles(connection).of(connection, subjects)
    reasons: dict[str, list[str]] = {}
    for trouble in troubles:
        reasons.setdefault(trouble.subject, []).append(trouble.message)
    return [
        Retried(subject, "still", "; ".join(reasons[subject])) if subject in reasons else Retried(subject, "applied")
        for subject in subjects
    ]


def _put_right(connection: Connection[Any], reader: Reader, store_of: StoreOf, subjects: Sequence[str]) -> None:
    """Copies that are not what the store holds; and everybody's version, so that rows and effects are compared anew also
    where nothing differs here: somebody may have written into those."""
    locked = lock_subjects(connection, subjects)
    services = sorted(set(reader.consumed) & highest_known(connection).keys())
    for subject in sorted({*subjects, *reader.about(connection, subjects)}):
        for service in services:
            if count := put_right(connection, store_of(service), subject):
                log.warning("copies_put_right", reader=reader.name, service=service, subject=subject, facts=count)
    touch(connection, locked.keys())


def _never_came(
    connection: Connection[Any], reader: Reader, store_of: StoreOf, subjects: Sequence[str]
) -> Iterable[Arrived]:
    reached = highest_known(connection)
    for subject in sorted({*subjects, *reader.about(connection, subjects)}):
        for service in sorted(reader.consumed):
            if reached.get(service):
                yield from missing_facts(connection, store_of(service), subject, reached[service])
