"""Clients of kafka-python 3.0.12, opened so that nothing is left behind and no topic made by the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from shared.process.unavailable import UnavailableError

BOOTSTRAP_TIMEOUT_MS = 3_000
"""The client alone would go on asking for 30 s, in which nobody learns that Kafka is away."""


@contextmanager
def reaching_kafka() -> Iterator[None]:
    """Raise UnavailableError for what the client raises when it does not get its answer."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise UnavailableError(reason="kafka", detail=f"{type(error).__name__}: {error}"[:300]) from error


def opened(make: Callable[..., Any], **config: Any) -> Any:
    """`make(**config)`: a producer, consumer or admin client. Raise UnavailableError when no broker answers.

    One that finds no broker keeps its thread and four descriptors (until the process ends, at every attempt), and all
    ask brokers to create a topic they only ask about, whatever `allow_auto_create_topics` says.
    """
    networks: list[Any] = []

    def network(**settings: Any) -> Any:
        client = KafkaNetClient(**settings)
        networks.append(client)
        # Private, and the only place where it has an effect (3.0.12).
        client._manager.cluster.config["allow_auto_create_topics"] = False
        return client

    try:
        with reaching_kafka():
            return make(
                kafka_client=network,
                bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
                reconnect_backoff_max_ms=1_000,  # a broker that is back is noticed within a second, not thirty
                **config,
            )
    except BaseException:
        for client in networks:
            with suppress(Exception):
                client.close()
                client._net.stop(1_000)  # `close` leaves the thread running
        raise
