"""Hand-overs, people ready for a next step, and follow-ups due, in French."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from parcours.timeline import Structures
from parcours.wording import EXIT_REASONS, day, plural, word

Row = Mapping[str, Any]

HANDOVER_STATES = {
    "proposed": "proposée",
    "accepted": "acceptée",
    "declined": "déclinée",
    "withdrawn": "retirée",
    "completed": "aboutie",
    "expired": "sans suite",
}
HANDOVER_STYLES = {"proposed": "yellow", "accepted": "cyan", "completed": "green"}
FOLLOW_UP_STATES = {"due": "à faire", "overdue": "en retard"}
CRITERIA = {
    "agrement_days_left_min": "au moins {} jours d'agrément",
    "contract_days_left_max": "au plus {} jours de contrat",
    "trainings_finished_min": "au moins {} formation(s) terminée(s)",
    "stage_max": "étape {} au plus",
}
UNMET = {
    "agrement_days_left_min": "agrément trop court ou inconnu",
    "contract_days_left_max": "contrat encore long ou sans terme",
    "trainings_finished_min": "formation à terminer",
    "stage_max": "déjà plus loin, ou étape inconnue",
}


def handovers_table(rows: Iterable[Row], structures: Structures) -> Table:
    table = _table("personne", "de", "vers", "proposée le", "état", "ouverte depuis", "expire le", "embauche")
    for row in rows:
        state = Text(word(HANDOVER_STATES, row["state"]), style=HANDOVER_STYLES.get(row["state"], "dim"))
        table.add_row(
            row["person_id"],
            _label(row["from_structure_id"], structures),
            _label(row["to_structure_id"], structures),
            day(row["proposed_on"]),
            state,
            _days(row["days_open"]) if row["days_left"] is not None else "–",
            day(row["expires_on"]) if row["days_left"] is not None else "–",
            day(row["hired_on"]),
        )
    return table


def handovers_counted(rows: Iterable[Row]) -> str:
    counts = Counter(row["state"] for row in rows)
    if not counts:
        return "Aucune proposition."
    told = ", ".join(f"{count} {word(HANDOVER_STATES, state)}" for state, count in counts.most_common())
    return f"{plural(counts.total(), 'proposition')} : {told}"


def ready_table(rows: Iterable[Row], structures: Structures) -> Table:
    table = _table(
        "personne", "structure", "étape", "depuis", "contrat", "agrément", "formations", "compétences", "relais", "avis"
    )
    for row in rows:
        table.add_row(
            row["person_id"],
            _label(row["structure_id"], structures),
            "–" if row["stage"] is None else str(row["stage"]),
            f"{row['months_in_step']} mois",
            _left(row["contract_days_left"], "sans terme"),
            _left(row["agrement_days_left"], "aucun"),
            str(row["trainings_finished"]),
            str(row["skills"]),
            _label(row["handover_to_structure_id"], structures),
            _verdict(row),
        )
    return table


def criteria_told(criteria: Row) -> str:
    told = [words.format(criteria[name]) for name, words in CRITERIA.items() if criteria.get(name) is not None]
    return f"Critères : {', '.join(told)}." if told else "Sans critère."


def ready_counted(rows: Iterable[Row]) -> str:
    counts = Counter(bool(row["ready"]) for row in rows)
    if not counts:
        return "Personne."
    return f"{plural(counts.total(), 'personne')}, dont {counts[True]} pour l'étape suivante"


def follow_ups_table(rows: Iterable[Row], structures: Structures) -> Table:
    table = _table("personne", "structure", "sortie le", "motif", "suivi", "à faire le", "état", "retard")
    for row in rows:
        style = "red" if row["state"] == "overdue" else ""
        table.add_row(
            row["person_id"],
            _label(row["structure_id"], structures),
            day(row["exited_on"]),
            word(EXIT_REASONS, row["exit_reason"]),
            f"à {row['milestone_months']} mois",
            day(row["due_on"]),
            Text(word(FOLLOW_UP_STATES, row["state"]), style=style),
            _days(row["days_overdue"]),
        )
    return table


def follow_ups_counted(rows: Iterable[Row]) -> str:
    counts = Counter(row["state"] for row in rows)
    if not counts:
        return "Aucun suivi à faire."
    return f"{plural(counts.total(), 'suivi')} à faire, dont {counts['overdue']} en retard"


def _verdict(row: Row) -> Text:
    if row["ready"]:
        return Text("étape suivante", style="green")
    return Text(", ".join(word(UNMET, name) for name in row["unmet"]), style="dim")


def _left(days: int | None, none: str) -> str:
    return none if days is None else f"reste {plural(days, 'jour')}"


def _days(days: int | None) -> str:
    return "–" if days is None else plural(days, "jour")


def _label(structure_id: str | None, structures: Structures) -> str:
    known = structures.get(structure_id or "")
    return known.label if known else structure_id or "–"


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table
