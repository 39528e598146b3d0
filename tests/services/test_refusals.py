"""Refusals are part of the outside: their codes are for ever, and people read them in French and in English."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from services.agrement import refusals as agrement
from services.pathways import refusals as pathways
from services.placements import refusals as placements
from services.structures import refusals as structures
from shared import deciding
from shared.problems import DomainError
from tests.services.test_catalogue import CATALOGUES

CODES = {
    deciding: "already_voided names_itself replaces_unknown void_of_unknown",
    structures: (
        "already_a_member annex_ends_before_start certification_already_ended certification_ended_before_award "
        "certification_expires_before_award certification_id_used client_already_registered "
        "derogation_ends_before_start derogation_id_used group_already_formed network_already_joined "
        "structure_already_closed structure_already_registered structure_closed_before_registered "
        "structure_succeeds_itself"
    ),
    pathways: (
        "action_id_used contract_already_ended contract_ended_before_start contract_ends_before_start "
        "contract_id_used contract_renews_itself contract_suspension_ends_before_start "
        "derogation_ends_before_start derogation_id_used exit_id_used handover_already_answered "
        "handover_answered_before_proposed handover_id_used handover_to_itself immersion_already_ended "
        "immersion_ended_before_start immersion_ends_before_start immersion_id_used immersion_renews_itself "
        "next_step_ends_before_start participation_already_ended participation_ended_before_start "
        "participation_id_used training_already_ended training_ended_before_start training_id_used"
    ),
    agrement: "agrement_ends_before_start agrement_id_used diagnosis_id_used",
    placements: (
        "entry_id_used hours_end_before_start hours_outside_month placement_already_ended "
        "placement_ended_before_start placement_ends_before_start placement_id_used"
    ),
}


def refusals_of(module: ModuleType) -> list[type[DomainError]]:
    found = [thing for thing in vars(module).values() if isinstance(thing, type) and issubclass(thing, DomainError)]
    return sorted((thing for thing in found if thing.__module__ == module.__name__), key=lambda thing: thing.code)


@pytest.mark.parametrize("module", CODES, ids=lambda module: module.__name__)
def test_codes_stay(module: ModuleType) -> None:
    assert [error.code for error in refusals_of(module)] == CODES[module].split()


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
    readme = (Path(module.__file__ or "").parent / "README.md").read_text(encoding="utf-8")
    facts = [fact_type.split(".")[1] for fact_type in CATALOGUES[name].facts]
    links = CODES[deciding].split() if name in ("agrement", "placements") else ["names_itself"]
    for word in [*facts, *CODES[module].split(), *links]:
        assert f"`{word}`" in readme
