"""Which database a reader's tables are in, by what names its group; and databases from before there were such names."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from shared.histories.database import HistoryDatabase
from shared.log.store import FactStore
from tests.parts import postgres


@pytest.fixture(scope="module")
def urls(postgres_server: str) -> Iterator[tuple[str, str]]:
    with postgres.fresh_database(postgres_server) as one, postgres.fresh_database(postgres_server) as other:
        yield one, other


def made(url: str, schema: str = "reading") -> str:
    with closing(HistoryDatabase(url, schema)) as database:
        database.create()
        return database.identity()


def run(url: str, *statements: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_it_stays_and_is_another_one_for_each_reader_and_each_database(urls: tuple[str, str]) -> None:
    one, other = urls
    names = [made(one), made(one, "another_reader"), made(other)]
    assert made(one) == names[0]
    assert len(set(names)) == 3


def test_a_restored_dump_is_another_database(urls: tuple[str, str]) -> None:
    """All that a dump holds is the same there."""
    one, other = urls
    before = made(one)
    made(other)
    ((own,),) = run(one, "SELECT id FROM reading.identity")
    run(other, f"UPDATE reading.identity SET id = '{own}'")
    assert made(other) != before == made(one)


def test_a_schema_from_before_is_given_one(urls: tuple[str, str]) -> None:
    """While it is in use, and with what it holds."""
    url = urls[0]
    made(url)
    places = "INSERT INTO reading.places VALUES ('kafka', 'pathways', 0, 'topic', 7, 5) ON CONFLICT DO NOTHING"
    run(url, "DROP TABLE reading.identity", places)
    assert made(url)
    assert run(url, "SELECT next_offset, through FROM reading.places") == [(7, 5)]


def test_a_store_from_before_has_no_seal_until_its_service_starts(urls: tuple[str, str]) -> None:
    one, other = urls
    with closing(FactStore(one, "pathways")) as store, closing(FactStore(other, "pathways")) as copy:
        store.create()
        copy.create()
        run(one, "DROP TABLE pathways.seal")
        assert store.seal() is None
        store.create()
        seal = store.seal()
        assert seal is not None
        ((key,),) = run(one, "SELECT key FROM pathways.seal")
        run(other, f"UPDATE pathways.seal SET key = '{key}'")
        assert copy.seal() != seal == store.seal()


def test_a_table_that_a_later_version_has_is_added_to_a_schema_of_before(urls: tuple[str, str]) -> None:
    """Wherever it stands in the order in which tables are made."""
    one, _ = urls
    made(one, "growing")
    for more in ("CREATE TABLE IF NOT EXISTS late (id int);", "CREATE TABLE IF NOT EXISTS later (id int);"):
        with closing(HistoryDatabase(one, "growing", more=more)) as database:
            database.create()
    found = "SELECT to_regclass('growing.late') IS NOT NULL, to_regclass('growing.later') IS NOT NULL"
    assert run(one, found) == [(True, True)]


def test_a_copy_that_nothing_tells_apart_is_given_another_identity(urls: tuple[str, str]) -> None:
    one, _ = urls
    before = made(one, "copied")
    with closing(HistoryDatabase(one, "copied")) as database:
        database.renew_identity()
    assert made(one, "copied") != before
