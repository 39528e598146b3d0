"""What is said of alerts, in French: every kind by its name, what to do, and how many of each."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, get_args

import pytest
from rich.console import Console
from typer.testing import CliRunner

from parcours.cli import app
from parcours.terminal.alerts import TO_DO, alerts_table, counted, name_of, to_do
from parcours.terminal.structures import Structure
from services.projections.alerts.alert import AlertKind

ROOT = Path(__file__).resolve().parents[2]


def alert(kind: str, **fields: Any) -> dict[str, Any]:
    row = dict.fromkeys(("until", "structure_id", "suspend_from", "suspend_until", "reminder_days"))
    return {**row, "kind": kind, "since": "2024-04-01", "severity": "high", "person_id": "p", "article": "R", **fields}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (alert("hired_without_agrement"), "01/04/2024 forte embauche sans agrément (PASS IAE) (R)"),
        (
            alert("gap_without_suspension", suspend_from="2024-04-01"),
            "suspendre l'agrément (PASS IAE) à partir du 01/04/2024",
        ),
        (
            alert("gap_without_suspension", suspend_from="2024-04-01", suspend_until="2024-04-30"),
            "jours perdus ; à suspendre du 01/04/2024 au 30/04/2024",
        ),
        (alert("request_unanswered", reminder_days=20), "relancer le prescripteur (20 jours)"),
        (alert("suspension_too_long", structure_id="A"), "Les Jardins (ACI)"),
        (alert("something_of_tomorrow"), "something_of_tomorrow"),
    ],
)
def test_an_alert_says_what_to_do(row: dict[str, Any], words: str) -> None:
    output = io.StringIO()
    Console(file=output, width=250).print(alerts_table([row], {"A": Structure("Les Jardins", "ACI")}))
    assert words in " ".join(output.getvalue().split())


def test_the_most_pressing_comes_first_and_a_structure_has_no_person() -> None:
    rows = [
        alert("follow_up_overdue", severity="low", since="2024-01-01"),
        alert("contract_too_long", severity="high", since="2024-03-01"),
        alert("annex_ended", severity="high", since="2024-02-01", person_id=None),
        alert("of_tomorrow", severity="unheard of"),
    ]
    output = io.StringIO()
    Console(file=output, width=250).print(alerts_table(rows, {}))
    told = output.getvalue()
    names = [
        "annexe financière échue",
        "contrats au-delà de la durée maximale",
        "suivi après la sortie en retard",
        "of_tomorrow",
    ]
    assert sorted(names, key=told.index) == names
    assert "None" not in told


def test_counts_by_kind_end_the_list() -> None:
    assert counted([]) == "Aucune alerte."
    rows = [alert("annex_ended"), alert("cap_exceeded"), alert("cap_exceeded")]
    assert [line.split() for line in counted(rows).splitlines()] == [
        ["3", "alertes"],
        ["2", "plafond", "de", "480", "h", "dépassé", "(cap_exceeded)"],
        ["1", "annexe", "financière", "échue", "(annex_ended)"],
    ]


@pytest.mark.parametrize("kind", get_args(AlertKind))
def test_every_kind_has_french_words_and_a_row_in_the_paper(kind: AlertKind) -> None:
    assert name_of(kind) != kind
    assert to_do(alert(kind))
    assert "None" not in to_do(alert(kind))
    assert "–" not in to_do(alert(kind))
    assert f"| `{kind}` |" in (ROOT / "docs/alerts.md").read_text(encoding="utf-8")


def test_no_words_are_for_a_kind_that_nobody_tells() -> None:
    assert set(TO_DO) == set(get_args(AlertKind))


def test_a_kind_that_is_none_is_answered_with_those_there_are() -> None:
    result = CliRunner().invoke(app, ["alerts", "--kind", "cap_exceeded", "--kind", "colour"])
    assert result.exit_code == 2
    assert "--kind colour is no kind of alert" in result.stderr
    assert "follow_up_overdue" in result.stderr
