"""The parts a process may be made of, put together from the settings. Each service is loaded by who needs it: a process of
one part would otherwise load all six, which is more than half of the CPU of its start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from parcours.background_threads import Work
from shared.log.claims import ClaimsElsewhere
from shared.log.ledger import Ledger, LedgerError
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.settings import Settings, SettingsError
from shared.roles.presence import Pulse
from shared.web.callers import Callers, callers_of
from shared.web.quotas import FactQuota, MeteredCallers

if TYPE_CHECKING:
    from fastapi import FastAPI

    from services.projections.read_sets.recipe import Recipe
    from shared.feeds.feed import Feed
    from shared.histories.database import HistoryDatabase
    from shared.intake.write_service import Surroundings, WriteService
    from shared.kafka.topics import Topics
    from shared.reacting.clock import Clock
    from shared.reacting.reacting_service import ReactingService
    from shared.reacting.reconciler import Reconciler

PROJECTIONS = "projections"
IDENTITIES = "identities"


class Served(Protocol):
    """A service with its own schema and addresses."""

    @property
    def app(self) -> FastAPI: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    async def check(self) -> str | None: ...
    def warning(self) -> str | None: ...
    def pool_stats(self) -> dict[str, int]: ...


def callers_by(settings: Settings) -> Callers:
    """Raise SettingsError. Each caller's requests are counted, whichever of a process's services is asked."""
    try:
        callers = callers_of(settings.jwt_keys, settings.jwt_issuer, settings.jwt_audience)
        return MeteredCallers(callers, settings.quota_requests, most_at_once=settings.quota_at_once)
    except ValueError as error:
        raise SettingsError(str(error)) from error


def feed_name(settings: Settings) -> str:
    return "kafka" if settings.kafka_bootstrap else "store"


def _structures(_: Settings, around: Surroundings) -> WriteService:
    from services.structures import main as structures  # noqa: PLC0415

    return structures.create(around)


def _pathways(settings: Settings) -> ReactingService[Any]:
    from services.pathways import main as pathways  # noqa: PLC0415

    # Who looks at what it reads needs no key; who serves it does (`_serving_pathways`).
    key = settings.reference_key
    return pathways.service(b"" if key is None else key.get_secret_value().encode())


def _serving_pathways(settings: Settings, around: Surroundings) -> WriteService:
    from services.pathways import main as pathways  # noqa: PLC0415

    if settings.reference_key is None:
        raise SettingsError(
            "PARCOURS_REFERENCE_KEY is not set: persons' references are kept as hashes keyed with it;"
            " choose a long random text once and keep it"
        )
    key = settings.reference_key.get_secret_value().encode()
    return _reacting(pathways.service(key, _granted_numbers(settings, around)), settings, around)


def _granted_numbers(settings: Settings, around: Surroundings) -> ClaimsElsewhere | None:
    """With Kafka, agrement may have a database that this process cannot reach: then nobody is made of its numbers."""
    try:
        url = settings.database_url_of("agrement")
    except SettingsError:
        return None
    is_at_hand = not settings.kafka_bootstrap or url == around.database_url
    return ClaimsElsewhere(url, "agrement") if is_at_hand else None


def _agrement(settings: Settings) -> ReactingService[Any]:
    from services.agrement import main as agrement  # noqa: PLC0415

    return agrement.service(settings.agrement_prefix, settings.suspension_counting)


def _placements(settings: Settings) -> ReactingService[Any]:
    from services.placements import main as placements  # noqa: PLC0415

    return placements.service(settings.ai_cap_scope)


def _reacting(service: ReactingService[Any], settings: Settings, around: Surroundings) -> WriteService:
    from shared.reacting.outlook import KafkaEnds, StoreEnds  # noqa: PLC0415

    urls = {name: settings.database_url_of(name) for name in service.reads}
    # With Kafka, other services may have databases that this process cannot reach: only what is at hand is asked.
    at_hand = {name: url for name, url in urls.items() if url == around.database_url}
    ends = KafkaEnds(_topics(settings), StoreEnds(at_hand)) if settings.kafka_bootstrap else StoreEnds(urls)
    return service.create(around, feed_name(settings), ends)


REACTING: Mapping[str, Callable[[Settings], ReactingService[Any]]] = {
    "pathways": _pathways,
    "agrement": _agrement,
    "placements": _placements,
}
"""Services that read others' facts; all but the first record some by themselves because of them."""

