"""What the structures service refuses, records, and keeps quiet about."""

from __future__ import annotations

from datetime import date
from random import Random
from uuid import UUID

import pytest

from services.structures.decisions import WARNINGS, decide
from services.structures.facts import (
    CATALOGUE,
    AnnexRecorded,
    CertificationAwarded,
    CertificationEnded,
    ClientChanged,
    ClientRegistered,
    DerogationGranted,
    FactVoided,
    GroupFormed,
    MembershipEnded,
    MembershipStarted,
    NetworkJoined,
    NetworkLeft,
    SharingAgreed,
    SharingWithdrawn,
    StructureChanged,
    StructureClosed,
    StructureRegistered,
    WorkforceReported,
)
from services.structures.facts.bodies import siret_key_fits
from services.structures.refusals.annexes import AnnexEndsBeforeStartError
from services.structures.refusals.certifications import (
    CertificationAlreadyEndedError,
    CertificationEndedBeforeAwardError,
    CertificationExpiresBeforeAwardError,
    CertificationIdUsedError,
)
from services.structures.refusals.clients import ClientAlreadyRegisteredError
from services.structures.refusals.derogations import DerogationEndsBeforeStartError, DerogationIdUsedError
from services.structures.refusals.groups import AlreadyAMemberError, GroupAlreadyFormedError
from services.structures.refusals.networks import NetworkAlreadyJoinedError
from services.structures.refusals.structures import (
    StructureAlreadyClosedError,
    StructureAlreadyRegisteredError,
    StructureClosedBeforeRegisteredError,
    StructureSucceedsItselfError,
)
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context
from shared.facts.fact import Fact
from tests.services.projections.facts import recorded
from tests.services.scenario import UUID_OF_SUBJECT, Service, like, said

STRUCTURE = Service(CATALOGUE, decide).about("structure")
GROUP = STRUCTURE.about("group")
CLIENT = STRUCTURE.about("client")
OTHER = UUID("00000000-0000-4000-8000-000000000001")

ONCE: list[tuple[Service, type[Fact], str, type[DomainError]]] = [
    (STRUCTURE, StructureRegistered, "registered_on", StructureAlreadyRegisteredError),
    (STRUCTURE, StructureClosed, "closed_on", StructureAlreadyClosedError),
    (GROUP, GroupFormed, "formed_on", GroupAlreadyFormedError),
    (CLIENT, ClientRegistered, "registered_on", ClientAlreadyRegisteredError),
]


@pytest.mark.parametrize(("service", "kind", "day", "error"), ONCE, ids=lambda value: getattr(value, "__name__", None))
def test_some_things_happen_once(service: Service, kind: type[Fact], day: str, error: type[DomainError]) -> None:
    first = like(kind)
    service.when(first).accepted()
    service.given(first).when(like(kind)).refused_with(error, **{day: getattr(first, day)})
    service.given(said(first, id="first"), like(FactVoided, fact_id="first")).when(like(kind)).accepted()
    service.given(said(first, id="first")).when(said(like(kind), replaces="first")).accepted()


def test_a_structure_closes_on_or_after_the_day_it_is_registered() -> None:
    opened = like(StructureRegistered, registered_on="2024-03-02")
    closed = like(StructureClosed, closed_on="2024-03-01")
    days = {"registered_on": date(2024, 3, 2), "closed_on": date(2024, 3, 1)}
    STRUCTURE.given(opened).when(closed).refused_with(StructureClosedBeforeRegisteredError, **days)
    STRUCTURE.given(closed).when(opened).refused_with(StructureClosedBeforeRegisteredError, **days)
    STRUCTURE.given(opened).when(like(StructureClosed, closed_on="2024-03-02")).accepted()
    STRUCTURE.when(closed).accepted()


def test_a_structure_is_not_its_own_successor() -> None:
    itself = UUID(UUID_OF_SUBJECT)
    STRUCTURE.when(like(StructureClosed, successor_id=itself)).refused_with(
        StructureSucceedsItselfError, successor_id=itself
    )
    STRUCTURE.when(like(StructureClosed, successor_id=OTHER)).accepted()
    STRUCTURE.when(like(StructureClosed, successor_id=None)).accepted()


def test_an_annex_ends_on_or_after_its_first_day() -> None:
    wrong = like(AnnexRecorded, starts_on="2024-03-02", ends_on="2024-03-01")
    STRUCTURE.when(wrong).refused_with(
        AnnexEndsBeforeStartError, annex_id=wrong.annex_id, starts_on=wrong.starts_on, ends_on=wrong.ends_on
    )
    STRUCTURE.when(like(AnnexRecorded, starts_on="2024-03-01", ends_on="2024-03-01")).accepted()


