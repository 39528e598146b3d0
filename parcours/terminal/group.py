"""Hand-overs, people ready for a next step, and follow-ups due, in French."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from parcours.terminal.compact_tables import Row, compact, stacked
from parcours.terminal.persons import NO_NAMES, Names, named
from parcours.terminal.structures import Structures
from parcours.terminal.wording import EXIT_REASONS, FOLLOW_UP_STATES, HANDOVER_STATES, day, plural, word
from shared.deciding.sentences import filled

HANDOVER_STYLES = {"proposed": "yellow", "accepted": "cyan", "completed": "green"}
CRITERIA = {
    "agrement_days_left_min": "au moins {n:jour} d'agrément (PASS IAE)",
    "contract_days_left_max": "au plus {n:jour} de contrat",
    "trainings_finished_min": "au moins {n:formation terminée/formations terminées}",
    "stage_max": "étape {n} au plus",
}
UNMET = {
    "agrement_days_left_min": "agrément (PASS IAE) trop court ou inconnu",
    "contract_days_left_max": "contrat encore long ou sans terme",
    "trainings_finished_min": "formation à terminer",
    "stage_max": "déjà plus loin, ou étape inconnue",
}


def handovers_table(rows: Iterable[Row], structures: Structures, names: Names = NO_NAMES) -> Table:
    table = compact("de, vers", "proposée le", "état", who="personne")
    for row in rows:
        state = Text(word(HANDOVER_STATES, row["state"]), style=HANDOVER_STYLES.get(row["state"], "dim"))
        table.add_row(
            stacked(_label(row["from_structure_id"], structures), _label(row["to_structure_id"], structures)),
            day(row["proposed_on"]),
            Text("\n").join([state, Text(_open_until(row))]),
            named(row["person_id"], names),
        )
    return table


def _open_until(row: Row) -> str:
    if row["hired_on"]:
        return f"embauche le {day(row['hired_on'])}"
    if row["days_left"] is None:
        return ""
    return f"depuis {_days(row['days_open'])}, jusqu'au {day(row['expires_on'])}"


def handovers_counted(rows: Iterable[Row]) -> str:
    counts = Counter(row["state"] for row in rows)
    if not counts:
        return "Aucune proposition."
    by_state = ", ".join(f"{count} {word(HANDOVER_STATES, state)}" for state, count in counts.most_common())
    return f"{plural(counts.total(), 'proposition')} : {by_state}"


def ready_table(rows: Iterable[Row], structures: Structures, names: Names = NO_NAMES) -> Table:
    table = compact("étape", "reste", "acquis", "avis", who="structure, personne")
    for row in rows:
        table.add_row(
            stacked("–" if row["stage"] is None else str(row["stage"]), f"{row['months_in_step']} mois"),
            stacked(
                f"contrat : {_left(row['contract_days_left'], 'sans terme')}",
                f"agrément : {_left(row['agrement_days_left'], 'aucun')}",
            ),
            stacked(plural(row["trainings_finished"], "formation"), plural(row["skills"], "compétence")),
            _verdict(row, structures),
            stacked(_label(row["structure_id"], structures), named(row["person_id"], names)),
        )
    return table


def criteria_told(criteria: Row) -> str:
    asked = ((words, criteria.get(name)) for name, words in CRITERIA.items())
    phrases = [filled(words, {"n": limit}, "fr") for words, limit in asked if limit is not None]
    return f"Critères : {', '.join(phrases)}." if phrases else "Sans critère."


def ready_counted(rows: Iterable[Row]) -> str:
    counts = Counter(bool(row["ready"]) for row in rows)
    if not counts:
        return "Personne."
    return f"{plural(counts.total(), 'personne')}, dont {counts[True]} pour l'étape suivante"


def follow_ups_table(rows: Iterable[Row], structures: Structures, names: Names = NO_NAMES) -> Table:
    table = compact("suivi", "à faire le", "sortie", who="structure, personne")
    for row in rows:
        state = Text(word(FOLLOW_UP_STATES, row["state"]), style="red" if row["state"] == "overdue" else "")
        late = Text(f" ({_days(row['days_overdue'])})" if row["state"] == "overdue" else "")
        table.add_row(
            f"à {row['milestone_months']} mois",
            Text("\n").join([Text(day(row["due_on"])), state + late]),
            stacked(f"le {day(row['exited_on'])}", word(EXIT_REASONS, row["exit_reason"])),
            stacked(_label(row["structure_id"], structures), named(row["person_id"], names)),
        )
    return table


def follow_ups_counted(rows: Iterable[Row]) -> str:
    counts = Counter(row["state"] for row in rows)
    if not counts:
        return "Aucun suivi à faire."
    return f"{plural(counts.total(), 'suivi')} à faire, dont {counts['overdue']} en retard"


def _verdict(row: Row, structures: Structures) -> Text:
    proposed = row["handover_to_structure_id"]
    relay = Text(f"\nproposée à {_label(proposed, structures)}" if proposed else "")
    if row["ready"]:
        return Text("étape suivante", style="green") + relay
    return Text(", ".join(word(UNMET, name) for name in row["unmet"]), style="dim") + relay


def _left(days: int | None, none: str) -> str:
    return none if days is None else plural(days, "jour")


def _days(days: int | None) -> str:
    return "–" if days is None else plural(days, "jour")


def _label(structure_id: str | None, structures: Structures) -> str:
    structure = structures.get(structure_id or "")
    return structure.label if structure else structure_id or "–"