WITH_CLOCK = ("agrement",)
"""Services of which something comes due."""

WRITE_SERVICES: Mapping[str, Callable[[Settings, Surroundings], WriteService]] = {
    "structures": _structures,
    "pathways": _serving_pathways,
    "agrement": lambda settings, around: _reacting(_agrement(settings), settings, around),
    "placements": lambda settings, around: _reacting(_placements(settings), settings, around),
}


def write_service(name: str, settings: Settings, callers: Callers, metrics: Metrics) -> WriteService:
    """Raise SettingsError where there is no such service."""
    from shared.intake.write_service import Surroundings  # noqa: PLC0415

    build = WRITE_SERVICES[_known(name)]
    quota = FactQuota(settings.quota_facts)
    around = Surroundings(
        settings.database_url_of(name),
        callers,
        metrics,
        quota,
        settings.group_wait_ms / 1000,
        ledger=erasure_ledger(settings),
    )
    return build(settings, around)


def erasure_ledger(settings: Settings) -> Ledger | None:
    """Raise SettingsError where it cannot be read: nobody is served then, since somebody forgotten may be back."""
    if settings.erasure_ledger is None:
        return None
    ledger = Ledger(settings.erasure_ledger)
    try:
        ledger.open()
    except LedgerError as error:
        raise SettingsError(f"PARCOURS_ERASURE_LEDGER: {error}") from error
    return ledger


def _known(name: str) -> str:
    if name not in WRITE_SERVICES:
        raise SettingsError(f"no write service is called {name}; there are {', '.join(sorted(WRITE_SERVICES))}")
    return name


def query_service(settings: Settings, callers: Callers) -> Served:
    from services.projections import main as projections  # noqa: PLC0415

    url = settings.database_url_of(PROJECTIONS)
    return projections.create(settings, url, callers, feed_name(settings))


def identity_service(settings: Settings, callers: Callers) -> Served:
    """Raise SettingsError where its keys are none, or others than names are kept under."""
    from services.identities import main as identities  # noqa: PLC0415
    from services.projections import main as projections  # noqa: PLC0415

    key = None if settings.identity_key is None else settings.identity_key.get_secret_value()
    persons = projections.create_persons(settings, settings.database_url_of(PROJECTIONS), feed_name(settings))
    ledger = None if settings.erasure_ledger is None else Ledger(settings.erasure_ledger)
    return identities.create(settings.database_url_of(IDENTITIES), key, callers, persons, ledger)


def _topics(settings: Settings) -> Topics:
    if settings.kafka_bootstrap is None:
        raise SettingsError("PARCOURS_KAFKA_BOOTSTRAP is not set: there is no Kafka to publish to")
    from shared.kafka.topics import Topics  # noqa: PLC0415

    return Topics.of(settings)


def _keeps_reads(settings: Settings, services: Sequence[str]) -> Callable[[], None]:
    """What is done about the log of reads in the databases of these services, now and then: what is old is trimmed, who is
    forgotten is forgotten there too."""
    from shared.web.forgotten_reads import ForgottenReads  # noqa: PLC0415
    from shared.web.reads_table import DailyTrim  # noqa: PLC0415

    urls = [settings.database_url_of(service) for service in services]
    trim = DailyTrim(urls, settings.reads_kept_months)
    ledger = None if settings.erasure_ledger is None else Ledger(settings.erasure_ledger)
    forget = ForgottenReads(ledger, urls)

    def keep() -> None:
        trim()
        forget()

    return keep


