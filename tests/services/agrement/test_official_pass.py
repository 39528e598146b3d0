"""A PASS IAE that the State's service issued, and whose number is whose (issue 10, 13)."""

from __future__ import annotations

from typing import Any

import pytest

from services.agrement.facts import AgrementGranted
from services.agrement.refusals import grants
from tests.services.agrement.persons import Person, grant

NUMBER = "999990000123"


def official(starts_on: str = "2026-08-03", ends_on: str | None = None, **fields: Any) -> AgrementGranted:
    return grant(starts_on, ends_on, **{"origin": "les_emplois", "number": NUMBER, "structure_id": "A", **fields})


def refusal(person: Person, fact: AgrementGranted, code: str) -> dict[str, Any]:
    return next(problem for one in person.refusals(fact) if (problem := one.problem())["code"] == code)


def test_a_pass_issued_by_the_official_service_is_told_with_its_number() -> None:
    """No diagnosis is asked, the length is the official one, and the number is that of another prefix."""
    person = Person().does(official())
    assert (person.ends_on(), person.last.claims) == ("2028-08-01", (NUMBER,))
    assert Person().refuses(official(number=None), grants.NumberMissingError)["prefix"] == "99999"
    ended = Person().granted("2023-01-01", "2025-12-31", "old")
    ended.refuses(official(), grants.InCarenceError)
    assert ended.allows(official(sender_kind="authorised_prescriber"))


@pytest.mark.parametrize(
    ("granted_on", "official_end"),
    [("2026-08-03", "2028-08-01"), ("2024-02-28", "2026-02-26"), ("2024-02-27", "2026-02-26")],
)
def test_its_end_is_the_official_one(granted_on: str, official_end: str) -> None:
    """Before, any end was taken: a PASS IAE of ten years."""
    assert Person().allows(official(granted_on, official_end, granted_on=granted_on))
    assert Person().allows(official(granted_on, granted_on=granted_on))
    for other in ("2025-12-31", "2036-08-01"):
        if other > granted_on:
            told = official(granted_on, other, granted_on=granted_on)
            fields = Person().refuses(told, grants.OfficialEndDiffersError)
            assert fields["official_ends_on"] == official_end
    older = grant("2026-08-03", "2027-01-31", origin="pe_approval", number="625741810182")
    assert Person().allows(older)


def test_it_is_refused_with_the_end_it_has() -> None:
    problem = refusal(Person(), official(ends_on="2030-01-01"), "official_end_differs")
    assert problem["detail_fr"].startswith("Commencé le 3 août 2026, il court jusqu'au 1er août 2028 :")


def test_it_is_told_by_the_structure_of_the_hire() -> None:
    """Before, nobody had to be named."""
    problem = refusal(Person(), official(structure_id=None), "structure_missing")
    assert "structure_id" in problem["detail_fr"]


@pytest.mark.parametrize("prefix", ["XXXXX", "99999"])
@pytest.mark.parametrize("number", ["XXXXX0000040", "625741810182"])
def test_its_number_begins_with_the_official_prefix(prefix: str, number: str) -> None:
    """Before, one with the prefix of a demonstration was taken, and the numbers given here went on after it; the refusal of
    others said that numbers begin with XXXXX."""
    problem = refusal(Person(prefix=prefix), official(number=number), "number_of_another_issuer")
    assert "commencent par 99999" in problem["detail_fr"]
    assert "XXXXX" not in problem["detail_fr"]
    assert problem["prefix"] == "99999"


@pytest.mark.parametrize("number", ["XXXXX0000040", "999990000040"])
def test_an_older_agrement_has_no_number_of_a_newer_issuer(number: str) -> None:
    """Before, a number given here was taken as one of Pôle emploi."""
    problem = refusal(Person(), grant("2026-08-03", origin="pe_approval", number=number), "number_of_another_issuer")
    assert f"commence par {number[:5]}" in problem["detail_fr"]
    assert Person().allows(grant("2026-08-03", origin="pe_approval", number="XXXXY0000040"))


def test_a_correction_of_an_older_agrement_keeps_the_number_it_was_given_here() -> None:
    given = {"origin": "pe_approval", "number": "XXXXX0000001"}
    person = Person().given(grant("2026-08-01", **given), id="grant")
    assert person.allows(grant("2026-08-03", **given), replaces="grant")


@pytest.mark.parametrize("origin", ["pe_approval", "ai_stock"])
def test_nobody_is_sent_to_ask_for_what_was_issued_long_ago(origin: str) -> None:
    """Before, the number of an older agrément was to be asked for from les emplois de l'inclusion."""
    problem = refusal(Person(prefix="99999"), grant("2026-08-03", origin=origin), "number_missing")
    assert problem["detail_fr"] == "Saisissez le numéro qu'il porte déjà (12 caractères)."
    asked = refusal(Person(prefix="99999"), grant("2026-08-03"), "number_missing")
    assert "Demandez le PASS IAE sur les emplois" in asked["detail_fr"]


def test_official_numbers_are_never_made_here() -> None:
    """With the prefix of the State's service one was allocated."""
    person = Person(prefix="99999", next_number=lambda: "999990000001").diagnosed("2026-07-20")
    person.refuses(grant("2026-08-03"), grants.NumberMissingError)
    assert person.allows(grant("2026-08-03", number="999990000007"))
    person.given(grant("2026-08-01", number="999990000007"), id="grant")
    assert person.allows(grant("2026-08-03"), replaces="grant")
