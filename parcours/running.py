"""Processes: everything in one (`up`), or one part each (`serve`, `relay`, `project`), stopped by SIGINT or SIGTERM."""

from __future__ import annotations

import gc
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import ASGIApp

from parcours.demo.show import show_demo
from services.agrement import main as agrement
from services.pathways import main as pathways
from services.placements import main as placements
from services.projections import main as projections
from services.projections.catalogue import SERVICES
from services.projections.database import Database
from services.projections.operations import ensure_current
from services.structures import main as structures
from shared.callers import Callers, callers_of
from shared.deadlines import Clock
from shared.facts import paris_day
from shared.feed import Feed
from shared.feed.kafka import KafkaFeed
from shared.feed.store import StoreFeed
from shared.history_database import HistoryDatabase
from shared.intake.service import Surroundings, WriteService
from shared.metrics import Metrics
from shared.places import places_of
from shared.postgres import embedded_postgres, running_embedded
from shared.relay import Relay
from shared.serving import Check, Suite
from shared.settings import Settings, SettingsError
from shared.store import FactStore
from shared.topics import Topics

log = structlog.get_logger(__name__)

Announce = Callable[[str], None]

LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
DRAIN_S = 5


class PortInUseError(Exception):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is in use: stop what listens there, or choose another with --port")


def up(settings: Settings, *, demo: bool, announce: Announce) -> int:
    """Everything in one process: four write services, projections, and with Kafka the relays."""
    with ExitStack() as stack:
        stop = stack.enter_context(_until_told())
        listening = stack.enter_context(_listening(settings))
        settings = stack.enter_context(_with_database(settings, announce))
        metrics, callers = Metrics(), _callers(settings)
        writers = {name: _write_service(name, settings, callers, metrics) for name in SERVICES}
        reading = projections.create(settings, settings.database_url_of("projections"), callers, _feed_name(settings))
        announce("preparing the tables")
        parts: dict[str, Served] = {**writers, "projections": reading}
        for part in parts.values():
            stack.callback(part.stop)
            part.start()
        ensure_current(settings.database_url_of("projections"), settings, announce)
        works: dict[str, Work] = {
            "projector": stack.enter_context(_projector(settings, metrics)),
            "agrement-policies": stack.enter_context(_reconciler(settings, metrics)),
            "agrement-clock": stack.enter_context(_clock(settings)),
        }
        if settings.kafka_bootstrap:
            works |= {f"relay-{name}": stack.enter_context(_relay(settings, name, metrics)) for name in SERVICES}
        background = stack.enter_context(_running(works, stop))
        apps: dict[str, ASGIApp] = {name: part.app for name, part in parts.items()}
        checks: dict[str, Check] = {**{name: part.check for name, part in parts.items()}, **background.checks()}
        suite = Suite(apps, metrics, checks)
        code = _serve(suite, listening, stop, announce, show_demo if demo else None)
        background.raise_failure()
        return code


def serve(settings: Settings, service: str) -> int:
    """One service alone, behind the same addresses as in the whole suite."""
    with ExitStack() as stack:
        stop = stack.enter_context(_until_told())
        listening = stack.enter_context(_listening(settings))
        settings = _with_running_database(settings)
        metrics, callers = Metrics(), _callers(settings)
        part: Served
        if service == projections.NAME:
            url = settings.database_url_of(service)
            part = projections.create(settings, url, callers, _feed_name(settings))
            ensure_current(url, settings, _noted)
        else:
            part = _write_service(service, settings, callers, metrics)
        stack.callback(part.stop)
        part.start()
        works = (
            {"agrement-policies": stack.enter_context(_reconciler(settings, metrics))}
            if service == agrement.NAME
            else {}
        )
        background = stack.enter_context(_running(works, stop))
        checks: dict[str, Check] = {service: part.check, **background.checks()}
        code = _serve(Suite({service: part.app}, metrics, checks), listening, stop, _noted)
        background.raise_failure()
        return code


def relay(settings: Settings, service: str) -> int:
    """Publish one service's facts onto its topic."""
    settings = _with_running_database(settings)
    metrics = Metrics()
    return _alone(settings, f"relay-{service}", metrics, _relay(settings, service, metrics))


def project(settings: Settings) -> int:
    """Keep the read models, from Kafka or from the stores."""
    settings = _with_running_database(settings)
    metrics = Metrics()
    ensure_current(settings.database_url_of("projections"), settings, _noted)
    return _alone(settings, "projector", metrics, _projector(settings, metrics))


