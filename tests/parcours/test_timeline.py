import io
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from parcours.terminal.structures import Structure
from parcours.terminal.timeline import draw, structure_ids
from parcours.terminal.transitions_matrix import matrix, summary

TODAY = date(2024, 6, 30)
ACI, AI = "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a01", "2f0c1f5e-4c2b-4c8a-9a51-1f8f2b6f0a02"
NAMES = {ACI: Structure("Les Jardins [bold]", "ACI"), AI: Structure("Coup de Main", "AI")}


def step(number: int, structure_id: str, starts_on: str | None, ends_on: str | None, **more: Any) -> dict[str, Any]:
    row = {"step": number, "structure_id": structure_id, "starts_on": starts_on, "ends_on": ends_on}
    return {**row, "hours": None, "exit_reason": None, "exit_id": None, **more}


def timeline(**tables: Any) -> dict[str, Any]:
    return {"person_id": "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d", "complete": True, "steps": [], "items": [], **tables}


LEFT = {"exit_id": "e1", "category": "positive", "next_structure_id": AI}
TWO_STEPS = timeline(
    steps=[
        step(1, ACI, "2023-01-02", "2023-10-31", exit_reason="2", exit_id="e1", hours=812.0),
        step(2, AI, "2023-11-13", None),
    ],
    exits=[LEFT],
    persons=[{"sex": "F", "birth_year": 1987, "first_hired_on": "2023-01-02"}],
)


def drawn(told: dict[str, Any], width: int = 120, today: date = TODAY) -> str:
    output = io.StringIO()
    draw(told, NAMES, today, Console(file=output, width=width, markup=False, highlight=False))
    return output.getvalue()


def test_steps_stand_in_order_with_days_length_hours_and_exit() -> None:
    text = " ".join(drawn(TWO_STEPS, width=160).split())
    assert "Les Jardins [bold] (ACI)" in text
    assert "02/01/2023 31/10/2023 10 mois 812 h" in text
    assert (
        "embauche en contrat à durée déterminée dans une autre structure de l'IAE [2] → Coup de Main · sortie positive"
        in text
    )
    assert "13/11/2023 en cours" in text
    assert "femme · année de naissance 1987 · depuis le 02/01/2023 · 2 étapes" in text


def test_bars_follow_each_other_and_an_open_one_goes_on() -> None:
    first, second = (line for line in drawn(TWO_STEPS).splitlines() if "█" in line)
    assert second.index("█") > first.rindex("█")
    assert second.rstrip().endswith("█→")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 250])
def test_it_fits_the_terminal(width: int) -> None:
    assert max(map(len, drawn(TWO_STEPS, width=width).splitlines())) <= max(width, 72)


def test_a_person_with_missing_facts_is_said_to_be_incomplete() -> None:
    assert "Attention : ce parcours est incomplet (missing : pathways 4)" in drawn(
        {**TWO_STEPS, "complete": False, "missing": "pathways 4"}
    )
    assert "incomplet" not in drawn(TWO_STEPS)


def test_a_person_under_two_ids_is_shown_with_both_and_since_when() -> None:
    root, other = "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d", "018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6e"
    hired = {"type": "pathways.hired.v1", "subject": f"person/{root}", "data": {}}
    merge = {
        "id": "merge",
        "type": "pathways.persons_merged.v1",
        "subject": f"person/{other}",
        "data": {"into": root, "merged_on": "2024-03-11"},
    }
    text = drawn(timeline(items=[hired, {**hired, "subject": f"person/{other}"}, merge], merged_into=root), width=40)
    lines = text.splitlines()
    assert f"L'identifiant demandé est fusionné avec {root}" in lines
    assert f"  {root} : 1 fait" in lines
    assert f"  {other} : 2 faits, fusionné le 11/03/2024 avec {root}" in lines
    assert "fusionné" not in drawn(timeline(items=[hired], merged_into=None))
    split = {"type": "pathways.persons_split.v1", "subject": f"person/{other}", "data": {"merge_id": "merge"}}
    again = {**hired, "subject": f"person/{other}"}
    assert "fusionné" not in drawn(timeline(items=[hired, again, merge, split], merged_into=None))


def test_a_past_view_says_of_when_it_is() -> None:
    text = drawn({**TWO_STEPS, "as_of": "2024-01-31", "known_at": "2024-02-29T23:59:59+01:00"})
    assert "Vu au 31/01/2024" in text
    assert "Selon ce qui était connu le 29/02/2024" in text


def test_an_exit_whose_hire_is_not_known_yet_is_shown() -> None:
    text = drawn(timeline(steps=[step(1, ACI, None, "2024-03-01", exit_reason="8")]))
    assert "embauche" in text
    assert "sans nouvelles [8]" in text


