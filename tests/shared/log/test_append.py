"""The function that records: what it leaves in the tables, beside whom, and on which databases."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from shared.facts.fact import printed
from shared.log.append import AppendFunction
from shared.log.entries import ConflictError, NewFact
from shared.log.schema import Schema
from shared.log.store import AT_ONCE, FactStore
from tests.parts.clocks import SetClock
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.shared.events import NOW, closed, opened
from tests.shared.stored import state_of

SERVICE = "tests"
DATA = b'{"ended_on":"2024-01-01"}'


@pytest.fixture(scope="module")
def store(postgres_server: str) -> Iterator[FactStore]:
    with fresh_database(postgres_server) as url:
        one = FactStore(url, SERVICE)
        one.create()
        yield one
        one.close()


def rows(store: FactStore, query: str) -> list[Any]:
    with store.connection() as connection:
        return connection.execute(query.encode()).fetchall()


def new(number: int, subject: str = "person/a", version: int = 1, effects: int = 0, **changes: Any) -> NewFact:
    fact = closed(f"fact-{number}", subject=subject, streamversion=version)
    follow = tuple(new(1_000_000 + 10 * number + n, subject, version + 1 + n) for n in range(effects))
    return replace(NewFact(fact, DATA, b"digest", effects=follow), **changes)


text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=20)
odd = text | st.sampled_from(["\\", '"', "{}", "%s", "$1", "'", "\n", "é", "🧑", "}}"])
one_said = st.tuples(odd, st.none() | odd, st.none() | odd, st.dictionaries(odd, odd, max_size=2), st.integers(0, 2))


@given(said=st.lists(one_said, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_it_stores_what_is_written_down_a_second_time(store: FactStore, said: list[Any]) -> None:
    """Whatever ids, links and data are: to the byte, with one intake row each."""
    last = store.last_sequence()
    facts = []
    for place, (name, replaces, correlation, data, effects) in enumerate(said):
        fact = opened(f"{last} {place} {name}", replaces=replaces, subject=f"person/{last}-{place}", streamversion=1)
        fact = fact.model_copy(update={"correlationid": correlation})
        content = json.dumps(data, ensure_ascii=False).encode()
        follow = [closed(f"{fact.id} {n}", subject=fact.subject, streamversion=2 + n) for n in range(effects)]
        facts.append(
            NewFact(
                fact,
                content,
                bytes([place]),
                effects=tuple(NewFact(effect, DATA, b"") for effect in follow),
                warnings=({"code": name},) if place % 2 else (),
            )
        )
    commit = store.record(facts)
    flat = [each for fact in facts for each in (fact, *fact.effects)]
    entries = store.log(last, 1_000)
    assert [entry.sequence for entry in entries] == commit.sequences
    assert [entry.state for entry in entries] == [
        state_of(each.fact, each.data, printed(commit.recordedtime)) for each in flat
    ]
    answers = store.first_answers([each.fact.key for each in flat])
    for each, sequence in zip(flat, commit.sequences, strict=True):
        answer = answers[each.fact.key]
        assert (answer.digest, answer.sequence) == (each.digest, sequence + len(each.effects))
        assert answer.effects == [{"id": effect.fact.id, "type": effect.fact.type} for effect in each.effects]
        assert (answer.warnings, answer.recordedtime) == (list(each.warnings), printed(commit.recordedtime))


def test_a_commit_of_several_pieces_is_one(database_url: str) -> None:
    store = FactStore(database_url, SERVICE)
    store.create()
    signs: list[int] = []
    facts = [new(n, f"person/{n}", effects=3 if n == AT_ONCE - 2 else 0) for n in range(AT_ONCE + 50)]
    commit = store.record(facts, lambda: signs.append(1))
    assert len(signs) == 2
    assert rows(store, "SELECT count(*), count(DISTINCT recordedtime) FROM tests.intake") == [(AT_ONCE + 53, 1)]
    cut = facts[AT_ONCE - 2].fact
    assert store.first_answers([cut.key])[cut.key].sequence == commit.sequences[AT_ONCE + 1]
    # Something of the last piece is taken: nothing of the first stays.
    again = [new(5_000 + n, f"person/again-{n}") for n in range(AT_ONCE + 1)]
    with pytest.raises(ConflictError):
        store.record([*again, new(1, "person/other")])
    assert store.last_sequence() == commit.sequences[-1]
    store.close()


def test_what_is_taken_and_given_back_is_so_in_the_order_of_the_facts(store: FactStore) -> None:
    def act(number: int, **claims: Any) -> None:
        store.record([new(number, f"person/claims-{number}", **claims)])

    act(1, claims=("a", "b"), lasting=False)
    with pytest.raises(ConflictError, match="claims"):
        act(2, claims=("c", "a"))
    assert store.claims.find("c") is None, "all of it or nothing"
    subject = "person/claims-1"
    store.record([new(3, subject, 2, releases=("a",)), new(4, "person/claims-4", claims=("a",))])
    taken = store.claims.find("a")
    assert taken is not None
    assert (taken.subject, taken.lasting, taken.released) == ("person/claims-4", True, False)
    store.record([new(5, "person/claims-4", 2, releases=("a",))])
    with pytest.raises(ConflictError, match="claims"):
        act(6, claims=("a",))  # what lasts is not given back
    with pytest.raises(ConflictError, match="claims"):
        act(7, claims=("d", "d"))


def test_an_installation_of_before_and_one_whose_dump_was_restored_get_it(database_url: str) -> None:
    store = FactStore(database_url, SERVICE)
    store.create()
    store.record([new(1)])
    (name,) = functions(store)
    drop = sql.SQL("DROP FUNCTION {}").format(sql.Identifier(SERVICE, name))
    with store.connection() as connection:
        connection.execute(drop)
    store.create()
    store.record([new(2, version=2)])
    with store.connection() as connection:
        connection.execute(drop)
    with pytest.raises(ConflictError):  # loaded and decided again, as after any other
        store.record([new(3, version=3)])
    store.record([new(3, version=3)])
    assert functions(store) == [name]
    assert [entry.streamversion for entry in store.log(0, 10)] == [1, 2, 3]
    store.close()


def functions(store: FactStore) -> list[str]:
    found = rows(
        store, "SELECT proname FROM pg_proc WHERE pronamespace = 'tests'::regnamespace AND proname ~ '^append'"
    )
    return sorted(name for (name,) in found)


class LongerLock(Schema):
    """Of a version that waits longer for its turn."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self._names["lock_timeout"] = sql.Literal("5000ms")