@contextmanager
def relay(settings: Settings, service: str, metrics: Metrics, pulse: Pulse | None = None) -> Iterator[Work]:
    from shared.kafka.relay import Relay  # noqa: PLC0415

    store = FactStore(settings.database_url_of(_known(service)), service)
    store.create()
    try:
        yield Relay(store, _topics(settings), metrics, pulse=pulse, daily=_keeps_reads(settings, [service]))
    finally:
        store.close()


@contextmanager
def projector(settings: Settings, metrics: Metrics, recipe: Recipe, pulse: Pulse | None = None) -> Iterator[Work]:
    from services.projections import main as projections  # noqa: PLC0415
    from services.projections.database import Database  # noqa: PLC0415

    database = Database(settings.database_url_of(PROJECTIONS))

    @contextmanager
    def feed() -> Iterator[Feed]:
        with ExitStack() as stack:
            opened = _feed(settings, database, tuple(WRITE_SERVICES), metrics, stack)
            stack.callback(opened.close)
            yield opened

    try:
        # Without Kafka there is no relay, which trims its service's.
        of = [PROJECTIONS, IDENTITIES, *([] if settings.kafka_bootstrap else WRITE_SERVICES)]
        yield projections.create_keeper(settings, database, feed, metrics, recipe, pulse, _keeps_reads(settings, of))
    finally:
        database.close()


@contextmanager
def reconciler(name: str, settings: Settings, metrics: Metrics, pulse: Pulse | None = None) -> Iterator[Reconciler]:
    """What one of the reacting services does about others' facts, as they come. Raise SettingsError."""
    if name not in REACTING:
        raise SettingsError(f"{name} does not act on others' facts; those that do are {', '.join(sorted(REACTING))}")
    service = REACTING[name](settings)
    with ExitStack() as stack:

        def feed(database: HistoryDatabase) -> Feed:
            return _feed(settings, database, service.reads, metrics, stack)

        ledger = erasure_ledger(settings)
        yield service.create_reconciler(settings.database_url_of(name), feed, stack, metrics, pulse, ledger)


@contextmanager
def clock(settings: Settings, today: Callable[[], date] | None = None, pulse: Pulse | None = None) -> Iterator[Clock]:
    with ExitStack() as stack:
        (name,) = WITH_CLOCK
        yield _agrement(settings).create_clock(
            settings.database_url_of(name), today, stack, pulse, erasure_ledger(settings)
        )


def _feed(
    settings: Settings, database: HistoryDatabase, services: Sequence[str], metrics: Metrics, stack: ExitStack
) -> Feed:
    """The facts of some services, from Kafka or from the stores; a consumer group for each reader's database."""
    from shared.feeds.store_feed import StoreFeed  # noqa: PLC0415

    load, ensure = database.places_of(feed_name(settings))
    reader = database.schema.removesuffix("_reading")

    def on_stop(service: str) -> None:
        metrics.stopped.labels(reader, service).inc()

    if settings.kafka_bootstrap:
        from shared.feeds.kafka_feed import KafkaFeed  # noqa: PLC0415
        from shared.feeds.origin import Origin  # noqa: PLC0415

        urls = {name: settings.database_url_of(name) for name in services}
        return KafkaFeed(
            _topics(settings),
            services,
            f"{settings.topic_prefix}-{database.schema}-{database.identity()}",
            load,
            ensure,
            origin=Origin(urls, *database.places_of(StoreFeed.name)),
            max_records=settings.poll_max_records,
            on_stop=on_stop,
        )
    stores = []
    for name in services:
        stores.append(store := FactStore(settings.database_url_of(name), name))
        stack.callback(store.close)
        store.create()
    return StoreFeed(stores, load, ensure, max_records=settings.poll_max_records, on_stop=on_stop)
