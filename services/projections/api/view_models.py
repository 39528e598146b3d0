"""Rows of the views that routes list, as models for the OpenAPI document."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, Field


class HandoverOfToday(BaseModel):
    """A hand-over proposed by the day asked for, with what has become of it by then."""

    person_id: UUID
    handover_id: UUID
    from_structure_id: UUID | None = Field(description="Null: the proposal is not known yet")
    to_structure_id: UUID | None
    proposed_on: date | None
    state: str = Field(description="proposed, accepted (open); withdrawn, declined, completed, expired")
    answer: str | None = Field(description="accepted, declined, withdrawn; null: none yet")
    answered_on: date | None
    hired_on: date | None = Field(description="First day of the hire that completes it; null: none yet")
    contract_id: UUID | None
    expires_on: date | None = Field(description="Last day on which a hire completes it")
    days_open: int | None = Field(description="From the proposal to what closed it, else to that day")
    waiting_days: int | None = Field(description="From the proposal to the first answer or hire, else to that day")
    days_left: int | None = Field(description="Until it expires; null: it is closed")
    from_kind: str | None = Field(description="On the day of the proposal; null: not known")
    to_kind: str | None
    from_stage: int | None
    to_stage: int | None
    group_id: UUID | None = Field(description="First group of which both were members on the day of the proposal")
    inside: bool = Field(description="Whether there is such a group")


class FollowUpDue(BaseModel):
    """A follow-up due by the day asked for that nobody has made."""

    person_id: UUID
    exit_id: UUID
    milestone_months: int
    structure_id: UUID | None
    exited_on: date | None
    due_on: date
    overdue_on: date = Field(description="First day on which it is overdue")
    state: str = Field(description="due, overdue")
    days_overdue: int = Field(description="Days since it was due")
    exit_reason: str | None = Field(description="Code of the ASP")
    category: str | None = Field(description="What the exit counts as")


class Bridge(BaseModel):
    """A person whose client became the employer."""

    person_id: UUID
    employer_id: UUID = Field(description="The structure that the client is, else the client")
    placement_id: UUID = Field(description="The last placement there before")
    from_structure_id: UUID | None
    client_id: UUID
    employer_structure_id: UUID | None = Field(description="Null: the client is no structure as far as known")
    placed_from: date
    placed_until: date | None = Field(description="Null: no last day known")
    purpose: str | None = Field(description="Of that placement: assignment, bridge; null: not said")
    recognised_by: str = Field(description="exit: its next step names the client; hire: a contract there")
    employed_on: date
    days_between: int | None = Field(description="Negative where the placement goes on; null: it has no last day")
    exit_id: UUID | None
    contract_id: UUID | None


class Criteria(BaseModel):
    """What the people of a group are judged by; null: not by this."""

    agrement_days_left_min: int | None
    contract_days_left_max: int | None
    trainings_finished_min: int | None
    stage_max: int | None


class Candidate(BaseModel):
    """A person in a step in a member of the group, with what the next step depends on."""

    group_id: UUID
    person_id: UUID
    step: int
    pathway: int
    structure_id: UUID
    kind: str | None = Field(description="Of the structure, that day; null: not known")
    stage: int | None = Field(description="Of that kind: 1 is the furthest from an ordinary job")
    step_starts_on: date
    months_in_step: int = Field(description="Whole months")
    contract_id: UUID | None
    contract_ends_on: date | None = Field(description="Null: no last day")
    contract_days_left: int | None = Field(description="Days after that day; null: no last day")
    agrement_id: UUID | None = Field(description="The agrément that runs; null: none")
    agrement_state: str | None = Field(description="valid, suspended")
    agrement_days_left: int | None
    trainings_finished: int = Field(description="Completed or qualified, in this pathway")
    skills: int = Field(description="Skills validated in this pathway, each once")
    handover_id: UUID | None = Field(description="The open hand-over proposed last")
    handover_to_structure_id: UUID | None
    handover_state: str | None = Field(description="proposed, accepted")
    ready: bool = Field(description="Whether all criteria are met")
    unmet: list[str] = Field(description="Names of the criteria that are not met, or not known to be")


class Candidates(BaseModel):
    """The criteria used, and a page of the people judged by them."""

    criteria: Criteria
    items: list[Candidate]
    next: str | None = Field(description="Cursor of the next page; null on the last")
