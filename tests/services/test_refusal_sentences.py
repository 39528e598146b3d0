"""What a refusal says to people, whatever of its fields is known: whole sentences, in French and in English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from itertools import combinations
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

import services
import shared
from services.agrement.refusals.prolongations import ProlongationTooLongError, ProlongationTotalReachedError
from services.agrement.refusals.suspensions import NotTheLastEmployerError, SuspensionReasonNotOfferedError
from services.pathways.refusals.immersions import ImmersionRenewalDiffersError
from shared.deciding.refusals import DomainError
from shared.deciding.sentences import filled
from shared.deciding.warnings import DomainWarning
from tests.services.agrement.persons import Person, grant, suspension

DAYS = (
    "starts_on ends_on initial_ends_on expires_on awarded_on ended_on entered_on left_on registered_on formed_on started_on "
    "joined_on closed_on answered_on proposed_on latest_ends_on from_day to_day window_ends_on day made_on granted_on "
    "cancelled_on earliest_day earliest_granted_on earliest_sent_on latest_start earliest_start latest_end earliest_end opens_on closes_on "
    "requested_on last_hired_on earliest_back latest_back same_purpose_starts_on used_since used_until official_ends_on merged_on split_on"
)
SAMPLES: dict[str, Any] = {name: date(2024, 3, 1) for name in DAYS.split()} | {
    "month": "2024-06",
    "most_unknown": 20,
    "most_names": 50_000,
    "known": ["employer", "prescriber"],
    "last_structure_name": "Les Jardins du Val",
    "answer": "declined",
    "object": "discover_trade",
    "renewals": 2,
    "limit": 60,
    "agreements": 3,
    "days": 62,
    "contract_days": 122,
    "hours_left": 1.5,
    "hours_asked": 12.0,
    "free_client_kinds": ["household", "nonprofit"],
    "criteria": ["JEUNE", "SENIOR"],
    "criterion": "DETLD",
    "about": "age",
    "least": 24,
    "greatest": 30,
    "given": 12,
    "level_1_needed": 1,
    "level_2_needed": 3,
    "level_2_given": 0,
    "more_than_days": 365,
    "hires": 3,
    "origin": "ai_stock",
    "siae_kinds": ["AI", "ACI"],
    "number": "999990000001",
    "prefix": "99999",
    "official_prefix": "99999",
    "newer_prefix": "99999",
    "kind": "AI",
    "objective": "KITCHEN",
    "last_number": "999999999999",
    "offered": ["CONTRACT_BROKEN", "FINISHED_CONTRACT"],
    "days_left": 1,
    "days_used": 800,
    "days_in_all": 1095,
    "least_age": 57,
    "age": 52,
    "without_opinion": ["SENIOR_CDI"],
    "state": "granted",
    "longest_months": 36,
    "days_back": 365,
    "limit_bytes": 65536,
    "limit_fields": 256,
    "limit_items": 10_000,
    "most_requests": 6_000,
    "most_facts": 240_000,
    "most_at_once": 125,
    "accepted": ["application/json"],
    "agreed_on": date(2024, 1, 1),
    "until": date(2023, 12, 31),
}
"""A value for each field that a sentence names."""

CODES = ["ai_stock", "JEUNE", "SENIOR", "CONTRACT_BROKEN", "household", "discover_trade", "granted", "client_changed"]
UNREAD = re.compile(r"[{}\[\]|]|\bNone\b|  |[0-9]{4}-[0-9]{2}|: *[.;]|[(] *[)]|[0-9a-f]{8}-[0-9a-f]{4}| [.,]")
ENGLISH = re.compile(r"\b(the|of|with|from|until|and|day|days|must)\b")


def every(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for error in kind.__subclasses__():
        yield error
        yield from every(error)


def refusals() -> list[type[DomainError]]:
    for root in (services, shared):
        for module in walk_packages(root.__path__, f"{root.__name__}."):
            import_module(module.name)
    found = {error for error in every(DomainError) if hasattr(error, "code")}
    ours = [error for error in found if error.__module__.startswith(("services.", "shared."))]
    return sorted(ours, key=lambda error: (error.__module__, error.code))


REFUSALS = refusals()
WARNINGS = sorted(
    (one for one in DomainWarning.__subclasses__() if one.__module__.startswith(("services.", "shared."))),
    key=lambda one: (one.__module__, one.code),
)


def fields_of(error: type[DomainError]) -> list[str]:
    return sorted(set(re.findall(r"\{(\w+)", f"{error.instead} {error.instead_fr}")))


def told(error: type[DomainError], fields: dict[str, Any]) -> dict[str, Any]:
    refusal = error.__new__(error)
    refusal.fields = fields  # as if a rule had raised it with these alone
    return refusal.problem()


def some_of(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Every choice of fields; of many, those with one missing, one alone, and two."""
    sizes = range(len(names) + 1) if len(names) <= 6 else (0, 1, 2, len(names) - 1, len(names))
    for size in sizes:
        yield from combinations(names, size)


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_a_refusal_speaks_in_whole_sentences_whatever_is_known(error: type[DomainError]) -> None:
    """Before, the whole sentence dropped out when one bound was missing; days were ISO, kinds and reasons were codes."""
    names = fields_of(error)
    for known in some_of(names):
        fields = {name: SAMPLES[name] for name in known}
        absent: dict[str, Any] = {
            name: [] if isinstance(SAMPLES[name], list) else None for name in names if name not in known
        }
        for given in (fields, fields | absent):
            problem = told(error, given)
            texts = [problem["detail"], problem["detail_fr"]]
            for text in texts:
                assert text[0].isupper() or text[0].isdigit(), text
                assert text.endswith("."), text
                assert not UNREAD.search(text), text
            for text in (problem["title_fr"], problem["detail_fr"]):
                assert not ENGLISH.search(text), text


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_titles_and_sentences_name_no_code(error: type[DomainError]) -> None:
    fields = {name: SAMPLES[name] for name in fields_of(error)}
    if error.code == "prolongation_reason_not_offered":
        fields["offered"] = ["RQTH", "SENIOR"]
    problem = told(error, fields)
    french = problem["title_fr"] + problem["detail_fr"]
    for code in CODES:
        assert code not in french
    if "agrément" in problem["title_fr"]:
        assert "agrément (PASS IAE)" in problem["title_fr"] or "agréments (PASS IAE)" in problem["title_fr"]


