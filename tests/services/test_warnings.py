"""Warnings are part of the outside: their codes are for ever, and people read them in French and in English."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isfunction, signature
from pathlib import Path
from pkgutil import iter_modules

import pytest

from services.agrement.decisions import WARNINGS as AGREMENT
from services.pathways.decisions import WARNINGS as PATHWAYS
from services.placements.decisions import WARNINGS as PLACEMENTS
from services.structures.decisions import WARNINGS as STRUCTURES
from shared.deciding import doubtful_links, future_days
from shared.deciding.warnings import DomainWarning, WarningRule, Warnings

LISTS = {"structures": STRUCTURES, "pathways": PATHWAYS, "agrement": AGREMENT, "placements": PLACEMENTS}
SHARED = (
    "day_in_the_future replaced_fact_of_another_subject replaced_fact_unknown voided_already "
    "voided_fact_of_another_subject voided_fact_unknown"
)
CODES = {
    "structures": "certification_unknown network_not_joined not_a_member not_registered",
    "pathways": (
        "contract_of_another_structure contract_unknown exit_before_contract exit_unknown follow_up_before_exit "
        "handover_unknown immersion_unknown no_contract_with_structure participation_unknown training_unknown"
    ),
    "agrement": "",
    "placements": "hours_outside_placement placement_of_another_structure placement_unknown",
}


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
    assert [warning.code for warning in warnings_of(service)] == CODES[service].split()


def test_codes_of_all_services_stay() -> None:
    found = [*warnings_in(doubtful_links), *warnings_in(future_days)]
    assert sorted(warning.code for warning in found) == SHARED.split()


@pytest.mark.parametrize("warning", EVERY, ids=lambda warning: warning.code)
def test_a_warning_says_itself_in_both_languages(warning: type[DomainWarning]) -> None:
    shown = warning("/data/x").json()
    assert shown["title"] != shown["title_fr"]
    assert all(shown.values())


def written_in(service: str) -> Iterator[WarningRule]:
    package = import_module(f"services.{service}.decisions")
    for part in iter_modules(package.__path__, f"{package.__name__}."):
        for name, function in getmembers(import_module(part.name), isfunction):
            is_public = function.__module__ == part.name and not name.startswith("_")
            if is_public and signature(function).return_annotation == "Iterator[DomainWarning]":
                yield function


@pytest.mark.parametrize("service", LISTS)
def test_no_warning_is_forgotten(service: str) -> None:
    own = {rule for rule in LISTS[service].listed if rule.__module__.startswith("services.")}
    assert set(written_in(service)) == own


def test_a_warning_is_listed_once() -> None:
    (first, *_) = PATHWAYS.listed
    with pytest.raises(ValueError, match="listed twice"):
        Warnings((first, first))


@pytest.mark.parametrize("service", CODES)
def test_the_readme_of_a_service_names_its_warnings(service: str) -> None:
    readme = Path("services", service, "README.md").read_text(encoding="utf-8")
    links = SHARED.split() if service in ("structures", "pathways") else ["day_in_the_future"]
    for word in [*CODES[service].split(), *links]:
        assert f"`{word}`" in readme
