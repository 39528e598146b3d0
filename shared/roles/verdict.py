"""What the heartbeats of a role amount to: pure, so that every case of dying, freezing and replacing is shown by a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from shared.roles.role import Role
from shared.roles.tables import Heartbeat, Pause

DEAD_AFTER_S = 3.0
"""Without a heartbeat and without its connection for so long a process has died: three heartbeats, because one that
lost its connection has another within a second or two."""

WARNING = "warning"
"""In a heartbeat's position: what to know of a role that works all the same."""

RoleState = Literal["working", "standby", "paused", "waiting", "stuck", "gone", "missing", "unknown"]
_WELL: tuple[RoleState, ...] = ("working", "standby")


@dataclass(frozen=True, slots=True)
class RoleStanding:
    """A role in one process; without a process (`missing`, `unknown`) only role, state and problem say anything.

    `working`, `standby` (another process has the lock, or the partitions), `paused`: as it should be, or as somebody
    wants it. `waiting`: it lives and has a problem. `stuck`: its process holds its connection and says nothing any more.
    `gone`: its process died. `missing`: none was ever there. `unknown`: its database cannot be asked.
    """

    role: str
    state: RoleState
    problem: str | None = None
    process: str | None = None
    host: str | None = None
    version: str | None = None
    position: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    age_s: float | None = None
    pause: Pause | None = None

    @property
    def lives(self) -> bool:
        """Whether it is a process that says something, or stood still only a moment ago."""
        return self.process is not None and self.state not in ("stuck", "gone")

    @property
    def wrong(self) -> str | None:
        """What an operator has to look at; None when it is as it should be."""
        if self.pause is not None:
            return f"{self.role}: {self.pause}; `parcours resume {self.role}`"
        if self.state in _WELL:
            warning = self.position.get(WARNING)
            return None if warning is None else f"{self.role}: {warning}"
        where = f" ({self.process} on {self.host})" if self.process else ""
        return f"{self.role}: {self.state}, {self.problem}{where}"


def standings(role: Role, heartbeats: Sequence[Heartbeat], pause: Pause | None) -> list[RoleStanding]:
    """Of one role, among all that are there: its processes, the latest started first, and what is wrong as a line without a process. Processes that
    died before one that lives was started are left out: it is there in their place."""
    heartbeats = [beat for beat in heartbeats if beat.role == role.name]
    judged = [_standing(role, beat, pause) for beat in heartbeats]
    living = [beat for beat, one in zip(heartbeats, judged, strict=True) if one.lives]
    replaced_before = max((beat.started for beat in living), default=None)
    shown = [
        one
        for beat, one in zip(heartbeats, judged, strict=True)
        if beat in living or replaced_before is None or beat.started > replaced_before
    ]
    if not shown:
        return [RoleStanding(role.name, "missing", "no process has it: start one", pause=pause)]
    if all(one.state == "standby" for one in shown):
        # Its lock is held by something that says nothing: a process cut off from its network, or an older version.
        waiting = "every process stands by and none works: another session holds what they wait for"
        shown.append(RoleStanding(role.name, "missing", waiting))
    return shown


def unknown(role: Role, cause: str) -> RoleStanding:
    return RoleStanding(role.name, "unknown", cause)


def _standing(role: Role, beat: Heartbeat, pause: Pause | None) -> RoleStanding:
    state, problem = _state(role, beat)
    return RoleStanding(
        role.name,
        state,
        problem,
        beat.process,
        beat.host,
        beat.version,
        beat.position,
        beat.since,
        round(beat.age_s, 1),
        pause,
    )


def _state(role: Role, beat: Heartbeat) -> tuple[RoleState, str | None]:
    silent = f"no heartbeat for {beat.age_s:.0f} s"
    last = f", it said: {beat.problem}" if beat.problem else ""
    if not beat.is_connected and beat.age_s > DEAD_AFTER_S:
        return "gone", f"{silent}: the process died or was cut off{last}"
    if beat.age_s > role.silent_s:
        return "stuck", f"{silent}, where {role.silent_s:.0f} s are the most it should take{last}"
    if beat.problem is not None:
        return "waiting", beat.problem
    return beat.state, None
