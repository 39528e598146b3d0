from collections.abc import Iterator

import pytest

from tests.services.agrement.suite import Suite, suite_on


@pytest.fixture
def suite(database_url: str) -> Iterator[Suite]:
    with suite_on(database_url) as one:
        yield one
