"""When the turns of a loop begin that is woken for each fact."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.process.pace import Pace

EVERY_S = 0.01
MILLISECONDS = st.integers(0, 100)


def turns(arrivals: list[float]) -> dict[float, list[float]]:
    """Facts that come at these instants, by when their turn begins."""
    pace, taken = Pace(EVERY_S), dict[float, list[float]]()
    waiting = sorted(arrivals)
    while waiting:
        begins = waiting[0] + pace.left_s(waiting[0])
        pace.begin(begins)
        taken[begins] = [at for at in waiting if at <= begins]
        waiting = [at for at in waiting if at > begins]
    return taken


def test_the_first_after_a_silence_goes_at_once_and_those_that_follow_go_together() -> None:
    assert turns([1.0, 1.002, 1.004, 1.009]) == {1.0: [1.0], 1.01: [1.002, 1.004, 1.009]}
    assert turns([1.0, 1.125, 1.25]) == {1.0: [1.0], 1.125: [1.125], 1.25: [1.25]}


def test_a_turn_that_found_nothing_to_do_holds_up_none() -> None:
    pace = Pace(EVERY_S)
    pace.begin(1.0)
    assert pace.left_s(1.004) > 0
    assert pace.left_s(1.02) == 0  # looked, and there was nothing: it did not begin
    assert pace.left_s(1.021) == 0


@given(st.lists(MILLISECONDS, min_size=1, max_size=40))
def test_nobody_waits_longer_than_a_turn_and_turns_are_no_closer(arrivals: list[int]) -> None:
    taken = turns([one / 1_000 for one in arrivals])
    assert sum(map(len, taken.values())) == len(arrivals)
    assert all(begins - at <= EVERY_S + 1e-9 for begins, facts in taken.items() for at in facts)
    starts = sorted(taken)
    assert all(after - before >= EVERY_S - 1e-9 for before, after in pairwise(starts))
