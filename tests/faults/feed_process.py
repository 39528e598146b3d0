"""`python -m tests.faults.feed_process DATABASE_URL KAFKA PREFIX`: reads the topics into a table, places and facts in
one transaction, as a projector does; to be frozen past its session and woken again."""

import sys
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import Connection

from shared.feeds.feed import Delivery
from shared.feeds.kafka_feed import KafkaFeed
from shared.log.place import Key, Place
from tests.shared.feeding import SERVICE, topics_at

TABLES = """
CREATE TABLE IF NOT EXISTS places
    (partition int PRIMARY KEY, topic_id text NOT NULL, next_offset bigint NOT NULL, through bigint NOT NULL);
CREATE TABLE IF NOT EXISTS applied (number bigserial, sequence bigint, reader text);
"""
NOWHERE = Place("", 0, 0)


class Table:
    """Of places; the moves of a delivery are refused when somebody else moved one."""

    def __init__(self, url: str, reader: str) -> None:
        self._url = url
        self._reader = reader
        self.connection = self._connected()

    def _connected(self) -> Connection[Any]:
        """Frozen inside a transaction it holds its rows no longer than this, as a projector (`shared.histories.database`)."""
        return psycopg.connect(self._url, autocommit=True, options="-c idle_in_transaction_session_timeout=3s")

    def ensure(self, keys: Iterable[Key]) -> None:
        for _, partition in keys:
            self.connection.execute("INSERT INTO places VALUES (%s, '', 0, 0) ON CONFLICT DO NOTHING", [partition])

    def load(self, keys: Iterable[Key]) -> dict[Key, Place]:
        rows = self.connection.execute("SELECT * FROM places WHERE topic_id <> ''")
        return {(SERVICE, partition): Place(*place) for partition, *place in rows}

    def apply(self, delivery: Delivery) -> bool:
        try:
            with self.connection.transaction():
                for fact in delivery.facts:
                    self.connection.execute(
                        "INSERT INTO applied (sequence, reader) VALUES (%s, %s)", [fact.sequence, self._reader]
                    )
                for (_, partition), (before, after) in delivery.moves.items():
                    self._move(partition, before or NOWHERE, after)
        except LookupError:
            return False
        except psycopg.OperationalError:  # the server ended a session that was frozen
            self.connection.close()
            self.connection = self._connected()
            return False
        return True

    def _move(self, partition: int, before: Place, after: Place) -> None:
        done = self.connection.execute(
            "UPDATE places SET topic_id = %s, next_offset = %s, through = %s"
            " WHERE partition = %s AND topic_id = %s AND next_offset = %s",
            [after.topic_id, after.offset, after.through, partition, before.topic_id, before.offset],
        )
        if not done.rowcount:
            raise LookupError(partition)


def main(url: str, bootstrap: str, prefix: str, reader: str) -> None:
    table = Table(url, reader)
    feed = KafkaFeed(topics_at(bootstrap, prefix), [SERVICE], f"{prefix}-g", table.load, table.ensure, session_s=6.0)
    print("reading", flush=True)
    while True:
        delivery = feed.poll(0.2)
        if table.apply(delivery):
            feed.applied(delivery)
        else:
            print("refused", flush=True)
            feed.reset()


if __name__ == "__main__":
    main(*sys.argv[1:])