@pytest.mark.parametrize("warning", WARNINGS, ids=lambda warning: warning.code)
def test_a_warning_is_read_by_people(warning: type[DomainWarning]) -> None:
    """A title stands alone: there is no second sentence to explain it. A subject is nobody a social worker knows."""
    for text in (warning.title, warning.title_fr):
        assert text[0].isupper(), text
        assert not text.endswith("."), text
        assert not UNREAD.search(text), text
        assert not any(re.search(rf"\b{code}\b", text) for code in CODES), text
    assert not ENGLISH.search(warning.title_fr), warning.title_fr
    assert not re.search(r"\bsujets?\b", warning.title_fr), warning.title_fr
    # A space before these: French, and the other way round.
    assert not re.search(r"[^ ][;:?!]", warning.title_fr), warning.title_fr
    assert not re.search(r" [;:?!]", warning.title), warning.title


def test_sentences_name_only_fields_that_rules_give() -> None:
    by_name = {error.__name__: error for error in REFUSALS}
    for path in sorted(Path("services").glob("*/decisions/*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in by_name:
                continue
            given = {keyword.arg for keyword in call.keywords}
            if None not in given:  # `**bounds`
                assert set(fields_of(by_name[call.func.id])) <= given, (path, call.func.id)


def test_the_last_employer_is_named_and_the_day_is_french() -> None:
    """Before, `C'est 2f0c1f5e-…, embauche du 2024-03-01.`, and nothing where no hire is known."""
    named = NotTheLastEmployerError(last_hired_on=date(2024, 3, 1), last_structure_name="Les Jardins du Val")
    assert named.problem()["detail_fr"] == (
        "La dernière embauche date du 1er mars 2024, chez Les Jardins du Val : adressez-vous à cette structure."
    )
    nobody = NotTheLastEmployerError(last_structure_id=None, last_hired_on=None, last_structure_name=None)
    assert "Aucune embauche par une SIAE n'est connue" in nobody.problem()["detail_fr"]


def test_no_empty_list_is_offered() -> None:
    """Before, `Motifs proposés : .`"""
    assert SuspensionReasonNotOfferedError(offered=[]).problem()["detail_fr"] == (
        "Aucun motif n'est proposé à ce type de structure ce jour-là."
    )
    assert SuspensionReasonNotOfferedError(offered=["CONTRACT_BROKEN", "FINISHED_CONTRACT"]).problem()["detail_fr"] == (
        "Motifs proposés : contrat de travail rompu, contrat de travail terminé."
    )


def test_one_day_is_not_days() -> None:
    asked = {"latest_end": date(2026, 2, 2), "days_left": 1}
    assert ProlongationTooLongError(**asked).problem()["detail_fr"].endswith("2 février 2026, soit 1 jour.")
    assert ProlongationTooLongError(**asked).problem()["detail"].endswith("2 February 2026: 1 day.")
    total = ProlongationTotalReachedError(days_used=1095, days_in_all=1095, latest_end=None, days_left=None)
    assert "1\u202f095 jours sur 1\u202f095" in total.problem()["detail_fr"]
    assert total.problem()["detail_fr"].endswith("Il ne reste aucun jour pour ce motif : choisissez-en un autre.")


@pytest.mark.parametrize(
    ("template", "fields", "french"),
    [
        ("[De {a} à {b}.|Dès {a}.|Rien.]", {"a": 1, "b": 2}, "De 1 à 2."),
        ("[De {a} à {b}.|Dès {a}.|Rien.]", {"a": 1}, "Dès 1."),
        ("[De {a} à {b}.|Dès {a}.|Rien.]", {"b": 2}, "Rien."),
        ("Le {day}[, soit {n:jour}[ sur {m}]].", {"day": date(2024, 8, 1), "n": 2}, "Le 1er août 2024, soit 2 jours."),
        ("Le {day}.", {}, ""),
        ("{h:h}", {"h": 1234.5}, "1\u202f234,5 h"),
        ("{n:cheval/chevaux}", {"n": 2}, "2 chevaux"),
    ],
)
def test_a_template_is_filled(template: str, fields: dict[str, Any], french: str) -> None:
    assert filled(template, fields, "fr") == french


def test_a_bracket_that_is_never_closed_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="never closed"):
        filled("[a", {}, "fr")


def test_a_kind_with_a_time_is_told_since_when_it_uses_agrements() -> None:
    """Before, an AI on 2021-11-30 was told `Seule une SIAE utilise un agrément`, and that no reason is offered."""
    person = Person().hired("AI", "2021-06-01").granted("2021-06-01", origin="ai_stock")
    granted = grant("2021-11-30", structure_id="AI")
    suspended = suspension("2021-11-30", "2021-11-30", reason="CONTRACT_BROKEN", structure_id="AI")
    for fact, code in ((granted, "structure_not_siae"), (suspended, "suspension_reason_not_offered")):
        problem = next(found for one in person.refusals(fact) if (found := one.problem())["code"] == code)
        assert "association intermédiaire, utilise le PASS IAE depuis le 1er décembre 2021" in problem["detail_fr"]
        assert "SIAE" not in problem["title_fr"]
    late = grant("2027-01-04", structure_id="EITI")
    problem = next(one.problem() for one in Person().refusals(late) if one.code == "structure_not_siae")
    assert "jusqu'au 22 décembre 2026" in problem["detail_fr"]
    never = next(one.problem() for one in Person().refusals(grant("2026-08-03", structure_id="GEIQ")))
    assert never["detail_fr"].endswith("Embauchez sans agrément (PASS IAE).")


def test_other_objectives_are_named() -> None:
    """Before, only the object was, also where that one was kept."""
    differs = ImmersionRenewalDiffersError(object="discover_trade", objective="KITCHEN")
    assert ", pour objectif : KITCHEN. " in differs.problem()["detail_fr"]
