"""The HTTP server of a process, while its event loop has little time."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from parcours.http_server import listening, serve
from shared.process.metrics import Metrics
from shared.web.serving import Suite
from tests.services.projections.streams import SETTINGS

CAME = 200


@pytest.fixture
def _as_before() -> Iterator[None]:
    """What `serve` sets for its process."""
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_as_before")
def test_many_who_connect_are_let_in_in_a_few_turns_of_the_event_loop() -> None:
    """They came while it was busy. One in each turn, and the last would wait for two hundred."""
    stop, is_listening, have_come, are_in = (threading.Event() for _ in range(4))
    suite, turns = Suite({}, Metrics()), 0

    def let_in() -> int:
        return int(suite.metrics.registry.get_sample_value("parcours_http_connections") or 0)

    async def count_turns() -> None:
        asyncio.get_running_loop().call_soon(turn)

    def turn() -> None:
        nonlocal turns
        if is_listening.is_set():
            have_come.wait(60)  # on the event loop, which does nothing else meanwhile
            turns += 1
        if let_in() < CAME:
            asyncio.get_running_loop().call_soon(turn)
        else:
            are_in.set()

    def connect(url: str, _: threading.Event) -> None:
        is_listening.set()
        where = urlsplit(url)
        with ExitStack() as stack:
            for _number in range(CAME):
                stack.enter_context(socket.create_connection((where.hostname, where.port), timeout=60))
            have_come.set()
            assert are_in.wait(60)
        stop.set()

    with listening(SETTINGS.model_copy(update={"port": 0})) as sockets:
        assert serve(suite, sockets, stop, lambda _: None, connect, [count_turns]) == 0
    assert turns < CAME / 4
