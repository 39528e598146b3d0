"""What is said again and again while something is away: once when it begins, once when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.process.repeated_lines import QUIET_S, RepeatedLines


class Lines:
    """The lines that are left, by seconds that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.over: list[Mapping[str, Any]] = []
        self.repeated = RepeatedLines(lambda _, fields: self.over.append(fields), lambda: self.seconds)

    def are_shown(self, event: str, **fields: Any) -> bool:
        return not self.repeated.is_repeated({"event": event, **fields})


def test_a_client_that_goes_on_complaining_is_told_once() -> None:
    lines = Lines()
    assert lines.are_shown("connect attempt 1", logger="kafka.conn")
    for number in range(3_000):
        lines.seconds += 1
        assert not lines.are_shown(f"attempt {number} failed", logger="kafka.client")
    lines.repeated.end_quiet()
    assert lines.over == [], "not over as long as it goes on"
    lines.seconds += QUIET_S
    lines.repeated.end_quiet()
    assert lines.over == [{"what": "connect attempt 1", "logger": "kafka.conn", "seconds": 3_000.0, "lines": 3_001}]
    assert lines.are_shown("connect attempt 1", logger="kafka.conn"), "another outage is told again"


def test_each_loop_and_each_cause_is_told() -> None:
    lines = Lines()
    assert lines.are_shown("relay_waits", service="pathways", reason="kafka: no broker")
    assert not lines.are_shown("relay_waits", service="pathways", reason="kafka: timeout")
    assert lines.are_shown("relay_waits", service="structures", reason="kafka: no broker")
    assert lines.are_shown("relay_waits", service="pathways", reason="database")


def test_of_one_line_nothing_more_is_said() -> None:
    lines = Lines()
    assert lines.are_shown("verify_waits", reason="a promotion is under way")
    lines.seconds += QUIET_S
    lines.repeated.end_quiet()
    assert lines.over == []


@pytest.mark.parametrize("event", ["act_failed", "act_waits", "request_failed", "dead_letters"])
def test_what_is_no_outage_is_told_each_time(event: str) -> None:
    lines = Lines()
    assert all(lines.are_shown(event, service="agrement", subject="person/1") for _ in range(3))
