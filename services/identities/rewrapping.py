"""Another master key: rows that an older one keeps are put under the current one, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from services.identities import names_table
from services.identities.folding import match_texts
from services.identities.keys import Box, BoxError, Keyring

log = structlog.get_logger(__name__)

AT_ONCE = 200
"""Rows of one transaction: they are locked meanwhile."""


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """`unopened`: rows that their key does not open; they stay as they are."""

    done: int
    unopened: int


def rewrap(connection: Connection[Any], keyring: Keyring, progress: Callable[[int, int], None]) -> Rewrapped:
    """Everything that is under another key than the current one. May be stopped and run again."""
    key_id = keyring.current.key_id
    total = names_table.count_to_wrap(connection, key_id)
    place, looked_at, done = (UUID(int=0), UUID(int=0)), 0, 0
    while True:
        with connection.transaction():
            boxes = names_table.to_wrap(connection, key_id, place, AT_ONCE)
            wrapped = list(_wrapped(keyring, boxes))
            names_table.wrap(connection, wrapped)
        if not boxes:
            return Rewrapped(done, looked_at - done)
        place = boxes[-1].person_id, boxes[-1].structure_id
        looked_at, done = looked_at + len(boxes), done + len(wrapped)
        progress(looked_at, max(total, looked_at))


def _wrapped(keyring: Keyring, boxes: Sequence[Box]) -> Iterator[tuple[Box, list[bytes]]]:
    for box in boxes:
        try:
            names = keyring.open(box)
            texts = match_texts(names.family_name, names.given_names, names.birth_date)
            yield keyring.wrapped_by_current(box), keyring.current.digests(texts)
        except BoxError as error:
            log.error("names_not_opened", person=str(box.person_id), key=box.key_id, error=str(error))
