"""A real Kafka for the whole test run."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import KafkaAdminClient

from tests.parts.kafka_broker import KAFKA, START_TIMEOUT_S, KafkaBroker, answers, jars_folder, why_no_broker
from tests.parts.ports import free_port
from tests.parts.tiers import PartUnavailableError, Tier, docker_engine
from tests.parts.waiting import wait_until

ADDRESS_VARIABLE = "PARCOURS_TEST_KAFKA_BOOTSTRAP"
REQUIRE_VARIABLE = "PARCOURS_TEST_REQUIRE"
IMAGE = f"apache/kafka:{KAFKA}"
INSIDE = 9093


def tiers() -> list[Tier]:
    """Empty where no Kafka can be had; `why_none` says what is missing."""
    if address := os.environ.get(ADDRESS_VARIABLE):
        return [Tier(ADDRESS_VARIABLE, lambda: _given(address))]
    container = [Tier("Docker engine", _container)] if docker_engine() else []
    java = [Tier(f"Java, Kafka {KAFKA}", _java)] if why_no_broker() is None else []
    return container + java


def needs_jars() -> bool:
    return why_no_broker() is None and not jars_folder().exists()


def why_none() -> str:
    return f"no Docker engine, {why_no_broker()}; or set {ADDRESS_VARIABLE}"


def required() -> bool:
    """An address that was given has to answer, too."""
    return ADDRESS_VARIABLE in os.environ or "kafka" in os.environ.get(REQUIRE_VARIABLE, "").replace(",", " ").split()


@contextmanager
def broker(*, wait: bool = True) -> Iterator[KafkaBroker]:
    """A started broker in a folder of its own. Raise PartUnavailableError. `wait`: until it answers."""
    if reason := why_no_broker():
        raise PartUnavailableError(reason)
    with tempfile.TemporaryDirectory(prefix="parcours-test-kafka-", ignore_cleanup_errors=True) as folder:
        one = KafkaBroker(Path(folder))
        try:
            one.start() if wait else one.launch()
            yield one
        finally:
            one.stop()


@contextmanager
def launched() -> Iterator[str | None]:
    """For all processes of a test run: it starts while they collect (`of_all_workers` waits for it), and they start no
    other. None where they shall look for a broker themselves: there is one at an address, in a container, or none."""
    if ADDRESS_VARIABLE in os.environ or docker_engine() or why_no_broker():
        yield None
    else:
        with broker(wait=False) as one:
            yield one.bootstrap


def of_all_workers(bootstrap: str) -> Tier:
    return Tier(f"Java, Kafka {KAFKA}, of all workers", lambda: _launched(bootstrap))


@contextmanager
def _launched(bootstrap: str) -> Iterator[str]:
    try:
        wait_until(lambda: answers(bootstrap), f"Kafka answers on {bootstrap}", START_TIMEOUT_S)
    except TimeoutError as error:
        raise PartUnavailableError(str(error)) from error
    yield bootstrap


def remove_topics(bootstrap: str, prefix: str) -> None:
    """Dozens of tests would otherwise leave the broker with thousands of partitions."""
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        if topics := [topic for topic in client.list_topics() if topic.startswith(prefix)]:
            client.delete_topics(topics)
    finally:
        client.close()


@contextmanager
def _given(address: str) -> Iterator[str]:
    if not answers(address):
        raise PartUnavailableError(f"no Kafka answers at {address}")
    yield address


@contextmanager
def _java() -> Iterator[str]:
    with broker() as one:
        yield one.bootstrap


@contextmanager
def _container() -> Iterator[str]:
    # The port is chosen before the start: a broker tells its clients the address by which it is reached.
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415

    container = DockerContainer(IMAGE)
    host, port = container.get_container_host_ip(), free_port()
    container.with_bind_ports(INSIDE, port).with_envs(
        KAFKA_NODE_ID="1",
        KAFKA_PROCESS_ROLES="broker,controller",
        KAFKA_LISTENERS=f"PLAINTEXT://0.0.0.0:{INSIDE},CONTROLLER://localhost:9094",
        KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{host}:{port}",
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP="PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        KAFKA_CONTROLLER_LISTENER_NAMES="CONTROLLER",
        KAFKA_CONTROLLER_QUORUM_VOTERS="1@localhost:9094",
        KAFKA_INTER_BROKER_LISTENER_NAME="PLAINTEXT",
        KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="1",
        KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="1",
        KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR="1",
        KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR="1",
        KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS="0",
        KAFKA_AUTO_CREATE_TOPICS_ENABLE="false",
        KAFKA_HEAP_OPTS="-Xmx512m",
    )
    try:
        container.start()
    except Exception as error:  # no network, no image, no right: the next tier
        raise PartUnavailableError(str(error)) from error
    try:
        wait_until(lambda: answers(f"{host}:{port}"), "Kafka answers in its container", 60)
        yield f"{host}:{port}"
    finally:
        container.stop()
