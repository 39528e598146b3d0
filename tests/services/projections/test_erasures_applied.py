"""The query API over tables of before an erasure answers nobody until the erasure is applied there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from parcours.parts import query_service
from services.agrement.facts import PersonErased as ErasedInAgrement
from services.pathways.facts import PersonErased
from services.placements.facts import PersonErased as ErasedInPlacements
from shared.log.ledger import Erasure, Ledger
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.web.callers import LocalCallers
from shared.web.serving import Suite
from tests.parts.postgres import fresh_database
from tests.services.projections.facts import ACI, C1, PERSON, hired
from tests.services.projections.seeing import said
from tests.services.projections.streams import Kept, Streams, kept
from tests.services.scenario import day
from tests.shared.intake.running import over_http

TIMELINE = f"/projections/v1/persons/{PERSON}/timeline"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    one = Ledger(tmp_path / "erasures.jsonl")
    one.open()
    return one


@pytest.fixture
def rows(postgres_server: str) -> Iterator[Kept]:
    with fresh_database(postgres_server) as url, kept(url) as one:
        yield one


@contextmanager
def asked(rows: Kept, ledger: Ledger) -> Iterator[tuple[httpx2.Client, object]]:
    service = query_service(Settings(database_url=rows.url, erasure_ledger=ledger.path), LocalCallers())
    service.start()
    try:
        with (
            over_http(Suite({"projections": service.app}, Metrics())) as address,
            httpx2.Client(base_url=address, timeout=60) as client,
        ):
            yield client, service
    finally:
        service.stop()


def note(ledger: Ledger, person: object) -> None:
    ledger.note([Erasure(f"person/{person}", "2026-01-05", "request")])


def test_nobody_is_answered_before_whom_the_ledger_names_is_forgotten_here(rows: Kept, ledger: Ledger) -> None:
    streams = Streams()
    rows.apply(streams.record(said(ACI, hired(C1, ACI, "2023-01-09"))))
    note(ledger, PERSON)
    with asked(rows, ledger) as (client, service):
        for erased in (PersonErased, ErasedInAgrement, ErasedInPlacements):
            answer = client.get(TIMELINE)
            assert (answer.status_code, answer.json()["reason"]) == (503, "erasures"), erased
            assert "1 of 1 whom the ledger of erasures names are not forgotten here yet" in answer.json()["detail"]
            assert str(PERSON) not in answer.text
            missing = asyncio.run(service.check())  # type: ignore[attr-defined]
            assert "start the write services and a projector" in missing
            rows.apply(streams.record(said(ACI, erased(erased_on=day("2026-01-05"), ground="request"))))
        assert client.get(TIMELINE).status_code != 503
        assert asyncio.run(service.check()) is None  # type: ignore[attr-defined]
        # What comes while it runs is applied as all facts are.
        note(ledger, "20000000-0000-4000-8000-000000000009")
        assert client.get("/projections/v1/positions").status_code == 200


def test_with_a_ledger_that_cannot_be_read_nobody_is_answered(rows: Kept, ledger: Ledger) -> None:
    whole = ledger.path.read_text()
    for text, told in ((None, "is not there"), ("half a li", "ends in the middle of a line")):
        ledger.path.unlink() if text is None else ledger.path.write_text(text)
        with asked(rows, ledger) as (client, service):
            answer = client.get("/projections/v1/positions")
            assert (answer.status_code, answer.json()["reason"]) == (503, "erasures")
            assert told in answer.json()["detail"]
            assert told in str(asyncio.run(service.check()))  # type: ignore[attr-defined]
            ledger.path.write_text(whole)
            assert client.get("/projections/v1/positions").status_code == 200
