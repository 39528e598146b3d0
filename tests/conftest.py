"""Real parts, started when the first test asks for them. See tests/parts/ for how each is had."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import structlog
from hypothesis import settings

from shared.process.collector import collect_seldom
from tests.parts import kafka_tiers, postgres, tiers
from tests.parts.kafka_broker import KafkaBroker, kafka_jars
from tests.parts.processes import Processes, processes_in

# No deadline of 200 ms an example: how long one takes says how busy the machine is.
settings.register_profile("parcours", deadline=None)
settings.load_profile("parcours")

# As in every process of ours: a traceback is text. By default it shows what every variable holds, which of a large
# application takes seconds of a failure that a test provokes.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# As in every process of ours: loading thousands of tests makes millions of objects and next to no garbage.
collect_seldom()

KAFKA_FIXTURES = {"kafka", "own_kafka"}
KAFKA_OF_WORKERS = pytest.StashKey[str | None]()


def pytest_configure(config: pytest.Config) -> None:
    """One broker for all workers of `-n`: each of their own would take 500 MB, and two processors are busy with three
    that only run. It belongs to the process that starts the workers, so it ends after the last of them."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        kafka = ExitStack()
        config.add_cleanup(kafka.close)
        with suppress(tiers.PartUnavailableError):  # the tests that need it say so
            config.stash[KAFKA_OF_WORKERS] = kafka.enter_context(kafka_tiers.launched())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["kafka"] = node.config.stash.get(KAFKA_OF_WORKERS, None)


def kafka_tiers_of(config: pytest.Config) -> list[tiers.Tier]:
    launched = getattr(config, "workerinput", {}).get("kafka")
    return [kafka_tiers.of_all_workers(launched)] if launched else kafka_tiers.tiers()


def pytest_report_header() -> list[str]:
    return [
        f"PostgreSQL: {tiers.names(postgres.tiers())}",
        f"Kafka: {tiers.names(kafka_tiers.tiers()) or 'none, ' + kafka_tiers.why_none()}",
    ]


def pytest_itemcollected(item: pytest.Item) -> None:
    if KAFKA_FIXTURES & set(getattr(item, "fixturenames", [])):
        item.add_marker("kafka")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded by now stays to the end: the collector need not walk it again. And Kafka's jars are fetched here, where
    no test's time limit runs; a failure is told by the tests that need them."""
    gc.collect()
    gc.freeze()
    wanted = any(item.get_closest_marker("kafka") for item in session.items)
    if wanted and not session.config.option.collectonly and kafka_tiers.needs_jars():
        print("\nfetching Kafka for tests (once on this machine)", flush=True)
        with suppress(tiers.PartUnavailableError):
            kafka_jars()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A server's address (libpq, with the right to create databases). Tests want `database_url` instead."""
    with tiers.first_of(postgres.tiers()) as url:
        yield url


@pytest.fixture
def database_url(postgres_server: str) -> Iterator[str]:
    """A fresh empty database of its own for each test."""
    with postgres.fresh_database(postgres_server) as url:
        yield url


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A fresh folder for `embedded_postgres(data_dir)` and `parcours up --data-dir`."""
    with postgres.data_dir() as folder:
        yield folder


@pytest.fixture
def durable_database_url(database_url: str) -> str:
    """`database_url` for tests of durability and speed, which say nothing on a server with fsync off."""
    if not postgres.is_durable(database_url):
        pytest.skip(f"the server of {postgres.ADDRESS_VARIABLE} is not durable (fsync, synchronous_commit)")
    return database_url


@pytest.fixture
def own_postgres() -> Iterator[postgres.OwnPostgres]:
    """A server for this test alone, to be stopped, killed or frozen. Takes a second to start."""
    with postgres.own_postgres() as server:
        yield server


@contextmanager
def _skip_without_kafka() -> Iterator[None]:
    try:
        yield
    except tiers.PartUnavailableError as error:
        if kafka_tiers.required():
            pytest.fail(f"Kafka is wanted: {error}", pytrace=False)
        pytest.skip(f"no Kafka: {error}")


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> Iterator[str]:
    """The bootstrap address of a broker shared by all tests; take topic names from `topic_prefix`."""
    with ExitStack() as stack:
        with _skip_without_kafka():
            bootstrap = stack.enter_context(tiers.first_of(kafka_tiers_of(request.config), kafka_tiers.why_none))
        yield bootstrap


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> Iterator[str]:
    """A prefix for this test's topics and groups; topics named so are removed after it from the shared broker."""
    prefix = f"test-{uuid4().hex[:8]}"
    yield prefix
    if "kafka" in request.fixturenames:
        kafka_tiers.remove_topics(request.getfixturevalue("kafka"), prefix)


@pytest.fixture
def own_kafka() -> Iterator[KafkaBroker]:
    """A broker for this test alone, to be stopped, killed or frozen. Takes 4 s to start; always Java, no container."""
    with ExitStack() as stack:
        with _skip_without_kafka():
            broker = stack.enter_context(kafka_tiers.broker())
        yield broker


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Starts real child processes; all are ended after the test, and their logs shown if it failed."""
    with processes_in(tmp_path) as children:
        yield children
    print(children.logs())
