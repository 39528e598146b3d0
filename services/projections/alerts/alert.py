"""The kinds of alerts, what an alert about a person is, and what a field of rules gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, ContractId, PersonId, StructureId
from services.projections.tables.subject_facts import Kinds, SubjectFacts
from shared.facts.fact import Fact

LOW, MEDIUM, HIGH = SEVERITIES = ("low", "medium", "high")

AlertKind = Literal[
    "hired_without_agrement",
    "contract_beyond_agrement",
    "gap_without_suspension",
    "work_while_suspended",
    "suspension_too_long",
    "request_unanswered",
    "prolongation_without_contract",
    "prolongation_beyond_training",
    "age_not_given",
    "prolongation_without_request",
    "prolongation_ground_unknown",
    "diagnosis_taken_back",
    "suspension_without_hire",
    "contract_type_unusual",
    "contract_too_short",
    "contract_too_long",
    "weekly_hours_below_floor",
    "cdi_inclusion_too_young",
    "cdi_inclusion_too_early",
    "cdi_inclusion_with_end",
    "cdi_inclusion_share",
    "immersion_beyond_limits",
    "bridge_too_early",
    "bridge_too_long",
    "cap_approaching",
    "cap_exceeded",
    "placement_beyond_cap",
    "client_dismissed",
    "handover_unanswered",
    "said_of_anothers",
    "fact_contested",
    "contest_unanswered",
    "agrements_at_once",
    "hired_under_two_ids",
    "follow_up_overdue",
    "esf_result_late",
    "certification_expiring",
    "certification_expired",
    "annex_ended",
]
"""Every kind, about persons and structures; given by a source, by `structure_alerts`, or by the view `alerts` alone.

One more is also a row in `docs/alerts.md` and its name in `codes.yaml` and what to do in `parcours/terminal/alerts.py`.
"""


AboutId = Annotated[UUID, "What it is about: a contract, an agrément, a placement, an exit…, by kind", PUBLIC]
Kind = Annotated[AlertKind, "What it is: a code of the table of alerts"]
Since = Annotated[date, "First day on which it holds"]
StructureKinds = Annotated[
    str,
    "It counts where the structure is of one of these kinds on the first day; separated by one space; empty: any",
]
Until = Annotated[date | None, "Last day on which it holds; NULL: until something is done"]
Article = Annotated[str, "Article of the code du travail, or what else it rests on", PUBLIC]
Severity = Annotated[str, "high, medium, low"]
NextStructureId = Annotated[UUID | None, "Employer after a gap; NULL: none yet, or no gap", PUBLIC]
ConcernedAgrement = Annotated[UUID | None, "The agrément; NULL: none concerned", PUBLIC]
SuspensionId = Annotated[UUID | None, "The suspension; NULL: none concerned", PUBLIC]
RequestId = Annotated[UUID | None, "The request; NULL: none concerned", PUBLIC]
PlacementId = Annotated[UUID | None, "The placement; NULL: none concerned", PUBLIC]
ReminderDays = Annotated[int | None, "Days after which an unanswered request is recalled; NULL: no request"]


class PersonAlert(NamedTuple):
    """One thing to look at about a person, and on which days it holds, also in days to come. Read the view alerts."""

    person_id: PersonId
    kind: Kind
    about_id: AboutId
    since: Since
    structure_kinds: StructureKinds
    until: Until
    article: Article
    severity: Severity
    structure_id: StructureId
    next_structure_id: NextStructureId = None
    agrement_id: ConcernedAgrement = None
    contract_id: ContractId = None
    suspension_id: SuspensionId = None
    request_id: RequestId = None
    placement_id: PlacementId = None
    reminder_days: ReminderDays = None


def always(*kinds: type[Fact]) -> Callable[[SubjectFacts], Kinds]:
    """What the alerts of whomever follow from."""
    return lambda _: kinds


class AlertSource(NamedTuple):
    """The alerts of one field of rules about persons: the kinds it gives, and the function that gives them.

    `about`: the facts without one of which there are none; `reads`: what else a subject's follow from. On a day on which
    none of these came they are those of the day before, and are not reckoned again.
    """

    kinds: tuple[AlertKind, ...]
    alerts: Callable[[SubjectFacts], Iterable[PersonAlert]]
    about: Kinds
    reads: Callable[[SubjectFacts], Kinds]