def append_of_before(connection: psycopg.Connection[Any], number: int) -> None:
    """As versions without the function record: a transaction of single statements."""
    subject = f"person/before-{number}"
    fact = closed(f"before-{number}", subject=subject, streamversion=1)
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('parcours tests', 0))")
        ((now,),) = connection.execute("SELECT clock_timestamp()").fetchall()
        connection.execute(
            "INSERT INTO tests.facts (originator_id, originator_version, topic, state) VALUES (%s, 1, %s, %s)",
            [subject, fact.type, state_of(fact, DATA, printed(now))],
        )
        connection.execute("NOTIFY tests_facts")


def test_two_versions_and_one_of_before_record_side_by_side(database_url: str) -> None:
    """While a deploy goes on: each with its own function, or none, and the log is one."""
    stores = [FactStore(database_url, SERVICE) for _ in range(2)]
    stores[1]._function = AppendFunction(LongerLock(SERVICE), SERVICE)
    for one in stores:
        one.create()
    assert len(functions(stores[0])) == 2
    each = 40

    def record(place: int) -> None:
        for n in range(each):
            stores[place].record([new(1_000 * place + n, f"person/{place}-{n}")])

    def record_as_before() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            for n in range(each):
                append_of_before(connection, n)

    threads = [threading.Thread(target=record, args=[place]) for place in (0, 1)]
    threads.append(threading.Thread(target=record_as_before))
    for thread in threads:
        thread.start()
    followed: list[int] = []
    while any(thread.is_alive() for thread in threads) or stores[0].log(followed[-1] if followed else 0, 1):
        followed += [entry.sequence for entry in stores[0].log(followed[-1] if followed else 0, 50)]
    log = stores[0].log(0, 1_000)
    assert followed == [entry.sequence for entry in log], "a reader that follows the log missed something"
    assert len(log) == 3 * each
    assert in_order(log)
    for one in stores:
        one.close()


def in_order(log: Sequence[Any]) -> bool:
    times = [json.loads(entry.wire)["recordedtime"] for entry in log]
    return times == sorted(times)


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_whoever_waited_for_the_lock_sees_the_last_fact(database_url: str, isolation: str) -> None:
    """Also where the database gives a transaction one snapshot, from before it waited."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = {}").format(name, sql.Literal(isolation))
        )
    ahead = NOW + timedelta(days=10_000)
    first = FactStore(database_url, SERVICE, SetClock(lambda: ahead))
    first.create()
    second = FactStore(database_url, SERVICE)
    second.record([new(0, "person/warm")])
    waiting = threading.Thread(target=second.record, args=[[new(2, "person/b")]])
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET default_transaction_isolation = 'read committed'")
        with connection.transaction():
            first._function(connection, [new(1)], {}, first.clock.when())
            waiting.start()
            with psycopg.connect(database_url, autocommit=True) as looking:
                query = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                wait_until(lambda: looking.execute(query).fetchone(), "the second one waits")
    waiting.join()
    last = second.log(0, 10)[-1]
    assert (last.subject, json.loads(last.wire)["recordedtime"]) == ("person/b", printed(ahead))
    first.close()
    second.close()
