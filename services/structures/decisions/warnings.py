"""What is recorded though it looks mistaken: a day still to come, something named that nobody has told of."""

from __future__ import annotations

from collections.abc import Iterator

from services.structures.facts import (
    AnnexRecorded,
    CertificationAwarded,
    CertificationEnded,
    ClientChanged,
    ClientRegistered,
    DerogationGranted,
    EconomicDismissalDeclared,
    FactVoided,
    GroupFormed,
    MembershipEnded,
    MembershipStarted,
    NetworkJoined,
    NetworkLeft,
    StructureChanged,
    StructureClosed,
    StructureRegistered,
    WorkforceReported,
)
from services.structures.facts.bodies import siret_key_fits
from services.structures.law.tables import law_on
from services.structures.warnings import (
    AnnexMeasureUnknown,
    CertificationUnknown,
    CommuneOfAnotherDepartment,
    NetworkNotJoined,
    NotAMember,
    NotRegistered,
    SiretKeyWrong,
)
from shared.deciding.future_days import DoneOn, future_day
from shared.deciding.rules import Case
from shared.deciding.warnings import DomainWarning
from shared.facts.fact import Fact

DONE_ON: DoneOn = {
    DerogationGranted: "decided_on",
    CertificationAwarded: "awarded_on",
    WorkforceReported: "as_of",
    EconomicDismissalDeclared: "declared_on",
    FactVoided: "voided_on",
}
"""A body may be registered, changed or closed, and a membership begin or end, from a day that is still to come."""

OfAStructure = (
    StructureChanged
    | StructureClosed
    | AnnexRecorded
    | DerogationGranted
    | CertificationAwarded
    | CertificationEnded
    | NetworkJoined
    | NetworkLeft
    | WorkforceReported
)
OfAGroup = MembershipStarted | MembershipEnded
OfAClient = ClientChanged | EconomicDismissalDeclared
WithSiret = StructureRegistered | StructureChanged | ClientRegistered | ClientChanged


def what_is_done_is_not_to_come(fact: Fact, case: Case) -> Iterator[DomainWarning]:
    return future_day(fact, case, DONE_ON)


def a_structure_is_registered(_: OfAStructure, case: Case) -> Iterator[DomainWarning]:
    return _registered(StructureRegistered, case)


def a_group_is_formed(_: OfAGroup, case: Case) -> Iterator[DomainWarning]:
    return _registered(GroupFormed, case)


def a_client_is_registered(_: OfAClient, case: Case) -> Iterator[DomainWarning]:
    return _registered(ClientRegistered, case)


def a_certification_is_known(fact: CertificationEnded, case: Case) -> Iterator[DomainWarning]:
    if all(standing.certification_id != fact.certification_id for standing in case.standing(CertificationAwarded)):
        yield CertificationUnknown("/data/certification_id")


def a_membership_is_known(fact: MembershipEnded, case: Case) -> Iterator[DomainWarning]:
    if all(standing.structure_id != fact.structure_id for standing in case.standing(MembershipStarted)):
        yield NotAMember("/data/structure_id")


def a_network_was_joined(fact: NetworkLeft, case: Case) -> Iterator[DomainWarning]:
    if all(standing.network != fact.network for standing in case.standing(NetworkJoined)):
        yield NetworkNotJoined("/data/network")


def an_annex_is_of_a_known_measure(fact: AnnexRecorded, _: Case) -> Iterator[DomainWarning]:
    """Of one that is in no list nobody can tell whose posts it pays: it would count for none, and nobody be told."""
    if not law_on(fact.starts_on).knows_measure(fact.measure):
        yield AnnexMeasureUnknown("/data/measure")


def a_siret_has_its_key(fact: WithSiret, _: Case) -> Iterator[DomainWarning]:
    """The official service records such numbers, and so does the State: refusing them would lose the structure."""
    if fact.siret is not None and not siret_key_fits(fact.siret):
        yield SiretKeyWrong("/data/siret")


def a_commune_lies_in_its_department(fact: StructureRegistered, _: Case) -> Iterator[DomainWarning]:
    """A commune's code begins with its department's; those of Corsica, which was 20, with 2A or 2B."""
    if fact.department is None or fact.commune_code is None:
        return
    if not fact.commune_code.startswith("2" if fact.department == "20" else fact.department):
        yield CommuneOfAnotherDepartment("/data/commune_code")


def _registered(kind: type[Fact], case: Case) -> Iterator[DomainWarning]:
    if next(case.standing(kind), None) is None:
        yield NotRegistered("/subject")
