"""What is not as it should be at one reader, counted in its database: whichever process is asked, and whenever it was
started, the answer is the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from shared.histories.dead_letters import count_letters, count_skipped_letters
from shared.histories.places import applied
from shared.histories.troubles import POLICIES, Troubles


@dataclass(frozen=True, slots=True)
class ReaderCounts:
    """`positions`: per service, the sequence up to which everything has been applied. `failed_subjects`: their rows
    cannot be made, or their policy fails; `incomplete_subjects`: facts of them never came. `skipped`: of each kind, those somebody has accepted, which
    are not counted beside."""

    positions: Mapping[str, int]
    dead_letters: int
    failed_subjects: int
    incomplete_subjects: int
    skipped: Mapping[str, int]


def reader_counts(
    connection: Connection[Any], feed: str, services: Iterable[str] = (), failures: Troubles = POLICIES
) -> ReaderCounts:
    """`services`: those whose position is told even where nothing of them was read. `failures`: which count."""
    troubles = failures.count(connection)
    return ReaderCounts(
        positions=applied(connection, feed, services),
        dead_letters=count_letters(connection),
        failed_subjects=troubles.failing,
        incomplete_subjects=troubles.incomplete,
        skipped={
            "failed_subjects": troubles.skipped_failing,
            "incomplete_subjects": troubles.skipped_incomplete,
            "dead_letters": count_skipped_letters(connection),
        },
    )
