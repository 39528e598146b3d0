"""Diagnoses and grants: each rule accepting, refusing with what would be allowed, and keeping quiet."""

from __future__ import annotations

from typing import Any

import pytest

from services.agrement.decisions.numbers import following
from services.agrement.facts import AgrementGranted
from services.agrement.model.numbers import shown
from services.agrement.refusals import eligibility, general, grants
from shared.deciding.claims import Taken
from tests.services.agrement.persons import Person, diagnosis, grant, move, suspension
from tests.services.scenario import uid


def eligible(**context: Any) -> Person:
    return Person(**context).diagnosed("2026-07-20")


# Diagnoses


def test_a_diagnosis_id_names_one_diagnosis() -> None:
    fields = Person().diagnosed("2026-07-01").refuses(diagnosis("2026-07-02"), eligibility.DiagnosisIdUsedError)
    assert fields == {"diagnosis_id": str(uid("D"))}
    assert Person().diagnosed("2026-07-01").allows(diagnosis("2026-07-02", name="other"))


@pytest.mark.parametrize("criteria", [["SENIOR", "JEUNE"], ["DELD", "DETLD"]])
def test_criteria_that_exclude_each_other_are_refused(criteria: list[str]) -> None:
    fact = diagnosis("2026-07-01", criteria=criteria)
    fields = Person().refuses(fact, eligibility.CriteriaExcludeEachOtherError)
    assert sorted(fields["criteria"]) == sorted(criteria)


@pytest.mark.parametrize(
    ("criterion", "given", "met"),
    [
        ("SENIOR", {"age": 50}, True),
        ("SENIOR", {"age": 49}, False),
        ("JEUNE", {"age": 25}, True),
        ("JEUNE", {"age": 26}, False),
        ("DETLD", {"unemployed_months": 24}, True),
        ("DETLD", {"unemployed_months": 23}, False),
        ("DELD", {"unemployed_months": 12}, True),
        ("DELD", {"unemployed_months": 23}, True),
        ("DELD", {"unemployed_months": 11}, False),
        ("DELD", {"unemployed_months": 24}, False),
        ("SENIOR", {}, True),
        ("RSA", {"age": 17, "unemployed_months": 0}, True),
    ],
)
def test_a_criterion_fits_the_age_and_the_months_given(criterion: str, given: dict[str, Any], met: bool) -> None:
    fact = diagnosis("2026-07-01", criteria=[criterion], **given)
    assert Person().allows(fact) is met
    if not met:
        fields = Person().refuses(fact, eligibility.CriterionNotMetError)
        assert (fields["criterion"], [fields["given"]]) == (criterion, list(given.values()))


@pytest.mark.parametrize(
    ("kind", "criteria", "enough"),
    [
        ("AI", ["RSA"], True),
        ("ACI", ["RSA"], True),
        ("AI", ["QPV", "ZRR"], True),
        ("ETTI", ["QPV", "ZRR"], True),
        ("ETTI", ["QPV"], False),
        ("ACI", ["QPV", "ZRR"], False),
        ("EI", ["QPV", "ZRR", "FLE"], True),
        ("EITI", ["QPV", "ZRR"], False),
        ("EITI", [], False),
        ("unknown", ["QPV"], True),
    ],
)
def test_an_employer_alone_needs_enough_criteria(kind: str, criteria: list[str], enough: bool) -> None:
    fact = diagnosis("2026-07-01", "employer", structure_id=kind, criteria=criteria)
    assert Person().allows(fact) is enough
    if not enough:
        fields = Person().refuses(fact, eligibility.NotEnoughCriteriaError)
        assert fields["level_2_needed"] == (2 if kind in ("AI", "ETTI") else 3)
        assert fields["level_2_given"] == len(criteria)


def test_a_prescriber_needs_no_criteria_and_criteria_not_given_are_not_judged() -> None:
    assert Person().allows(diagnosis("2026-07-01", criteria=[]))
    assert Person().allows(diagnosis("2026-07-01", "employer", structure_id="ACI"))


# Grants


def test_a_grant_rests_on_a_valid_diagnosis_and_records_which_one() -> None:
    person = eligible().does(grant("2026-08-03"))
    assert isinstance(person.last.recorded, AgrementGranted)
    assert person.last.recorded.diagnosis_id == uid("D")
    named = eligible().does(grant("2026-08-03", diagnosis_id="D"))
    assert named.last.recorded is None


