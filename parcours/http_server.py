"""The HTTP server of a process: its socket, bound first, and uvicorn, which is told to stop by the process."""

from __future__ import annotations

import asyncio
import gc
import resource
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

import uvicorn
from prometheus_client import CollectorRegistry

from shared.process.settings import Settings, SettingsError
from shared.web.connections import Limits
from shared.web.edge import LOCAL_NAMES
from shared.web.http_protocol import HttpConfig
from shared.web.serving import Suite
from shared.web.stopping import Stopping

Announce = Callable[[str], None]

DRAIN_S = 4.0
"""What requests under way may still take after the stop; the supervisors of `deploy` kill after thirty seconds."""
ANSWERING_S = 2
"""Then they are told `503 stopping`, for which so long is left."""
ARRIVING_S = 0.3
"""At least so long requests are still taken, and told to come again: one may be on its way on a connection that was
kept, which would be reset instead."""

ACCEPTED_AT_ONCE = 32
"""New connections in one turn of the event loop. Libuv takes one for each descriptor that it listens on: where turns are
slow, whoever connects would wait behind everybody who did before."""
OPERATORS = 100
"""Connections on a port of operations."""
OWN_FILES = 300
"""Those, databases, brokers, spooled answers, libraries that are being loaded."""


class PortInUseError(Exception):
    def __init__(self, host: str, port: int, option: str) -> None:
        super().__init__(f"{host}:{port} is in use: stop what listens there, or choose another with {option}")


@dataclass(frozen=True, slots=True)
class Sockets:
    """`operations`: for readiness and metrics alone, where they have a port of their own."""

    public: socket.socket
    operations: socket.socket | None = None


@contextmanager
def listening(settings: Settings) -> Iterator[Sockets]:
    """The sockets, bound before anything else is started. Raise PortInUseError, SettingsError."""
    if settings.host not in LOCAL_NAMES and settings.jwt_keys is None:
        raise SettingsError(
            f"PARCOURS_HOST: {settings.host} can be reached from elsewhere, which needs PARCOURS_JWT_KEYS;"
            " without keys only 127.0.0.1 is allowed"
        )
    if settings.host not in LOCAL_NAMES and not (settings.jwt_issuer and settings.jwt_audience):
        # A key may sign tokens for other applications too: without both, each of them would open this one.
        raise SettingsError(
            f"PARCOURS_HOST: {settings.host} can be reached from elsewhere, which needs PARCOURS_JWT_ISSUER and"
            " PARCOURS_JWT_AUDIENCE: who signs the tokens, and for whom (claims iss and aud)"
        )
    if settings.host not in LOCAL_NAMES and not settings.host_names:
        # What listens on every address knows none of its names, and must not take whatever it is called.
        raise SettingsError(
            f"PARCOURS_HOST: {settings.host} can be reached from elsewhere, which needs PARCOURS_HOSTS: the names it is"
            " asked by, such as parcours.example.org, with commas between"
        )
    with ExitStack() as stack:
        public = stack.enter_context(_bound(settings.host, settings.port, "--port"))
        if settings.ops_port is None:
            yield Sockets(public)
        else:
            yield Sockets(public, stack.enter_context(_bound(settings.host, settings.ops_port, "PARCOURS_OPS_PORT")))


def for_operations_alone(settings: Settings) -> Settings:
    """Of a process that is asked nothing else: one port, that of operations where there is one."""
    port = settings.port if "port" in settings.model_fields_set else 0  # 8000 is the suite's
    return settings.model_copy(
        update={"port": port if settings.ops_port is None else settings.ops_port, "ops_port": None}
    )


@contextmanager
def _bound(host: str, port: int, option: str) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        # Connections of a process just stopped linger for a minute; a restart must not wait for them.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
            bound.listen(1024)
        except OSError as error:
            raise PortInUseError(host, port, option) from error
        yield bound


def _address(bound: socket.socket) -> str:
    host, port, *_ = bound.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


Beside = Callable[[], Awaitable[None]]
"""What runs on the event loop beside the answers, until it is cancelled."""


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to us, with what runs beside it on its event loop."""

    def __init__(self, config: uvicorn.Config, bound: list[socket.socket], beside: Sequence[Beside] = ()) -> None:
        super().__init__(config)
        self._bound = bound
        self._beside = beside

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        tasks = [asyncio.ensure_future(start()) for start in self._beside]
        try:
            await super().serve(sockets or self._bound)
        finally:
            for task in tasks:
                task.cancel()

    def capture_signals(self) -> Any:
        return nullcontext()


def _run(servers: Sequence[_Server]) -> None:
    async def serve_all() -> None:
        await asyncio.gather(*(server.serve() for server in servers))

    with asyncio.Runner(loop_factory=servers[0].config.get_loop_factory()) as runner:
        runner.run(serve_all())


def serve(
    suite: Suite,
    sockets: Sockets,
    stop: threading.Event,
    announce: Announce,
    then: Callable[[str, threading.Event], None] | None = None,
    beside: Sequence[Beside] = (),
) -> int:
    """Serve until told to stop; `then` is called with the address once the server answers."""
    config = HttpConfig(suite, suite.metrics.registry, _limits(), ANSWERING_S)
    listening_on = [sockets.public, *(sockets.public.dup() for _ in range(ACCEPTED_AT_ONCE - 1))]
    server = _Server(config, listening_on, beside)
    servers = [server]
    if sockets.operations is not None:
        # On the same event loop, so that it tells how that one does; with connections of its own, so that no crowd on the
        # other port keeps an operator out.
        own = HttpConfig(suite.operations, CollectorRegistry(), Limits(connections=OPERATORS), ANSWERING_S)
        servers.append(_Server(own, [sockets.operations]))
    thread = threading.Thread(target=_run, args=(servers,), name="http")
    gc.collect()
    gc.freeze()  # what is built at start is never garbage: full collections need not walk it
    thread.start()
    try:
        while not all(server.started for server in servers) and thread.is_alive() and not stop.is_set():
            stop.wait(0.01)
        announce(f"listening on {_address(sockets.public)}")
        if sockets.operations is not None:
            announce(f"readiness and metrics on {_address(sockets.operations)}")
        if then is not None and not stop.is_set():
            then(_address(sockets.public), stop)
        stop.wait()
    finally:
        stop.set()
        try:
            # While the server still answers: what arrives now is told to come again, not refused a connection.
            _drain(suite.stopping)
        finally:  # whatever fails: a process whose parts are stopped must not go on answering
            for server in servers:
                server.should_exit = True
            thread.join()
    return 0


def _limits() -> Limits:
    """As many connections as the system lets the process have beside its own files; it may ask for more than it was
    started with."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = Limits().connections + OWN_FILES
    if files < wanted:
        files = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return Limits(connections=min(Limits().connections, files - OWN_FILES))


def _drain(stopping: Stopping) -> None:
    """Until what was under way is answered, or has had its time."""
    stopping.tell()
    told_at = monotonic()
    while (since := monotonic() - told_at) < ARRIVING_S or (since < DRAIN_S and not stopping.is_quiet):
        sleep(0.02)
    stopping.end()
