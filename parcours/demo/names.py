"""What the invented persons are called: invented too, always the same, and given by each structure that knew them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from random import Random
from threading import Event
from typing import Any

from parcours.client.http_client import AnswerError, Client
from parcours.client.names_api import PATH, give
from parcours.demo.bodies import BODIES
from parcours.demo.journal import SEED, days
from parcours.terminal.console import progress

WOMEN = [
    "Aïcha",
    "Amina",
    "Anaïs",
    "Camille",
    "Céline",
    "Chloé",
    "Claire",
    "Djamila",
    "Élodie",
    "Émilie",
    "Fatima",
    "Fatou",
    "Gaëlle",
    "Hélène",
    "Inès",
    "Jeanne",
    "Julie",
    "Karima",
    "Lætitia",
    "Léa",
    "Lina",
    "Lucie",
    "Maëva",
    "Manon",
    "Mariam",
    "Marie-Ange",
    "Maryam",
    "Mathilde",
    "Mélanie",
    "Nadia",
    "Noémie",
    "Oksana",
    "Pauline",
    "Rachida",
    "Salomé",
    "Sandrine",
    "Sarah",
    "Sofia",
    "Valérie",
    "Yasmina",
    "Zoé",
]
MEN = [
    "Abdoulaye",
    "Adrien",
    "Ahmed",
    "Alexis",
    "Antoine",
    "Baptiste",
    "Bilal",
    "Christophe",
    "Cyril",
    "Damien",
    "David",
    "Éric",
    "Étienne",
    "Fabrice",
    "Florian",
    "Grégory",
    "Hervé",
    "Ibrahima",
    "Ismaël",
    "Jean-Marc",
    "Jérôme",
    "Joël",
    "Kévin",
    "Khalid",
    "Loïc",
    "Mamadou",
    "Mehdi",
    "Michaël",
    "Mohamed",
    "Nicolas",
    "Noël",
    "Oumar",
    "Pascal",
    "Rachid",
    "Raphaël",
    "Rémi",
    "Samir",
    "Stéphane",
    "Thierry",
    "Yannick",
    "Youssef",
]
FAMILIES = [
    "Abadie",
    "Amrani",
    "Aubert",
    "Baldé",
    "Barbier",
    "Benali",
    "Bertin",
    "Besson",
    "Blanchard",
    "Bouchet",
    "Boyer",
    "Camara",
    "Carpentier",
    "Chauvin",
    "Cissé",
    "Cordier",
    "Da Silva",
    "Delmas",
    "Deschamps",
    "Diallo",
    "Diop",
    "Dos Santos",
    "Dufour",
    "El Idrissi",
    "Ferreira",
    "Fofana",
    "Gaillard",
    "Garnier",
    "Germain",
    "Guérin",
    "Haddad",
    "Hamel",
    "Huet",
    "Jacquet",
    "Keïta",
    "Kowalski",
    "Lacroix",
    "Le Gall",
    "Leclercq",
    "Lemoine",
    "Léger",
    "Mallet",
    "Marchand",
    "Martinez",
    "Mendy",
    "Meyer",
    "Moulin",
    "N'Diaye",
    "Nguyễn",
    "Noël",
    "Ouattara",
    "Pélissier",
    "Perrot",
    "Poirier",
    "Prévost",
    "Renaud",
    "Rivière",
    "Roussel",
    "Sané",
    "Sow",
    "Traoré",
    "Vasseur",
    "Weber",
    "Yılmaz",
]


@dataclass(frozen=True, slots=True)
class GivenName:
    """In the words of one structure."""

    person_id: str
    structure_id: str
    family_name: str
    given_names: str
    birth_date: date

    def json(self) -> dict[str, str]:
        return {
            "family_name": self.family_name,
            "given_names": self.given_names,
            "birth_date": self.birth_date.isoformat(),
        }


@dataclass(slots=True)
class _Registered:
    """What is told of a person, and by which structures, the first first."""

    sex: str = ""
    birth_year: int = 0
    structures: list[str] = field(default_factory=list)


def given_names(events: Iterable[Mapping[str, Any]]) -> Iterator[GivenName]:
    """By each structure that spoke of a person, as it wrote it down. One person is called, and born, like another whom
    other structures know: a steward is told. Who is merged has one name."""
    told_events = list(events)
    people = _people(told_events)
    double = {**_double(people), **_merged(told_events)}
    for person_id, told in people.items():
        yield from _of(person_id, told, Random(f"{SEED}/names/{double.get(person_id, person_id)}"))


def _people(events: Iterable[Mapping[str, Any]]) -> dict[str, _Registered]:
    by_source = {body.source: body.id for body in BODIES.values()}
    people: defaultdict[str, _Registered] = defaultdict(_Registered)
    for event in events:
        kind, _, person_id = event["subject"].partition("/")
        if kind != "person":
            continue
        told = people[person_id]
        if event["type"] == "pathways.person_registered.v1" and not told.sex:
            told.sex, told.birth_year = event["data"]["sex"], event["data"]["birth_year"]
        structure_id = by_source.get(event["source"])
        if structure_id is not None and structure_id not in told.structures:
            told.structures.append(structure_id)
    return {person_id: told for person_id, told in people.items() if told.sex}


def _double(people: Mapping[str, _Registered]) -> dict[str, str]:
    """Who is called like whom: the first two of one sex and year whom no structure knows both."""
    for (one, told), (other, told_too) in combinations(people.items(), 2):
        alike = (told.sex, told.birth_year) == (told_too.sex, told_too.birth_year)
        if alike and not set(told.structures) & set(told_too.structures):
            return {other: one}
    return {}


def _merged(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Whom a steward says to be another: the name is the same under both ids. Of two who were split each has its own."""
    merged, split = {}, set()
    for event in events:
        if event["type"] == "pathways.persons_merged.v1":
            merged[event["subject"].partition("/")[2], event["id"]] = event["data"]["into"]
        elif event["type"] == "pathways.persons_split.v1":
            split.add((event["subject"].partition("/")[2], event["data"]["merge_id"]))
    return {key[0]: into for key, into in merged.items() if key not in split}


def _of(person_id: str, told: _Registered, rng: Random) -> Iterator[GivenName]:
    family = rng.choice(FAMILIES)
    if rng.random() < 0.1:
        family = f"{family}-{rng.choice(FAMILIES)}"
    first, second = rng.sample(WOMEN if told.sex == "F" else MEN, 2)
    born = date(told.birth_year, 1, 1) + days(rng.randrange(365))
    for structure_id in told.structures:
        # Each office writes in its own way: in capitals, without the second name.
        written = rng.randrange(4)
        yield GivenName(
            person_id,
            structure_id,
            family.upper() if written == 0 else family,
            first if written == 1 else f"{first} {second}",
            born,
        )


def give_names(client: Client, events: Iterable[Mapping[str, Any]], stop: Event | None = None) -> int | None:
    """How many were given; None where nobody takes them. Raise AnswerError."""
    names = list(given_names(events))
    with progress("Names", "names") as shown:
        for number, name in enumerate(names):
            if stop is not None and stop.is_set():
                return number
            answer = give(client, name.person_id, name.json(), name.structure_id)
            if answer.status in (403, 404):
                return None
            if not answer.is_good:
                raise AnswerError(f"{client.url}{PATH}", answer)
            shown.of(number + 1, len(names))
    return len(names)