def clock(settings: Settings) -> int:
    """Record what is due, every minute."""
    settings = _with_running_database(settings)
    return _alone(settings, "clock", Metrics(), _clock(settings))


def strike(settings: Settings, day: date | None, progress: Callable[[int, int], None]) -> int:
    """Record what is due by a day (today in Paris by default), once. Return for how many people."""
    settings = _with_running_database(settings)
    with _clock(settings, None if day is None else lambda: day) as work:
        return work.strike(progress)


def rebuild_deadlines(settings: Settings, progress: Callable[[int, int], None]) -> int:
    """Make the rows of the clock anew from the facts. Return how many people were looked at."""
    settings = _with_running_database(settings)
    with _clock(settings) as work:
        return work.rebuild(progress)


class Served(Protocol):
    """A service with its own schema and addresses."""

    @property
    def app(self) -> FastAPI: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    async def check(self) -> str | None: ...


class Work(Protocol):
    """What runs beside the server until it is told to stop; `check` says what it waits for."""

    def run(self, stop: threading.Event) -> None: ...
    async def check(self) -> str | None: ...


@dataclass(slots=True)
class Background:
    """Threads of one process. One that ends by an error takes the process down: a supervisor starts it again."""

    stop: threading.Event
    failures: list[BaseException] = field(default_factory=list)
    _works: dict[str, Work] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, name: str, work: Work) -> None:
        self._works[name] = work
        thread = threading.Thread(target=self._run, args=(name, work), name=name)
        self._threads.append(thread)
        thread.start()

    def _run(self, name: str, work: Work) -> None:
        try:
            work.run(self.stop)
        except Exception as error:  # kept and told: nothing may go on as if this part still ran
            log.critical("part_failed", part=name, error=str(error), exc_info=error)
            self.failures.append(error)
            self.stop.set()

    def checks(self) -> Mapping[str, Check]:
        return {name: work.check for name, work in self._works.items()}

    def raise_failure(self) -> None:
        if self.failures:
            raise self.failures[0]

    def join(self) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def _running(works: Mapping[str, Work], stop: threading.Event) -> Iterator[Background]:
    """The works in threads, ended before what they use is closed."""
    background = Background(stop)
    try:
        for name, work in works.items():
            background.start(name, work)
        yield background
    finally:
        background.join()


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, alike."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        stop.set()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket, bound before anything else is started. Raise PortInUseError, SettingsError."""
    if settings.host not in LOCAL_HOSTS and settings.jwt_keys is None:
        raise SettingsError(
            f"PARCOURS_HOST: {settings.host} can be reached from elsewhere, which needs PARCOURS_JWT_KEYS;"
            " without keys only 127.0.0.1 is allowed"
        )
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, settings.port))
            listening.listen(1024)
        except OSError as error:
            raise PortInUseError(settings.host, settings.port) from error
        yield listening


def _address(listening: socket.socket) -> str:
    host, port, *_ = listening.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Uvicorn that leaves signals to us."""

    def capture_signals(self) -> Any:
        return nullcontext()


def _serve(
    suite: Suite,
    listening: socket.socket,
    stop: threading.Event,
    announce: Announce,
    then: Callable[[str, threading.Event], None] | None = None,
) -> int:
    """Serve until told to stop; `then` is called with the address once the server answers."""
    config = uvicorn.Config(
        suite,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=DRAIN_S,
        server_header=False,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="http")
    gc.collect()
    gc.freeze()  # what is built at start is never garbage: full collections need not walk it
    gc.set_threshold(50_000, 20, 20)
    thread.start()
    try:
        while not server.started and thread.is_alive() and not stop.is_set():
            stop.wait(0.01)
        announce(f"listening on {_address(listening)}")
        if then is not None and not stop.is_set():
            then(_address(listening), stop)
        stop.wait()
    finally:
        stop.set()
        server.should_exit = True
        thread.join()
    return 0


def _alone(settings: Settings, name: str, metrics: Metrics, work: AbstractContextManager[Work]) -> int:
    """One part in the background and, for health, readiness and metrics, a server on a port of its own."""
    if "port" not in settings.model_fields_set:
        settings = settings.model_copy(update={"port": 0})  # 8000 is the suite's
    with ExitStack() as stack:
        stop = stack.enter_context(_until_told())
        listening = stack.enter_context(_listening(settings))
        background = stack.enter_context(_running({name: stack.enter_context(work)}, stop))
        code = _serve(Suite({}, metrics, background.checks()), listening, stop, _noted)
        background.raise_failure()
    return code


def _noted(text: str) -> None:
    log.info(text)


@contextmanager
def _with_database(settings: Settings, announce: Announce) -> Iterator[Settings]:
    """The settings with a database: the one they name, or the embedded one, started."""
    if settings.database_url is not None:
        yield settings
        return
    announce(f"starting the embedded database in {settings.data_dir}")
    with embedded_postgres(settings.data_dir) as url:
        yield _embedded(settings, url)


def _with_running_database(settings: Settings) -> Settings:
    """For one part alone: the database that is named, or the embedded one somebody else runs."""
    names = [name for name in type(settings).model_fields if name.endswith("database_url")]
    if any(getattr(settings, name) for name in names):
        return settings
    return _embedded(settings, running_embedded(settings.data_dir))


def _embedded(settings: Settings, url: str) -> Settings:
    key = settings.reference_key or _kept_key(settings.data_dir / "reference.key")
    return settings.model_copy(update={"database_url": url, "reference_key": key})


def _kept_key(path: Path) -> SecretStr:
    """The key of person references, made once: with another one no reference would be found again."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o600)
        path.write_text(secrets.token_hex(32))
    return SecretStr(path.read_text().strip())


