"""How far facts are on their way, on real servers."""

from shared.facts.fact import printed
from shared.kafka.progress import stream_states
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from tests.shared.feeding import PARTITIONS, running_relay
from tests.shared.recording import NOON, Recorder, person


def test_lags_are_counted_in_sequences(store: FactStore, recorder: Recorder, topics: Topics, own: Topics) -> None:
    recorder.record(person(1), person(2))
    with running_relay(store, own) as relay:
        relay.wait_published(2)
    recorder.record(person(1))
    (state,) = stream_states([store], topics, {})
    assert (state.last_sequence, state.relay_lag, state.projection_lag) == (3, 1, 3)
    assert state.last_fact is not None
    assert (state.last_fact.sequence, state.last_fact.subject) == (3, person(1))
    assert state.last_fact.recordedtime == printed(NOON)
    assert state.topic is not None
    assert [one.last_mark for one in state.topic.partitions] == [2] * PARTITIONS
    assert all(one.first == 0 < one.end for one in state.topic.partitions)


def test_before_anything_happened(store: FactStore, topics: Topics) -> None:
    (state,) = stream_states([store], topics, None)
    assert (state.last_sequence, state.last_fact, state.relay_lag, state.projection_lag) == (0, None, None, None)
    assert state.topic is not None
    assert (state.topic.topic_id, state.topic.partitions) == (None, [])
