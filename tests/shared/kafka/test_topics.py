"""Topics on a real broker."""

import gc
import logging
import threading
import time

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from shared.kafka.clients import opened
from shared.kafka.topics import DAY_MS, CleanupPolicyError, Topics
from shared.log.store import FactStore
from shared.process.unavailable import UnavailableError
from tests.parts.ports import free_port
from tests.parts.waiting import wait_until
from tests.shared.feeding import PARTITIONS, SERVICE, running_relay, topics_at
from tests.shared.recording import Recorder, person


def test_a_topic_is_made_as_the_settings_say(topics: Topics) -> None:
    created = topics.ensure([SERVICE])
    assert created == topics.ids([SERVICE])
    assert topics.ranges(SERVICE) == dict.fromkeys(range(PARTITIONS), (0, 0))
    configs = _configs(topics)
    assert configs["cleanup.policy"] == "delete"
    assert configs["retention.ms"] == str(30 * DAY_MS)
    assert configs["message.timestamp.type"] == "LogAppendTime"


def test_records_are_dated_by_the_broker_also_in_a_topic_of_before(topics: Topics) -> None:
    """As a relay's client dates them: two days ahead the broker refused them, years behind it dropped them at once."""
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    client.create_topics({topics.name(SERVICE): {"num_partitions": 1}}, wait_for_metadata=True)
    client.close()
    topics.ensure([SERVICE])
    now_ms = int(time.time() * 1_000)
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap)
    for days in (2, -4_000):
        sent = producer.send(topics.name(SERVICE), b"x", timestamp_ms=now_ms + days * DAY_MS).get(timeout=30)
        assert abs(sent.timestamp - now_ms) < DAY_MS / 24, f"{days} days from now"
    producer.close()


def test_made_by_several_at_once_it_is_one(kafka: str, topic_prefix: str) -> None:
    ids: list[dict[str, str]] = []

    def make() -> None:
        one = topics_at(kafka, topic_prefix)
        ids.append(one.ensure([SERVICE, "agrement"]))
        one.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert all(one == ids[0] for one in ids)


def test_a_compacted_topic_is_refused_with_what_to_do(
    topics: Topics, store: FactStore, recorder: Recorder, own: Topics
) -> None:
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    client.create_topics({topics.name(SERVICE): {"configs": {"cleanup.policy": "compact"}}}, wait_for_metadata=True)
    client.close()
    with pytest.raises(CleanupPolicyError, match=r"--add-config cleanup\.policy=delete"):
        topics.ensure([SERVICE])
    recorder.record(person(1))
    with running_relay(store, own) as relay:
        wait_until(lambda: "compact" in (relay.relay.problem or ""), "the relay says so")
    assert topics.ranges(SERVICE) == {0: (0, 0)}


def test_a_topic_that_goes_while_it_is_looked_at_is_waited_for(topics: Topics) -> None:
    """A broker tells no settings of a topic that it does not know yet, or no more."""
    with pytest.raises(UnavailableError) as away:
        topics._check_configs([topics.name(SERVICE)])
    assert away.value.told == f"kafka: topic {topics.name(SERVICE)} is not there yet"


def _configs(topics: Topics) -> dict[str, str]:
    resource = ConfigResource(ConfigResourceType.TOPIC, topics.name(SERVICE))
    client = KafkaAdminClient(bootstrap_servers=topics.bootstrap)
    found = client.describe_configs([resource], config_filter="all")["topic"]
    client.close()
    return {name: one["value"] for name, one in found[topics.name(SERVICE)].items()}


def test_asking_about_a_topic_does_not_make_it_where_brokers_would(kafka: str) -> None:
    for make in (KafkaConsumer, KafkaProducer, KafkaAdminClient):
        client = opened(make, bootstrap_servers=kafka)
        metadata = client._metadata if make is KafkaProducer else client._manager.cluster
        assert metadata.metadata_request().allow_auto_topic_creation is False
        client.close()


@pytest.mark.filterwarnings("ignore:unclosed .socket:ResourceWarning")
def test_a_client_that_finds_no_broker_leaves_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL + 1, "kafka")
    threads = threading.active_count()
    with pytest.raises(UnavailableError):
        opened(KafkaConsumer, bootstrap_servers=f"127.0.0.1:{free_port()}")
    assert threading.active_count() == threads
    gc.collect()
