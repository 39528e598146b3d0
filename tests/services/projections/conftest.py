"""What tests of views share: a database for each module, a read set for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from tests.parts import postgres
from tests.services.projections.read_set import ReadSet


@pytest.fixture(scope="module")
def engine(postgres_server: str) -> Iterator[Engine]:
    with postgres.fresh_database(postgres_server) as url:
        yield create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Tables and views are made within one transaction that is rolled back: one database serves all tests."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def read_set(connection: Connection) -> ReadSet:
    filled = ReadSet(connection)
    filled.show()
    return filled
