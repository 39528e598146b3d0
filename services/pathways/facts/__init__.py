"""What a person lives on the way to an ordinary job: every fact this service records.

All are about `person/<id>`. Days are days of Europe/Paris; a span holds its first and its last day. Ids are the
sender's; structures, clients and contracts may be named before anything else is known of them. Open codes:
`[A-Za-z0-9_]{1,40}`. A field with the mark PERSONAL may always be null: an erasure leaves it so.
"""

from __future__ import annotations

from typing import ClassVar

from services.pathways.facts.codes import CODES
from services.pathways.facts.contracts import (
    ContractChanged,
    ContractEnded,
    ContractSuspended,
    Hired,
    WeeklyHoursDerogationGranted,
)
from services.pathways.facts.esf import EsfParticipationEnded, EsfParticipationStarted
from services.pathways.facts.forgetting import PersonErased
from services.pathways.facts.handovers import HandoverAnswered, HandoverProposed
from services.pathways.facts.immersions import ImmersionAgreed, ImmersionEnded
from services.pathways.facts.leaving import Exited, ExitReason, FollowedUp, NextStep, PathwayClosed
from services.pathways.facts.limitation import LimitationLifted, ProcessingLimited
from services.pathways.facts.merging import PersonsMerged, PersonsSplit
from services.pathways.facts.sharing import ObjectionLifted, SharingInformed, SharingObjected
from services.pathways.facts.support import SupportAction
from services.pathways.facts.trainings import SkillValidated, TrainingEnded, TrainingStarted
from services.pathways.facts.welcome import PersonRegistered, Received
from shared.facts import contests
from shared.facts import fact as shared_facts
from shared.facts.catalogue import Catalogue


class FactVoided(shared_facts.FactVoided):
    """An earlier fact of this person here never was; it may be named before it arrives."""

    type: ClassVar[str] = "pathways.fact_voided.v1"


class FactContested(contests.FactContested):
    """Whoever the fact says something about says that it is not so; it changes nothing by itself."""

    type: ClassVar[str] = "pathways.fact_contested.v1"


class ContestSettled(contests.ContestSettled):
    """A steward answers a contest; upheld, the steward voids the fact."""

    type: ClassVar[str] = "pathways.contest_settled.v1"


CATALOGUE = Catalogue(
    [
        PersonRegistered,
        Received,
        Hired,
        ContractChanged,
        ContractSuspended,
        ContractEnded,
        WeeklyHoursDerogationGranted,
        TrainingStarted,
        TrainingEnded,
        SkillValidated,
        ImmersionAgreed,
        ImmersionEnded,
        SupportAction,
        HandoverProposed,
        HandoverAnswered,
        Exited,
        FollowedUp,
        PathwayClosed,
        EsfParticipationStarted,
        EsfParticipationEnded,
        SharingInformed,
        SharingObjected,
        ObjectionLifted,
        ProcessingLimited,
        LimitationLifted,
        PersonsMerged,
        PersonsSplit,
        PersonErased,
        FactContested,
        ContestSettled,
        FactVoided,
    ],
    codes=[CODES],
)

__all__ = [
    "CATALOGUE",
    "ContestSettled",
    "ContractChanged",
    "ContractEnded",
    "ContractSuspended",
    "EsfParticipationEnded",
    "EsfParticipationStarted",
    "ExitReason",
    "Exited",
    "FactContested",
    "FactVoided",
    "FollowedUp",
    "HandoverAnswered",
    "HandoverProposed",
    "Hired",
    "ImmersionAgreed",
    "ImmersionEnded",
    "LimitationLifted",
    "NextStep",
    "ObjectionLifted",
    "PathwayClosed",
    "PersonErased",
    "PersonRegistered",
    "PersonsMerged",
    "PersonsSplit",
    "ProcessingLimited",
    "Received",
    "SharingInformed",
    "SharingObjected",
    "SkillValidated",
    "SupportAction",
    "TrainingEnded",
    "TrainingStarted",
    "WeeklyHoursDerogationGranted",
]
