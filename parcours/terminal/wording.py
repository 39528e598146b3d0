"""French words for what people see of a pathway. Codes stay as they are in facts, files and `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

FRENCH: Final = Locale("fr")

KINDS = {
    "ACI": "atelier et chantier d'insertion",
    "AI": "association intermédiaire",
    "EI": "entreprise d'insertion",
    "ETTI": "entreprise de travail temporaire d'insertion",
    "EITI": "entreprise d'insertion par le travail indépendant",
    "OASP": "services à la personne",
    "GEIQ": "groupement d'employeurs",
    "ETT_ESS": "agence d'intérim de l'ESS",
    "COMPANY": "entreprise",
}

CLIENT_KINDS = {
    "company": "entreprises",
    "public_industrial": "établissements publics industriels et commerciaux",
    "public_administrative": "établissements publics administratifs",
    "local_authority": "collectivités locales",
    "household": "particuliers",
    "nonprofit": "organismes sans but lucratif",
}

EXIT_REASONS = {
    "1": "CDI dans la structure ou une filiale",
    "2": "contrat dans une autre structure de l'IAE",
    "3": "CDI non aidé ailleurs",
    "4": "création ou reprise d'entreprise",
    "5": "entrée ou poursuite en formation qualifiante",
    "6": "inactivité",
    "7": "au chômage",
    "8": "sans nouvelles",
    "9": "CDD non aidé de six mois et plus",
    "10": "CDD non aidé de moins de six mois",
    "11": "intégration dans la fonction publique",
    "12": "autre sortie reconnue positive",
    "13": "CDI aidé ailleurs",
    "14": "CDD aidé hors IAE",
    "15": "droits à la retraite",
    "16": "congé de longue durée",
    "17": "décès",
    "18": "décision administrative ou de justice",
    "19": "licenciement pour faute grave",
    "20": "transfert d'employeur",
    "21": "rupture de la période d'essai par l'employeur",
    "22": "rupture de la période d'essai par le salarié",
    "96": "CDI inclusion",
}
CATEGORIES = {
    "durable": "emploi durable",
    "transition": "emploi de transition",
    "positive": "sortie positive",
    "other": "autre sortie",
    "withdrawn": "retirée du calcul",
}
TRAININGS = {
    "adaptation": "adaptation au poste",
    "pre_qualifying": "préqualifiante",
    "qualifying": "qualifiante",
    "language": "linguistique",
    "other": "autre",
}
TRAINING_RESULTS = {"completed": "suivie jusqu'au bout", "qualified": "qualification obtenue", "dropped": "abandonnée"}
IMMERSIONS = {
    "discover_trade": "découvrir un métier",
    "confirm_project": "confirmer un projet",
    "start_recruitment": "amorcer un recrutement",
}
ANSWERS = {"accepted": "acceptée", "declined": "déclinée", "withdrawn": "retirée"}
SITUATIONS = {
    "employed": "en emploi",
    "self_employed": "à son compte",
    "training": "en formation",
    "iae": "dans l'IAE",
    "job_seeking": "en recherche d'emploi",
    "inactive": "sans activité",
    "unreachable": "injoignable",
    "refused": "n'a pas souhaité répondre",
}
CLOSINGS = {"ordinary_job": "emploi ordinaire", "business": "entreprise créée", "no_return": "sans retour"}
SEXES = {"F": "femme", "M": "homme"}
AGREMENT_STATES = {"valid": "en cours", "suspended": "suspendu", "future": "à venir", "expired": "terminé"}
SUSPENSION_REASONS = {
    "CONTRACT_SUSPENDED": "contrat de travail suspendu",
    "CONTRACT_BROKEN": "contrat de travail rompu",
    "FINISHED_CONTRACT": "contrat de travail terminé",
    "APPROVAL_BETWEEN_CTA_MEMBERS": "situation entre employeurs d'un même groupe",
    "CONTRAT_PASSERELLE": "contrat passerelle",
    "SICKNESS": "arrêt pour maladie",
    "MATERNITY": "congé de maternité",
    "INCARCERATION": "incarcération",
    "TRIAL_OUTSIDE_IAE": "période d'essai hors IAE",
    "DETOXIFICATION": "cure de désintoxication",
    "FORCE_MAJEURE": "force majeure",
}
PROLONGATION_REASONS = {
    "SENIOR_CDI": "CDI conclu à 57 ans ou plus",
    "COMPLETE_TRAINING": "fin d'une formation",
    "RQTH": "qualité de travailleur handicapé",
    "SENIOR": "50 ans ou plus",
    "PARTICULAR_DIFFICULTIES": "difficultés particulières",
    "HEALTH_CONTEXT": "contexte sanitaire",
}
AGREMENT_FACTS = {
    "agrement_granted": "durée accordée",
    "start_moved": "début déplacé",
    "suspended": "suspension",
    "suspension_changed": "suspension modifiée",
    "suspension_removed": "suspension supprimée",
    "suspension_lifted": "suspension levée par une embauche",
    "prolonged": "prolongation",
    "agrement_closed": "clôture avant le terme",
}
SEVERITIES = {"high": "forte", "medium": "moyenne", "low": "faible"}


def word(words: Mapping[str, str], code: str | None) -> str:
    """The word for a code; a code that has none is shown itself, an absent one as a dash."""
    return "–" if code is None else words.get(code, code)


def day(text: str | date | None) -> str:
    """`2024-03-01` as `01/03/2024`."""
    if text is None:
        return "–"
    return format_date(date.fromisoformat(str(text)[:10]), "short", locale=FRENCH)


def number(amount: float) -> str:
    """A whole number, its thousands apart: `1 234`, with a narrow space that does not break."""
    return format_decimal(amount, "#,##0", locale=FRENCH)


def hours(amount: float | None) -> str:
    """To the hour: `1 234 h`."""
    return "–" if amount is None else f"{number(amount)} h"


def exact_hours(amount: float) -> str:
    """To the hundredth, `12,25 h`: what is left must not be rounded up."""
    return f"{format_decimal(amount, '#,##0.##', locale=FRENCH)} h"


def plural(count: int, noun: str) -> str:
    """`2 jours`, but `0 jour`: which numbers take the plural is French's own."""
    takes_s = FRENCH.plural_form(count) != "one" and not noun.endswith("s")
    return f"{number(count)} {noun}{'s' if takes_s else ''}"


def span(days: int) -> str:
    """A length people can picture: days, else months of thirty and a half."""
    return plural(days, "jour") if days < 61 else f"{days / 30.44:.0f} mois"