def test_an_end_that_lies_ahead_is_planned() -> None:
    text = " ".join(drawn(timeline(steps=[step(1, ACI, "2024-01-01", "2024-12-31")])).split())
    assert "31/12/2024 (prévu)" in text
    assert "pas de sortie" not in text


def test_a_code_without_a_word_and_a_structure_without_a_name_are_shown_as_they_are() -> None:
    text = drawn(
        timeline(steps=[step(1, "an-id-nobody-knows", "2024-01-01", "2024-02-01", exit_reason="77")]), width=160
    )
    assert "an-id-nobody-knows" in text
    assert "77 [77]" in text


def test_a_person_with_no_contract_is_no_error() -> None:
    assert "Aucun contrat connu" in drawn(timeline())


def follow_up(months: int, observed_on: str | None, situation: str | None) -> dict[str, Any]:
    return {
        "milestone_months": months,
        "due_on": "2024-05-01",
        "observed_on": observed_on,
        "situation": situation,
        "step_when_due": None,
    }


def test_hand_overs_trainings_follow_ups_and_the_end_are_told() -> None:
    told = {
        **TWO_STEPS,
        "handovers": [
            {
                "from_structure_id": ACI,
                "to_structure_id": AI,
                "proposed_on": "2023-10-02",
                "answer": "accepted",
                "answered_on": "2023-10-09",
                "hired_on": "2023-11-13",
            },
            {"from_structure_id": AI, "to_structure_id": ACI, "proposed_on": "2024-01-02", "answer": None},
        ],
        "trainings": [
            {"kind": "language", "started_on": "2023-03-01", "ended_on": None, "planned_hours": 60.0, "result": None}
        ],
        "pathways": [{"pathway": 1, "closed_on": "2024-05-02", "close_reason": "ordinary_job"}],
        "follow_ups": [
            follow_up(3, "2024-02-01", "unreachable"),
            follow_up(6, None, None),
            {**follow_up(12, None, None), "step_when_due": 2},
            {**follow_up(24, None, None), "due_on": "2034-02-01"},
        ],
        "support_actions": [{"kind": "interview", "done_on": "2023-02-01"}],
        "immersions": [
            {"starts_on": "2023-05-08", "ends_on": "2023-05-19", "object": "discover_trade", "days": 9},
            {"starts_on": None, "ends_on": "2023-06-19", "object": None, "days": 2},
        ],
    }
    text = " ".join(drawn(told, width=200).split())
    assert "Les Jardins [bold] (ACI) → Coup de Main (AI) : acceptée le 09/10/2023, embauche le 13/11/2023" in text
    assert "Coup de Main (AI) → Les Jardins [bold] (ACI) : sans réponse" in text
    assert "linguistique, 60 h, en cours" in text
    assert "à 3 mois : injoignable" in text
    assert "01/05/2024 à 6 mois : pas demandé" in text
    assert "à 12 mois" not in text
    assert "à 24 mois" not in text
    assert (
        "Immersions 08/05/2023 – 19/05/2023 découvrir un métier ou un secteur d'activité, 9 jours de présence" in text
    )
    assert "1 entretien" in text
    assert "parcours 1 clos le 02/05/2024 : emploi ordinaire" in text


def test_all_structures_that_are_named_are_asked_for() -> None:
    assert structure_ids(TWO_STEPS) == {ACI, AI}


# The matrix


def cell(left: str | None, entered: str | None, count: int, direction: str = "forward") -> dict[str, Any]:
    row = {"from": left, "to": entered, "transitions": count, "forward": 0, "level": 0, "back": 0, "inside": count}
    return {**row, direction: count, "median_days_between": 14.0}


CELLS = [cell("ACI", "AI", 26), cell("AI", "ETTI", 18), cell("AI", "ACI", 5, "back"), cell(None, "AI", 1, "level")]


def test_kinds_stand_in_the_order_of_their_stages_unknown_ones_last() -> None:
    output = io.StringIO()
    table = matrix(CELLS, {"ETTI": 12})
    Console(file=output, width=100).print(table)
    lines = output.getvalue().splitlines()
    assert [line.strip("│ ").split()[0] for line in lines[3:-1]] == ["ACI", "AI", "ETTI", "?"]
    assert [str(column.header) for column in table.columns][1:] == ["ACI", "AI", "ETTI", "emploi ordinaire"]
    assert "12" in lines[5]


def test_the_summary_counts_directions_and_names_the_most_frequent_move() -> None:
    assert summary(CELLS) == (
        "50 passages dans le groupe : 44 en avant, 1 au même niveau, 5 en arrière. "
        "Le plus fréquent : ACI → AI, 14 jours entre les deux en médiane."
    )


def test_a_group_nobody_moved_in_has_an_empty_matrix() -> None:
    assert summary([]).startswith("0 passage")
    matrix([])
