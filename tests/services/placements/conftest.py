from collections.abc import Iterator

import pytest

from tests.services.placements.suite import Suite, suite_on


@pytest.fixture
def suite(database_url: str) -> Iterator[Suite]:
    """An AI and a company; nothing acts yet."""
    with suite_on(database_url) as one:
        one.structure()
        one.company()
        one.company("household", "household")
        yield one
