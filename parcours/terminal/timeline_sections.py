"""What a pathway holds beside its steps, a line each, in French: trainings, hand-overs, agréments, support, follow-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from parcours.terminal.structures import Structures
from parcours.terminal.wording import (
    ANSWERS,
    CLOSINGS,
    CONTRACT_TYPES,
    IMMERSIONS,
    SITUATIONS,
    SUPPORT_KINDS,
    TRAINING_RESULTS,
    TRAININGS,
    day,
    hours,
    plural,
    word,
)
from services.agrement.model.numbers import shown


def sections(timeline: Mapping[str, Any], structures: Structures, today: date) -> dict[str, list[str]]:
    """The lines of each section by its title, in the order in which they are shown; `today` decides what is due."""
    return {
        "Formations": _trainings(timeline),
        "Immersions": _immersions(timeline),
        "Passages de relais": _handovers(timeline, structures),
        "Agréments (PASS IAE)": _agrements(timeline),
        "Mises à disposition": _placements(timeline),
        "Accompagnement": _support(timeline),
        "Après la sortie": _follow_ups(timeline, today),
        "Fin du parcours": [
            f"parcours {row['pathway']} clos le {day(row['closed_on'])} : {word(CLOSINGS, row.get('close_reason'))}"
            for row in timeline.get("pathways", [])
            if row.get("closed_on")
        ],
    }


def _agrements(timeline: Mapping[str, Any]) -> list[str]:
    """Each with its end as it is known, then what moves it."""
    lines = []
    for row in timeline.get("agrements", []):
        number = f"{shown(row['number'])}  " if row.get("number") else ""
        text = f"{number}du {day(row['starts_on'])} au {day(row['ends_on'])}"
        if row.get("cancelled_on"):
            text += f", annulé le {day(row['cancelled_on'])}"
        elif row.get("closed_on"):
            text += ", clos avant son terme"
        lines.append(text)
        lines += [
            f"  {'suspendu' if period['kind'] == 'suspension' else 'prolongé'} du {day(period['starts_on'])}"
            f" au {day(period['ends_on'])}, + {plural(period['pushes_days'], 'jour')}"
            for period in timeline.get("agrement_periods", [])
            if period["agrement_id"] == row["agrement_id"]
        ]
    return lines


def _trainings(timeline: Mapping[str, Any]) -> list[str]:
    return [
        f"{day(row.get('started_on'))} – {day(row.get('ended_on'))}  {word(TRAININGS, row.get('kind'))}, "
        f"{hours(row.get('hours') or row.get('planned_hours'))}, "
        f"{word(TRAINING_RESULTS, row['result']) if row.get('result') else 'en cours'}"
        for row in timeline.get("trainings", [])
    ]


def _handovers(timeline: Mapping[str, Any], structures: Structures) -> list[str]:
    def name(structure_id: str | None) -> str:
        structure = structures.get(structure_id or "")
        return structure.label if structure else str(structure_id or "–")

    return [
        f"{day(row.get('proposed_on'))}  {name(row.get('from_structure_id'))} → {name(row.get('to_structure_id'))} : "
        + (f"{word(ANSWERS, row['answer'])} le {day(row['answered_on'])}" if row.get("answer") else "sans réponse")
        + (f", embauche le {day(row['hired_on'])}" if row.get("hired_on") else "")
        for row in timeline.get("handovers", [])
    ]


def _placements(timeline: Mapping[str, Any]) -> list[str]:
    rows = timeline.get("placements", [])
    if not rows:
        return []
    total = sum(row.get("hours") or 0 for row in rows)
    clients = len({row.get("client_id") for row in rows})
    return [f"{len(rows)} chez {plural(clients, 'client')}, {hours(total)} travaillées"]


def _support(timeline: Mapping[str, Any]) -> list[str]:
    actions = sorted(timeline.get("support_actions", []), key=lambda row: row["done_on"])
    if not actions:
        return []
    kinds = Counter(action["kind"] for action in actions)
    counted = ", ".join(plural(kinds[kind], text) for kind, text in SUPPORT_KINDS.items() if kinds[kind])
    return [f"{counted}, du {day(actions[0]['done_on'])} au {day(actions[-1]['done_on'])}"]


def _follow_ups(timeline: Mapping[str, Any], today: date) -> list[str]:
    """What was said, and what nobody asked although it was due by today."""
    return [
        f"{day(row['observed_on'])}  à {row['milestone_months']} mois : {word(SITUATIONS, row['situation'])}"
        + (f" ({word(CONTRACT_TYPES, row['contract_type'])})" if row.get("contract_type") else "")
        if row.get("observed_on")
        else f"{day(row['due_on'])}  à {row['milestone_months']} mois : pas demandé"
        for row in sorted(timeline.get("follow_ups", []), key=lambda row: row.get("observed_on") or row["due_on"])
        if row.get("observed_on") or (row["step_when_due"] is None and _date(row["due_on"]) <= today)
    ]


def _immersions(timeline: Mapping[str, Any]) -> list[str]:
    return [
        f"{day(row['starts_on'])} – {day(row['ends_on'])}  {word(IMMERSIONS, row.get('object'))}"
        + (f", {plural(row['days'], 'jour')} de présence" if row.get("days") else "")
        for row in timeline.get("immersions", [])
        if row.get("starts_on")
    ]


def _date(text: str) -> date:
    return date.fromisoformat(text[:10])
