"""The list of rules of each service: none is forgotten, and for the pairs that matter, which refusal speaks first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isfunction, signature
from pkgutil import iter_modules

import pytest

from services.agrement.decisions import RULES as AGREMENT
from services.agrement.decisions import decide as decide_agrement
from services.agrement.facts import CATALOGUE as AGREMENT_FACTS
from services.agrement.facts import (
    AgrementGranted,
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
    Prolonged,
    Suspended,
    SuspensionChanged,
)
from services.pathways.decisions import RULES as PATHWAYS
from services.pathways.facts import ContractEnded, Hired, ImmersionAgreed
from services.placements.decisions import RULES as PLACEMENTS
from services.placements.facts import HoursWorked, PlacementAgreed
from services.structures.decisions import RULES as STRUCTURES
from services.structures.facts import CertificationAwarded, DerogationGranted
from shared.deciding.rules import Rule, Rules, judged_by
from shared.facts.fact import Fact
from tests.services.scenario import Service, like

LISTS = {"structures": STRUCTURES, "pathways": PATHWAYS, "agrement": AGREMENT, "placements": PLACEMENTS}


def rules_written_in(service: str) -> Iterator[Rule]:
    """Public functions of `decisions/` that take a fact and its case and yield refusals."""
    package = import_module(f"services.{service}.decisions")
    for part in iter_modules(package.__path__, f"{package.__name__}."):
        module = import_module(part.name)
        for name, function in getmembers(module, isfunction):
            returned = signature(function).return_annotation
            is_public = function.__module__ == module.__name__ and not name.startswith("_")
            if is_public and returned == "Iterator[DomainError]":
                yield function


@pytest.mark.parametrize("service", LISTS)
def test_no_rule_is_forgotten(service: str) -> None:
    assert set(rules_written_in(service)) == set(LISTS[service].listed)


def test_a_rule_is_listed_once() -> None:
    (first, *_) = PATHWAYS.listed
    with pytest.raises(ValueError, match=first.__name__):
        Rules((first, first), strict_links=False)


@pytest.mark.parametrize("service", LISTS)
def test_a_rule_says_which_facts_it_judges(service: str) -> None:
    for rule in LISTS[service].listed:
        assert all(issubclass(kind, Fact) for kind in judged_by(rule)), rule.__name__


def test_no_rule_is_judged_by_because_a_module_was_imported() -> None:
    """Each list says the same in a process that imports nothing but it."""
    for service, rules in LISTS.items():
        code = f"from services.{service}.decisions import RULES; print(*(rule.__name__ for rule in RULES.listed))"
        alone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert alone.stdout.split() == [rule.__name__ for rule in rules.listed]


SPEAKS_FIRST: list[tuple[Rules, type[Fact], str, str]] = [
    # Who may say it, and about which agrément, before what is said.
    (AGREMENT, ProlongationGranted, "the_agrement_is_known", "only_an_authorised_prescriber_answers"),
    (AGREMENT, ProlongationDenied, "the_agrement_is_known", "a_denial_says_what_comes_next"),
    (AGREMENT, ProlongationGranted, "a_closed_agrement_stays_as_it_is", "a_request_is_answered_one_way"),
    (AGREMENT, ProlongationRequested, "the_agrement_is_known", "a_prolongation_reason_is_offered"),
    (AGREMENT, Suspended, "the_agrement_is_known", "only_the_last_employer_suspends"),
    (AGREMENT, ProlongationGranted, "a_request_is_answered_one_way", "only_an_authorised_prescriber_answers"),
    (AGREMENT, SuspensionChanged, "the_agrement_is_known", "only_a_running_suspension_is_changed"),
    # An id used twice before what is wrong with its content: it is most often the same thing said again.
    (AGREMENT, AgrementGranted, "an_agrement_id_is_new", "one_agrement_at_a_time"),
    (AGREMENT, AgrementGranted, "an_agrement_id_is_new", "no_new_agrement_in_carence"),
    (AGREMENT, Suspended, "a_suspension_id_is_new", "suspensions_share_no_day"),
    (AGREMENT, Prolonged, "a_prolongation_id_is_new", "prolongations_share_no_day"),
    (AGREMENT, ProlongationRequested, "a_request_id_is_new", "a_prolongation_is_not_asked_while_something_runs"),
    (AGREMENT, ProlongationGranted, "the_prolongation_of_a_grant_is_new", "a_grant_gives_days_that_are_free"),
    (PLACEMENTS, PlacementAgreed, "a_placement_id_is_new", "planned_hours_fit_under_the_cap"),
    (PLACEMENTS, HoursWorked, "an_entry_id_is_new", "hours_lie_within_their_month"),
    (PATHWAYS, Hired, "a_contract_id_is_new", "a_contract_is_planned_to_end_after_it_starts"),
    (PATHWAYS, ImmersionAgreed, "an_immersion_id_is_new", "an_immersion_keeps_its_limits"),
    (STRUCTURES, DerogationGranted, "a_derogation_id_is_new", "a_derogation_ends_after_it_starts"),
    (STRUCTURES, CertificationAwarded, "a_certification_id_is_new", "a_certification_expires_after_its_award"),
    # Days that cannot be before a limit of the law, and an end said already before the day of the second.
    (PLACEMENTS, PlacementAgreed, "a_placement_is_agreed_to_end_after_it_starts", "planned_hours_fit_under_the_cap"),
    (PATHWAYS, ImmersionAgreed, "an_immersion_is_planned_to_end_after_it_starts", "an_immersion_keeps_its_limits"),
    (PATHWAYS, ContractEnded, "a_contract_ends_once", "a_contract_ended_after_it_started"),
    # That there is one already before on which ground another is asked.
    (AGREMENT, AgrementGranted, "one_agrement_at_a_time", "an_agrement_rests_on_a_valid_diagnosis"),
    (AGREMENT, AgrementGranted, "agrements_never_overlap", "no_new_agrement_in_carence"),
]


@pytest.mark.parametrize(("rules", "kind", "first", "second"), SPEAKS_FIRST, ids=lambda part: getattr(part, "type", ""))
def test_which_of_two_refusals_speaks_first(rules: Rules, kind: type[Fact], first: str, second: str) -> None:
    judging = [rule.__name__ for rule in rules.listed if kind in judged_by(rule)]
    assert judging.index(first) < judging.index(second)


@pytest.mark.parametrize(
    ("answer", "others"),
    [
        (like(ProlongationGranted, authorised=False), ["prescriber_not_authorised"]),
        (
            like(ProlongationDenied, authorised=False, next_step=None),
            ["prescriber_not_authorised", "next_step_missing"],
        ),
    ],
    ids=["granted", "denied"],
)
def test_an_answer_about_an_unknown_agrement_is_told_that_first(answer: Fact, others: list[str]) -> None:
    refusals = Service(AGREMENT_FACTS, decide_agrement).when(answer).verdict.refusals
    assert [refusal.code for refusal in refusals] == ["agrement_unknown", *others]
