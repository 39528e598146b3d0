"""Questions that the database works at for long: they end by themselves, and with the caller who leaves."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import psycopg

from services.projections import main
from services.projections.api.snapshots import AT_ONCE
from services.projections.database import Database
from services.projections.main import QueryService
from shared.process.metrics import Metrics
from shared.web.callers import LocalCallers
from shared.web.serving import Suite
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.services.projections.streams import SETTINGS, kept
from tests.shared.intake.running import over_http

ALERTS = "/projections/v1/alerts"
WORKING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Lock' AND query LIKE '%alerts%'
"""


@dataclass
class Asked:
    url: str
    service: QueryService
    database_url: str

    def working_at(self) -> int:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            row = connection.execute(WORKING).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def asked(postgres_server: str, query_timeout_s: float) -> Iterator[Asked]:
    settings = SETTINGS.model_copy(update={"query_timeout_s": query_timeout_s})
    with fresh_database(postgres_server) as url, kept(url):
        service = main.create(settings, url, LocalCallers(), "memory")
        service.start()
        try:
            with over_http(Suite({main.NAME: service.app}, Metrics())) as address:
                yield Asked(address, service, url)
        finally:
            service.stop()


@contextmanager
def heavy(url: str) -> Iterator[None]:
    """What alerts are read from is not to be had, so that a question about them takes as long as this lasts."""
    with psycopg.connect(url) as connection:
        connection.execute('LOCK TABLE "read_1".person_alerts_by_day IN ACCESS EXCLUSIVE MODE')
        yield
        connection.rollback()


def test_a_question_that_takes_too_long_is_refused_and_says_what_to_do(postgres_server: str) -> None:
    with asked(postgres_server, 0.5) as api:
        with heavy(api.database_url):
            answer = httpx2.get(api.url + ALERTS, timeout=30)
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (504, "took_too_long")
            assert "narrower" in problem["detail"]
            assert "Indiquez une structure" in problem["detail_fr"]
            assert "retry-after" not in answer.headers
            assert httpx2.get(f"{api.url}/projections/v1/codes", timeout=30).status_code == 200
        assert httpx2.get(api.url + ALERTS, timeout=30).status_code == 200


def test_only_answers_have_a_limit(postgres_server: str) -> None:
    with fresh_database(postgres_server) as url:
        for statement_s, shown in ((0.5, "500ms"), (0, "0")):
            with closing(Database(url, statement_s=statement_s)) as database:
                database.create()
                with database.connection() as connection:
                    assert connection.execute("SHOW statement_timeout").fetchone() == (shown,)
                with database.making() as connection:
                    assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
                with database.alone() as connection:
                    assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_a_question_whose_caller_left_is_dropped(postgres_server: str) -> None:
    with asked(postgres_server, 0) as api, heavy(api.database_url):
        senders = []
        for _ in range(12):  # more than there are connections
            sender = socket.create_connection((urlsplit(api.url).hostname, urlsplit(api.url).port))
            sender.sendall(f"GET {ALERTS} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            senders.append(sender)
        wait_until(lambda: api.working_at() > 0, "the database works at some")
        for sender in senders:
            sender.close()
        wait_until(lambda: api.working_at() == 0, "it works at none any more")
        # Meanwhile others are answered, on connections that no late cancellation meets.
        for _ in range(20):
            assert httpx2.get(f"{api.url}/projections/v1/positions", timeout=30).status_code == 200


HEAVY = 40


def test_others_are_answered_while_forty_ask_for_what_takes_long(postgres_server: str) -> None:
    """Those at one route take turns by themselves: whoever asks something else waits for none of them."""

    def alerts(_: int) -> int:
        return httpx2.get(api.url + ALERTS, timeout=600).status_code

    with asked(postgres_server, 0) as api, ThreadPoolExecutor(HEAVY) as pool:
        with heavy(api.database_url):
            clients = [pool.submit(alerts, number) for number in range(HEAVY)]
            wait_until(lambda: api.working_at() > 0, "the database works at some")
            for path in ("tables/contracts", "positions", "follow-ups", "tables/steps") * 3:
                assert httpx2.get(f"{api.url}/projections/v1/{path}", timeout=600).status_code == 200
            assert api.working_at() == AT_ONCE // 2
            assert not any(client.done() for client in clients)
        assert [client.result() for client in clients] == [200] * HEAVY
