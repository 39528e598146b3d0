"""The catalogue, version 1, as it was agreed: no fact and no field may be renamed or dropped."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from services.agrement import facts as agrement
from services.pathways import facts as pathways
from services.pathways.facts.support import ProfessionalTheme, SocialTheme, SupportTheme
from services.placements import facts as placements
from services.structures import facts as structures
from shared.facts.catalogue import Catalogue
from shared.facts.codes import members
from shared.facts.fact import Fact, FactVoided, Visibility
from shared.intake.incoming import read_event
from shared.web.problems import MalformedError
from tests.services.scenario import UUID_OF_SUBJECT

NOW = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)

# `?` = optional, `!` = the day it was true, `~` = may be null once erased. Who sees a field: test_field_classes.py.
AGREED = {
    "structures": """
structure_registered(structure) name kind siret? legal_form? department? commune_code? sector_codes? convergence? registered_on!
structure_changed(structure) changed_on! name? kind? siret? department?
structure_closed(structure) closed_on! successor_id?
succession_confirmed(structure) successor_id confirmed_on!
annex_recorded(structure) annex_id number measure state starts_on! ends_on funded_posts?
derogation_granted(structure) derogation_id rule decided_on! starts_on ends_on limit?
certification_awarded(structure) certification_id scheme version? awarded_on! expires_on?
certification_ended(structure) certification_id ended_on! cause
network_joined(structure) network joined_on!
network_left(structure) network left_on!
workforce_reported(structure) as_of! permanent_staff? employees_in_pathway? employees_outside_pathway? employees_in_governance?
group_formed(group) name formed_on! department?
membership_started(group) structure_id started_on!
membership_ended(group) structure_id ended_on!
sharing_agreed(group) agreement_id structure_id purpose profile legal_basis contact agreed_on! until? document_hash? coordinator?
sharing_withdrawn(group) agreement_id structure_id withdrawn_on!
client_registered(client) name? kind siret? structure_id? department? registered_on!
client_changed(client) changed_on! kind? siret? structure_id?
economic_dismissal_declared(client) declared_on! occupation_code
fact_contested(structure,group,client) fact_id fact_source contested_on! reason
contest_settled(structure,group,client) fact_id fact_source upheld settled_on!
fact_voided(structure,group,client) fact_id fact_source? voided_on! reason
""",
    "pathways": """
person_registered(person) registered_on! sex?~ birth_year?~ education_level?~ benefits?~ rqth?~ housing?~ qpv?~ rural?~ unemployed_months?~
received(person) structure_id received_on! sender_kind prescriber_kind? outcome oriented_to?~
hired(person) contract_id structure_id contract_type starts_on! ends_on? weekly_hours? in_pathway? renews_contract_id? annex_id? sender_kind? occupation_code? age?~ adapted_sentence?~
contract_changed(person) contract_id changed_on! starts_on? ends_on? weekly_hours? extension_ground?~ training_id?
contract_suspended(person) contract_id starts_on! ends_on? cause~
contract_ended(person) contract_id ended_on! cause?~
weekly_hours_derogation_granted(person) derogation_id contract_id kind~ decided_on! starts_on ends_on
training_started(person) training_id kind started_on! structure_id? contract_id? planned_hours? level? certifying? provider_id?
training_ended(person) training_id ended_on! hours? result
skill_validated(person) structure_id skill_code level validated_on!
immersion_agreed(person) immersion_id structure_id contract_id? host_id object objective? starts_on! ends_on days? renews_immersion_id?
immersion_ended(person) immersion_id ended_on! days? result?
support_action(person) action_id structure_id done_on! kind outcome theme~
handover_proposed(person) handover_id from_structure_id to_structure_id proposed_on!
handover_answered(person) handover_id answer answered_on!
exited(person) exit_id structure_id contract_id? exited_on! reason local_reason?~ next?
followed_up(person) exit_id milestone_months observed_on! situation contract_type? contract_months? employer_kind? better_than_entry? qualification?
pathway_closed(person) closed_on! reason
esf_participation_started(person) participation_id operation_code entered_on! collected_on labour_status~ isced?~ disability?~ third_country?~ foreign_background?~ minority?~ housing_exclusion?~ rural?~
esf_participation_ended(person) participation_id left_on! collected_on result
sharing_informed(person) structure_id agreement_id informed_on!
sharing_objected(person) objected_on! agreement_id?
objection_lifted(person) lifted_on! agreement_id?
processing_limited(person) limited_on!
limitation_lifted(person) lifted_on!
persons_merged(person) into merged_on!
persons_split(person) merge_id split_on!
person_erased(person) erased_on! ground
fact_contested(person) fact_id fact_source contested_on! reason
contest_settled(person) fact_id fact_source upheld settled_on!
fact_voided(person) fact_id fact_source? voided_on! reason
""",
    "agrement": """
