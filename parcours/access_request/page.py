"""The page that the person reads: what is held of it, in French, section by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from parcours.access_request.gathering import Gathered, Held
from parcours.access_request.words import (
    PURPOSES,
    ROLES,
    Telling,
    codes_of,
    codes_of_rows,
    fact_word,
    instant,
    words,
)

FACTS = ("pathways.facts", "agrement.facts", "placements.facts")
NAMES, SHARING, READS = "identities.names", "sharing", "access.reads"
REFERENCES = "pathways.person_references"


class Title(NamedTuple):
    text: str


class Section(NamedTuple):
    text: str


class Paragraph(NamedTuple):
    text: str


class Entry(NamedTuple):
    heading: str
    pairs: Sequence[tuple[str, str]]


Block = Title | Section | Paragraph | Entry

_RIGHTS = (
    "Vous pouvez demander que ces données soient corrigées ou effacées, que leur traitement soit limité, et vous opposer à leur"
    " partage : adressez-vous à la structure qui vous accompagne. Si sa réponse ne vous convient pas, vous pouvez saisir la"
    " CNIL (www.cnil.fr)."
)
_WHY = (
    "Pourquoi : suivre votre parcours d'insertion par l'activité économique, votre agrément (PASS IAE), les plafonds d'heures"
    " et de durée fixés par la loi, et compter les parcours sans nom. Chaque structure répond de ce qu'elle a enregistré."
)
_HOW_LONG = (
    "Combien de temps : 24 mois après le dernier contact, et cinq ans pour le Fonds social européen. Le journal des"
    " consultations est gardé douze mois, sauf autre réglage."
)
_NOT_HERE = (
    "Les données d'autres personnes : si l'une d'elles vous ressemble, son identité n'est pas donnée.",
    "Le nom de qui a consulté vos données : la structure ou la fonction et le motif sont donnés. Un auditeur peut retrouver"
    " le reste si vous le contestez.",
    "Ce que les structures gardent dans leurs propres logiciels ou dossiers, textes libres compris : demandez-le-leur. Ici,"
    " aucun texte libre ne peut être enregistré.",
    "Les copies : files de messages, historiques relus par les services et sauvegardes, qui contiennent les mêmes faits et"
    " s'effacent d'elles-mêmes.",
)
_ELSEWHERE = "Le détail est dans le fichier de données (JSON) joint."


@dataclass(frozen=True, slots=True)
class Page:
    """`at`: when the services were asked."""

    found: Gathered
    telling: Telling
    at: datetime

    def blocks(self) -> Iterator[Block]:
        yield Title("Les données détenues sur vous")
        yield Paragraph(
            f"Réponse du {instant(self.at.isoformat())} à votre demande d'accès (article 15 du RGPD), pour"
            f" {_ids(sorted(self.found.ids))}."
        )
        yield from map(Paragraph, (_WHY, _HOW_LONG, _RIGHTS))
        if not self.counted(lambda _: True):
            yield Paragraph("Rien n'est détenu sur vous sous cet identifiant.")
            return
        yield from self._section("Comment vous êtes nommé", (NAMES,), self._names)
        yield from self._section("Ce qui a été enregistré", FACTS, self._fact)
        yield from self._section("Les partages dont vous avez été informé", (SHARING,), self._sharing)
        yield from self._section(
            "Les numéros par lesquels des logiciels vous retrouvent", (REFERENCES,), self._reference
        )
        yield from self._rows()
        yield from self._section("Qui a consulté vos données", (READS,), self._read)
        yield from self._rest()
        yield Section("Ce qui n'est pas dans ce document")
        yield from map(Paragraph, _NOT_HERE)

    def counted(self, is_wanted: Any) -> int:
        return sum(count for place, count in self.found.counts.items() if is_wanted(place))

    def _section(self, title: str, places: Sequence[str], entry_of: Any) -> Iterator[Block]:
        yield Section(title)
        if not self.counted(lambda place: place in places):
            yield Paragraph("Rien.")
        for one in self.found.of(places):
            yield entry_of(one)

    def _names(self, one: Held) -> Entry:
        held = one.held
        pairs = [
            ("Nom", held.get("family_name") or "illisible : sa clé manque"),
            ("Prénoms", held.get("given_names") or "–"),
            ("Né(e) le", self.telling.value("birth_date", held.get("birth_date") or "–", {})),
            ("Enregistré le", instant(held["given_at"])),
        ]
        return Entry(f"Selon {self.telling.sayer(held['said_for'])}", pairs)

    def _fact(self, one: Held) -> Entry:
        fact = one.held
        about = [
            ("déclaré par", self.telling.sayer(fact.get("saidfor"))),
            ("avec le logiciel", fact["source"]),
            ("enregistré le", instant(fact["recordedtime"])),
            ("référence", fact["id"]),
        ]
        if "replaces" in fact:
            about.append(("corrige le fait", fact["replaces"]))
        return Entry(fact_word(fact["type"]), [*self.telling.pairs(fact["data"], codes_of(fact["type"])), *about])

    def _sharing(self, one: Held) -> Entry:
        held = one.held
        seen = [self.telling.structure(structure_id) for structure_id in held["sees_today"]]
        pairs = [
            ("accord n°", held["agreement_id"]),
            ("but", PURPOSES.get(held["purpose"], held["purpose"])),
            ("étendue", {"minimum": "minimale", "pathway": "le parcours"}.get(held["profile"], held["profile"])),
            ("vous en avez été informé le", self.telling.value("", held["informed_on"], {})),
            ("partie à l'accord du", self.telling.value("", held["starts_on"], {})),
            ("au", self.telling.value("", held["ends_on"] or "sans terme", {})),
            ("voit aujourd'hui ce qu'ont enregistré", ", ".join(seen) or "personne d'autre"),
        ]
        return Entry(self.telling.structure(held["structure_id"]), pairs)

    def _reference(self, one: Held) -> Entry:
        held = one.held
        asked = ", ".join(self.telling.sayer(asker) for asker in held["asked_by"]) or "–"
        pairs = [("depuis le", instant(held["created_at"])), ("utilisé par", asked), ("empreinte", held["digest"])]
        return Entry(held["scheme"], pairs)

    @property
    def _read_set(self) -> str | None:
        """That people read: the first. None where there are no rows."""
        return next((place.partition(".")[0] for place in self.found.counts if place.startswith("read_")), None)

    def _rows(self) -> Iterator[Block]:
        yield Section("Ce qui en est calculé")
        first = self._read_set
        for table, title in words()["tables"].items():
            place = f"{first}.{table}"
            for number, one in enumerate(self.found.of((place,)) if place in self.found.counts else (), start=1):
                yield Entry(f"{title} ({number})", [*self.telling.pairs(one.held, codes_of_rows())])
        if first is None:
            yield Paragraph("Rien.")

    def _read(self, one: Held) -> Entry:
        held = one.held
        role = ROLES.get(held["role"], held["role"])
        who = role if held["acting_for"] is None else self.telling.sayer(held["acting_for"])
        why = held["purpose"].partition(":")[0]
        return Entry(instant(held["at"]), [("par", who), ("pour", PURPOSES.get(why, why)), ("adresse", held["route"])])

    def _rest(self) -> Iterator[Block]:
        rows = (f"{self._read_set}.{table}" for table in words()["tables"])
        told = {NAMES, SHARING, READS, REFERENCES, *FACTS, *rows}
        rest = {place: count for place, count in self.found.counts.items() if place not in told}
        if rest:
            yield Section("Ce qui sert au fonctionnement")
            yield Paragraph(_ELSEWHERE)
            yield Entry("Lignes par table", [(place, str(count)) for place, count in sorted(rest.items())])


def _ids(ids: Sequence[str]) -> str:
    return f"l'identifiant {ids[0]}" if len(ids) == 1 else f"les identifiants {', '.join(ids)}"


def structure_ids(found: Iterable[Held]) -> set[str]:
    """All that are named, whose names make the page readable."""
    ids: set[str] = set()
    for one in found:
        ids |= set(_structures(one.held))
    return ids


def _structures(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _structures(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from _structures(part, name)
    elif isinstance(value, str) and value.startswith("structure/"):
        yield value.partition("/")[2]
    elif isinstance(value, str) and (name.endswith("structure_id") or name == "sees_today"):
        yield value
