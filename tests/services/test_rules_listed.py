"""The list of rules of each service: none is forgotten, and for the pairs that matter, which refusal speaks first."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from inspect import getmembers, isfunction, signature
from pkgutil import iter_modules
from typing import Any, get_args, get_type_hints

import pytest

from services.agrement.decisions import RULES as AGREMENT
from services.agrement.decisions import WARNINGS as AGREMENT_WARNINGS
from services.agrement.decisions import decide as decide_agrement
from services.agrement.facts import CATALOGUE as AGREMENT_FACTS
from services.agrement.facts import (
    AgrementClosed,
    AgrementGranted,
    ProlongationDenied,
    ProlongationGranted,
    ProlongationRequested,
    Prolonged,
    Suspended,
    SuspensionChanged,
    SuspensionRemoved,
)
from services.pathways.decisions import RULES as PATHWAYS
from services.pathways.decisions import WARNINGS as PATHWAY_WARNINGS
from services.pathways.facts import ContractEnded, Hired, ImmersionAgreed
from services.placements.decisions import RULES as PLACEMENTS
from services.placements.decisions import WARNINGS as PLACEMENT_WARNINGS
from services.placements.facts import HoursWorked, PlacementAgreed
from services.structures.decisions import RULES as STRUCTURES
from services.structures.decisions import WARNINGS as STRUCTURE_WARNINGS
from services.structures.facts import CertificationAwarded, DerogationGranted
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case, Rules, judged_by
from shared.deciding.warnings import DomainWarning
from shared.facts.fact import Fact
from tests.services.scenario import Service, like

LISTS = {"structures": STRUCTURES, "pathways": PATHWAYS, "agrement": AGREMENT, "placements": PLACEMENTS}
WARNING_LISTS = {
    "structures": STRUCTURE_WARNINGS,
    "pathways": PATHWAY_WARNINGS,
    "agrement": AGREMENT_WARNINGS,
    "placements": PLACEMENT_WARNINGS,
}


HOW = (
    "a public function of decisions/ that takes a fact first judges it: write it into RULES, or into WARNINGS, of"
    " decisions/__init__.py, once. One that rules merely ask is private, or takes its case first"
)


def written_in(service: str) -> set[Callable[..., Any]]:
    """Public functions of `decisions/` that take a fact, or one of several, first. What they say they return does not
    count: a rule without an annotation, or with another, would be forgotten without a word."""
    package = import_module(f"services.{service}.decisions")
    modules = [import_module(part.name) for part in iter_modules(package.__path__, f"{package.__name__}.")]
    return {
        function
        for module in modules
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_") and takes_a_fact(function)
    }


def takes_a_fact(function: Callable[..., Any]) -> bool:
    first = next(iter(signature(function).parameters), None)
    hint = get_type_hints(function).get(first or "")
    kinds = get_args(hint) or (hint,)
    return any(isinstance(kind, type) and issubclass(kind, Fact) for kind in kinds)


@pytest.mark.parametrize("service", LISTS)
def test_no_rule_is_forgotten(service: str) -> None:
    listed = Counter([*LISTS[service].listed, *WARNING_LISTS[service].listed])
    forgotten = sorted(rule.__name__ for rule in written_in(service) - listed.keys())
    assert not forgotten, f"{', '.join(forgotten)}: {HOW}"
    twice = sorted(rule.__name__ for rule, times in listed.items() if times > 1)
    assert not twice, f"{', '.join(twice)}: {HOW}"
    of_shared = {rule for rule in listed if rule.__module__.startswith("shared.")}
    assert listed.keys() - of_shared == written_in(service)


def _a_rule_of_one(fact: Hired, case: Case) -> Iterator[DomainError]: ...  # type: ignore[empty-body]
def _a_rule_of_two(fact: Hired | ContractEnded, case: Case) -> Iterable[DomainError]: ...  # type: ignore[empty-body]
def _a_warning_of_any(_: Fact, case: Case) -> Iterator[DomainWarning]: ...  # type: ignore[empty-body]
def _a_rule_that_says_not_what_it_returns(fact: Hired, case): ...  # type: ignore[no-untyped-def]
def _what_rules_ask(case: Case, fact: Hired) -> bool: ...  # type: ignore[empty-body]
def _nothing() -> None: ...


def test_a_rule_is_known_by_the_fact_it_takes() -> None:
    judging = [_a_rule_of_one, _a_rule_of_two, _a_warning_of_any, _a_rule_that_says_not_what_it_returns]
    assert [takes_a_fact(rule) for rule in judging] == [True] * 4
    _a_rule_of_one.__annotations__["fact"] = Hired  # as it is without `from __future__ import annotations`
    assert takes_a_fact(_a_rule_of_one)
    assert not takes_a_fact(_what_rules_ask)
    assert not takes_a_fact(_nothing)


def test_a_rule_is_listed_once() -> None:
    (first, *_) = PATHWAYS.listed
    with pytest.raises(ValueError, match=first.__name__):
        Rules((first, first), strict_links=False)


@pytest.mark.parametrize("service", LISTS)
def test_a_rule_says_which_facts_it_judges(service: str) -> None:
    for rule in LISTS[service].listed:
        assert all(issubclass(kind, Fact) for kind in judged_by(rule)), rule.__name__


@pytest.mark.parametrize("service", LISTS)
def test_what_is_judged_is_in_the_catalogue(service: str) -> None:
    """A rule of anything else never speaks: `RULES` goes by the very class, `WARNINGS` by what it is a kind of."""
    facts = set(import_module(f"services.{service}.facts").CATALOGUE.facts.values())
    for rule in LISTS[service].listed:
        assert facts >= {*judged_by(rule)}, f"{rule.__name__} judges what CATALOGUE of {service} has not"
    for warning in WARNING_LISTS[service].listed:
        for kind in judged_by(warning):
            assert any(issubclass(fact, kind) for fact in facts), f"{warning.__name__}: {kind.__name__} of {service}"


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
    # What is unknown before what is wrong with it, or with who says it.
    (AGREMENT, SuspensionChanged, "the_suspension_is_known", "only_the_last_employer_suspends"),
    (AGREMENT, SuspensionRemoved, "the_suspension_is_known", "only_the_last_employer_suspends"),
    (AGREMENT, SuspensionChanged, "the_suspension_is_known", "only_a_running_suspension_is_changed"),
    (
        AGREMENT,
        AgrementClosed,
        "a_closing_names_a_suspension_of_the_agrement",
        "an_employer_closes_after_a_long_suspension",
    ),
    (
        AGREMENT,
        AgrementClosed,
        "a_closing_names_a_suspension_of_the_agrement",
        "only_an_agrement_that_has_not_ended_is_closed",
    ),
    (AGREMENT, ProlongationGranted, "a_request_is_answered_one_way", "the_prolongation_of_a_grant_is_new"),
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


TAKEN = ("_id_is_new", "_is_registered_once", "_is_formed_once")
"""How the rules of an id, or a subject, used twice are called."""


@pytest.mark.parametrize("service", LISTS)
def test_an_id_used_twice_is_told_before_anything_of_the_content(service: str) -> None:
    """By the names of rules, so that it holds for those to come: only who may say it, and about what, comes before."""
    listed = LISTS[service].listed
    taken = [rule for rule in listed if rule.__name__.endswith(TAKEN)]
    assert len(taken) >= 2
    for rule in taken:
        for kind in judged_by(rule):
            judging = [other for other in listed if kind in judged_by(other) and not _is_general(other)]
            assert judging[0] is rule, f"{judging[0].__name__} speaks before {rule.__name__} of {kind.__name__}"


@pytest.mark.parametrize("service", LISTS)
def test_what_ended_already_is_told_before_what_is_wrong_with_another_end(service: str) -> None:
    listed = LISTS[service].listed
    for place, rule in enumerate(listed):
        if rule.__name__.endswith(("_ends_once", "_closes_once", "_is_answered_once")):
            before = [other.__name__ for other in listed[:place] if set(judged_by(other)) & set(judged_by(rule))]
            assert [name for name in before if "_after_it" in name or "_before_it" in name] == []


def _is_general(rule: Callable[..., Any]) -> bool:
    return rule.__module__.endswith(".general")


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
