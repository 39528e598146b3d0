"""A server too old for what is asked of it is refused at the start, with what to do."""

from __future__ import annotations

import psycopg
import pytest

from shared.process.database_encoding import (
    OLDEST_SERVER,
    ServerVersionError,
    refuse_old_servers,
    refuse_other_encodings,
)


@pytest.mark.parametrize("version", [90_624, 120_019, 150_008])
def test_an_older_server_is_refused(version: int) -> None:
    with pytest.raises(
        ServerVersionError, match=rf"PostgreSQL {version // 10_000}, and PostgreSQL {OLDEST_SERVER} or newer"
    ):
        refuse_old_servers(version)


@pytest.mark.parametrize("version", [160_000, 180_001])
def test_a_newer_one_is_not(version: int) -> None:
    refuse_old_servers(version)


def test_the_server_of_the_tests_is_asked_nothing(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        refuse_other_encodings(connection)