def test_an_annex_is_recorded_again_with_its_next_state() -> None:
    STRUCTURE.given(like(AnnexRecorded, state="PROVISOIRE")).when(like(AnnexRecorded, state="VALIDE")).accepted()


def test_a_derogation_ends_on_or_after_its_first_day() -> None:
    wrong = like(DerogationGranted, starts_on="2024-03-02", ends_on="2024-03-01")
    STRUCTURE.when(wrong).refused_with(
        DerogationEndsBeforeStartError,
        derogation_id=wrong.derogation_id,
        starts_on=wrong.starts_on,
        ends_on=wrong.ends_on,
    )
    STRUCTURE.when(like(DerogationGranted, starts_on="2024-03-01", ends_on="2024-03-01")).accepted()


def test_a_derogation_decided_after_its_first_day_is_a_fact() -> None:
    STRUCTURE.when(like(DerogationGranted, decided_on="2024-02-01", starts_on="2024-01-01")).accepted()


@pytest.mark.parametrize(
    ("kind", "field", "error"),
    [
        (DerogationGranted, "derogation_id", DerogationIdUsedError),
        (CertificationAwarded, "certification_id", CertificationIdUsedError),
    ],
)
def test_an_id_names_one_thing(kind: type[Fact], field: str, error: type[DomainError]) -> None:
    first = like(kind)
    STRUCTURE.given(first).when(like(kind)).refused_with(error, **{field: getattr(first, field)})
    STRUCTURE.given(first).when(like(kind, **{field: OTHER})).accepted()


def test_a_certification_expires_on_or_after_its_award() -> None:
    wrong = like(CertificationAwarded, awarded_on="2024-03-02", expires_on="2024-03-01")
    STRUCTURE.when(wrong).refused_with(
        CertificationExpiresBeforeAwardError,
        certification_id=wrong.certification_id,
        awarded_on=wrong.awarded_on,
        expires_on=wrong.expires_on,
    )
    STRUCTURE.when(like(CertificationAwarded, awarded_on="2024-03-01", expires_on="2024-03-01")).accepted()
    STRUCTURE.when(like(CertificationAwarded, expires_on=None)).accepted()


def test_a_certification_ends_once_and_not_before_its_award() -> None:
    awarded = like(CertificationAwarded, awarded_on="2024-03-02")
    early = like(CertificationEnded, ended_on="2024-03-01")
    days = {"certification_id": early.certification_id, "awarded_on": awarded.awarded_on, "ended_on": early.ended_on}
    STRUCTURE.given(awarded).when(early).refused_with(CertificationEndedBeforeAwardError, **days)
    STRUCTURE.given(early).when(awarded).refused_with(CertificationEndedBeforeAwardError, **days)
    STRUCTURE.when(early).accepted()
    STRUCTURE.given(awarded).when(like(CertificationEnded, ended_on="2024-03-02")).accepted()
    STRUCTURE.given(early).when(like(CertificationEnded)).refused_with(
        CertificationAlreadyEndedError, certification_id=early.certification_id, ended_on=early.ended_on
    )
    STRUCTURE.given(early).when(like(CertificationEnded, certification_id=OTHER)).accepted()


def joined(day: str, structure_id: UUID | None = None) -> MembershipStarted:
    return like(MembershipStarted, started_on=day, **({"structure_id": structure_id} if structure_id else {}))


def left(day: str) -> MembershipEnded:
    return like(MembershipEnded, ended_on=day)


MEMBER = joined("2024-01-01").structure_id


def test_a_member_leaves_before_it_joins_again() -> None:
    first = joined("2024-01-01")
    GROUP.given(first).when(joined("2024-06-01")).refused_with(
        AlreadyAMemberError, structure_id=MEMBER, started_on=date(2024, 1, 1)
    )
    GROUP.given(first).when(joined("2024-01-01")).refused_with(
        AlreadyAMemberError, structure_id=MEMBER, started_on=date(2024, 1, 1)
    )
    GROUP.given(first, left("2024-05-31")).when(joined("2024-06-01")).accepted()
    GROUP.given(first, left("2024-06-30")).when(joined("2024-06-01")).refused_with(
        AlreadyAMemberError, structure_id=MEMBER, started_on=date(2024, 1, 1)
    )


def test_an_earlier_stay_is_recorded_where_its_end_is_known() -> None:
    """Histories are often typed in from the newest to the oldest."""
    GROUP.given(joined("2024-06-01")).when(joined("2024-01-01")).refused_with(
        AlreadyAMemberError, structure_id=MEMBER, started_on=date(2024, 6, 1)
    )
    GROUP.given(joined("2024-06-01"), left("2024-03-31")).when(joined("2024-01-01")).accepted()


