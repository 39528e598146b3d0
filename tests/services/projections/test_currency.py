"""How far the query API is behind the logs, by the stores themselves: what it cannot know counts as too far."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from math import inf

import psycopg
import pytest

from services.projections.api.currency import LOOKED_AT_S, MOST_BEHIND_S, LooksAtLogs
from shared.log.store import FactStore
from shared.process.settings import Settings
from tests.shared.recording import Recorder, person


class Seconds:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def store(database_url: str) -> Iterator[FactStore]:
    with closing(FactStore(database_url, "pathways")) as store:
        store.create()
        yield store


@pytest.fixture
def behind(database_url: str, seconds: Seconds) -> LooksAtLogs:
    return LooksAtLogs(Settings(database_url=database_url), seconds)


def test_who_has_applied_everything_is_behind_by_nothing_also_of_services_that_never_ran(
    behind: LooksAtLogs, store: FactStore
) -> None:
    Recorder(store).record(person(1))
    assert behind({"pathways": 1}) == 0


def test_the_oldest_fact_that_is_not_applied_says_how_far_for_two_seconds(
    behind: LooksAtLogs, store: FactStore, seconds: Seconds
) -> None:
    Recorder(store).record(person(1), person(2))  # recorded years ago
    assert behind({"pathways": 1}) > MOST_BEHIND_S
    seconds.now = LOOKED_AT_S - 0.1
    assert behind({"pathways": 2}) > MOST_BEHIND_S
    seconds.now = LOOKED_AT_S
    assert behind({"pathways": 2}) == 0


def test_a_fact_that_nobody_can_read_is_not_applied_since_nobody_knows_when(
    behind: LooksAtLogs, store: FactStore, seconds: Seconds, database_url: str
) -> None:
    for place, state in enumerate((b"not json", b"{}", b'{"recordedtime": "soon"}')):
        with psycopg.connect(database_url) as connection:
            connection.execute("INSERT INTO pathways.facts VALUES ('person/x', %s, 'odd', %s)", [place + 1, state])
        seconds.now += LOOKED_AT_S
        assert behind({"pathways": place}) == inf
        seconds.now += LOOKED_AT_S
        assert behind({"pathways": place + 1}) == 0


def test_a_fact_of_a_log_ahead_of_its_clock_ages_from_when_it_was_seen(
    behind: LooksAtLogs, store: FactStore, seconds: Seconds, database_url: str
) -> None:
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    with psycopg.connect(database_url) as connection:
        state = f'{{"recordedtime": "{soon}"}}'.encode()
        connection.execute("INSERT INTO pathways.facts VALUES ('person/x', 1, 'odd', %s)", [state])
    assert behind({}) == 0
    seconds.now = MOST_BEHIND_S + 1
    assert behind({}) > MOST_BEHIND_S


def test_a_store_that_is_away_or_not_named_is_too_far() -> None:
    assert LooksAtLogs(Settings(database_url="postgresql://nobody@127.0.0.1:1/x"))({}) == inf
    assert LooksAtLogs(Settings(database_url=None))({}) == inf
