"""Facts of one subject that a reader never got, or holds otherwise, from the stores themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psycopg import Connection

from shared.histories import copies
from shared.log.arrays import integer_array
from shared.log.envelope import fact_in
from shared.log.place import Arrived
from shared.log.store import FactStore

CHUNK = 1_000
"""Facts of a store in memory at once."""


def missing_facts(connection: Connection[Any], store: FactStore, subject: str, up_to: int) -> Iterator[Arrived]:
    """What the store has recorded of a subject up to a sequence and the histories do not hold, in order.

    `up_to`: how far the reader has read. What it has not come to yet is on its way, and not missing. A fact that cannot
    be read is left out: it is a letter. Raise UnavailableError.
    """
    after = 0
    while entries := [entry for entry in store.log(after, CHUNK, subject=subject) if entry.sequence <= up_to]:
        after = entries[-1].sequence
        known = _known(connection, store.service, [entry.sequence for entry in entries])
        for entry in entries:
            if entry.sequence not in known and (fact := fact_in(store.service, entry.wire)) is not None:
                yield fact


def put_right(connection: Connection[Any], store: FactStore, subject: str) -> int:
    """Write the copies of a subject's facts anew where they are not what the store holds; return how many.

    Of the same fact at the same place alone, so nothing is lost by it: where the log holds another fact there, or none, it
    is another log than before, and what is known of it may be all that is left. The subject is to be locked, and worked up
    again afterwards. Raise UnavailableError.
    """
    kept = {copy.sequence: copy for copy in copies.of_subjects(connection, store.service, [subject])}
    changed = 0
    for entry in store.tails({subject: 0}) if kept else ():
        fact, copy = fact_in(store.service, entry.wire), kept.get(entry.sequence)
        if fact is not None and copy is not None and (fact.subject, fact.id) == (copy.subject, copy.id):
            is_changed = (fact.streamversion, fact.type, fact.envelope) != (
                copy.streamversion,
                copy.type,
                copy.envelope,
            )
            if is_changed:
                copies.write(connection, fact)
                changed += 1
    return changed


def _known(connection: Connection[Any], service: str, sequences: Iterable[int]) -> set[int]:
    rows = connection.execute(
        "SELECT sequence FROM history WHERE service = %s AND sequence = ANY(%s::bigint[])",
        [service, integer_array(list(sequences))],
    )
    return {sequence for (sequence,) in rows}
