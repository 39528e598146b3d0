"""Lists fit a terminal, and an id in them is whole: it is what the next command is given."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from parcours.terminal.alerts import TO_DO, alerts_table
from parcours.terminal.group import follow_ups_table, handovers_table, ready_table
from parcours.terminal.structures import Structure

PERSON = "f5a7adec-b809-5fa4-bd01-11c00e772fdb"
LONG = Structure("Les Jardins des Trois Rivières et du Plateau", "ETT_ESS")
ALERT = {
    "kind": max(TO_DO.items(), key=lambda item: len(item[1]))[0],
    "since": "2024-04-01",
    "until": "2024-05-01",
    "severity": "medium",
    "article": "(UE) 2021/1057, annexe I",
    "structure_id": "A",
    "person_id": PERSON,
    "suspend_until": None,
}
HANDOVER = {
    "person_id": PERSON,
    "from_structure_id": "A",
    "to_structure_id": "A",
    "proposed_on": "2024-03-01",
    "state": "proposed",
    "days_open": 11,
    "days_left": 49,
    "expires_on": "2024-04-30",
    "hired_on": None,
}
CANDIDATE = {
    "person_id": PERSON,
    "structure_id": "A",
    "stage": 4,
    "months_in_step": 20,
    "contract_days_left": None,
    "agrement_days_left": 548,
    "trainings_finished": 0,
    "skills": 12,
    "handover_to_structure_id": "A",
    "ready": False,
    "unmet": ["agrement_days_left_min", "contract_days_left_max", "trainings_finished_min", "stage_max"],
}
DUE = {
    "person_id": PERSON,
    "structure_id": "A",
    "exited_on": "2024-03-31",
    "exit_reason": "21",
    "milestone_months": 12,
    "due_on": "2025-03-31",
    "state": "overdue",
    "days_overdue": 1200,
}


@pytest.mark.parametrize(
    "table",
    [
        alerts_table([ALERT], {"A": LONG}),
        handovers_table([HANDOVER], {"A": LONG}),
        ready_table([CANDIDATE], {"A": LONG}),
        follow_ups_table([DUE], {"A": LONG}),
    ],
    ids=["alerts", "handovers", "ready", "follow-ups"],
)
@pytest.mark.parametrize("columns", [80, 100])
def test_a_list_fits_a_terminal_and_keeps_ids_whole(table: Table, columns: int) -> None:
    output = io.StringIO()
    Console(file=output, width=columns).print(table)
    assert PERSON in output.getvalue()
    assert "…" not in output.getvalue()
    assert max(map(len, output.getvalue().splitlines())) <= columns
