"""One suite for all cases of a module, and a life for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.world import Life, Whole, whole_on
from tests.parts import postgres


@pytest.fixture(scope="module")
def whole(postgres_server: str) -> Iterator[Whole]:
    with postgres.fresh_database(postgres_server) as url, whole_on(url) as one:
        yield one


@pytest.fixture
def life(whole: Whole) -> Life:
    return Life(whole)