@pytest.mark.parametrize("origin", ["default", "admin"])
def test_a_grant_without_diagnosis_is_refused(origin: str) -> None:
    fields = Person().refuses(grant("2026-08-03", origin=origin), grants.DiagnosisRequiredError)
    assert fields == {"origin": origin, "granted_on": "2026-08-03"}


@pytest.mark.parametrize("origin", ["pe_approval", "ai_stock"])
def test_an_older_agrement_rests_on_no_diagnosis(origin: str) -> None:
    assert Person().allows(grant("2026-08-03", origin=origin))
    fields = eligible().refuses(grant("2026-08-03", origin=origin, diagnosis_id="D"), grants.DiagnosisNotAllowedError)
    assert fields == {"origin": origin, "diagnosis_id": str(uid("D"))}


@pytest.mark.parametrize(
    ("author", "granted_on", "valid"),
    [
        ("employer", "2025-02-02", False),
        ("employer", "2025-02-03", True),
        ("employer", "2025-05-05", True),
        ("employer", "2025-05-06", False),
        ("authorised_prescriber", "2025-08-02", True),
        ("authorised_prescriber", "2025-08-03", False),
    ],
)
def test_a_diagnosis_is_valid_until_the_day_before_it_expires(author: str, granted_on: str, valid: bool) -> None:
    person = Person().diagnosed("2025-02-03", author, structure_id="A")
    fact = grant(granted_on, structure_id="A", diagnosis_id="D")
    assert person.allows(fact) is valid
    if not valid:
        fields = person.refuses(fact, grants.DiagnosisNotValidError)
        expires_on = "2025-05-06" if author == "employer" else "2025-08-03"
        assert (fields["made_on"], fields["expires_on"]) == ("2025-02-03", expires_on)


def test_the_diagnosis_named_is_one_of_the_person() -> None:
    fields = eligible().refuses(grant("2026-08-03", diagnosis_id="other"), grants.DiagnosisUnknownError)
    assert fields == {"diagnosis_id": str(uid("other"))}


def test_a_diagnosis_of_an_employer_serves_that_one_only() -> None:
    person = Person().diagnosed("2026-07-20", "employer", structure_id="A")
    assert person.allows(grant("2026-08-03", structure_id="A", diagnosis_id="D"))
    person.refuses(grant("2026-08-03", structure_id="B", diagnosis_id="D"), grants.DiagnosisOfAnotherEmployerError)
    person.refuses(grant("2026-08-03", structure_id="B"), grants.DiagnosisRequiredError)
    assert eligible().allows(grant("2026-08-03", structure_id="B"))


def test_a_prescribers_diagnosis_wins() -> None:
    person = Person().diagnosed("2026-07-01").diagnosed("2026-07-20", "employer", name="E", structure_id="A")
    person.does(grant("2026-08-03", structure_id="A"))
    assert isinstance(person.last.recorded, AgrementGranted)
    assert person.last.recorded.diagnosis_id == uid("D")


@pytest.mark.parametrize("granted_on", ["2020-06-01", "2022-06-01"])
@pytest.mark.parametrize("sender", [None, "authorised_prescriber"])
def test_the_earliest_day_of_a_grant_is_after_whatever_agrement_follows(granted_on: str, sender: str | None) -> None:
    """The day after the first one, or after its carence, was named also where a later agrément held that day."""
    person = Person().granted("2020-01-01", "2021-12-31", origin="ai_stock")
    person.granted("2022-01-01", "2023-12-31", name="of next years", origin="ai_stock")
    person.granted("2024-02-01", "2025-12-31", name="later", origin="ai_stock")
    asked = grant(granted_on, name="Q", origin="admin")
    fields = person.refuses(asked, grants.AgrementRunningError)
    # Between the second one and the third a carence runs, which holds those whom nobody sends.
    assert (fields["earliest_granted_on"], fields["earliest_sent_on"]) == ("2028-01-01", "2024-01-01")
    day = fields["earliest_sent_on" if sender else "earliest_granted_on"]
    again = person.refusals(grant(day, "2024-01-31" if sender else None, "Q", origin="admin", sender_kind=sender))
    assert not {"agrement_running", "in_carence"} & {one.code for one in again}


def test_the_day_after_carence_is_not_of_a_later_agrement() -> None:
    person = Person().granted("2018-01-01", "2018-12-31", origin="ai_stock")
    person.granted("2020-12-15", "2022-06-30", name="later", origin="ai_stock")
    fields = person.refuses(grant("2019-06-01", name="Q", origin="admin"), grants.InCarenceError)
    assert (fields["carence_ends_on"], fields["earliest_granted_on"]) == ("2020-12-31", "2024-07-01")


