"""Rows as they are beside rows as they should be: pure, whatever read them.

The rows of many subjects are compared at once, as sets: where nothing differs, that costs no look at any single row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from services.projections.tables.read_table import ReadTable, Row
from shared.facts.fact import Recorded
from shared.log.comparison import FACTS_NAMED, Difference, FactName

FactsOf = Mapping[str, Sequence[Recorded]]
"""By subject, all of its facts that can be read."""


def differing(
    table: ReadTable, where: str, expected: Iterable[Row], found: Sequence[Row], facts: FactsOf
) -> Iterator[Difference]:
    """What is missing from, surplus in or changed in `found`; keys in order. `where`: the table's name with its set's."""
    wanted, there = set(map(tuple, expected)), set(found)
    if wanted == there and len(there) == len(found):
        return
    missing, surplus = _by_key(table, wanted - there), _by_key(table, there - wanted)
    for key in sorted(missing.keys() | surplus.keys(), key=repr):
        yield _difference(table, where, missing.get(key), surplus.get(key), facts)
    for row, times in Counter(found).items():
        if times > 1:
            yield _difference(table, where, None, row, facts, f"{times} rows are alike: the table lost its key")


def _by_key(table: ReadTable, rows: Iterable[Row]) -> dict[Row, Row]:
    return {row[: table.key]: row for row in rows}


def _difference(
    table: ReadTable, where: str, expected: Row | None, found: Row | None, facts: FactsOf, reason: str = ""
) -> Difference:
    row = expected if expected is not None else found
    assert row is not None
    names = [column.name for column in table.columns]
    subject = f"{table.subject_kind}/{row[0]}"
    behind = facts_behind(row[: table.key], facts.get(subject, ()))
    differ: list[str] = []
    if expected is not None and found is not None:
        differ = [name for name, one, other in zip(names, expected, found, strict=True) if one != other]
    return Difference(
        what="row",
        kind="missing" if found is None else "surplus" if expected is None else "changed",
        where=where,
        subject=subject,
        key=dict(zip(names, row[: table.key], strict=False)),
        columns=differ,
        expected=None if expected is None else dict(zip(names, expected, strict=True)),
        found=None if found is None else dict(zip(names, found, strict=True)),
        facts=behind[:FACTS_NAMED],
        facts_behind=len(behind),
        reason=reason,
    )


def facts_behind(key: Row, facts: Sequence[Recorded]) -> list[FactName]:
    """The facts that name what the key names beside its subject; where none does, or the key is the subject, all."""
    ids = [str(part) for part in key[1:] if isinstance(part, UUID)]
    naming = [fact for fact in facts if ids and any(name in text for text in [_content(fact)] for name in ids)]
    chosen = sorted(naming or facts, key=lambda fact: (fact.service, fact.sequence))
    return [FactName(fact.service, fact.sequence, fact.id, fact.type) for fact in chosen]


def _content(fact: Recorded) -> str:
    return fact.data.model_dump_json()