eligibility_diagnosed(person) diagnosis_id made_on! author_kind structure_id? prescriber_kind? criteria?~ age?~ unemployed_months?~
agrement_granted(person) agrement_id number?~ origin granted_on! starts_on initial_ends_on? structure_id? diagnosis_id? contract_id? sender_kind? prescriber_kind?
start_moved(person) agrement_id moved_on! starts_on cause contract_id?
suspended(person) agrement_id suspension_id structure_id reason~ starts_on! ends_on? declared_on? author_kind? prescriber_kind?~
suspension_changed(person) agrement_id suspension_id structure_id changed_on! starts_on? ends_on? back_on? author_kind? prescriber_kind?~
suspension_removed(person) agrement_id suspension_id structure_id removed_on! author_kind? prescriber_kind?~
prolongation_requested(person) agrement_id request_id structure_id reason~ starts_on ends_on requested_on! addressed_to? age?~
prolongation_granted(person) agrement_id request_id prolongation_id decided_on! prescriber_id prescriber_kind? authorised
prolongation_denied(person) agrement_id request_id decided_on! prescriber_id prescriber_kind? authorised deny_reason next_step?
prolonged(person) agrement_id prolongation_id reason~ starts_on! ends_on structure_id declared_on? request_id? training_id? contract_id? age?~
agrement_closed(person) agrement_id closed_on! reason author_kind structure_id? suspension_id?
agrement_cancelled(person) agrement_id cancelled_on! reason
hire_linked(person) agrement_id? contract_id structure_id structure_kind starts_on!
suspension_lifted(person) agrement_id suspension_id contract_id lifted_on! ends_on?
agrement_expiring(person) agrement_id ends_on days_before due_on!
agrement_expired(person) agrement_id ended_on!
person_erased(person) erased_on! ground
fact_contested(person) fact_id fact_source contested_on! reason
contest_settled(person) fact_id fact_source upheld settled_on!
fact_voided(person) fact_id fact_source? voided_on! reason
""",
    "placements": """