def test_one_agrement_at_a_time() -> None:
    person = eligible().granted("2025-01-01", "2026-08-03")
    fields = person.refuses(grant("2026-08-03", name="Q"), grants.AgrementRunningError)
    assert fields == {
        "agrement_id": str(uid("P")),
        "ends_on": "2026-08-03",
        "earliest_granted_on": "2028-08-04",
        "earliest_sent_on": "2026-08-04",
    }
    (problem, *_) = [one.problem() for one in person.refusals(grant("2026-08-03", name="Q"))]
    assert problem["detail_fr"] == (
        "Il prend fin le 3 août 2026 ; un nouveau peut être délivré à partir du 4 août 2028, ou du 4 août 2026 si un "
        "prescripteur habilité oriente la personne ou pose un diagnostic."
    )
    assert person.allows(grant("2026-08-04", name="Q", sender_kind="authorised_prescriber"))


def test_an_older_agrement_may_be_imported_after_a_newer_one_unless_they_share_a_day() -> None:
    person = Person().granted("2024-01-01", granted_on="2024-01-01")
    old = {"origin": "pe_approval", "granted_on": "2021-12-01", "name": "old"}
    assert person.allows(grant("2021-12-01", "2023-12-31", **old))
    fields = person.refuses(grant("2021-12-01", "2024-01-01", **old), grants.AgrementsOverlapError)
    assert fields == {"agrement_id": str(uid("P")), "starts_on": "2024-01-01", "ends_on": "2025-12-31"}


def test_an_agrement_ends_after_its_first_day() -> None:
    assert eligible().allows(grant("2026-08-03", "2026-08-04"))
    for end in ("2026-08-02", "2026-08-03"):
        fields = eligible().refuses(grant("2026-08-03", end), grants.AgrementEndsBeforeStartError)
        assert (fields["starts_on"], fields["initial_ends_on"]) == ("2026-08-03", end)


def test_an_agrement_id_names_one_agrement() -> None:
    person = eligible().granted("2020-01-01", "2020-02-01")
    person.refuses(grant("2026-08-03"), grants.AgrementIdUsedError)


def test_only_a_siae_uses_an_agrement() -> None:
    fields = eligible().refuses(grant("2026-08-03", structure_id="GEIQ"), grants.StructureNotSiaeError)
    assert (fields["kind"], fields["day"]) == ("GEIQ", "2026-08-03")
    for structure in ("ETTI", "not known", None):
        assert eligible().allows(grant("2026-08-03", structure_id=structure))


@pytest.mark.parametrize(
    ("granted_on", "sender", "diagnosed_by", "free"),
    [
        ("2025-12-31", None, "employer", False),
        ("2027-12-30", None, "employer", False),
        ("2027-12-31", None, "employer", True),
        ("2026-08-03", "self", "employer", False),
        ("2026-08-03", "employer", "employer", False),
        ("2026-08-03", "orienteur", "employer", False),
        ("2026-08-03", "authorised_prescriber", "employer", True),
        ("2026-08-03", None, "authorised_prescriber", True),
    ],
)
def test_no_new_agrement_in_carence(granted_on: str, sender: str | None, diagnosed_by: str, free: bool) -> None:
    person = Person().granted("2024-01-01", "2025-12-30").diagnosed(granted_on, diagnosed_by, structure_id="A")
    fact = grant(granted_on, name="Q", structure_id="A", sender_kind=sender)
    assert person.allows(fact) is free
    if not free:
        assert person.refuses(fact, grants.InCarenceError) == {
            "granted_on": granted_on,
            "carence_starts_on": "2025-12-31",
            "carence_ends_on": "2027-12-30",
            "earliest_granted_on": "2027-12-31",
        }


def test_a_prescribers_diagnosis_that_has_expired_frees_nobody() -> None:
    person = Person().granted("2024-01-01", "2025-12-30").diagnosed("2026-02-02")
    person.diagnosed("2026-07-20", "employer", name="E", structure_id="A")
    person.refuses(grant("2026-08-02", name="Q", structure_id="A", granted_on="2026-08-02"), grants.InCarenceError)


# Numbers


