from collections.abc import Iterator

import pytest

from tests.parts.postgres import fresh_database
from tests.shared.intake.running import Served, a_service, served


@pytest.fixture(scope="module")
def intake(postgres_server: str) -> Iterator[Served]:
    """A write service over HTTP, one for all tests of a module; every test speaks of persons of its own."""
    with fresh_database(postgres_server) as url, served(a_service(url)) as running:
        yield running
