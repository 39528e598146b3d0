"""Table `dead_letters`: records that hold no readable envelope, kept raw; all SQL about it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from shared.feeds.feed import Letter

CREATE = """
CREATE TABLE IF NOT EXISTS dead_letters (
    feed text, service text, topic_id text, partition int, record_offset bigint, reason text NOT NULL,
    key bytea, value bytea, headers bytea, arrived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (feed, service, topic_id, partition, record_offset));
"""


def bury(connection: Connection[Any], feed: str, letters: Iterable[Letter]) -> None:
    """Keep records that hold no readable envelope, raw, with the reason and where they lay; header values as hex."""
    for letter in letters:
        connection.execute(
            "INSERT INTO dead_letters"
            " (feed, service, topic_id, partition, record_offset, reason, key, value, headers)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [
                feed,
                letter.service,
                letter.topic_id,
                letter.partition,
                letter.offset,
                letter.reason.replace("\0", ""),
                letter.key,
                letter.value,
                json.dumps([[name, value.hex()] for name, value in letter.headers]).encode(),
            ],
        )


def count_letters(connection: Connection[Any]) -> int:
    (row,) = connection.execute("SELECT count(*) FROM dead_letters").fetchall()
    return int(row[0])
