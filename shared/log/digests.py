"""Digests of ranges of a log: two tables that hold the same facts are found alike without reading one of them out."""

from __future__ import annotations

RANGE = 1_000
"""Sequences of one digest. Where two differ, the facts of the range are compared one by one."""

Digests = dict[int, tuple[int, str]]
"""By number of the range (`bounds_of`): how many facts, and a digest of all of them in their order."""


def bounds_of(number: int) -> tuple[int, int]:
    """After which sequence a range begins, and its last."""
    return number * RANGE, (number + 1) * RANGE


def digests_of(table: str, sequence: str, digest: str, where: str) -> str:
    """The query, from SQL texts: the column of the sequence, and the digest of one fact."""
    return (
        f"SELECT ({sequence} - 1) / {RANGE}, count(*), md5(string_agg({digest}, '' ORDER BY {sequence}))"
        f" FROM {table} WHERE {where} GROUP BY 1"
    )
