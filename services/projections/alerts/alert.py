"""The kinds of alerts, what an alert about a person is, and what a field of rules gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from services.projections.tables.columns import PUBLIC, ContractId, PersonId, StructureId
from services.projections.tables.subject_facts import SubjectFacts

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
    "follow_up_overdue",
    "esf_result_late",
    "certification_expiring",
    "certification_expired",
    "annex_ended",
]
"""Every kind, about persons and structures; given by a source, by `structure_alerts`, or by the view `alerts` alone.

One more is also a row in `docs/alerts.md` and its name in `codes.yaml` and what to do in `parcours/terminal/alerts.py`.
"""


class PersonAlert(NamedTuple):
    """One thing to look at about a person, and on which days it holds, also in days to come. Read the view alerts."""

    person_id: PersonId
    kind: Annotated[AlertKind, "What it is: a code of the table of alerts"]
    about_id: Annotated[UUID, "What it is about: a contract, an agrément, a placement, an exit…, by kind", PUBLIC]
    since: Annotated[date, "First day on which it holds"]
    structure_kinds: Annotated[
        str,
        "It counts where the structure is of one of these kinds on the first day; separated by one space; empty: any",
    ]
    until: Annotated[date | None, "Last day on which it holds; NULL: until something is done"]
    article: Annotated[str, "Article of the code du travail, or what else it rests on", PUBLIC]
    severity: Annotated[str, "high, medium, low"]
    structure_id: StructureId
    next_structure_id: Annotated[UUID | None, "Employer after a gap; NULL: none yet, or no gap", PUBLIC] = None
    agrement_id: Annotated[UUID | None, "The agrément; NULL: none concerned", PUBLIC] = None
    contract_id: ContractId = None
    suspension_id: Annotated[UUID | None, "The suspension; NULL: none concerned", PUBLIC] = None
    request_id: Annotated[UUID | None, "The request; NULL: none concerned", PUBLIC] = None
    placement_id: Annotated[UUID | None, "The placement; NULL: none concerned", PUBLIC] = None
    reminder_days: Annotated[int | None, "Days after which an unanswered request is recalled; NULL: no request"] = None


class AlertSource(NamedTuple):
    """The alerts of one field of rules about persons: the kinds it gives, and the function that gives them."""

    kinds: tuple[AlertKind, ...]
    alerts: Callable[[SubjectFacts], Iterable[PersonAlert]]