placement_agreed(person) placement_id structure_id client_id starts_on! ends_on? planned_hours? contract_id? occupation_code? purpose?
placement_changed(person) placement_id changed_on! ends_on? planned_hours?
placement_ended(person) placement_id ended_on! cause?
hours_worked(person) entry_id structure_id contract_id? placement_id? month! hours mode? from_day? to_day?
cap_approaching(person) structure_id window_starts_on reached_on! hours placement_id?
cap_exceeded(person) structure_id window_starts_on reached_on! hours placement_id?
person_erased(person) erased_on! ground
fact_contested(person) fact_id fact_source contested_on! reason
contest_settled(person) fact_id fact_source upheld settled_on!
fact_voided(person) fact_id fact_source? voided_on! reason
""",
}
NEXT_STEP = "contract_type starts_on ends_on months employer_kind subsidised structure_id client_id training_kind occupation_code weekly_hours"
HOW = (
    "what is released never changes: a new fact or an optional field is written into AGREED of this file, in the place it"
    " has in CATALOGUE; any other shape is a `.v2` with an Upcaster (CONTRIBUTING.md)"
)

CATALOGUES: dict[str, Catalogue] = {
    "structures": structures.CATALOGUE,
    "pathways": pathways.CATALOGUE,
    "agrement": agrement.CATALOGUE,
    "placements": placements.CATALOGUE,
}
EVERY_FACT = [fact for catalogue in CATALOGUES.values() for fact in catalogue.facts.values()]
every_fact = pytest.mark.parametrize("fact", EVERY_FACT, ids=lambda fact: fact.type)


def event_of(fact: type[Fact], data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "event-1",
        "source": "urn:test:software",
        "type": fact.type,
        "subject": f"{fact.subjects[0]}/{UUID_OF_SUBJECT}",
        "time": "2026-01-05T09:00:00+01:00",
        "data": data,
    }


def read(fact: type[Fact], data: dict[str, Any]) -> Fact:
    return read_event(event_of(fact, data), False, CATALOGUES[fact.service()], NOW).fact.data


def described(fact: type[Fact]) -> set[str]:
    """What the table above says, read from the model."""
    words: set[str] = set()
    for name, field in fact.model_fields.items():
        marks = "" if field.is_required() else "?"
        marks += "!" if name == fact.occurred_on_field else ""
        marks += "~" if name in fact.personal_fields() else ""
        words.add(name + marks)
    return words


@pytest.mark.parametrize("service", list(AGREED))
def test_every_fact_and_field_of_the_catalogue_is_there_in_its_order(service: str) -> None:
    lines = [line.partition(") ") for line in AGREED[service].strip().splitlines()]
    facts = list(CATALOGUES[service].facts.values())
    agreed_types = [f"{service}.{head.partition('(')[0]}.v1" for head, _, _ in lines]
    assert [fact.type for fact in facts] == agreed_types, HOW
    for fact, (head, _, fields) in zip(facts, lines, strict=True):
        assert described(fact) == set(fields.split()), f"{fact.type}: {HOW}"
        assert ",".join(fact.subjects) == head.partition("(")[2], f"{fact.type}: {HOW}"


@pytest.mark.parametrize("service", list(CATALOGUES))
def test_no_fact_is_forgotten(service: str) -> None:
    """One left out of the catalogue is refused as a type nobody knows, and no rule of it ever speaks."""
    package = import_module(f"services.{service}.facts")
    modules = [package, *(import_module(part.name) for part in iter_modules(package.__path__, f"{package.__name__}."))]
    written = {
        thing
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Fact) and thing.__module__ == module.__name__
    }
    facts = {fact for fact in written if "type" in vars(fact)}  # without one: what several facts have in common
    listed = set(CATALOGUES[service].facts.values())
    assert facts == listed, f"written and not in CATALOGUE: {facts - listed}, or the other way round: {listed - facts}"
    unnamed = {fact for fact in written - facts if not any(issubclass(other, fact) for other in facts)}
    assert not unnamed, f"no type, and nothing else stands on it: {unnamed}"


def test_the_next_step_of_an_exit_has_all_its_fields_and_none_is_required() -> None:
    fields = pathways.NextStep.model_fields
    assert set(fields) == set(NEXT_STEP.split())
    assert not any(field.is_required() for field in fields.values())


@every_fact
def test_a_fact_is_named_after_its_type_and_says_what_it_means(fact: type[Fact]) -> None:
    name = fact.type.split(".")[1]
    assert fact.__name__ == "".join(word.capitalize() for word in name.split("_"))
    assert fact.__doc__


@every_fact
def test_each_example_is_accepted_as_it_stands_and_read_back_from_the_log(fact: type[Fact]) -> None:
    accepted = read(fact, fact.example)
    assert accepted.model_dump(mode="json", exclude_unset=True) == fact.example
    stored = event_of(fact, {**fact.example, "field_of_a_later_version": 1})
    stored["recordedtime"] = "2026-01-05T09:00:00.000000Z"
    again = CATALOGUES[fact.service()].decode(fact.type, json.dumps(stored).encode())
    assert again is not None
    assert again.data == accepted


@every_fact
def test_a_field_nobody_knows_is_refused(fact: type[Fact]) -> None:
    with pytest.raises(MalformedError) as refused:
        read(fact, {**fact.example, "first_name": "x"})
    assert [(f.pointer, f.code) for f in refused.value.faults] == [("/data/first_name", "unknown_field")]


@every_fact
def test_each_required_field_is_missed(fact: type[Fact]) -> None:
    for name, field in fact.model_fields.items():
        if field.is_required():
            with pytest.raises(MalformedError) as refused:
                read(fact, {key: value for key, value in fact.example.items() if key != name})
            assert (f"/data/{name}", "missing_field") in [(f.pointer, f.code) for f in refused.value.faults]


@every_fact
def test_a_code_outside_its_list_is_refused_with_the_name_of_the_field(fact: type[Fact]) -> None:
    for name, field in fact.model_fields.items():
        if "Literal" in str(field.annotation):
            value = ["no_such_code"] if "tuple" in str(field.annotation) else "no_such_code"
            with pytest.raises(MalformedError) as refused:
                read(fact, {**fact.example, name: value})
            pointer = f"/data/{name}" + ("/0" if isinstance(value, list) else "")
            assert [(f.pointer, f.code) for f in refused.value.faults] == [(pointer, f"unknown_{name}")]


@every_fact
def test_what_an_erasure_empties_reads_as_none(fact: type[Fact]) -> None:
    erased = fact.model_validate({**fact.example, **dict.fromkeys(fact.personal_fields())})
    for name in fact.personal_fields():
        assert getattr(erased, name) is None
    assert erased.occurred_on == fact.model_validate(fact.example).occurred_on


@every_fact
def test_nothing_needed_to_keep_counts_is_emptied(fact: type[Fact]) -> None:
    for name in fact.personal_fields():
        assert not name.endswith(("_id", "_on")), "ids and days stay after an erasure"


@every_fact
def test_the_day_of_decision_is_a_day(fact: type[Fact]) -> None:
    """A field named like a method of Fact would hide it."""
    example = fact.model_validate(fact.example)
    decided = getattr(example, fact.decided_on_field) if fact.decided_on_field else example.occurred_on
    assert example.day_of_decision(NOW) == decided
    if fact.decided_on_field:
        undated = example.model_copy(update={fact.decided_on_field: None})
        assert undated.day_of_decision(NOW) == NOW.date()


@pytest.mark.parametrize("service", list(CATALOGUES))
def test_every_service_can_void_and_does_so_last_on_a_day(service: str) -> None:
    facts = list(CATALOGUES[service].facts.values())
    assert issubclass(facts[-1], FactVoided)
    assert not any(issubclass(fact, FactVoided) for fact in facts[:-1])


def test_all_catalogues_join() -> None:
    assert list(Catalogue.join(CATALOGUES.values()).facts.values()) == EVERY_FACT


def test_a_social_theme_is_for_its_sayer_a_professional_one_for_the_group() -> None:
    action = pathways.SupportAction
    social = {theme: action.visibility_of("theme", theme) for theme in get_args(SocialTheme)}
    professional = {theme: action.visibility_of("theme", theme) for theme in get_args(ProfessionalTheme)}
    assert set(social.values()) == {Visibility.SENSITIVE}
    assert set(professional.values()) == {Visibility.GROUP}
    assert action.visibility_of("theme") is Visibility.SENSITIVE
    assert action.visibility_of("kind", "project") is Visibility.GROUP
    assert len(social) + len(professional) == len(members(SupportTheme)) == 14


def test_structures_are_public_but_for_their_figures() -> None:
    hidden = {
        name
        for fact in structures.CATALOGUE.facts.values()
        for name in fact.model_fields
        if fact.visibility_of(name) is not Visibility.PUBLIC
    }
    assert hidden == {
        "funded_posts", "limit", "permanent_staff", "employees_in_pathway", "employees_outside_pathway", "employees_in_governance", "occupation_code",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "wrong"),
    [
        (pathways.Hired, {"weekly_hours": 60.5}),
        (pathways.Hired, {"weekly_hours": -1}),
        (pathways.Hired, {"weekly_hours": 26.00001}),
        (pathways.Hired, {"weekly_hours": "26"}),
        (pathways.Hired, {"age": 9}),
        (pathways.Hired, {"age": 111}),
        (pathways.Hired, {"age": 36.5}),
        (pathways.Hired, {"in_pathway": 1}),
        (pathways.Hired, {"starts_on": "1899-12-31"}),
        (pathways.Hired, {"starts_on": "2024-02-30"}),
        (pathways.Hired, {"contract_id": "7"}),
        (pathways.Hired, {"occupation_code": "with space"}),
        (pathways.PersonRegistered, {"birth_year": 1899}),
        (pathways.PersonRegistered, {"unemployed_months": -1}),
        (pathways.PersonRegistered, {"benefits": "RSA"}),
        (pathways.PersonRegistered, {"sex": "a" * 41}),
        (pathways.Exited, {"reason": 2}),
        (pathways.Exited, {"next": {"name": "x"}}),
        (pathways.Exited, {"next": {"weekly_hours": 61}}),
        (pathways.FollowedUp, {"milestone_months": 0}),
        (placements.HoursWorked, {"hours": 744.5}),
        (placements.HoursWorked, {"hours": -0.5}),
        (placements.HoursWorked, {"month": "2024-13"}),
        (placements.HoursWorked, {"month": "2024-1"}),
        (agrement.AgrementGranted, {"number": "XXXXX000001"}),
        (agrement.AgrementGranted, {"number": "xxxxx0000001"}),
        (structures.AnnexRecorded, {"funded_posts": -1}),
        (structures.AnnexRecorded, {"number": "ACI-2024-0001"}),
        (structures.AnnexRecorded, {"number": "ACI039240001"}),
        (structures.AnnexRecorded, {"number": "ACI0392401A0M0"}),
        (structures.AnnexRecorded, {"number": "aci039240001A0M0"}),
        (structures.AnnexRecorded, {"number": "EI08018002A1M1"}),
        (structures.AnnexRecorded, {"number": "ETTI2A240001A10M2"}),
        (structures.AnnexRecorded, {"number": "ACI_39240001A0M0"}),
        (structures.WorkforceReported, {"permanent_staff": 1.5}),
        (structures.StructureRegistered, {"department": "96"}),
        (structures.StructureRegistered, {"department": "979"}),
        (structures.StructureRegistered, {"department": "99"}),
        (structures.StructureRegistered, {"department": "1"}),
        (structures.StructureRegistered, {"commune_code": "96001"}),
        (structures.StructureRegistered, {"commune_code": "97901"}),
        (structures.StructureRegistered, {"commune_code": "3950"}),
        (structures.StructureRegistered, {"sector_codes": ["81.30 Z"]}),
        (structures.StructureRegistered, {"name": ""}),
        (structures.StructureRegistered, {"name": "   "}),
        (structures.StructureRegistered, {"name": "a" * 201}),
        (structures.StructureRegistered, {"name": "two\nlines"}),
        (structures.StructureRegistered, {"siret": "7328293200007"}),
        (structures.StructureRegistered, {"siret": "٧٣٢٨٢٩٣٢٠٠٠٠٧٤"}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value)[:40],
)
def test_nonsense_is_refused_where_it_stands(fact: type[Fact], wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedError) as refused:
        read(fact, {**fact.example, **wrong})
    assert all(fault.pointer.startswith(f"/data/{next(iter(wrong))}") for fault in refused.value.faults)


@pytest.mark.parametrize(
    ("fact", "right"),
    [
        (pathways.Hired, {"weekly_hours": 0}),
        (pathways.Hired, {"weekly_hours": 60}),
        (pathways.Hired, {"contract_id": "C0A80121-7AC0-4E1B-8F3C-2D9A7E5B1C01"}),
        (pathways.Received, {"oriented_to": "TRAINING"}),
        (pathways.Received, {"oriented_to": "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02"}),
        (pathways.Exited, {"reason": "96"}),
        (pathways.Exited, {"next": {"months": 5.5}}),
        (placements.HoursWorked, {"hours": 744}),
        (agrement.AgrementGranted, {"number": "625741810182"}),
        (structures.StructureRegistered, {"department": "2A", "commune_code": "2A004"}),
        (structures.StructureRegistered, {"department": "974", "commune_code": "97411"}),
        (structures.StructureRegistered, {"department": "987", "commune_code": "98735"}),
        (structures.StructureRegistered, {"department": "977", "commune_code": "97701"}),
        (structures.StructureRegistered, {"department": "978", "commune_code": "97801"}),
        (structures.StructureRegistered, {"sector_codes": ["8130Z", "88.10C", "home_services"]}),
        (structures.StructureRegistered, {"name": "1000 Services – L'Étoile"}),
        (structures.StructureRegistered, {"siret": "35600000000048"}),
        (structures.StructureRegistered, {"siret": "35600000049837"}),
        (structures.StructureRegistered, {"siret": "73282932000075"}),
        (structures.StructureRegistered, {"siret": "35600000000049"}),
        (structures.CertificationAwarded, {"version": "2015.1"}),
        (structures.AnnexRecorded, {"number": "EI59V182019A1M1"}),
        (structures.AnnexRecorded, {"number": "ETTI02A240001A10M2"}),
        (structures.AnnexRecorded, {"number": "AI974240001A0M0"}),
        (structures.ClientRegistered, {"kind": "household", "name": None, "siret": None}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else str(value)[:40],
)
def test_what_is_unusual_but_true_is_accepted(fact: type[Fact], right: dict[str, Any]) -> None:
    read(fact, {**fact.example, **right})


@pytest.mark.parametrize("field", ["name", "siret"])
def test_a_household_has_neither_name_nor_siret(field: str) -> None:
    household = {"kind": "household", "registered_on": "2024-01-01"}
    read(structures.ClientRegistered, household)
    with pytest.raises(MalformedError) as refused:
        read(structures.ClientRegistered, {**household, field: structures.ClientRegistered.example[field]})
    assert [(f.pointer, f.code) for f in refused.value.faults] == [(f"/data/{field}", "household_is_nameless")]


def test_a_client_that_becomes_a_household_brings_no_siret() -> None:
    with pytest.raises(ValidationError, match="household"):
        structures.ClientChanged.model_validate({**structures.ClientChanged.example, "kind": "household"})


def test_hours_are_true_on_their_last_day() -> None:
    hours = placements.HoursWorked
    whole_month = {"from_day": None, "to_day": None}
    assert str(hours.model_validate({**hours.example, **whole_month, "month": "2024-02"}).occurred_on) == "2024-02-29"
    assert str(hours.model_validate({**hours.example, **whole_month, "month": "2023-12"}).occurred_on) == "2023-12-31"
    assert str(hours.model_validate({**hours.example, "to_day": "2024-02-16"}).occurred_on) == "2024-02-16"


def test_permanent_staff_is_the_exception_that_must_be_said() -> None:
    assert pathways.Hired.model_validate(
        {k: v for k, v in pathways.Hired.example.items() if k != "in_pathway"}
    ).in_pathway
