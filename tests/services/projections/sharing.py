"""Agreements, information and objections, recorded one after the other as the stores record them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.pathways.facts import ObjectionLifted, SharingInformed, SharingObjected
from services.structures.facts import SharingAgreed, SharingWithdrawn
from shared.facts.fact import Recorded
from tests.services.projections.facts import ACI, AI, GROUP, PERSON, recorded
from tests.services.scenario import like, uid

X = uid("agreement")
STARTED = datetime(2024, 6, 1, 12, tzinfo=UTC)


class Clock:
    """Each fact that is recorded comes a minute after the one before."""

    def __init__(self) -> None:
        self._minutes = 0

    def said(self, by: UUID | str, fact: Any, subject: UUID | None = None) -> Recorded:
        self._minutes += 1
        at = STARTED + timedelta(minutes=self._minutes)
        told = recorded(fact, id=f"shared {self._minutes}", subject=subject, at=at)
        return told.model_copy(update={"saidfor": by if isinstance(by, str) else f"structure/{by}"})

    def agreed(self, by: UUID, day: str = "2024-06-01", group: UUID = GROUP, **changes: Any) -> Recorded:
        fields = {"agreement_id": str(X), "until": None, "document_hash": None, "coordinator": False, **changes}
        return self.said(by, like(SharingAgreed, structure_id=str(by), agreed_on=day, **fields), group)

    def withdrew(self, by: UUID, day: str = "2024-06-20", **changes: Any) -> Recorded:
        fields = {"agreement_id": str(X), "structure_id": str(by), "withdrawn_on": day, **changes}
        return self.said(by, like(SharingWithdrawn, **fields), GROUP)

    def informed(self, by: UUID = ACI, person: UUID = PERSON, agreement: UUID = X, on: str = "2024-06-10") -> Recorded:
        fact = like(SharingInformed, structure_id=str(by), agreement_id=str(agreement), informed_on=on)
        return self.said(by, fact, person)

    def objected(
        self, by: UUID | str = AI, day: str = "2024-06-15", agreement: UUID | None = None, person: UUID = PERSON
    ) -> Recorded:
        return self.said(by, SharingObjected.model_validate({"objected_on": day, "agreement_id": agreement}), person)

    def lifted(self, by: UUID | str = AI, day: str = "2024-06-20", agreement: UUID | None = None) -> Recorded:
        return self.said(by, ObjectionLifted.model_validate({"lifted_on": day, "agreement_id": agreement}))
