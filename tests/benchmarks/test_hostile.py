"""The row of hostile load: programs that it finds out, and what it says of one that does well."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from statistics import median
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.attacks import Attacked, Job
from benchmarks.figures import CheckFailedError, Figure
from benchmarks.ordinary import Ordinary, Served
from benchmarks.rows.hostile import Stood, figures, memory, once, stand
from shared.process.metrics import Metrics
from tests.shared.intake.running import over_http

Answer = Callable[[Request], Awaitable[Response]]
FEW = {"pipelined_mib": 1, "items": 1_000, "abandoned": 1, "idle": 5, "checks": 1, "alerts": 2}
SECONDS = 6.0
"""Enough for the attackers, a process of their own, to come to something beside other tests."""


def answering(answer: Answer) -> Any:
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    app.metrics = Metrics()  # type: ignore[attr-defined]  # as a suite has them
    return app


def under_attack(answer: Answer) -> Stood:
    """How a program stands that serves so, both as write service and as query API."""
    with over_http(answering(answer)) as address:
        host = address.removeprefix("http://")
        return asyncio.run(stand(Job(host, host, SECONDS, **FEW), Ordinary(address, address, 10), 2.0))


def attacked(answer: Answer) -> list[Figure]:
    return figures(under_attack(answer), "checked")


_positions = count(1)


async def well(request: Request) -> Response:
    if request.method == "GET":
        return JSONResponse({"items": [], "next": None})
    try:
        body = await request.body()
    except ClientDisconnect:
        return Response()
    if body.startswith(b"["):
        return JSONResponse({"code": "too_large"}, 413)
    return JSONResponse({"position": f"pathways:{next(_positions)}"}, 201)


async def late(request: Request) -> Response:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 2.1)
    return await well(request)


async def late_with_facts(request: Request) -> Response:
    return await (late if request.method == "POST" else well)(request)


async def overloaded(request: Request) -> Response:
    if next(_positions) % 5 == 0:
        return JSONResponse({"code": "unavailable", "reason": "overloaded"}, 503)
    return await well(request)


def test_a_program_that_does_well_is_served_whole() -> None:
    found = attacked(well)
    *latencies, served = found
    assert (served.ours, served.reaches) == (100.0, "aim")
    assert ["client's facts" in latencies[0].title, "client's questions" in latencies[1].title] == [True, True]
    for latency in latencies:
        assert latency.ours > 0
        assert "alerts: " in latency.check
        assert "batches abandoned: " in latency.check


def test_a_program_that_answers_late_is_found_out() -> None:
    found = attacked(late)
    assert [latency.reaches for latency in found[:2]] == ["under", "under"]


def test_questions_that_are_answered_at_once_do_not_hide_facts_that_are_not() -> None:
    stood = under_attack(late_with_facts)
    assert figures(stood, "checked")[0].reaches == "under"
    assert median(stood.under.questions_ms) < 2_000 < median(stood.under.facts_ms)


def test_a_program_that_sends_ordinary_clients_away_is_found_out() -> None:
    found = attacked(overloaded)
    assert found[-1].reaches == "under"
    assert "503 overloaded" in found[-1].title


ALL = {name: {"200": 1} for name in ("alerts", "idle connections")}


def stood(under: Served, answers: dict[str, dict[str, int]] = ALL) -> Stood:
    return Stood(Served([1.0], [1.0]), under, Attacked(answers, {}))


def test_who_serves_nobody_has_no_figure() -> None:
    with pytest.raises(CheckFailedError, match="no facts were served"):
        figures(stood(Served(refused=Counter({"no answer": 3}))), "checked")
    with pytest.raises(CheckFailedError, match="no questions were served"):
        figures(stood(Served([1.0])), "checked")


def test_an_attack_that_came_to_nothing_is_told() -> None:
    with pytest.raises(CheckFailedError, match="these attacks did nothing: alerts"):
        figures(stood(Served([1.0], [1.0]), {**ALL, "alerts": {}}), "checked")


def test_a_process_that_holds_too_much_is_found_out_and_one_that_died_has_no_figure() -> None:
    held = memory({"serve-pathways": 601.0, "project": 250.0}, "checked")
    assert [figure.reaches for figure in held] == ["under", "aim"]
    with pytest.raises(CheckFailedError, match="a process was gone"):
        memory({"serve-pathways": 601.0, "project": 0.0}, "checked")


LOG = [("a", "pathways:1"), ("b", "pathways:2")]
BROKEN: dict[str, tuple[list[tuple[str, str]], str]] = {
    "lost": (LOG[:1], "1 of 2 acknowledged facts are not where that was said, as ['b']"),
    "elsewhere": ([("a", "pathways:2"), ("b", "pathways:1")], "2 of 2 acknowledged"),
    "twice": ([*LOG, ("a", "pathways:3")], "1 facts are in the log twice"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_acknowledged_fact_that_is_not_there_fails(broken: str) -> None:
    assert once([*LOG, ("of another", "pathways:3")], dict(LOG)) == "2 acknowledged facts in the log, once"
    log, said = BROKEN[broken]
    with pytest.raises(CheckFailedError) as failed:
        once(log, dict(LOG))
    assert said in str(failed.value)