def _callers(settings: Settings) -> Callers:
    try:
        return callers_of(settings.jwt_keys, settings.jwt_issuer, settings.jwt_audience)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def _feed_name(settings: Settings) -> str:
    return "kafka" if settings.kafka_bootstrap else "store"


def _write_service(name: str, settings: Settings, callers: Callers, metrics: Metrics) -> WriteService:
    around = Surroundings(settings.database_url_of(name), callers, metrics, settings.group_wait_ms / 1000)
    if name == pathways.NAME:
        if settings.reference_key is None:
            raise SettingsError(
                "PARCOURS_REFERENCE_KEY is not set: persons' references are kept as hashes keyed with it;"
                " choose a long random text once and keep it"
            )
        return pathways.create(around, settings.reference_key.get_secret_value().encode())
    if name == agrement.NAME:
        return agrement.create(around, settings.agrement_prefix, settings.suspension_counting, _feed_name(settings))
    return {"structures": structures.create, "placements": placements.create}[name](around)


def _topics(settings: Settings) -> Topics:
    if settings.kafka_bootstrap is None:
        raise SettingsError("PARCOURS_KAFKA_BOOTSTRAP is not set: there is no Kafka to publish to")
    return Topics.of(settings)


@contextmanager
def _relay(settings: Settings, service: str, metrics: Metrics) -> Iterator[Work]:
    store = FactStore(settings.database_url_of(service), service)
    store.create()
    try:
        yield Relay(store, _topics(settings), metrics)
    finally:
        store.close()


@contextmanager
def _projector(settings: Settings, metrics: Metrics) -> Iterator[Work]:
    database = Database(settings.database_url_of("projections"))
    with ExitStack() as stack:
        stack.callback(database.close)
        feed = _feed(settings, database, SERVICES, stack)
        stack.callback(feed.close)
        yield projections.create_projector(settings, database, feed, metrics)


@contextmanager
def _reconciler(settings: Settings, metrics: Metrics) -> Iterator[Work]:
    """What the agrement service does about hires, as they come."""
    with ExitStack() as stack:
        yield agrement.create_reconciler(
            settings.database_url_of(agrement.NAME),
            settings.suspension_counting,
            lambda database: _feed(settings, database, agrement.READS, stack),
            stack,
            metrics,
        )


@contextmanager
def _clock(settings: Settings, today: Callable[[], date] | None = None) -> Iterator[Clock]:
    with ExitStack() as stack:
        url = settings.database_url_of(agrement.NAME)
        yield agrement.create_clock(url, settings.suspension_counting, today or _paris_today, stack)


def _paris_today() -> date:
    return paris_day(datetime.now(UTC))


def _feed(settings: Settings, database: HistoryDatabase, services: Sequence[str], stack: ExitStack) -> Feed:
    """The facts of some services, from Kafka or from the stores; a consumer group for each reader."""
    load, ensure = places_of(database, _feed_name(settings))
    if settings.kafka_bootstrap:
        return KafkaFeed(
            _topics(settings),
            services,
            f"{settings.topic_prefix}-{database.schema}",
            load,
            ensure,
            max_records=settings.poll_max_records,
        )
    stores = [FactStore(settings.database_url_of(name), name) for name in services]
    for store in stores:
        store.create()
        stack.callback(store.close)
    return StoreFeed(stores, load, ensure, max_records=settings.poll_max_records)
