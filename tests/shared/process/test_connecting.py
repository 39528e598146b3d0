"""Whoever gets no connection is told what the server said, not how long was waited."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from shared.histories.database import HistoryDatabase
from shared.log.connections import Connections
from shared.process.unavailable import UnavailableError
from tests.parts.waiting import wait_until

SAID = "is not currently accepting connections"


def accept(url: str, *, is_wanted: bool) -> None:
    """The server, of connections to this database."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    text = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(sql.Identifier(str(name)), sql.Literal(is_wanted))
    with psycopg.connect(psycopg.conninfo.make_conninfo(url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(text)


def answers(connections: Connections) -> bool:
    try:
        with connections.connection() as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except UnavailableError:
        return False


def test_a_service_s_store(database_url: str) -> None:
    with closing(Connections(database_url, "tests")) as connections:
        accept(database_url, is_wanted=False)
        connections.pool.open()
        with pytest.raises(UnavailableError) as raised, connections.connection():
            pass
        assert SAID in raised.value.told
        accept(database_url, is_wanted=True)
        wait_until(lambda: answers(connections), "a connection")


def test_a_reader_s_database(database_url: str) -> None:
    accept(database_url, is_wanted=False)
    with closing(HistoryDatabase(database_url, "tests")) as database:
        with pytest.raises(UnavailableError) as raised, database.connection():
            pass
        assert SAID in raised.value.told
        accept(database_url, is_wanted=True)


def test_with_every_connection_lent_it_is_the_pool_that_says_so(database_url: str) -> None:
    with closing(Connections(database_url, "tests")) as connections:
        connections.pool.open()
        connections.pool.resize(1, 1)
        with connections.connection():
            with pytest.raises(UnavailableError) as raised, connections.connection():
                pass
            assert "couldn't get a connection" in raised.value.told
