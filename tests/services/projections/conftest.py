"""What tests share: of views a database with a read set and its views, of rights a query API, empty again after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from services.projections.folding import relations_kept
from services.projections.read_sets import schema_bi
from shared.histories import skips, subjects
from tests.parts import postgres
from tests.services.projections.read_set import ReadSet
from tests.services.projections.seeing import TODAY, Suite, running_suite
from tests.services.projections.sharing import Clock


@pytest.fixture(scope="session")
def engine(postgres_server: str) -> Iterator[Engine]:
    """Tables and views are made once: that takes a second, and hundreds of tests read them."""
    with postgres.fresh_database(postgres_server) as url:
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
        with engine.begin() as connection:
            # What views read beside the tables: who has rows that are not whole.
            connection.exec_driver_sql("CREATE SCHEMA projections")
            connection.exec_driver_sql(f"SET LOCAL search_path = projections; {subjects.CREATE} {skips.CREATE}")
            # relations_kept asks whether there is anybody.
            connection.exec_driver_sql(relations_kept.CREATE)
            connection.exec_driver_sql("SET LOCAL search_path = public")
            ReadSet.made(connection, "read_1").show()
            schema_bi.describe(connection.connection.driver_connection)  # type: ignore[arg-type]
        yield engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One transaction that is rolled back: one database serves all tests."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def read_set(connection: Connection) -> ReadSet:
    return ReadSet(connection)


@pytest.fixture(scope="module")
def shared_suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


@pytest.fixture
def suite(shared_suite: Suite) -> Suite:
    shared_suite.clear()
    shared_suite.behind, shared_suite.today = 0.0, TODAY
    return shared_suite


@pytest.fixture
def clock() -> Clock:
    return Clock()