def test_a_number_is_given_in_sequence_and_claimed() -> None:
    person = eligible(next_number=lambda: "XXXXX0000007").does(grant("2026-08-03"))
    assert isinstance(person.last.recorded, AgrementGranted)
    assert (person.last.recorded.number, person.last.claims) == ("XXXXX0000007", ("XXXXX0000007",))
    given = eligible().does(grant("2026-08-03", number="XXXXX0000009"))
    assert (given.last.recorded is None or given.last.claims) == ("XXXXX0000009",)


def test_no_number_is_spent_on_a_refusal() -> None:
    def spent() -> str:
        raise AssertionError("a number was asked for")

    assert not Person(next_number=spent).allows(grant("2026-08-03"))


def test_a_number_is_never_used_twice_not_even_a_cancelled_one() -> None:
    person = eligible(find_number={"XXXXX0000003": Taken("person/x")}.get)
    assert person.refuses(grant("2026-08-03", number="XXXXX0000003"), grants.NumberTakenError) == {
        "number": "XXXXX0000003"
    }
    assert person.allows(grant("2026-08-03", number="XXXXX0000004"))


def test_a_correction_of_a_grant_keeps_its_number() -> None:
    def other() -> str:
        raise AssertionError("a number was asked for")

    person = eligible(next_number=other, find_number=lambda _: Taken("person/x"))
    person.given(grant("2026-08-01", number="XXXXX0000001"), id="grant")
    person.does(grant("2026-08-03"), replaces="grant")
    assert isinstance(person.last.recorded, AgrementGranted)
    assert (person.last.recorded.number, person.last.claims) == ("XXXXX0000001", ())


def test_only_an_older_agrement_has_a_number_of_another_issuer() -> None:
    fields = eligible().refuses(grant("2026-08-03", number="625741810182"), grants.NumberOfAnotherIssuerError)
    assert fields == {"number": "625741810182", "origin": "default", "prefix": "XXXXX"}
    assert Person().allows(grant("2026-08-03", number="625741810182", origin="pe_approval"))


def test_numbers_end() -> None:
    assert following(None, "99999") == "999990000001"
    with pytest.raises(grants.NumbersExhaustedError) as refused:
        following("999999999999", "99999")
    assert refused.value.fields == {"prefix": "99999", "last_number": "999999999999"}
    assert shown("999990000042") == "99999 00 00042"


# A start that moves


def test_a_hire_moves_a_start_and_the_end_becomes_the_default_one() -> None:
    person = Person().granted("2026-09-01", "2026-12-31", granted_on="2026-08-01")
    assert person.does(move("2026-08-03", "2026-09-15", contract_id="c")).ends_on() == "2028-09-13"
    started = Person().granted("2026-08-03")
    fields = started.refuses(move("2026-08-03", "2026-08-10", contract_id="c"), grants.AgrementAlreadyStartedError)
    assert fields["starts_on"] == "2026-08-03"


def test_otherwise_the_end_moves_by_the_same_days() -> None:
    person = Person().granted("2026-06-01", "2026-12-31")
    assert person.does(move("2026-08-03", "2026-06-11")).ends_on() == "2027-01-10"


def test_a_start_does_not_pass_the_first_suspension() -> None:
    person = Person().granted("2026-06-01").given(suspension("2026-06-20", "2026-07-20"))
    fields = person.refuses(move("2026-08-03", "2026-06-21"), grants.StartMovedTooLateError)
    assert fields["latest_start"] == "2026-06-20"
    assert person.allows(move("2026-08-03", "2026-06-20"))


def test_a_start_does_not_move_onto_another_agrement() -> None:
    person = Person().granted("2024-01-01", "2025-12-30", "old").granted("2026-01-05", granted_on="2026-01-05")
    person.refuses(move("2026-08-03", "2025-12-30"), grants.AgrementsOverlapError)
    assert person.allows(move("2026-08-03", "2025-12-31"))


def test_what_is_about_no_agrement_is_refused() -> None:
    assert Person().refuses(move("2026-08-03", "2026-08-04"), general.AgrementUnknownError) == {
        "agrement_id": str(uid("P"))
    }


def test_a_refusal_says_what_would_be_allowed_in_both_languages() -> None:
    person = eligible().granted("2025-01-01", "2026-08-03")
    (problem, *_) = [one.problem() for one in person.refusals(grant("2026-08-03", name="Q"))]
    assert problem["detail"] == (
        "It ends on 3 August 2026; a new one may be granted from 4 August 2028 on, or from 4 August 2026 on where an "
        "authorised prescriber sends the person or diagnoses."
    )
    assert problem["detail_fr"].startswith("Il prend fin le 3 août 2026")
    assert problem["article"] == "R5132-1-2"
