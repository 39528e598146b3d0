"""What heartbeats amount to, by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.roles.role import role_named
from shared.roles.tables import Heartbeat, Pause
from shared.roles.verdict import RoleStanding, standings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PROJECTOR, RELAY = role_named("projector"), role_named("relay-pathways")
LIVING = Heartbeat(
    "projector", "1-aa", "host", "0.1.0", "working", {"pathways/0": 7}, None, NOON, NOON, NOON, age_s=0.4, is_connected=True
)  # fmt: skip


def states(*beats: Heartbeat, pause: Pause | None = None) -> list[str]:
    return [one.state for one in standings(PROJECTOR, beats, pause)]


def wrong(*beats: Heartbeat, pause: Pause | None = None) -> list[str]:
    return [one.wrong for one in standings(PROJECTOR, beats, pause) if one.wrong]


def test_one_that_works_is_well_and_shows_where_it_is() -> None:
    (one,) = standings(PROJECTOR, [LIVING], None)
    assert one == RoleStanding(
        "projector", "working", None, "1-aa", "host", "0.1.0", {"pathways/0": 7}, NOON, 0.4
    )  # fmt: skip
    assert one.wrong is None


def test_nobody_is_missing() -> None:
    assert wrong() == ["projector: missing, no process has it: start one"]


def test_one_with_a_problem_waits_and_names_it() -> None:
    assert wrong(replace(LIVING, problem="kafka")) == ["projector: waiting, kafka (1-aa on host)"]


def test_one_that_works_and_warns_is_told() -> None:
    warned = replace(LIVING, position={"warning": "the log is 2 days ahead of the clock"})
    assert states(warned) == ["working"]
    assert wrong(warned) == ["projector: the log is 2 days ahead of the clock"]


def test_one_that_died_is_gone_after_three_heartbeats_and_not_before() -> None:
    dead = replace(LIVING, is_connected=False)
    assert states(replace(dead, age_s=2.9)) == ["working"]
    assert states(replace(dead, age_s=3.1)) == ["gone"]
    assert "no heartbeat for 3 s: the process died" in wrong(replace(dead, age_s=3.1))[0]


def test_one_that_is_silent_and_holds_its_connection_is_stuck_after_its_longest_step() -> None:
    assert states(replace(LIVING, age_s=PROJECTOR.silent_s)) == ["working"]
    assert states(replace(LIVING, age_s=PROJECTOR.silent_s + 1)) == ["stuck"]


def test_what_it_said_last_is_told_of_one_that_died() -> None:
    dead = replace(LIVING, is_connected=False, age_s=60, problem="ended: LogDivergedError")
    assert wrong(dead)[0].endswith("it said: ended: LogDivergedError (1-aa on host)")


@pytest.mark.parametrize(("minutes", "expected"), [(1, ["working"]), (-1, ["working", "gone"])])
def test_a_process_started_later_takes_the_place_of_one_that_died(minutes: int, expected: list[str]) -> None:
    other = replace(LIVING, process="2-bb", started=NOON + timedelta(minutes=minutes))
    dead = replace(LIVING, is_connected=False, age_s=60)
    assert states(other, dead) == expected


def test_several_live_processes_are_all_shown_and_one_with_a_problem_is_wrong() -> None:
    other = replace(LIVING, process="2-bb", problem="this is code of version 3")
    assert states(other, LIVING) == ["waiting", "working"]
    assert wrong(other, LIVING) == ["projector: waiting, this is code of version 3 (2-bb on host)"]


def test_standbys_are_well_as_long_as_another_works() -> None:
    standby = replace(LIVING, process="2-bb", state="standby")
    assert states(standby, LIVING) == ["standby", "working"]
    assert wrong(standby, LIVING) == []
    assert "none works" in wrong(standby)[0]


def test_a_frozen_holder_of_the_lock_that_was_replaced_leaves_nobody_at_work() -> None:
    frozen = replace(LIVING, age_s=60)
    standby = replace(LIVING, process="2-bb", state="standby", started=NOON + timedelta(minutes=1))
    assert "none works" in wrong(standby, frozen)[0]


def test_what_is_paused_is_told_with_who_and_why_also_where_no_process_has_it() -> None:
    pause = Pause("projector", NOON, "anne", "disk")
    told = "projector: paused since 2026-06-01 12:00:00 UTC by anne: disk; `parcours resume projector`"
    assert wrong(replace(LIVING, state="paused"), pause=pause) == [told]
    assert states(pause=pause) == ["missing"]
    assert wrong(pause=pause) == [told]
