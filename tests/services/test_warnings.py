"""Warnings are part of the outside: their codes are for ever, and people read them in French and in English."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from services.pathways.decisions import WARNINGS as PATHWAYS
from shared.deciding import doubtful_links, future_days
from shared.deciding.warnings import DomainWarning, Warnings

SHARED = (
    "day_in_the_future replaced_fact_of_another_kind replaced_fact_of_another_subject replaced_fact_unknown voided_already "
    "voided_fact_of_another_subject voided_fact_unknown"
)
CODES = {
    "structures": "annex_measure_unknown certification_unknown commune_of_another_department network_not_joined not_a_member not_registered siret_key_wrong",
    "pathways": (
        "contract_of_another_structure contract_unknown exit_before_contract exit_unknown follow_up_before_exit "
        "handover_unknown immersion_unknown milestone_not_asked no_contract_with_structure participation_unknown training_unknown"
    ),
    "agrement": "no_hire_by_structure",
    "placements": "contract_of_another_structure contract_unknown hours_outside_placement hours_without_contract no_contract_of_the_structure placement_of_another_structure placement_unknown",
}

HOW = (
    "codes are for ever: a new one is written into CODES of this file, in its place by the alphabet; one that is gone or"
    " has another name breaks those who read it, and comes back"
)


def warnings_in(module: object) -> list[type[DomainWarning]]:
    found = {
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, DomainWarning) and thing is not DomainWarning
    }
    return sorted(found, key=lambda thing: thing.code)


def warnings_of(service: str) -> list[type[DomainWarning]]:
    return warnings_in(import_module(f"services.{service}.warnings")) if CODES[service] else []


EVERY = [
    *warnings_in(doubtful_links),
    *warnings_in(future_days),
    *(warning for service in CODES for warning in warnings_of(service)),
]


@pytest.mark.parametrize("service", CODES)
def test_codes_stay(service: str) -> None:
    found = [warning.code for warning in warnings_of(service)]
    assert found == CODES[service].split(), HOW


def test_codes_of_all_services_stay() -> None:
    found = [*warnings_in(doubtful_links), *warnings_in(future_days)]
    assert sorted(warning.code for warning in found) == SHARED.split(), HOW


@pytest.mark.parametrize("warning", EVERY, ids=lambda warning: warning.code)
def test_a_warning_says_itself_in_both_languages(warning: type[DomainWarning]) -> None:
    shown = warning("/data/x").json()
    assert shown["title"] != shown["title_fr"]
    assert all(shown.values())


def test_a_warning_is_listed_once() -> None:
    (first, *_) = PATHWAYS.listed
    with pytest.raises(ValueError, match="listed twice"):
        Warnings((first, first))


@pytest.mark.parametrize("service", CODES)
def test_the_readme_of_a_service_names_its_warnings(service: str) -> None:
    readme = Path("services", service, "README.md").read_text(encoding="utf-8")
    links = (
        SHARED.split()
        if service in ("structures", "pathways")
        else ["day_in_the_future", "replaced_fact_of_another_kind"]
    )
    for word in [*CODES[service].split(), *links]:
        assert f"`{word}`" in readme
