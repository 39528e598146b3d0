"""Two clocks held against each other, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.log.log_clock import APART, ClocksDifferError, DatabaseClock, ahead

NOW = datetime(2024, 3, 4, 9, tzinfo=UTC)


class Machine:
    """Its clock, which somebody may set, and its steady seconds, which nobody can."""

    def __init__(self) -> None:
        self.shown = NOW
        self.seconds = 100.0
        self.clock = DatabaseClock(lambda: self.shown, lambda: self.seconds)

    def passes(self, seconds: float) -> None:
        self.seconds += seconds
        self.shown += timedelta(seconds=seconds)


def test_the_instant_is_the_database_s() -> None:
    machine = Machine()
    database = NOW + APART
    assert machine.clock.instant(database) == database
    machine.passes(3)
    assert machine.clock.now() == database + timedelta(seconds=3)
    assert not Machine().clock.is_fresh  # its own clock, a minute away, has been asked for nothing yet


@pytest.mark.parametrize("by", [timedelta(days=2), timedelta(days=-2), APART + timedelta(microseconds=1)])
def test_clocks_that_differ_are_both_told(by: timedelta) -> None:
    machine = Machine()
    machine.clock.instant(NOW)
    with pytest.raises(ClocksDifferError) as caught:
        machine.clock.instant(NOW + by)
    assert caught.value.status == 503
    assert caught.value.fields["reason"] == "clock"
    assert caught.value.fields["process_clock"] == "2024-03-04T09:00:00.000000Z"
    assert caught.value.fields["process_clock"] in caught.value.told
    assert caught.value.fields["database_clock"] in caught.value.told
    assert not machine.clock.is_fresh


def test_a_clock_that_is_set_moves_nothing_and_is_noticed() -> None:
    machine = Machine()
    machine.clock.instant(NOW)
    assert machine.clock.is_fresh
    machine.shown += timedelta(days=2)
    assert machine.clock.now() == NOW
    assert not machine.clock.is_fresh


def test_it_is_looked_at_again_after_a_while() -> None:
    machine = Machine()
    machine.clock.instant(NOW)
    machine.passes(6)
    assert not machine.clock.is_fresh


def test_a_log_ahead_is_told() -> None:
    assert ahead(None, NOW) is None
    assert ahead(NOW + APART, NOW) is None
    told = ahead(datetime(2024, 3, 6, 9, tzinfo=UTC), NOW)
    assert told is not None
    assert "2 days ahead" in told
    assert "2024-03-06T09:00:00.000000Z" in told
