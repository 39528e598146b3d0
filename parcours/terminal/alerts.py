"""What to look at, in French: each kind of alert by its name, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rich.table import Table
from rich.text import Text

from parcours.terminal.compact_tables import compact, stacked
from parcours.terminal.structures import Structures
from parcours.terminal.wording import SEVERITIES, day, plural, word
from services.projections.alerts.alert import AlertKind


class Words(NamedTuple):
    name: str
    to_do: str


KINDS: dict[AlertKind, Words] = {
    "hired_without_agrement": Words("embauche sans agrément", "demander un agrément, ou corriger l'embauche"),
    "contract_beyond_agrement": Words(
        "contrat au-delà de l'agrément", "prolonger l'agrément, ou préparer la sortie de l'IAE"
    ),
    "gap_without_suspension": Words("sans employeur, non suspendu", "suspendre à partir du {suspend_from}"),
    "work_while_suspended": Words(
        "travail pendant la suspension de l'agrément",
        "mettre fin à la suspension, ou corriger l'embauche ou les heures",
    ),
    "suspension_too_long": Words("suspension de plus de 12 mois", "reprendre, ou clore le parcours"),
    "request_unanswered": Words(
        "demande de prolongation sans réponse", "relancer le prescripteur ({reminder_days} jours)"
    ),
    "prolongation_without_contract": Words(
        "prolongation dont le contrat a pris fin", "vérifier le motif de la prolongation"
    ),
    "prolongation_beyond_training": Words(
        "prolongation au-delà de la formation", "vérifier la durée de la prolongation"
    ),
    "age_not_given": Words("âge non indiqué pour la prolongation", "vérifier l'âge, et le déclarer"),
    "prolongation_without_request": Words(
        "prolongation dont la demande a été annulée", "annuler la prolongation, ou refaire la demande"
    ),
    "prolongation_ground_unknown": Words(
        "prolongation dont le contrat ou la formation est inconnu", "déclarer le contrat ou la formation"
    ),
    "diagnosis_taken_back": Words(
        "diagnostic annulé, agrément délivré", "refaire le diagnostic, ou revoir l'agrément"
    ),
    "suspension_without_hire": Words(
        "suspension par une structure qui n'a pas embauché", "retirer la suspension, ou déclarer l'embauche"
    ),
    "contract_type_unusual": Words(
        "type de contrat inhabituel pour la structure", "vérifier le type de contrat déclaré"
    ),
    "contract_too_short": Words("contrat plus court que le minimum", "allonger le contrat, ou corriger ses dates"),
    "contract_too_long": Words(
        "contrats au-delà de la durée maximale", "déclarer ce qui permet d'aller au-delà, ou préparer la sortie"
    ),
    "weekly_hours_below_floor": Words(
        "durée hebdomadaire sous le minimum", "augmenter la durée, ou déclarer une dérogation"
    ),
    "cdi_inclusion_too_young": Words("CDI inclusion avant l'âge requis", "vérifier l'âge, ou le type de contrat"),
    "cdi_inclusion_too_early": Words(
        "CDI inclusion trop tôt dans le parcours", "vérifier le début du parcours, ou le type de contrat"
    ),
    "cdi_inclusion_with_end": Words(
        "CDI inclusion avec une date de fin", "retirer la date de fin, ou corriger le type de contrat"
    ),
    "cdi_inclusion_share": Words(
        "trop de CDI inclusion pour les postes financés", "demander une dérogation, ou attendre"
    ),
    "immersion_beyond_limits": Words("immersion au-delà des limites", "raccourcir l'immersion, ou corriger la convention"),
    "bridge_too_early": Words("contrat passerelle trop tôt dans le parcours", "vérifier les dates du contrat passerelle"),
    "bridge_too_long": Words("contrat passerelle trop long", "mettre fin à la mise à disposition"),
    "cap_approaching": Words("plafond d'heures bientôt atteint", "préférer particuliers et associations comme clients"),
    "cap_exceeded": Words("plafond d'heures dépassé", "ne plus mettre à disposition de clients soumis au plafond"),
    "placement_beyond_cap": Words(
        "heures prévues au-delà du plafond", "réduire les heures prévues de la mise à disposition"
    ),
    "client_dismissed": Words(
        "client qui a licencié sur ce métier", "mettre fin à la mise à disposition, ou corriger le métier"
    ),
    "handover_unanswered": Words("proposition de relais sans réponse", "relancer la structure qui a reçu la proposition"),
    "follow_up_overdue": Words("suivi après la sortie en retard", "recontacter la personne"),
    "esf_result_late": Words("résultat FSE+ en retard", "recueillir le résultat de sortie"),
    "certification_expiring": Words("certification bientôt échue", "préparer le renouvellement"),
    "certification_expired": Words("certification échue", "renouveler, ou déclarer sa fin"),
    "annex_ended": Words("annexe financière échue", "déclarer la nouvelle annexe financière"),
}  # fmt: skip
"""`to_do` may hold fields of the alert in braces."""

SEVERITY_STYLES = {"high": "bold red", "medium": "yellow", "low": ""}
MOST_PRESSING_FIRST = tuple(SEVERITY_STYLES)

Row = Mapping[str, Any]


def alerts_table(rows: Iterable[Row], structures: Structures) -> Table:
    """The most pressing first. Ids are not broken: they are what other commands are given."""
    table = compact("depuis", "gravité", "alerte, et ce qu'il y a à faire", who="structure, personne")
    for row in sorted(rows, key=_urgency):
        structure = structures.get(row["structure_id"] or "")
        table.add_row(
            stacked(day(row["since"]), f"au {day(row['until'])}" if row["until"] else ""),
            Text(word(SEVERITIES, row["severity"]), style=SEVERITY_STYLES.get(row["severity"], "")),
            stacked(f"{name_of(row['kind'])} ({row['article']})", to_do(row)),
            stacked(structure.label if structure else row["structure_id"] or "", row["person_id"] or ""),
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
    words = _words(kind)
    return kind if words is None else words.name


def to_do(row: Row) -> str:
    words = _words(row["kind"])
    if words is None:
        return ""
    if row["kind"] == "gap_without_suspension" and row["suspend_until"]:  # the next employer makes it too late
        return f"jours perdus ; à suspendre du {day(row['suspend_from'])} au {day(row['suspend_until'])}"
    return words.to_do.format(suspend_from=day(row.get("suspend_from")), reminder_days=row.get("reminder_days"))


def _words(kind: str) -> Words | None:
    """None for a kind of a newer version."""
    return next((words for known, words in KINDS.items() if known == kind), None)


def _urgency(row: Row) -> tuple[int, str]:
    is_known = row["severity"] in MOST_PRESSING_FIRST
    return (MOST_PRESSING_FIRST.index(row["severity"]) if is_known else len(MOST_PRESSING_FIRST), row["since"])
