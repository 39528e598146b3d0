"""Hours left with companies, in words."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from parcours.terminal.hours_left import draw
from parcours.terminal.structures import Structure
from parcours.terminal.wording import CLIENT_KINDS
from services.placements.law.tables import FOLDER
from shared.deciding.dated import table

WINDOW = {"starts_on": "2024-02-10", "ends_on": "2026-02-09"}
LIFTED = {"derogation_id": "d", "until": "2024-12-31", "limit": None}


def cap(**fields: Any) -> dict[str, Any]:
    return {
        "structure_id": "A",
        "window": WINDOW,
        "limit": 480,
        "hours_worked": 100,
        "hours_planned": 20,
        "hours_left": 360,
        "lifted": None,
        "warning": {"share": 0.8, "at_hours": 384, "reached": False},
        "article": "L5132-9",
        **fields,
    }


def kind(name: str, confidence: str = "confirmed") -> dict[str, str]:
    return {"kind": name, "confidence": confidence, "source": "L2211-1"}


def drawn(*caps: dict[str, Any], scope: str = "structure") -> str:
    view = {
        "person_id": "p",
        "on": "2025-11-01",
        "scope": scope,
        "caps": caps,
        "capped_client_kinds": [kind("company"), kind("local_authority", "open")],
        "free_client_kinds": [kind("household")],
    }
    output = io.StringIO()
    draw(view, {"A": Structure("Coup de Main", "AI")}, Console(file=output, width=200))
    return output.getvalue()


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (cap(), "reste 360 h d'ici au 09/02/2026, sur 480 h (L5132-9)"),
        (cap(), "100 h travaillées, 20 h prévues, pour la période ouverte le 10/02/2024"),
        (cap(hours_left=0.5, hours_worked=459.5), "reste 0,5 h d'ici"),
        (cap(warning={"share": 0.8, "at_hours": 384.0, "reached": True}), "seuil d'alerte atteint : 384 h"),
        (cap(limit=None, hours_left=None, warning=None, lifted=LIFTED), "pas de plafond jusqu'au 31/12/2024"),
        (
            cap(limit=600, lifted={**LIFTED, "limit": 600}),
            "plafond fixé par une dérogation du préfet jusqu'au 31/12/2024",
        ),
        (cap(window=None, hours_worked=0, hours_planned=0), "la prochaine mise à disposition qui compte en ouvre une"),
        (cap(window=None, hours_worked=0), "0 h travaillées, 20 h prévues, après ce jour"),
        (cap(structure_id="B"), "\nB\n"),
    ],
)
def test_a_cap_says_what_is_left_until_when_and_why(one: dict[str, Any], words: str) -> None:
    assert words in drawn(one)


def test_kinds_of_clients_are_said_and_the_doubtful_marked() -> None:
    text = drawn(cap(), cap(structure_id="B"), scope="person")
    assert "Comptent les heures chez ces clients : entreprise, collectivité territoriale (à confirmer)." in text
    assert "Ne comptent jamais les heures chez : particulier." in text
    assert "toutes associations confondues" in text
    assert {row["kind"] for row in table(FOLDER, "client_kinds")} == CLIENT_KINDS.keys()
