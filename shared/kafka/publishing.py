"""Sending facts and marks to one topic, and knowing when all of it is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.partitioner.default import murmur2
from pydantic_core import from_json

from shared.kafka.clients import opened, reaching_kafka
from shared.log.entries import LogEntry
from shared.log.envelope import mark
from shared.log.seal import HEADER, Seal

WAIT_S = 0.5
"""Of one wait for what was sent: between two, whoever publishes may look whether it still should."""
MANY = 100
"""Facts of which the first are sent while the last are handed over."""
NEVER_MS = 2**31 - 1
"""The longest that fits into the protocol's 32 bits, 24 days."""
CONTENT_TYPE = b"application/cloudevents+json; charset=UTF-8"
ATTRIBUTES = {
    f"ce_{name}": name
    for name in ("id", "source", "type", "subject", "time", "recordedtime", "correlationid", "causationid", "saidfor")
}

Headers = list[tuple[str, bytes]]


@lru_cache(maxsize=100_000)
def partition_of(subject: str, partitions: int) -> int:
    """Kafka's usual choice (murmur2 of the key), which any client makes alike."""
    return int(murmur2(subject.encode()) & 0x7FFFFFFF) % partitions  # without the sign, as Java's client does it


def headers_of(entry: LogEntry) -> Headers:
    """What a reader may want before it opens the value. The value alone says everything."""
    try:
        envelope = from_json(entry.state, cache_strings="keys")  # no two values are alike
        attributes = [
            (header, value.encode())
            for header, name in ATTRIBUTES.items()
            if isinstance(value := envelope.get(name), str)
        ]
    except (ValueError, AttributeError):  # unreadable here: readers keep it as a letter, it is sent like any other
        attributes = [("ce_type", entry.type.encode()), ("ce_subject", entry.subject.encode())]
    return [
        ("content-type", CONTENT_TYPE),
        ("sequence", b"%d" % entry.sequence),
        ("streamversion", b"%d" % entry.streamversion),
        *attributes,
    ]


class Publisher:
    """One producer for one topic; not for several threads. Every method may raise UnavailableError: then `abandon`
    it, and send again with a new one from the last position known to be there.

    `seal`: the store's, put on every record. `partitions`: how many the topic had when this was made; facts go to these.
    """

    def __init__(self, bootstrap: str, topic: str, service: str, topic_id: str, seal: Seal | None = None) -> None:
        self._topic = topic
        self._service = service
        self._topic_id = topic_id
        self._seal = seal
        self._waiting: list[Any] = []
        self._producer = _producer(bootstrap, service)
        try:
            with reaching_kafka():
                self.partitions = len(self._producer.partitions_for(topic))
        except BaseException:
            self.abandon()
            raise
        self._places = [TopicPartition(topic, number) for number in range(self.partitions)]

    def send(self, entries: Sequence[LogEntry]) -> None:
        """Hand over to the producer, which begins to send many at once, few when it is flushed."""
        with reaching_kafka():
            if len(self._producer.partitions_for(self._topic)) < self.partitions:
                raise KafkaError(f"{self._topic} was made again, with fewer partitions")
            begins = len(entries) >= MANY
            for entry in entries:
                subject = entry.subject
                partition = partition_of(subject, self.partitions)
                self._send(partition, subject.encode(), entry.wire, headers_of(entry), begins=begins)

    def mark(self, through: int) -> None:
        """Tell every partition that all facts up to `through` stand before; so they must be there already."""
        value = mark(self._service, through, self._topic_id, self.partitions)
        headers = [("content-type", CONTENT_TYPE), ("ce_type", b"parcours.mark"), ("through", b"%d" % through)]
        with reaching_kafka():
            for partition in range(self.partitions):
                self._send(partition, None, value, headers)

    def flush(self, while_waiting: Callable[[], None]) -> None:
        """Until everything sent is there. `while_waiting` is called twice a second and may raise."""
        with reaching_kafka():
            while not self._flushed():
                while_waiting()
            for future in self._waiting:
                if not future.succeeded():
                    raise future.exception or KafkaError("not sent")
        self._waiting.clear()

    def close(self) -> None:
        """Only after `flush`; else `abandon`."""
        with suppress(KafkaError):
            self._producer.close(timeout=5)

    def abandon(self) -> None:
        """Send nothing more. `close` of the client would wait for what cannot be sent, and go on sending it."""
        # Private: what is waiting must not follow behind the same facts sent again by the next producer.
        sender = self._producer._sender
        sender.force_close()
        sender.join(5)
        with suppress(KafkaError):
            self._producer.close(timeout=0)

    def _send(self, partition: int, key: bytes | None, value: bytes, headers: Headers, *, begins: bool = False) -> None:
        if self._seal is not None:
            headers = [(HEADER, self._seal.of(value)), *headers]
        # Private, docs/adr/0008: of every record `send` asks again what is so of all of ours (types, size, whether there is
        # such a partition), which takes as long as all else that the client does with it.
        future, is_full, is_new, _ = self._producer._accumulator.append(
            self._places[partition], None, key, value, headers
        )
        self._waiting.append(future)
        # Else by the flush, once: each wake-up is a turn of the client's thread, and a mark is a new batch in each partition.
        if is_full or (is_new and begins):
            self._producer._sender.wakeup()

    def _flushed(self) -> bool:
        try:
            self._producer.flush(timeout=WAIT_S)
        except KafkaTimeoutError:
            return False
        return all(future.is_done for future in self._waiting)


def _producer(bootstrap: str, service: str) -> Any:
    return opened(
        KafkaProducer,
        bootstrap_servers=bootstrap,
        client_id=f"parcours-relay-{service}",
        # What a lost answer has sent twice is written once, and in order.
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        # Full batches while much is sent; whoever waits for few facts flushes, and that does not linger.
        linger_ms=20,
        # A little under the broker's limit of 1 MiB, for a batch that compression does not shrink.
        batch_size=1_000_000,
        # Several batches of one broker go in one request; the size of a fact is bounded far below.
        max_request_size=8 << 20,
        # Retried for as long as it takes: giving up on a batch while later ones pass would change the order.
        delivery_timeout_ms=NEVER_MS,
        request_timeout_ms=10_000,
        # Asking for its partitions blocks where the topic is not known: the relay must look at its lock again.
        max_block_ms=5_000,
        metrics_enabled=False,  # figures of the client that nobody reads
    )
