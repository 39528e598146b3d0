"""The real parts keep the promises that other tests build on."""

import sys
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from tests.parts.kafka_broker import KafkaBroker, answers
from tests.parts.ports import free_port
from tests.parts.postgres import OwnPostgres, fresh_database
from tests.parts.processes import Processes
from tests.parts.waiting import wait_until

WEB = ("-m", "http.server", "--bind", "127.0.0.1")


def test_each_test_has_an_empty_database_of_its_own(database_url: str, postgres_server: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE mine (n int)")
    with fresh_database(postgres_server) as other, psycopg.connect(other) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_an_own_server_keeps_address_and_data_through_a_kill(own_postgres: OwnPostgres) -> None:
    with psycopg.connect(own_postgres.url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    own_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_postgres.url)
    own_postgres.start()
    with psycopg.connect(own_postgres.url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_frozen_server_answers_again_after_resume(own_postgres: OwnPostgres) -> None:
    own_postgres.pause()
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(own_postgres.url, connect_timeout=2)
    own_postgres.resume()
    psycopg.connect(own_postgres.url).close()


def test_a_process_is_waited_for_by_its_address_and_killed(processes: Processes) -> None:
    url = f"http://127.0.0.1:{(port := free_port())}/"
    process = processes.start(sys.executable, *WEB, str(port))
    process.wait_ready(url)
    process.sigkill()
    assert process.wait() == -9


def test_a_process_that_ends_too_soon_shows_its_log(processes: Processes) -> None:
    process = processes.start(sys.executable, "-c", "print('out of luck'); raise SystemExit(3)")
    with pytest.raises(RuntimeError, match=r"ended \(3\) before .*\n.*out of luck"):
        process.wait_ready("http://127.0.0.1:9/")


def test_a_process_sees_no_setting_of_the_test_run(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_PORT", "1")
    show = "import os; print([(k, v) for k, v in os.environ.items() if k.startswith('PARCOURS_')])"
    process = processes.start(sys.executable, "-c", show, env={"PARCOURS_HOST": "::1"})
    assert process.wait() == 0
    assert process.log_text().strip() == "[('PARCOURS_HOST', '::1')]"


def test_children_end_with_a_test_run_that_is_killed(processes: Processes, tmp_path: Path) -> None:
    parent = (
        "import sys, signal, pathlib; from tests.parts.processes import Processes\n"
        "child = Processes(pathlib.Path(sys.argv[1])).start('sleep', '1000')\n"
        "child.wait_for(lambda: pathlib.Path(f'/proc/{child.pid}/comm').read_text() == 'sleep\\n', 'sleep runs')\n"
        "print(child.pid, flush=True); signal.pause()\n"
    )
    if sys.platform != "linux":
        pytest.skip("only Linux ties a child to its parent")
    (tmp_path / "children").mkdir()
    process = processes.start(sys.executable, "-c", parent, str(tmp_path / "children"))
    process.wait_for(lambda: process.log_text().strip().isdigit(), "the child's pid")
    child = Path("/proc") / process.log_text().strip()
    process.sigkill()
    wait_until(lambda: not child.exists() or "\nState:\tZ" in (child / "status").read_text(), "the child is gone")


def write(bootstrap: str, topic: str, *texts: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        for sent in [producer.send(topic, text) for text in texts]:
            sent.get(timeout=30)
    finally:
        producer.close()


def read(bootstrap: str, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = consumer.end_offsets([partition])[partition]
        texts: list[bytes] = []
        while consumer.position(partition) < end:
            texts += [record.value for records in consumer.poll(1000).values() for record in records]
        return texts
    finally:
        consumer.close()


def create(bootstrap: str, topic: str) -> None:
    client = KafkaAdminClient(bootstrap_servers=bootstrap)
    client.create_topics({topic: {"num_partitions": 1, "replication_factor": 1}}, wait_for_metadata=True)
    client.close()


def test_the_shared_broker_keeps_what_is_written(kafka: str, topic_prefix: str) -> None:
    create(kafka, f"{topic_prefix}.a")
    write(kafka, f"{topic_prefix}.a", b"1", b"2")
    assert read(kafka, f"{topic_prefix}.a") == [b"1", b"2"]


@pytest.mark.soak
def test_an_own_broker_keeps_address_and_data_through_restart_and_kill(own_kafka: KafkaBroker) -> None:
    create(own_kafka.bootstrap, "a")
    write(own_kafka.bootstrap, "a", b"1")
    own_kafka.restart()
    assert read(own_kafka.bootstrap, "a") == [b"1"]
    own_kafka.kill()
    assert not answers(own_kafka.bootstrap)
    own_kafka.start()
    own_kafka.pause()
    assert not answers(own_kafka.bootstrap)
    own_kafka.resume()
    wait_until(lambda: answers(own_kafka.bootstrap), "the broker answers again")
    assert read(own_kafka.bootstrap, "a") == [b"1"]
