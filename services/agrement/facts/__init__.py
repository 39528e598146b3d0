"""What happens to a person's bounded right to work in the IAE (agrément, today PASS IAE).

All are about `person/<id>`. Days are days of Europe/Paris; a span holds its first and its last day. Open codes:
`[A-Za-z0-9_]{1,40}`. A field with the mark PERSONAL may always be null: an erasure leaves it so.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from services.agrement.facts.codes import CODES
from services.agrement.facts.eligibility import Criterion, DiagnosisAuthor, EligibilityDiagnosed
from services.agrement.facts.forgetting import PersonErased
from services.agrement.facts.grants import (
    AgrementCancelled,
    AgrementClosed,
    AgrementGranted,
    Origin,
    StartMoved,
)
from services.agrement.facts.own import AgrementExpired, AgrementExpiring, HireLinked, SuspensionLifted
from services.agrement.facts.prolongations import (
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
    Prolonged,
)
from services.agrement.facts.suspensions import Suspended, SuspensionChanged, SuspensionReason, SuspensionRemoved
from shared.facts import contests
from shared.facts import fact as shared_facts
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Fact

OWN_SOURCE = "urn:parcours:agrement"
"""The `source` of what the service records by itself."""

F = TypeVar("F", bound=Fact)


def said(kind: type[F], **fields: Any) -> F:
    """A fact the service says; an optional field without value is left out, as a sender would."""
    model = kind.model_fields
    return kind(**{name: value for name, value in fields.items() if value is not None or model[name].is_required()})


class FactVoided(shared_facts.FactVoided):
    """An earlier fact of this person here never was; it must be known and not voided already."""

    type: ClassVar[str] = "agrement.fact_voided.v1"


class FactContested(contests.FactContested):
    """Whoever the fact says something about says that it is not so; it changes nothing by itself."""

    type: ClassVar[str] = "agrement.fact_contested.v1"


class ContestSettled(contests.ContestSettled):
    """A steward answers a contest; upheld, the steward voids the fact."""

    type: ClassVar[str] = "agrement.contest_settled.v1"


CATALOGUE = Catalogue(
    [
        EligibilityDiagnosed,
        AgrementGranted,
        StartMoved,
        Suspended,
        SuspensionChanged,
        SuspensionRemoved,
        ProlongationRequested,
        ProlongationGranted,
        ProlongationDenied,
        Prolonged,
        AgrementClosed,
        AgrementCancelled,
        HireLinked,
        SuspensionLifted,
        AgrementExpiring,
        AgrementExpired,
        PersonErased,
        FactContested,
        ContestSettled,
        FactVoided,
    ],
    codes=[CODES],
)

__all__ = [
    "CATALOGUE",
    "OWN_SOURCE",
    "AgrementCancelled",
    "AgrementClosed",
    "AgrementExpired",
    "AgrementExpiring",
    "AgrementGranted",
    "ContestSettled",
    "Criterion",
    "DiagnosisAuthor",
    "EligibilityDiagnosed",
    "FactContested",
    "FactVoided",
    "HireLinked",
    "Origin",
    "PersonErased",
    "ProlongationDenied",
    "ProlongationGranted",
    "ProlongationRequested",
    "Prolonged",
    "StartMoved",
    "Suspended",
    "SuspensionChanged",
    "SuspensionLifted",
    "SuspensionReason",
    "SuspensionRemoved",
    "said",
]
