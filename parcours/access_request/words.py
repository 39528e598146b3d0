"""French words for what is held of a person: facts, fields, codes, days."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.numbers import format_decimal

from parcours.terminal.wording import FRENCH, day
from services.projections.catalogue import CATALOGUE

PARIS = ZoneInfo("Europe/Paris")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*")

ROLES: Mapping[str, str] = {
    "structure": "une structure",
    "prescriber": "un prescripteur",
    "group_coordinator": "la coordination du groupe",
    "data_steward": "le référent des données",
    "staff": "l'administration",
    "federation": "une fédération",
    "service": "un service de la suite",
    "ops": "l'exploitation",
    "auditor": "un auditeur",
    "local": "le poste où la suite est installée",
}
PURPOSES: Mapping[str, str] = {
    "pathway_continuity": "suivre un parcours",
    "caps": "vérifier des plafonds d'heures",
    "figures": "compter",
    "saying": "enregistrer ou vérifier un fait",
    "merging": "reconnaître une même personne sous deux identifiants",
    "audit": "contrôler qui a lu quoi",
    "access_request": "répondre à une demande d'accès",
}

NameOf = Callable[[str], str]
"""What a structure is called, by its id."""


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        files("parcours.access_request").joinpath("words.yaml").read_text(encoding="utf-8")
    )
    return found


def fact_word(type_name: str) -> str:
    """`pathways.hired.v1`: Embauche."""
    return words()["facts"].get(type_name.split(".")[1], type_name)


@cache
def codes_of(type_name: str) -> Mapping[str, Mapping[str, str]]:
    """By field of a fact, the French names of its codes."""
    kind = CATALOGUE.facts.get(type_name)
    return {} if kind is None else dict(_labels(kind.model_json_schema()))


@cache
def codes_of_rows() -> Mapping[str, Mapping[str, str]]:
    """By column: the names that fields of that name give to their codes, where they agree."""
    found: dict[str, dict[str, set[str]]] = {}
    for type_name in CATALOGUE.facts:
        for name, labels in codes_of(type_name).items():
            for code, label in labels.items():
                found.setdefault(name, {}).setdefault(code, set()).add(label)
    return {name: {code: min(labels) for code, labels in of.items() if len(labels) == 1} for name, of in found.items()}


def _labels(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Of a fact's schema and of what stands within it."""
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, described in part.get("properties", {}).items():
            if labels := _labels_in(described):
                yield name, {code: label["label_fr"] for code, label in labels.items()}


def _labels_in(described: Any) -> Mapping[str, Any]:
    if isinstance(described, dict):
        if "x-labels" in described:
            found: Mapping[str, Any] = described["x-labels"]
            return found
        return _labels_in([part for name, part in described.items() if name in ("anyOf", "items", "allOf")])
    if isinstance(described, list):
        return next((found for part in described if (found := _labels_in(part))), {})
    return {}


@dataclass(frozen=True, slots=True)
class Telling:
    """Fields and values as people read them. `structure`: what one is called."""

    structure: NameOf
    labels: Mapping[str, str] = field(default_factory=lambda: words()["fields"])

    def pairs(
        self, values: Mapping[str, Any], codes: Mapping[str, Mapping[str, str]], within: str = ""
    ) -> Iterator[tuple[str, str]]:
        """Those that say something; what stands within another behind its name."""
        for name, value in values.items():
            label = within + self.labels.get(name, name)
            if isinstance(value, dict):
                yield from self.pairs(value, codes, f"{label}, ")
            elif value is not None and value != [] and name != "person_id":
                yield label, self.value(name, value, codes.get(name, {}))

    def value(self, name: str, value: Any, codes: Mapping[str, str]) -> str:
        if isinstance(value, list):
            return ", ".join(self.value(name, one, codes) for one in value)
        if isinstance(value, bool):
            return "oui" if value else "non"
        if isinstance(value, int | float):
            whole = name.endswith("year") or float(value).is_integer()
            return str(round(value)) if whole else format_decimal(value, "0.##", locale=FRENCH)
        text = str(value)
        if name.endswith("structure_id") or text.startswith("structure/"):
            return self.structure(text.removeprefix("structure/"))
        if _DAY.fullmatch(text):
            return day(text)
        return instant(text) if _INSTANT.fullmatch(text) else codes.get(text, text)

    def sayer(self, saidfor: str | None) -> str:
        if saidfor is None:
            return "non précisé"
        kind, _, name = saidfor.partition("/")
        return self.structure(name) if kind == "structure" else ROLES.get(name, saidfor)


def instant(text: str) -> str:
    """`05/01/2026 à 10:00`, in Paris."""
    at = datetime.fromisoformat(text).astimezone(PARIS)
    return f"{at:%d/%m/%Y} à {at:%H:%M}"
