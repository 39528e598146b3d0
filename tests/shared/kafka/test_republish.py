"""Facts sent again, on a real broker."""

import pytest

from shared.kafka.republish import NotRelayedError, republish
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from tests.shared.feeding import SERVICE, running_relay, saved_in
from tests.shared.recording import Recorder, person
from tests.shared.topic_records import records_of


def test_one_subject_or_a_range_is_sent_again_and_nothing_moves(
    store: FactStore, recorder: Recorder, topics: Topics, own: Topics
) -> None:
    recorder.record_many(30, persons=3)
    with running_relay(store, own) as relay:
        relay.wait_published(30)
    before = saved_in(store, topics)
    ends = {number: end for number, (_, end) in topics.ranges(SERVICE).items()}
    told: list[tuple[int, int]] = []
    of_subject = republish(store, topics, subject=person(1), progress=lambda *one: told.append(one))
    of_range = republish(store, topics, from_sequence=11, to_sequence=13)
    assert (of_subject.facts, of_range.facts, told) == (10, 3, [(10, 29)])
    assert of_subject.before.keys() == {(SERVICE, number) for number in ends}
    assert {number: place.offset for (_, number), place in of_subject.before.items()} == ends
    topic = records_of(topics)
    assert {sequence for sequence in range(1, 31) if topic.sequences.count(sequence) == 3} == {11}
    assert {sequence for sequence in range(1, 31) if topic.sequences.count(sequence) == 2} == {
        12,
        13,
        *range(2, 30, 3),
    } - {11}
    assert topic.last_marks == {30}
    topic.assert_whole(store)
    assert saved_in(store, topics) == before


def test_what_the_relay_has_not_sent_is_left_to_it(
    store: FactStore, recorder: Recorder, topics: Topics, own: Topics
) -> None:
    recorder.record(person(1))
    with running_relay(store, own) as relay:
        relay.wait_published(1)
    recorder.record(person(1))
    done = republish(store, topics)
    assert (done.facts, done.through) == (1, 1)
    assert records_of(topics).last_marks == {1}


def test_without_a_relay_it_says_what_to_do(store: FactStore, topics: Topics) -> None:
    topics.ensure([SERVICE])
    with pytest.raises(NotRelayedError, match="parcours relay pathways"):
        republish(store, topics)
