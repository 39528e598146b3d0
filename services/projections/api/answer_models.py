"""What routes answer that is neither a row of a read table nor of a view's list alone, as models of the OpenAPI document."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.placements.model.windows import Scope
from services.projections.api.row_models import SeenAgrement
from shared.roles import verdict


class GroupPathway(BaseModel):
    """A step of a person in a member of the group, cut to the days of the membership."""

    group_id: UUID
    person_id: UUID
    step: int
    pathway: int
    structure_id: UUID
    kind: str | None = Field(description="Of the structure, on the first day of the step; null: not known that day")
    stage: int | None = Field(description="Of that kind: 1 is the furthest from an ordinary job")
    starts_on: date | None = Field(description="First day inside the membership; null: only the exit is known yet")
    ends_on: date | None = Field(description="Last day inside the membership; null: open")
    step_starts_on: date | None
    step_ends_on: date | None
    joined_on: date = Field(description="First day of the membership")
    left_on: date | None
    step_hours: float | None = Field(description="Hours of the whole step")
    step_contracts: int
    exit_reason: str | None
    exit_id: UUID | None


class CapLeft(BaseModel):
    """What is left under one association's cap."""

    structure_id: UUID
    hours_left: float | None = Field(description="null: there is no cap that day")
    article: str
    confidence: Literal["confirmed", "open"]


class CapsLeft(BaseModel):
    """Hours that associations may still lend a person to companies on a day, as far as the caller is shown what counts."""

    person_id: UUID = Field(description="Whose they are; the root of a merged person")
    on: date
    scope: Scope = Field(description="`structure`: each association has a cap; `person`: hours count across them")
    agrement: SeenAgrement | None = Field(
        description="The agrément that counts, reckoned on all facts; null: none, or not yours to see"
    )
    caps: list[CapLeft] = Field(
        description="Of each association that has lent the person, and is the caller's or shares it"
    )


class Moves(BaseModel):
    """How many went from one kind of structure, or one structure, to another, inside the group."""

    from_: str | None = Field(alias="from", description="Kind or structure left; null: a kind not known that day")
    to: str | None = Field(description="Kind or structure entered; null: a kind not known that day")
    transitions: int
    persons: int
    forward: int = Field(description="Transitions towards an ordinary job")
    level: int
    back: int
    inside: int = Field(description="Transitions inside the group: all of these")
    median_days_between: float | None = Field(description="Negative where steps overlap; null: no days known")
    from_name: str | None = Field(None, description="by=structure only")
    to_name: str | None = Field(None, description="by=structure only")


class Alert(BaseModel):
    """Something to look at about a person or a structure, begun by the day asked for."""

    subject: str
    person_id: UUID | None = Field(description="Null: about a structure")
    kind: str = Field(description="A code of the table of alerts")
    about_id: UUID = Field(description="What it is about: a contract, an agrément, a placement, an exit…, by kind")
    since: date
    until: date | None = Field(description="Last day on which it holds; null: until something is done")
    current: bool = Field(description="Whether it holds on that day")
    severity: str = Field(description="high, medium, low")
    article: str = Field(description="Article of the code du travail, or what else it rests on")
    structure_id: UUID | None = Field(description="Of a gap: the employer before it, who may suspend")
    structure_kind: str | None = Field(description="On the first day; null: not known")
    next_structure_id: UUID | None = Field(description="Of a gap: the next employer; null: none yet")
    agrement_id: UUID | None
    contract_id: UUID | None
    suspension_id: UUID | None
    request_id: UUID | None
    placement_id: UUID | None
    reminder_days: int | None = Field(description="Of a request: days after which it is recalled")
    suspend_from: date | None = Field(description="Of a gap: first day of the suspension that would stop the count")
    suspend_until: date | None = Field(description="Of a gap: its last day; null: until the next hire")
    group_id: UUID | None = Field(
        None, description="In the structures that are members of that group on that day; only where it was asked for"
    )


class SkippedTroubles(BaseModel):
    """What somebody has accepted, and is therefore not counted beside (`parcours subjects list --skipped`)."""

    failed_subjects: int
    incomplete_subjects: int
    dead_letters: int


class LastVerification(BaseModel):
    """What a projector found when it last compared rows and stores with the facts; `parcours verify` does so now."""

    started_at: datetime
    ended_at: datetime
    subjects: int
    differences: int
    left_out: list[str] = Field(description="What could not be looked at, and what is no difference but worth knowing")


class ReadSideState(BaseModel):
    """Up to where each service's log has been applied, and what is not as it should be."""

    model_config = ConfigDict(title="Standing")  # as it is published

    feed: str
    positions: dict[str, int]
    read_set: str | None
    subjects: int
    failed_subjects: int = Field(description="Cannot be folded; they keep their last good rows")
    incomplete_subjects: int = Field(description="Facts are missing in between")
    dead_letters: int
    skipped: SkippedTroubles
    verified: LastVerification | None = Field(description="null: not yet")


class RolePause(BaseModel):
    """Somebody wants the role to stand still."""

    since: datetime
    by: str
    reason: str = Field(description="Empty where none was given")


class RoleState(BaseModel):
    """One role in one process: what its last heartbeat said, and what that amounts to."""

    role: str
    state: verdict.RoleState = Field(
        description="`waiting`: it lives and has a problem; `stuck`: its process lives and its loop says nothing any more; "
        "`gone`: its process died; `missing`: none has it; `unknown`: its database cannot be asked"
    )
    problem: str | None
    process: str | None = Field(description="Unique; null: there is none")
    host: str | None
    version: str | None
    position: dict[str, Any] = Field(
        description="Up to where it is, as the role counts: by service, by partition, a day"
    )
    since: datetime | None = Field(description="Since when it is so, with or without a problem")
    heartbeat_age_s: float | None = Field(description="Seconds since its last heartbeat, by the database's clock")
    paused: RolePause | None


class SuiteStatus(BaseModel):
    """Every role and every reader of the suite, wherever they run."""

    well: bool = Field(description="All that should run runs, and nothing is wrong")
    wrong: list[str] = Field(description="What to look at, one sentence each")
    roles: list[RoleState]
    projections: dict[str, Any] = Field(
        description="As in `positions`, and `lag`: facts recorded and not applied, by service; `error` where its database does not answer"
    )
    readers: dict[str, dict[str, Any]] = Field(
        description="What agrement and placements have read: `positions`, `dead_letters`, `failed_subjects`, `incomplete_subjects`; or `error`"
    )