def test_a_member_that_left_on_a_day_joins_again_on_a_later_one() -> None:
    GROUP.given(joined("2024-01-01"), left("2024-05-31")).when(joined("2024-05-31")).refused_with(
        AlreadyAMemberError, structure_id=MEMBER, started_on=date(2024, 1, 1)
    )


def test_members_of_one_group_do_not_stand_in_each_others_way() -> None:
    GROUP.given(joined("2024-01-01")).when(joined("2024-01-01", OTHER)).accepted()


def test_leaving_a_group_not_known_to_be_joined_is_recorded() -> None:
    GROUP.when(left("2024-05-31")).accepted()
    GROUP.given(left("2024-05-31")).when(joined("2024-06-01")).accepted()
    GROUP.given(left("2024-05-31")).when(joined("2024-01-01")).accepted()


def test_a_network_is_left_before_it_is_joined_again() -> None:
    first = like(NetworkJoined, joined_on="2024-01-01")
    STRUCTURE.given(first).when(like(NetworkJoined, joined_on="2024-06-01")).refused_with(
        NetworkAlreadyJoinedError, network="COORACE", joined_on=date(2024, 1, 1)
    )
    again = like(NetworkJoined, joined_on="2024-06-01")
    STRUCTURE.given(first, like(NetworkLeft, left_on="2024-03-01")).when(again).accepted()
    STRUCTURE.given(first).when(like(NetworkJoined, network="FEI")).accepted()
    STRUCTURE.when(like(NetworkLeft)).accepted()


def test_what_changes_or_is_counted_may_be_said_again() -> None:
    STRUCTURE.given(like(StructureChanged)).when(like(StructureChanged)).accepted()
    STRUCTURE.given(like(WorkforceReported)).when(like(WorkforceReported)).accepted()
    CLIENT.given(like(ClientChanged)).when(like(ClientChanged)).accepted()


def test_a_void_of_something_unknown_is_recorded() -> None:
    STRUCTURE.when(like(FactVoided)).accepted()
    STRUCTURE.given(like(FactVoided)).when(like(FactVoided)).accepted()


@pytest.mark.parametrize("service", [STRUCTURE, GROUP, CLIENT], ids=lambda service: service.subject.split("/")[0])
def test_one_story_is_recorded_in_any_order_of_arrival(service: Service) -> None:
    subject = service.subject.partition("/")[0]
    # An agreement is decided on the members who are there.
    decided = (SharingAgreed, SharingWithdrawn)
    story = [
        like(kind) for kind in CATALOGUE.facts.values() if subject in kind.subjects and not issubclass(kind, decided)
    ]
    for seed in range(10):
        Random(seed).shuffle(story)
        for place, fact in enumerate(story):
            service.given(*story[:place]).when(fact).accepted()


@pytest.mark.parametrize(
    ("siret", "fits"),
    [
        ("73282932000074", True),
        ("73282932000075", False),
        ("35600000000048", True),  # La Poste's seat, by Luhn's sum
        ("35600000049837", True),  # one of its offices, by the sum of the digits
        ("35600000000049", False),
    ],
)
def test_the_key_of_a_siret(siret: str, fits: bool) -> None:
    """It refused the fact before; the official service records such numbers."""
    assert siret_key_fits(siret) is fits


@pytest.mark.parametrize(
    "fact",
    [
        like(StructureRegistered, siret="73282932000075"),
        like(StructureChanged, siret="35600000000049"),
        like(ClientRegistered, siret="73282932000075"),
        like(ClientChanged, siret="73282932000075"),
    ],
    ids=lambda fact: type(fact).__name__,
)
def test_a_siret_whose_key_is_wrong_is_recorded_with_a_warning(fact: Fact) -> None:
    service = STRUCTURE if isinstance(fact, StructureRegistered | StructureChanged) else CLIENT
    service.when(fact).accepted()
    event = recorded(fact)
    warned = {warning.code: warning.pointer for warning in WARNINGS.of((), event, Context())}
    assert warned["siret_key_wrong"] == "/data/siret"
    right = event.model_copy(update={"data": fact.model_copy(update={"siret": "73282932000074"})})
    assert "siret_key_wrong" not in {warning.code for warning in WARNINGS.of((), right, Context())}


@pytest.mark.parametrize(
    ("department", "commune", "is_told"),
    [
        ("971", "97823", True),
        ("978", "97801", False),
        ("39", "21231", True),
        ("2A", "2A004", False),
        ("20", "2B033", False),
    ],
)
def test_a_commune_in_another_department_is_told(department: str, commune: str, is_told: bool) -> None:
    fact = recorded(like(StructureRegistered, department=department, commune_code=commune))
    told = {warning.code: warning.pointer for warning in WARNINGS.of((), fact, Context())}
    assert ("commune_of_another_department" in told) is is_told
