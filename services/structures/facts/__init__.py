"""What happens to structures, groups (GES) and clients: every fact this service records.

Days are days of Europe/Paris; a span holds its first and its last day. Everything here is about bodies, not persons:
ids, days, names of legal bodies and kinds are public, figures are for the group. Open codes: `[A-Za-z0-9_]{1,40}`.
"""

from __future__ import annotations

from typing import ClassVar

from services.structures.facts.annexes import AnnexRecorded
from services.structures.facts.certifications import CertificationAwarded, CertificationEnded
from services.structures.facts.clients import ClientChanged, ClientRegistered, EconomicDismissalDeclared
from services.structures.facts.codes import CODES
from services.structures.facts.derogations import DerogationGranted
from services.structures.facts.groups import GroupFormed, MembershipEnded, MembershipStarted
from services.structures.facts.networks import NetworkJoined, NetworkLeft
from services.structures.facts.sharing import SharingAgreed, SharingWithdrawn
from services.structures.facts.structures import (
    StructureChanged,
    StructureClosed,
    StructureKind,
    StructureRegistered,
    SuccessionConfirmed,
    WorkforceReported,
)
from shared.facts import contests
from shared.facts import fact as shared_facts
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Visibility


class FactVoided(shared_facts.FactVoided):
    """An earlier fact of this structure, group or client never was. Voiding a void restores what it had voided."""

    type: ClassVar[str] = "structures.fact_voided.v1"
    subjects: ClassVar[tuple[str, ...]] = ("structure", "group", "client")
    visibility: ClassVar[Visibility] = Visibility.PUBLIC


class FactContested(contests.FactContested):
    """Whoever the fact says something about says that it is not so; it changes nothing by itself."""

    type: ClassVar[str] = "structures.fact_contested.v1"
    subjects: ClassVar[tuple[str, ...]] = ("structure", "group", "client")
    visibility: ClassVar[Visibility] = Visibility.PUBLIC


class ContestSettled(contests.ContestSettled):
    """A steward answers a contest; upheld, the steward voids the fact."""

    type: ClassVar[str] = "structures.contest_settled.v1"
    subjects: ClassVar[tuple[str, ...]] = ("structure", "group", "client")
    visibility: ClassVar[Visibility] = Visibility.PUBLIC


CATALOGUE = Catalogue(
    [
        StructureRegistered,
        StructureChanged,
        StructureClosed,
        SuccessionConfirmed,
        AnnexRecorded,
        DerogationGranted,
        CertificationAwarded,
        CertificationEnded,
        NetworkJoined,
        NetworkLeft,
        WorkforceReported,
        GroupFormed,
        MembershipStarted,
        MembershipEnded,
        SharingAgreed,
        SharingWithdrawn,
        ClientRegistered,
        ClientChanged,
        EconomicDismissalDeclared,
        FactContested,
        ContestSettled,
        FactVoided,
    ],
    codes=[CODES],
)

__all__ = [
    "CATALOGUE",
    "AnnexRecorded",
    "CertificationAwarded",
    "CertificationEnded",
    "ClientChanged",
    "ClientRegistered",
    "ContestSettled",
    "DerogationGranted",
    "EconomicDismissalDeclared",
    "FactContested",
    "FactVoided",
    "GroupFormed",
    "MembershipEnded",
    "MembershipStarted",
    "NetworkJoined",
    "NetworkLeft",
    "SharingAgreed",
    "SharingWithdrawn",
    "StructureChanged",
    "StructureClosed",
    "StructureKind",
    "StructureRegistered",
    "SuccessionConfirmed",
    "WorkforceReported",
]
