"""What is drawn of hand-overs, of people ready for a next step and of follow-ups due; and what the commands ask."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from parcours.cli import app
from parcours.terminal.group import (
    CRITERIA,
    UNMET,
    criteria_told,
    follow_ups_counted,
    follow_ups_table,
    handovers_counted,
    handovers_table,
    ready_counted,
    ready_table,
)
from parcours.terminal.structures import Structure
from parcours.terminal.wording import HANDOVER_STATES
from services.projections.api.ready_routes import CRITERIA as CRITERIA_OF_THE_VIEW

KNOWN = {"A": Structure("Les Jardins", "ACI"), "B": Structure("Relais", "AI")}


def drawn(table: Table) -> str:
    output = io.StringIO()
    Console(file=output, width=250).print(table)
    return " / ".join(" ".join(line.split()) for line in output.getvalue().splitlines())


def handover(state: str = "proposed", **fields: Any) -> dict[str, Any]:
    row = {
        "person_id": "p",
        "from_structure_id": "A",
        "to_structure_id": "B",
        "proposed_on": "2024-03-01",
        "state": state,
        "days_open": 11,
        "days_left": 49,
        "expires_on": "2024-04-30",
        "hired_on": None,
    }
    return {**row, **fields}


def candidate(**fields: Any) -> dict[str, Any]:
    row = {
        "person_id": "p",
        "structure_id": "A",
        "stage": 1,
        "months_in_step": 5,
        "contract_days_left": 75,
        "agrement_days_left": 548,
        "trainings_finished": 1,
        "skills": 2,
        "handover_to_structure_id": "B",
        "ready": True,
        "unmet": [],
    }
    return {**row, **fields}


def due(**fields: Any) -> dict[str, Any]:
    row = {
        "person_id": "p",
        "structure_id": "A",
        "exited_on": "2024-03-31",
        "exit_reason": "8",
        "milestone_months": 3,
        "due_on": "2024-06-30",
        "state": "due",
        "days_overdue": 1,
    }
    return {**row, **fields}


def test_a_handover_says_from_whom_to_whom_and_until_when() -> None:
    told = drawn(handovers_table([handover()], KNOWN))
    assert "/ Les Jardins (ACI) 01/03/2024 proposée p / Relais (AI) depuis 11 jours, jusqu'au 30/04/2024" in told
    done = drawn(handovers_table([handover("completed", days_left=None, hired_on="2024-03-12")], {}))
    assert "/ A 01/03/2024 aboutie p / B embauche le 12/03/2024" in done
    declined = drawn(handovers_table([handover("declined", days_left=None)], {}))
    assert declined.endswith("/ A 01/03/2024 déclinée p / B")


def test_hand_overs_are_counted_by_state() -> None:
    assert handovers_counted([]) == "Aucune proposition."
    rows = [handover(), handover(), handover("expired")]
    assert handovers_counted(rows) == "3 propositions : 2 proposée, 1 sans suite"
    assert set(HANDOVER_STATES) == {"proposed", "accepted", "declined", "withdrawn", "completed", "expired"}


def test_somebody_ready_and_somebody_who_is_not() -> None:
    assert drawn(ready_table([candidate()], KNOWN)).endswith(
        "/ 1 contrat : 75 jours 1 formation étape suivante Les Jardins (ACI)"
        " / 5 mois agrément : 548 jours 2 compétences proposée à Relais (AI) p"
    )
    other = candidate(
        ready=False,
        contract_days_left=None,
        agrement_days_left=None,
        handover_to_structure_id=None,
        unmet=["agrement_days_left_min", "contract_days_left_max"],
    )
    told = drawn(ready_table([other], KNOWN))
    assert (
        "contrat : sans terme 1 formation agrément (PASS IAE) trop court ou inconnu, contrat encore long ou sans terme"
        in told
    )
    assert "agrément : aucun 2 compétences p" in told
    assert ready_counted([candidate(), other]) == "2 personnes, dont 1 pour l'étape suivante"
    assert ready_counted([]) == "Personne."


def test_every_criterion_has_its_words() -> None:
    assert set(CRITERIA) == set(UNMET) == set(CRITERIA_OF_THE_VIEW)
    assert criteria_told({"agrement_days_left_min": 122, "stage_max": 3, "trainings_finished_min": None}) == (
        "Critères : au moins 122 jours d'agrément (PASS IAE), étape 3 au plus."
    )
    assert criteria_told({"stage_max": None}) == "Sans critère."


def test_a_follow_up_says_whom_to_ask_and_since_when() -> None:
    told = drawn(follow_ups_table([due(), due(state="overdue", days_overdue=30)], KNOWN))
    assert "/ à 3 mois 30/06/2024 le 31/03/2024 Les Jardins (ACI) / à faire sans nouvelles p /" in told
    assert told.endswith("/ en retard (30 jours) sans nouvelles p")
    assert follow_ups_counted([due(), due(state="overdue")]) == "2 suivis à faire, dont 1 en retard"
    assert follow_ups_counted([]) == "Aucun suivi à faire."


@pytest.mark.parametrize(
    "asked",
    [
        ("handovers", "nothing"),
        ("handovers", "person/018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d"),
        ("ready", "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d", "--stage", "many"),
        ("follow-ups", "--on", "soon"),
    ],
)
def test_what_cannot_be_asked_is_said(asked: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, list(asked))
    assert result.exit_code == 2
    assert json.dumps(asked[-1])[1:-1].split("/")[0] in result.output
