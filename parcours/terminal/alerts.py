"""What to look at, in French: each kind of alert by its name, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text

from parcours.terminal.compact_tables import Row, compact, stacked
from parcours.terminal.persons import NO_NAMES, Names, named
from parcours.terminal.structures import Structures
from parcours.terminal.wording import ALERT_KINDS, SEVERITIES, day, plural, word
from services.projections.alerts.alert import AlertKind
from shared.deciding.sentences import filled

TO_DO: Mapping[AlertKind, str] = {
    "hired_without_agrement": "demander un agrément (PASS IAE), ou corriger l'embauche",
    "contract_beyond_agrement": "prolonger l'agrément (PASS IAE), ou préparer la sortie de l'IAE",
    "gap_without_suspension": "suspendre l'agrément (PASS IAE)[ à partir du {suspend_from}]",
    "work_while_suspended": "mettre fin à la suspension, ou corriger l'embauche ou les heures",
    "suspension_too_long": "reprendre, ou clore le parcours",
    "request_unanswered": "relancer le prescripteur[ ({reminder_days:jour})]",
    "prolongation_without_contract": "vérifier le motif de la prolongation",
    "prolongation_beyond_training": "vérifier la durée de la prolongation",
    "age_not_given": "vérifier l'âge, et le déclarer",
    "prolongation_without_request": "annuler la prolongation, ou refaire la demande",
    "prolongation_ground_unknown": "déclarer le contrat ou la formation",
    "diagnosis_taken_back": "refaire le diagnostic, ou revoir l'agrément (PASS IAE)",
    "suspension_without_hire": "retirer la suspension, ou déclarer l'embauche",
    "contract_type_unusual": "vérifier le type de contrat déclaré",
    "contract_too_short": "allonger le contrat, ou corriger ses dates",
    "contract_too_long": "déclarer ce qui permet d'aller au-delà, ou préparer la sortie",
    "weekly_hours_below_floor": "augmenter la durée, ou déclarer une dérogation",
    "cdi_inclusion_too_young": "vérifier l'âge, ou le type de contrat",
    "cdi_inclusion_too_early": "vérifier le début du parcours, ou le type de contrat",
    "cdi_inclusion_with_end": "retirer la date de fin, ou corriger le type de contrat",
    "cdi_inclusion_share": "demander une dérogation, ou attendre",
    "immersion_beyond_limits": "raccourcir l'immersion, ou corriger la convention",
    "bridge_too_early": "vérifier les dates du contrat passerelle",
    "bridge_too_long": "mettre fin à la mise à disposition",
    "cap_approaching": "préférer particuliers et associations comme clients",
    "cap_exceeded": "ne plus mettre à disposition de clients soumis au plafond",
    "placement_beyond_cap": "réduire les heures prévues de la mise à disposition",
    "client_dismissed": "mettre fin à la mise à disposition, ou corriger le métier",
    "handover_unanswered": "relancer la structure qui a reçu la proposition",
    "said_of_anothers": "annuler la déclaration, ou corriger l'identifiant",
    "fact_contested": "vérifier la déclaration, et la corriger ou l'annuler",
    "contest_unanswered": "attendre la réponse du référent des données",
    "agrements_at_once": "garder un agrément (PASS IAE) et faire annuler l'autre, ou séparer les personnes",
    "hired_under_two_ids": "annuler l'embauche déclarée deux fois, ou séparer les personnes",
    "follow_up_overdue": "recontacter la personne",
    "esf_result_late": "recueillir le résultat de sortie",
    "certification_expiring": "préparer le renouvellement",
    "certification_expired": "renouveler, ou déclarer sa fin",
    "annex_ended": "déclarer la nouvelle annexe financière",
}
"""What to do about each kind; a template (`shared/deciding/sentences.py`) of fields of the alert."""

SEVERITY_STYLES = {"high": "bold red", "medium": "yellow", "low": ""}
MOST_PRESSING_FIRST = tuple(SEVERITY_STYLES)


def alerts_table(rows: Iterable[Row], structures: Structures, names: Names = NO_NAMES) -> Table:
    """The most pressing first. Ids are not broken: they are what other commands are given."""
    table = compact("depuis", "gravité", "alerte, et ce qu'il y a à faire", who="structure, personne")
    for row in sorted(rows, key=_urgency):
        structure = structures.get(row["structure_id"] or "")
        table.add_row(
            stacked(day(row["since"]), f"au {day(row['until'])}" if row["until"] else ""),
            Text(word(SEVERITIES, row["severity"]), style=SEVERITY_STYLES.get(row["severity"], "")),
            stacked(f"{name_of(row['kind'])} ({row['article']})", to_do(row)),
            stacked(structure.label if structure else row["structure_id"] or "", named(row["person_id"], names)),
        )
    return table


def counted(rows: Iterable[Row]) -> str:
    """How many, and of which kinds, the most frequent first."""
    counts = Counter(row["kind"] for row in rows)
    if not counts:
        return "Aucune alerte."
    title = plural(counts.total(), "alerte")
    lines = (f"  {count:>6}  {name_of(kind)} ({kind})" for kind, count in counts.most_common())
    return "\n".join([title, *lines])


def name_of(kind: str) -> str:
    """A kind of a newer version is shown itself."""
    return word(ALERT_KINDS, kind)


def to_do(row: Row) -> str:
    """Empty for a kind of a newer version."""
    if row["kind"] == "gap_without_suspension" and row["suspend_until"]:  # the next employer makes it too late
        return f"jours perdus ; à suspendre du {day(row['suspend_from'])} au {day(row['suspend_until'])}"
    fields = {
        "suspend_from": day(row["suspend_from"]) if row.get("suspend_from") else None,
        "reminder_days": row.get("reminder_days"),
    }
    return next((filled(text, fields, "fr") for kind, text in TO_DO.items() if kind == row["kind"]), "")


def _urgency(row: Row) -> tuple[int, str]:
    is_known = row["severity"] in MOST_PRESSING_FIRST
    return (MOST_PRESSING_FIRST.index(row["severity"]) if is_known else len(MOST_PRESSING_FIRST), row["since"])
