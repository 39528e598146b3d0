"""Who is shown what others said of a person, by the agreements of a group's members. Pure: what stands of agreements, of
information, of objections and of limitations comes in, and the day; it is asked with today, whatever day, instant or rows are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from shared.facts.relations import Relation


class Party(NamedTuple):
    """A member to whom an agreement applies on some days, both included; `ends_on` None: as far as is known, without end.

    `terms`: what it agreed to, as one text: parties share with those who agreed to the same. `agreed_at`: when that was
    recorded."""

    group_id: UUID
    agreement_id: UUID
    structure_id: UUID
    purpose: str
    profile: str
    terms: str
    coordinator: bool
    agreed_at: datetime
    starts_on: date
    ends_on: date | None

    def runs_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class Informed(NamedTuple):
    """A person was told of an agreement on a day; `informed_at`: when that was recorded."""

    person_id: UUID
    agreement_id: UUID
    informed_at: datetime
    informed_on: date


class Objection(NamedTuple):
    """It holds from when it is known until the day before `lifted_on`; `agreement_id` None: against any sharing."""

    person_id: UUID
    agreement_id: UUID | None
    lifted_on: date | None

    def holds_on(self, day: date) -> bool:
        return self.lifted_on is None or day < self.lifted_on


class Limitation(NamedTuple):
    """Processing of a person's data is limited from when it is known until the day before `lifted_on` (GDPR article 18)."""

    person_id: UUID
    lifted_on: date | None

    def holds_on(self, day: date) -> bool:
        return self.lifted_on is None or day < self.lifted_on


PROFILES = ("minimum", "pathway")
"""From the narrower to the wider one; what each of them shares is a table (`services/projections/law`)."""

Shared = Mapping[str, str]
"""By structure (bare id) whose facts a caller is shown, the profile by which."""


def shared(
    readers: Collection[str],
    parties: Iterable[Party],
    relations: Iterable[Relation],
    informed: Iterable[Informed],
    objections: Iterable[Objection],
    limitations: Iterable[Limitation],
    purpose: str,
    today: date,
    *,
    coordinates: bool = False,
) -> Shared:
    """Whose facts of one person some structures (bare ids, of one caller) are shown for a purpose.

    One has a running relation with the person, also by a proposal of another that shares it; both are parties of one agreement,
    and the person was told of it when both had agreed, and does not object, and processing of its data is not limited.
    `coordinates`: for a coordinator, as the parties that instruct it, of whom it sees by the same profile what they said."""
    told: dict[UUID, datetime] = {}
    for one in informed:
        if one.informed_on <= today:
            told[one.agreement_id] = max(one.informed_at, told.get(one.agreement_id, one.informed_at))
    against = {one.agreement_id for one in objections if one.holds_on(today)}
    if None in against or any(one.holds_on(today) for one in limitations):
        return {}
    running = [one for one in relations if one.runs_on(today)]
    covered = [
        party
        for party in parties
        if party.purpose == purpose
        and party.runs_on(today)
        and party.agreement_id not in against
        and party.agreement_id in told
        and party.agreed_at <= told[party.agreement_id]
    ]
    found: dict[str, str] = {}
    for reader in covered:
        if str(reader.structure_id) not in readers or (coordinates and not reader.coordinator):
            continue
        beside = [other for other in covered if _agree(reader, other)]
        if not _is_related(reader.structure_id, running, {other.structure_id for other in beside}):
            continue
        for other in beside:
            structure_id = str(other.structure_id)
            if coordinates or structure_id not in readers:
                found[structure_id] = max(found.get(structure_id, PROFILES[0]), other.profile, key=PROFILES.index)
    return found


def _is_related(structure_id: UUID, running: Iterable[Relation], beside: Collection[UUID]) -> bool:
    """A proposal is enough where it comes from one of those that share: a stranger's opens nobody's facts."""
    return any(
        one.structure_id == structure_id and (one.kind != "proposed" or one.proposed_by in beside) for one in running
    )


def _agree(reader: Party, other: Party) -> bool:
    return (reader.group_id, reader.agreement_id, reader.terms) == (other.group_id, other.agreement_id, other.terms)
