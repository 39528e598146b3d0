"""The relay beside a real PostgreSQL and a real Kafka, with nothing going wrong but what the test does."""

import gc
import logging
import threading
from contextlib import closing

import psycopg
import pytest
from kafka.partitioner.default import murmur2

from shared.facts.fact import printed
from shared.kafka.relay import MARK_EVERY_S, Relay
from shared.kafka.relay_position import PositionMovedError, RelayPosition, Saved
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.pace import Pace
from tests.parts.waiting import wait_until
from tests.shared.feeding import DEADLINE_S, PARTITIONS, SERVICE, delete, id_of, running_relay, saved_in, topics_at
from tests.shared.recording import NOON, SOURCE, Recorder, person
from tests.shared.topic_records import records_of


class Meanwhile(Pace):
    """The third fact is recorded while the turn of the second waits to begin."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(0)
        self.recorder = recorder
        self.begun = 0

    def begin(self, now: float) -> None:
        self.begun += 1

    def left_s(self, now: float) -> float:
        if self.recorder.store.last_sequence() == 2:
            self.recorder.record(person(3))
        return 0


class TestWhatIsPublished:
    def test_a_record_is_the_whole_event_with_headers_for_those_who_look_no_further(
        self, store: FactStore, recorder: Recorder, topics: Topics, own: Topics
    ) -> None:
        with running_relay(store, own) as relay:
            recorder.record(person(1), person(2), person(1))
            relay.wait_published(3)
        (entry,) = store.log(2, 1)
        partition = (murmur2(person(1).encode()) & 0x7FFFFFFF) % PARTITIONS
        facts = [record for record in records_of(topics).partitions[partition] if record.key == person(1).encode()]
        assert facts[1].value == entry.wire
        headers = dict(facts[1].headers)
        assert len(headers.pop("seal")) == 16  # what it says: tests/shared/feeds/test_forged.py
        assert headers == {
            "content-type": b"application/cloudevents+json; charset=UTF-8",
            "sequence": b"3",
            "streamversion": b"2",
            "ce_id": b"action-3",
            "ce_source": SOURCE.encode(),
            "ce_type": b"pathways.support_action.v1",
            "ce_subject": person(1).encode(),
            "ce_time": NOON.isoformat().encode(),
            "ce_recordedtime": printed(NOON).encode(),
        }

    def test_in_calm_times_every_fact_once_each_subjects_in_order_and_marks_to_the_end(
        self, store: FactStore, recorder: Recorder, topics: Topics, own: Topics
    ) -> None:
        with running_relay(store, own) as relay:
            recorder.record_many(1_500, persons=40, commit_size=25)
            relay.wait_published(1_500)
            wait_until(lambda: records_of(topics).last_marks == {1_500}, "marks at 1500")
        topic = records_of(topics)
        assert topic.sequences == list(range(1, 1_501))
        topic.assert_whole(store)

    def test_marks_do_not_come_oftener_than_every_20_ms(
        self, store: FactStore, recorder: Recorder, topics: Topics, own: Topics
    ) -> None:
        with running_relay(store, own) as relay:
            for _ in range(100):
                recorder.record(person(1))
            relay.wait_published(100)
        for records in records_of(topics).partitions.values():
            marks = [record.timestamp / 1_000 for record in records if record.key is None]
            assert len(marks) <= (marks[-1] - marks[0]) / MARK_EVERY_S + 2

    def test_what_is_recorded_while_a_turn_waits_is_sent_with_it(
        self, store: FactStore, recorder: Recorder, topics: Topics, own: Topics
    ) -> None:
        pace = Meanwhile(recorder)
        with running_relay(store, own, pace=pace) as relay:
            recorder.record(person(1))
            relay.wait_published(1)
            wait_until(lambda: records_of(topics).last_marks == {1}, "marks at 1", DEADLINE_S)
            recorder.record(person(2))
            relay.wait_published(3)
            wait_until(lambda: records_of(topics).last_marks == {3}, "marks at 3", DEADLINE_S)
        assert pace.begun == 2
        assert records_of(topics).sequences == [1, 2, 3]

    def test_while_facts_follow_each_other_marks_come_with_the_next_of_them(
        self, store: FactStore, recorder: Recorder, topics: Topics, own: Topics
    ) -> None:
        """Each is true where it stands: what it promises is in front of it, in every partition."""
        with running_relay(store, own) as relay:
            for _ in range(100):
                recorder.record(person(1), person(2), person(3))
            relay.wait_published(300)
            wait_until(lambda: records_of(topics).last_marks == {300}, "marks at the end", DEADLINE_S)
        records_of(topics).assert_whole(store)

    def test_an_unreadable_fact_is_published_like_any_other(
        self, store: FactStore, recorder: Recorder, topics: Topics, own: Topics
    ) -> None:
        with psycopg.connect(store.database_url) as connection:
            connection.execute("INSERT INTO pathways.facts VALUES ('person/x', 1, 'odd', 'not json')")
        with running_relay(store, own) as relay:
            relay.wait_published(1)
        (record,) = [one for ones in records_of(topics).partitions.values() for one in ones if one.key is not None]
        assert dict(record.headers)["ce_type"] == b"odd"


class TestPosition:
    def test_it_goes_on_where_it_stopped(
        self, store: FactStore, recorder: Recorder, topics: Topics, kafka: str, topic_prefix: str
    ) -> None:
        for round_of in (1, 2):
            recorder.record(person(1), person(2))
            with running_relay(store, topics_at(kafka, topic_prefix)) as relay:
                relay.wait_published(2 * round_of)
        assert records_of(topics).sequences == [1, 2, 3, 4]
        assert saved_in(store, topics) == Saved(topics.ids([SERVICE])[SERVICE] or "", 4)

    def test_it_is_moved_from_where_it_is_known_to_be_or_not_at_all(self, store: FactStore) -> None:
        position = RelayPosition(SERVICE, "t")
        with store.connection() as connection:
            assert position.load(connection) is None
            position.create(connection)
            position.create(connection)
            position.insert(connection, Saved("a", 0))
            position.insert(connection, Saved("b", 9))
            position.move(connection, Saved("a", 0), Saved("a", 5))
            for wrong in (Saved("a", 0), Saved("b", 5)):
                with pytest.raises(PositionMovedError):
                    position.move(connection, wrong, Saved("a", 7))
            assert position.load(connection) == Saved("a", 5)

    def test_moved_behind_its_back_it_takes_up_the_new_one(
        self, store: FactStore, recorder: Recorder, topics: Topics, own: Topics
    ) -> None:
        with running_relay(store, own) as relay:
            recorder.record(person(1), person(1))
            relay.wait_published(2)
            with store.connection() as connection:
                connection.execute("UPDATE pathways.relay SET position = 1")
            recorder.record(person(1))
            wait_until(lambda: saved_in(store, topics) == Saved(id_of(topics), 3), "the relay at 3")
        topic = records_of(topics)
        assert topic.sequences.count(2) == 2
        topic.assert_whole(store)

    def test_a_topic_made_again_gets_everything_again(
        self, store: FactStore, recorder: Recorder, topics: Topics, kafka: str, topic_prefix: str
    ) -> None:
        recorder.record_many(20)
        with running_relay(store, topics_at(kafka, topic_prefix)) as relay:
            relay.wait_published(20)
        before = id_of(topics)
        delete(topics)
        with running_relay(store, topics_at(kafka, topic_prefix)) as relay:
            recorder.record(person(1))
            relay.wait_published(21)
        assert id_of(topics) != before
        records_of(topics).assert_whole(store)


class TestTurns:
    def test_a_second_one_stands_by_and_takes_over(
        self, store: FactStore, recorder: Recorder, topics: Topics, kafka: str, topic_prefix: str
    ) -> None:
        with (
            running_relay(store, topics_at(kafka, topic_prefix)) as first,
            closing(FactStore(store.database_url, SERVICE)) as another,
        ):
            wait_until(lambda: first.relay.is_working, "the first works")
            with running_relay(another, topics_at(kafka, topic_prefix)) as second:
                recorder.record(person(1))
                first.wait_published(1)
                wait_until(lambda: second.relay.problem is None, "the second stands by")
                assert not second.relay.is_working
                first.end()
                recorder.record(person(1))
                second.wait_published(2)
        assert records_of(topics).sequences == [1, 2]

    def test_one_that_lost_its_lock_notices_and_waits_its_turn(
        self, store: FactStore, recorder: Recorder, topics: Topics, kafka: str, topic_prefix: str
    ) -> None:
        with (
            running_relay(store, topics_at(kafka, topic_prefix)) as first,
            closing(FactStore(store.database_url, SERVICE)) as another,
        ):
            recorder.record(person(1))
            first.wait_published(1)
            with running_relay(another, topics_at(kafka, topic_prefix)) as second:
                wait_until(lambda: second.relay.problem is None, "the second stands by")
                _end_lock_of_the_working_relay(store)
                wait_until(lambda: first.relay.is_working != second.relay.is_working, "one works")
                recorder.record(person(1))
                wait_until(lambda: max(first.position, second.position) == 2, "relayed")
                wait_until(
                    lambda: first.relay.is_working != second.relay.is_working, "one works, the other has noticed"
                )
        records_of(topics).assert_whole(store)


def test_the_one_that_works_does_what_is_done_daily_and_the_one_that_waits_does_not(
    store: FactStore, kafka: str, topic_prefix: str
) -> None:
    """With nothing to publish: the lines of reads are forgotten there (`DailyTrim`)."""
    done: list[str] = []
    with (
        running_relay(store, topics_at(kafka, topic_prefix), daily=lambda: done.append("works")),
        closing(FactStore(store.database_url, SERVICE)) as another,
    ):
        wait_until(lambda: len(done) > 1, "the daily work of the first")
        waits = topics_at(kafka, topic_prefix)
        with running_relay(another, waits, daily=lambda: done.append("waits")) as second:
            wait_until(lambda: second.relay.problem is None, "the second stands by")
            count = len(done)
            wait_until(lambda: len(done) > count + 1, "the daily work of the first, again")
            assert set(done) == {"works"}


@pytest.mark.filterwarnings("ignore:unclosed .socket:ResourceWarning")
def test_readiness_says_that_kafka_is_away_and_trying_leaves_nothing_behind(
    store: FactStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL + 1, "kafka")  # its records would keep frames, and those sockets, for later tests
    threads = threading.active_count()
    stop = threading.Event()
    relay = Relay(store, Topics("127.0.0.1:1", "nowhere"), Metrics())
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    wait_until(lambda: "kafka" in (relay.problem or ""), "the relay says that Kafka is away")
    stop.set()
    thread.join(20)
    assert threading.active_count() == threads
    gc.collect()  # the client leaves refused sockets to it


def _end_lock_of_the_working_relay(store: FactStore) -> None:
    with store.connection() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND application_name LIKE 'parcours relay%'"
        )
