"""Stores and histories, fact by fact: what a reader kept is what the services recorded, byte for byte.

Without false alarm while both grow: first it is asked up to where the reader has everything, and which facts it has
beyond; only then the store is read, where all of these have been for longer. Ranges are compared by digest; facts are
read where two differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Connection

from shared.histories import copies
from shared.histories.copies import Copy
from shared.histories.history import highest_kept
from shared.log.comparison import LIMIT, Comparison, Difference, FactName, Rest, no_rest
from shared.log.digests import RANGE, bounds_of
from shared.log.entries import LogEntry
from shared.log.envelope import UnreadableError, fact_in, read
from shared.log.store import FactStore
from shared.process.progress import Progress

AT_ONCE = 100 * RANGE
"""Sequences digested by one statement: about a second of the server's time."""


def compare_log(
    connection: Connection[Any],
    schema: str,
    store: FactStore,
    *,
    limit: int = LIMIT,
    progress: Progress = lambda done, total: None,
    rest: Rest = no_rest,
) -> Comparison:
    """All facts of one service, in the histories of the reader that `connection` (in autocommit) and `schema` name."""
    comparison = Comparison(f"histories of {schema} with the store of {store.service}", limit)
    complete = copies.through_of_histories(connection).get(store.service, 0)
    highest = max(complete, highest_kept(connection, [store.service])[store.service])
    for after in range(0, highest, AT_ONCE):
        through = min(after + AT_ONCE, highest)
        here = copies.digests(connection, store.service, after, through)
        there = store.digests(after, through)
        comparison.facts += sum(count for count, _ in here.values())
        for number in sorted(number for number in here.keys() | there.keys() if here.get(number) != there.get(number)):
            first, last = bounds_of(number)
            kept = copies.between(connection, store.service, first, min(last, through))
            recorded = [entry for entry in store.log(first, RANGE) if entry.sequence <= min(last, through)]
            comparison.add(differing(schema, store.service, recorded, kept, complete))
        progress(through, highest)
        rest()
    return comparison


def compare_subjects(
    connection: Connection[Any], schema: str, store: FactStore, subjects: Sequence[str], *, limit: int = LIMIT
) -> Comparison:
    """The facts of some subjects alone."""
    comparison = Comparison(f"histories of {schema} with the store of {store.service}", limit)
    complete = copies.through_of_histories(connection).get(store.service, 0)
    for start in range(0, len(subjects), TOGETHER):
        some = subjects[start : start + TOGETHER]
        kept = copies.of_subjects(connection, store.service, some)
        recorded = store.tails(dict.fromkeys(some, 0))
        comparison.facts += len(kept)
        comparison.add(differing(schema, store.service, recorded, kept, complete))
    return comparison


TOGETHER = 200
"""Subjects read at once."""


def differing(
    schema: str, service: str, recorded: Sequence[LogEntry], kept: Sequence[Copy], complete: int
) -> Iterator[Difference]:
    """What of the log up to `complete` is not kept, what is kept and not in the log, what is kept otherwise."""
    log, copied = {entry.sequence: entry for entry in recorded}, {copy.sequence: copy for copy in kept}
    for sequence in sorted(log.keys() | copied.keys()):
        entry, copy = log.get(sequence), copied.get(sequence)
        if copy is None and sequence > complete:
            continue  # on its way
        expected, found = _of_log(service, entry), _of_copy(copy)
        columns = [name for name in expected if expected[name] != found[name]] if expected and found else []
        if expected and found and not columns:
            continue
        subject, name = (entry.subject if entry else copy.subject if copy else ""), expected or found or {}
        yield Difference(
            what="fact",
            kind="missing" if copy is None else "surplus" if entry is None else "changed",
            where=f"{schema}.history",
            subject=subject,
            key={"service": service, "sequence": sequence},
            columns=columns,
            expected=expected,
            found=found,
            facts=[FactName(service, sequence, str(name.get("id")), str(name.get("type")))],
            facts_behind=1,
            reason=_why(service, entry, copy, columns),
        )


def _of_log(service: str, entry: LogEntry | None) -> Mapping[str, Any] | None:
    if entry is None:
        return None
    fact = fact_in(service, entry.wire)
    return _columns(entry.subject, entry.streamversion, fact.id if fact else None, entry.type, entry.wire)


def _of_copy(copy: Copy | None) -> Mapping[str, Any] | None:
    return None if copy is None else _columns(copy.subject, copy.streamversion, copy.id, copy.type, copy.envelope)


def _columns(subject: str, streamversion: int, fact_id: str | None, type_name: str, envelope: bytes) -> dict[str, Any]:
    return {
        "subject": subject,
        "streamversion": streamversion,
        "id": fact_id,
        "type": type_name,
        "envelope": envelope.decode(errors="replace"),
    }


def _why(service: str, entry: LogEntry | None, copy: Copy | None, columns: Sequence[str]) -> str:
    if entry is None:
        return f"the store of {service} has no such fact: it was restored, or tampered with, or the fact is forged"
    if copy is not None:
        return _where_apart(entry.wire, copy.envelope) if "envelope" in columns else ""
    try:
        read(service, 0, entry.wire)
    except UnreadableError as error:
        return f"the store itself holds it without a readable envelope: {error}"
    return f"`parcours streams republish {service} --subject {entry.subject}` brings it back"


def _where_apart(one: bytes, other: bytes) -> str:
    """Envelopes are long; what differs is seldom more than a value."""
    place = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    here, there = (text[max(0, place - 20) : place + 40].decode(errors="replace") for text in (one, other))
    return f"they part at byte {place + 1}: …{here}… should be, …{there}… is"
