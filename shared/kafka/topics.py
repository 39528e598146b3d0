"""The topics `<prefix>.<service>`: made explicitly, told apart by their id. An operator may give them more partitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import structlog
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import TopicAlreadyExistsError

from shared.kafka.clients import opened, reaching_kafka
from shared.process.settings import Settings
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

DAY_MS = 24 * 60 * 60 * 1000
REQUEST_TIMEOUT_MS = 5_000
"""Of a question to a broker. The relay asks while it holds its lock, so the answer must not be waited for long."""

TIMESTAMPS, BROKERS = "message.timestamp.type", "LogAppendTime"
"""By whose clock records are dated: the broker's, which also counts their retention. By the relay's, one that is an hour
ahead could publish nothing, and what one far behind published would be dropped at once."""


class TopicError(Exception):
    """A topic is not as this suite needs it; the message says what to do."""


class CleanupPolicyError(TopicError):
    """Compaction keeps only the last record of a subject: facts would disappear from the topic."""

    def __init__(self, topic: str, policy: str) -> None:
        super().__init__(
            f"topic {topic} has cleanup.policy={policy}, which would drop facts; it must be delete: "
            f"kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config cleanup.policy=delete"
        )
        self.topic, self.policy = topic, policy


def topic_of(prefix: str, service: str) -> str:
    return f"{prefix}.{service}"


class Topics:
    """The topics of one cluster. Connects when first asked; every method may raise UnavailableError."""

    def __init__(
        self, bootstrap: str, prefix: str, *, partitions: int = 6, replication: int = 1, retention_days: int = 30
    ) -> None:
        self.bootstrap = bootstrap
        self.prefix = prefix
        self._retention_ms = str(retention_days * DAY_MS)
        self._new = {
            "num_partitions": partitions,
            "replication_factor": replication,
            "configs": {"cleanup.policy": "delete", "retention.ms": self._retention_ms, TIMESTAMPS: BROKERS},
        }
        self._client: Any = None

    @classmethod
    def of(cls, settings: Settings) -> Topics:
        if settings.kafka_bootstrap is None:
            raise ValueError("kafka_bootstrap is not set")
        return cls(
            settings.kafka_bootstrap,
            settings.topic_prefix,
            partitions=settings.topic_partitions,
            replication=settings.topic_replication,
            retention_days=settings.topic_retention_days,
        )

    def name(self, service: str) -> str:
        return topic_of(self.prefix, service)

    def ensure(self, services: Iterable[str]) -> dict[str, str]:
        """The topic id of each service; what is missing is created. Raise CleanupPolicyError."""
        wanted = {self.name(service): service for service in services}
        missing = [name for name, topic_id in self._ids(wanted).items() if topic_id is None]
        if missing:
            self._create(missing)
        self._check_configs(wanted)
        with reaching_kafka():
            # A topic just made has no leaders yet: a producer that met it now would see fewer partitions.
            self._admin().wait_for_topics(list(wanted))
        return {wanted[name]: _there(name, topic_id) for name, topic_id in self._ids(wanted).items()}

    def ids(self, services: Iterable[str]) -> dict[str, str | None]:
        """The id of each service's topic; None where there is none."""
        wanted = {self.name(service): service for service in services}
        return {wanted[name]: topic_id for name, topic_id in self._ids(wanted).items()}

    def shape(self, service: str) -> tuple[str | None, int]:
        """The id of a service's topic and how many partitions it has now; None and 0 where there is none."""
        name = self.name(service)
        with reaching_kafka():
            (found,) = self._admin().describe_topics([name])
        topic_id = _id(found)
        return topic_id, len(found["partitions"]) if topic_id else 0

    def ranges(self, service: str) -> dict[int, tuple[int, int]]:
        """Of each partition: the first offset there is, and the next one to be written."""
        name = self.name(service)
        with reaching_kafka():
            (topic,) = self._admin().describe_topics([name])
            partitions = [TopicPartition(name, found["partition_index"]) for found in topic["partitions"]]
            first, end = (
                self._admin().list_partition_offsets(dict.fromkeys(partitions, spec))
                for spec in (OffsetSpec.EARLIEST, OffsetSpec.LATEST)
            )
        return {each.partition: (first[each].offset, end[each].offset) for each in sorted(partitions)}

    def kept_for(self, service: str) -> timedelta | None:
        """How long a record may stay, by the settings of the topic itself; None: for ever. A segment goes when its last record
        is as old as retention says, and takes records for as long as it rolls at."""
        ((_, configs),) = self._configs([self.name(service)])
        retention_ms = int(configs["retention.ms"])
        return None if retention_ms < 0 else timedelta(milliseconds=retention_ms + int(configs["segment.ms"]))

    def delete(self, service: str) -> bool:
        """Its relay makes it again and publishes the whole log into it. Return whether there was one."""
        with reaching_kafka():
            if self._ids([self.name(service)])[self.name(service)] is None:
                return False
            self._admin().delete_topics([self.name(service)])
        return True

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _create(self, names: list[str]) -> None:
        log.info("creating_topics", topics=names, **self._new)
        with reaching_kafka():
            try:
                self._admin().create_topics(dict.fromkeys(names, self._new), wait_for_metadata=True)
            except TopicAlreadyExistsError:
                log.info("topics_created_by_another", topics=names)

    def _ids(self, names: Iterable[str]) -> dict[str, str | None]:
        with reaching_kafka():
            found = {topic["name"]: topic for topic in self._admin().describe_topics(list(names))}
        return {name: _id(found.get(name)) for name in names}

    def _configs(self, names: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
        """Settings by topic. A broker tells none of a topic just made that it has not learnt of, nor of one that goes."""
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        with reaching_kafka():
            found = self._admin().describe_configs(resources, config_filter="all")["topic"]
        for name, configs in found.items():
            if not configs:
                raise _not_there(name)
            yield name, {key: config["value"] for key, config in configs.items()}

    def _check_configs(self, names: Iterable[str]) -> None:
        for name, configs in self._configs(names):
            policy = configs["cleanup.policy"]
            if policy != "delete":
                raise CleanupPolicyError(name, policy)
            retention = configs["retention.ms"]
            if retention != self._retention_ms:
                log.warning("topic_retention_differs", topic=name, has_ms=retention, settings_ms=self._retention_ms)
            if configs[TIMESTAMPS] != BROKERS:  # made by a version before, or by hand
                self._date_by_broker(name)

    def _date_by_broker(self, name: str) -> None:
        resource = ConfigResource(ConfigResourceType.TOPIC, name, {TIMESTAMPS: BROKERS})
        with reaching_kafka():
            done = self._admin().alter_configs([resource])["topic"][name]
        if done == "OK":
            log.info("topic_dated_by_broker", topic=name)
            return
        # It may not. All goes on for as long as the relay's clock is right.
        command = (
            f"kafka-configs.sh --alter --entity-type topics --entity-name {name} --add-config {TIMESTAMPS}={BROKERS}"
        )
        log.warning("topic_dated_by_relay", topic=name, error=str(done), do=command)

    def _admin(self) -> Any:
        if self._client is None:
            self._client = opened(
                KafkaAdminClient, bootstrap_servers=self.bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS
            )
        return self._client


def _id(topic: dict[str, Any] | None) -> str | None:
    return str(topic["topic_id"]) if topic and not topic["error_code"] else None


def _there(name: str, topic_id: str | None) -> str:
    if topic_id is None:
        raise _not_there(name)
    return topic_id


def _not_there(name: str) -> UnavailableError:
    return UnavailableError(reason="kafka", detail=f"topic {name} is not there yet")
