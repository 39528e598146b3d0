"""A program that answers before it commits, or commits what a power cut takes away, is caught."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from benchmarks.commits import answers_after_commit, commits_of
from benchmarks.figures import CheckFailedError

INSERT = "INSERT INTO events DEFAULT VALUES"


@pytest.fixture
def url(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY)")
    return database_url


def recording(url: str, setting: str = "on") -> Callable[[], None]:
    def post() -> None:
        with psycopg.connect(url) as connection:
            connection.execute(f"SET synchronous_commit = {setting}")
            connection.execute(INSERT)

    return post


def _check(url: str, post: Callable[[], object]) -> None:
    answers_after_commit(url, ("events",), post)


def test_who_commits_first_passes(url: str) -> None:
    _check(url, recording(url))
    _check(url, recording(url))  # and leaves nothing behind


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_who_answers_before_the_commit_is_caught(url: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(CheckFailedError, match="answered before it was committed"):
        _check(url, lambda: pool.submit(recording(url)))


def test_who_answers_between_statement_and_commit_is_caught(url: str, pool: ThreadPoolExecutor) -> None:
    connection = psycopg.connect(url)

    def post() -> None:
        connection.execute(INSERT)
        pool.submit(connection.commit)

    with pytest.raises(CheckFailedError, match="answered before it was committed"):
        _check(url, post)
    pool.submit(connection.close).result()


def test_who_commits_nothing_is_caught(url: str) -> None:
    with pytest.raises(CheckFailedError, match="answered before it was committed"):
        _check(url, lambda: None)


def test_who_does_not_wait_for_the_disk_is_caught(url: str) -> None:
    with pytest.raises(CheckFailedError, match="may be lost at a power cut"):
        _check(url, recording(url, "off"))


def test_writing_nothing_is_not_durable(url: str) -> None:
    with pytest.raises(CheckFailedError, match=r"nobody wrote to public\.events"), commits_of(url, "public", "events"):
        pass
