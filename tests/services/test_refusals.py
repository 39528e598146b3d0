"""Refusals are part of the outside: their codes are for ever, and people read them in French and in English."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

from services.agrement import refusals as agrement
from services.pathways import refusals as pathways
from services.placements import refusals as placements
from services.structures import refusals as structures
from shared.deciding import own_facts
from shared.deciding import rules as deciding
from shared.deciding.refusals import DomainError
from tests.services.test_catalogue import CATALOGUES

CODES = {
    own_facts: "own_fact",
    deciding: "already_voided names_itself replaces_unknown void_of_unknown",
    structures: (
        "agreement_differs agreement_ends_before_start agreement_unknown already_a_member already_agreed annex_ends_before_start certification_already_ended certification_ended_before_award "
        "certification_expires_before_award certification_id_used client_already_registered "
        "derogation_ends_before_start derogation_id_used group_already_formed network_already_joined "
        "sharing_needs_membership structure_already_closed structure_already_registered structure_closed_before_registered "
        "structure_succeeds_itself"
    ),
    pathways: (
        "action_id_used already_merged contract_already_ended contract_ended_before_start contract_ends_before_start "
        "contract_id_used contract_renews_itself contract_suspension_ends_before_start "
        "derogation_ends_before_start derogation_id_used exit_id_used handover_already_answered "
        "handover_answered_before_proposed handover_id_used handover_to_itself immersion_already_ended "
        "immersion_beyond_contract_share immersion_ended_before_start immersion_ends_before_start "
        "immersion_host_agreements immersion_host_days immersion_id_used immersion_longer_than_a_month "
        "immersion_renewal_differs immersion_renewed_twice immersion_renews_itself merge_unknown merged_in_a_circle merged_into_itself merged_person_unknown next_step_ends_before_start participation_already_ended participation_ended_before_start "
        "participation_id_used split_before_merged training_already_ended training_ended_before_start training_id_used"
    ),
    agrement: (
        "agrement_already_cancelled agrement_already_closed agrement_already_expired agrement_already_started "
        "agrement_already_suspended agrement_ends_before_start agrement_has_hires agrement_id_used "
        "agrement_not_cancellable agrement_not_in_progress agrement_running agrement_unknown "
        "agrements_overlap back_outside_suspension closed_before_start closing_not_offered "
        "criteria_exclude_each_other criterion_not_met diagnosis_id_used diagnosis_not_allowed "
        "diagnosis_not_valid diagnosis_of_another_employer diagnosis_required diagnosis_unknown in_carence "
        "next_step_missing not_enough_criteria not_the_last_employer not_the_latest_agrement "
        "number_missing number_of_another_issuer number_taken numbers_exhausted official_end_differs opinion_needed "
        "prescriber_not_authorised prolongation_ends_before_start prolongation_id_used "
        "prolongation_reason_not_offered prolongation_start_not_end prolongation_too_early "
        "prolongation_too_late prolongation_too_long prolongation_total_reached prolongations_overlap "
        "request_already_answered request_id_used request_pending request_unknown start_moved_too_late "
        "structure_missing structure_not_siae suspended_now suspension_already_gone suspension_change_unclear "
        "suspension_ends_before_start suspension_id_used suspension_in_the_future suspension_not_running "
        "suspension_outside_agrement suspension_reason_not_offered suspension_too_early "
        "suspension_too_far_back suspension_too_long suspension_unknown suspensions_overlap too_young"
    ),
    placements: (
        "entry_id_used hours_cap_exceeded hours_end_before_start hours_outside_month placement_already_ended "
        "placement_ended_before_start placement_ends_before_start placement_id_used"
    ),
}

HOW = (
    "codes are for ever: a new one is written into CODES of this file, in its place by the alphabet; one that is gone or"
    " has another name breaks those who read it, and comes back"
)


def refusals_of(module: ModuleType) -> list[type[DomainError]]:
    """Those of a module, or of every module of a folder."""
    names = [part.name for part in iter_modules(getattr(module, "__path__", []), f"{module.__name__}.")]
    modules = [module, *map(import_module, names)]
    found = {
        thing
        for one in modules
        for thing in vars(one).values()
        if isinstance(thing, type) and issubclass(thing, DomainError) and thing.__module__ == one.__name__
    }
    return sorted((thing for thing in found if hasattr(thing, "code")), key=lambda thing: thing.code)


@pytest.mark.parametrize("module", CODES, ids=lambda module: module.__name__)
def test_codes_stay(module: ModuleType) -> None:
    assert [error.code for error in refusals_of(module)] == CODES[module].split(), HOW


@pytest.mark.parametrize("error", [e for module in CODES for e in refusals_of(module)], ids=lambda error: error.code)
def test_a_refusal_says_itself_in_both_languages_and_is_a_conflict(error: type[DomainError]) -> None:
    problem = error(structure_id="x").problem()
    assert "" not in (problem["title"], problem["title_fr"])
    assert problem["title"] != problem["title_fr"]
    assert problem["status"] == 409
    assert problem["type"] == f"urn:parcours:{error.code}"


@pytest.mark.parametrize("module", [structures, pathways, agrement, placements], ids=lambda module: module.__name__)
def test_the_readme_of_a_service_names_its_facts_and_its_refusals(module: ModuleType) -> None:
    name = module.__name__.split(".")[1]
    folder = Path(module.__file__ or "").parent
    readme = ((folder.parent if hasattr(module, "__path__") else folder) / "README.md").read_text(encoding="utf-8")
    facts = [fact_type.split(".")[1] for fact_type in CATALOGUES[name].facts]
    is_acting = name in ("agrement", "placements")
    links = f"{CODES[deciding]} {CODES[own_facts]}".split() if is_acting else ["names_itself"]
    for word in [*facts, *CODES[module].split(), *links]:
        assert f"`{word}`" in readme


@pytest.mark.parametrize(
    "error",
    [
        error
        for module in CODES
        if module not in (deciding, own_facts)
        for error in refusals_of(module)
        if error.code.endswith(("_used", "_taken")) or "already_" in error.code
    ],
    ids=lambda error: f"{error.__module__.split('.')[1]} {error.code}",
)
def test_a_collision_names_what_it_collides_with(error: type[DomainError]) -> None:
    """Before, `contract_id_used` said an id, and left its sender to look for the fact."""
    assert error.against
    for kind, fields in error.against:
        assert set(fields) <= set(kind.model_fields)
