"""Real parts, started when the first test asks for them. See tests/parts/ for how each is had."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import postgres, tiers
from tests.parts.processes import Processes, processes_in


def pytest_report_header() -> list[str]:
    return [f"PostgreSQL: {tiers.names(postgres.tiers())}"]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A server's address (libpq, with the right to create databases). Tests want `database_url` instead."""
    with tiers.first_of(postgres.tiers()) as url:
        yield url


@pytest.fixture
def database_url(postgres_server: str) -> Iterator[str]:
    """A fresh empty database of its own for each test."""
    with postgres.fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A fresh folder for `embedded_postgres(data_dir)` and `parcours up --data-dir`."""
    with postgres.data_dir() as folder:
        yield folder


@pytest.fixture
def durable_database_url(database_url: str) -> str:
    """`database_url` for tests of durability and speed, which say nothing on a server with fsync off."""
    if not postgres.is_durable(database_url):
        pytest.skip(f"the server of {postgres.ADDRESS_VARIABLE} is not durable (fsync, synchronous_commit)")
    return database_url


@pytest.fixture
def own_postgres() -> Iterator[postgres.OwnPostgres]:
    """A server for this test alone, to be stopped, killed or frozen. Takes a second to start."""
    with postgres.own_postgres() as server:
        yield server


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Starts real child processes; all are ended after the test, and their logs shown if it failed."""
    with processes_in(tmp_path) as children:
        yield children
    print(children.logs())
