"""The invented structures and their clients. None of them exists; nobody's figures are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from parcours.demo.journal import FIRST_DAY, SEED, Journal, an_id

STATE_SOURCE = "https://logiciel.example/agrements"
"""Where agréments are granted and diagnoses of prescribers are written."""
STEWARD_SOURCE = "https://logiciel.example/referent-des-donnees"
"""Where a data steward says which ids are one person."""

DEPARTMENT = "39"
MONDAY = date(2023, 1, 2)


@dataclass(frozen=True, slots=True)
class Body:
    """A structure. `member_from`, `member_until`: its days in the group of the Trois Rivières; neither: outside it."""

    key: str
    name: str
    kind: str
    legal_form: str
    sector: str
    registered_on: date
    member_from: date | None = None
    member_until: date | None = None
    sirets: tuple[tuple[date, str], ...] = ()
    """Its numbers, from the day each was known; invented, like everything here."""

    closed_on: date | None = None
    successor: str | None = None
    """Key of the structure that took over."""

    @property
    def id(self) -> str:
        return an_id("structure", self.key)

    @property
    def source(self) -> str:
        """Each structure has its own software."""
        return f"https://logiciel.example/{self.key}"

    @property
    def is_siae(self) -> bool:
        return self.kind in ("ACI", "AI", "EI", "ETTI")

    def is_member_on(self, day: date) -> bool:
        return (
            self.member_from is not None
            and self.member_from <= day
            and (not self.member_until or day <= self.member_until)
        )


FORMED_ON = date(2019, 1, 1)
BODIES = {
    body.key: body
    for body in (
        Body(
            "jardins",
            "Les Jardins des Trois Rivières",
            "ACI",
            "ASSOCIATION",
            "81.30Z",
            date(2004, 3, 1),
            FORMED_ON,
            sirets=((date(2004, 3, 1), "00000010900009"), (date(2024, 9, 2), "00000010900017")),
        ),
        Body(
            "coup-de-main",
            "Coup de Main des Trois Rivières",
            "AI",
            "ASSOCIATION",
            "88.99B",
            date(1988, 9, 1),
            FORMED_ON,
        ),
        Body("interim", "Trois Rivières Intérim", "ETTI", "SARL", "78.20Z", date(2009, 6, 15), FORMED_ON),
        Body("atelier", "Atelier Bois des Trois Rivières", "EI", "SCIC", "16.23Z", date(2012, 1, 9), date(2023, 7, 1)),
        Body("a-domicile", "Trois Rivières à Domicile", "OASP", "ASSOCIATION", "88.10A", date(2007, 4, 2), FORMED_ON),
        Body("formation", "Trois Rivières Formation", "TRAINING", "ASSOCIATION", "85.59A", date(2010, 9, 1), FORMED_ON),
        Body(
            "entraide",
            "Entraide du Plateau",
            "AI",
            "ASSOCIATION",
            "88.99B",
            date(1991, 5, 1),
            FORMED_ON,
            date(2023, 12, 31),
        ),
        Body("chantier", "Chantier du Plateau", "ACI", "ASSOCIATION", "81.30Z", date(2001, 2, 1)),
        Body("geiq", "GEIQ du Plateau", "GEIQ", "ASSOCIATION", "78.30Z", date(2011, 10, 3)),
        Body("menuiserie", "Menuiserie du Plateau", "COMPANY", "SARL", "43.32A", date(1996, 1, 15)),
        Body(
            "relais",
            "Relais de la Combe",
            "AI",
            "ASSOCIATION",
            "88.99B",
            date(1993, 4, 5),
            closed_on=date(2023, 6, 30),
            successor="entraide",
        ),
    )
}

MEASURES = {"ACI": ("ACI_DC", 14.0), "AI": ("AI_DC", 9.5), "EI": ("EI_DC", 6.0), "ETTI": ("ETTI_DC", 7.5)}


@dataclass(frozen=True, slots=True)
class Client:
    key: str
    kind: str
    name: str | None = None
    structure: str | None = None
    """Key of the structure that it is."""

    @property
    def id(self) -> str:
        return an_id("client", self.key)

    @property
    def is_capped(self) -> bool:
        """Whether hours there may count against the cap of L5132-9; when in doubt, yes."""
        return self.kind not in ("household", "nonprofit")


_NAMED = {
    "company": (
        "Fromagerie des Combes",
        "Transports Rivaud",
        "Scierie de la Combe",
        "Plastiques du Premier Plateau",
        "Hôtel du Lac Bleu",
        "Conserverie des Sources",
        "Paysages Meunier",
        "Nettoyage Clair Matin",
        "Imprimerie du Pont",
        "Logistique Haute Vallée",
        "Lunetterie des Sapins",
    ),
    "local_authority": ("Commune de Valrivière", "Communauté des Trois Rivières", "Commune de Saint-Aubin-le-Haut"),
    "nonprofit": ("Ressourcerie du Plateau", "Maison pour tous de Valrivière", "Épicerie solidaire des Sources"),
    "public_administrative": ("Collège de Valrivière",),
    "public_industrial": ("Régie des eaux des Trois Rivières",),
}
HOUSEHOLDS = 24


def clients() -> list[Client]:
    found = [
        Client(f"{kind}-{number}", kind, name)
        for kind, names in _NAMED.items()
        for number, name in enumerate(names, start=1)
    ]
    found.append(Client("a-domicile", "nonprofit", "Trois Rivières à Domicile", "a-domicile"))
    found.append(Client("menuiserie", "company", "Menuiserie du Plateau", "menuiserie"))
    return found + [Client(f"household-{number}", "household") for number in range(1, HOUSEHOLDS + 1)]


def body_events() -> Iterator[dict[str, Any]]:
    """Everything about structures and clients."""
    for body in BODIES.values():
        yield from _structure(body)
    for client in clients():
        yield from _client(client)


def _structure(body: Body) -> list[dict[str, Any]]:
    journal = Journal(f"structure/{body.id}", body.key, Random(f"{SEED}/structure/{body.key}"))
    journal.write(
        body.source,
        "structures.structure_registered",
        MONDAY,
        {
            "name": body.name,
            "kind": body.kind,
            "legal_form": body.legal_form,
            "department": DEPARTMENT,
            "sector_codes": [body.sector],
            "siret": body.sirets[0][1] if body.sirets else None,
            "registered_on": body.registered_on,
        },
    )
    for since, siret in body.sirets[1:]:
        moved = {"changed_on": since, "siret": siret}
        journal.write(body.source, "structures.structure_changed", since + timedelta(days=9), moved)
    if body.closed_on is not None:
        closed = {"closed_on": body.closed_on, "successor_id": BODIES[body.successor].id if body.successor else None}
        journal.write(body.source, "structures.structure_closed", body.closed_on + timedelta(days=4), closed)
    if body.kind != "COMPANY":
        joined = {"network": "COORACE", "joined_on": max(body.registered_on, date(2005, 1, 1))}
        journal.write(body.source, "structures.network_joined", MONDAY, joined)
    if body.kind in MEASURES:
        _annexes(journal, body)
    _quality(journal, body)
    return journal.events


def _annexes(journal: Journal, body: Body) -> None:
    """One a year; the one of 2023 is closed in the spring after it."""
    measure, posts = MEASURES[body.kind]
    for year in (2023, 2024, 2025):
        if body.closed_on is not None and body.closed_on.year < year:
            return
        data = {
            "annex_id": annex_of(body, year),
            "number": f"{body.kind}039{year % 100}{list(BODIES).index(body.key):04d}A0M0",
            "measure": measure,
            "state": "VALIDE",
            "starts_on": date(year, 1, 1),
            "ends_on": date(year, 12, 31),
            "funded_posts": posts,
        }
        first = journal.write(body.source, "structures.annex_recorded", date(year, 1, 9), data)
        if year == FIRST_DAY.year:
            closed = {**data, "state": "CLOTURE"}
            journal.write(body.source, "structures.annex_recorded", date(2024, 4, 15), closed, replaces=first)
        workforce = {"as_of": date(year, 12, 31), "permanent_staff": 4 + journal.rng.randrange(5)}
        journal.write(body.source, "structures.workforce_reported", date(year + 1, 1, 22), workforce)


def annex_of(body: Body, year: int) -> str:
    return an_id("annex", body.key, year)


def _quality(journal: Journal, body: Body) -> None:
    schemes = {
        "jardins": ["CEDRE"],
        "coup-de-main": ["CEDRE", "QUALIREI"],
        "a-domicile": ["PROXIM_SERVICES", "QUALIREI"],
    }
    for scheme in schemes.get(body.key, []):
        awarded = date(2022, 5, 10) if scheme == "CEDRE" else date(2023, 6, 5)
        certification = an_id("certification", body.key, scheme)
        data = {
            "certification_id": certification,
            "scheme": scheme,
            "awarded_on": awarded,
            "expires_on": awarded.replace(year=awarded.year + 3) - timedelta(days=1),
        }
        journal.write(body.source, "structures.certification_awarded", max(MONDAY, awarded), data)
        if (body.key, scheme) == ("jardins", "CEDRE"):
            ended = {"certification_id": certification, "ended_on": date(2025, 5, 9), "cause": "not_renewed"}
            journal.write(body.source, "structures.certification_ended", date(2025, 5, 12), ended)
    rules = {"entraide": "ai_hours_cap", "chantier": "weekly_hours_collective"}
    if body.key in rules:
        granted = {
            "derogation_id": an_id("derogation", body.key),
            "rule": rules[body.key],
            "decided_on": date(2023, 12, 12),
            "starts_on": date(2024, 1, 1),
            "ends_on": date(2025, 12, 31),
        }
        journal.write(body.source, "structures.derogation_granted", date(2023, 12, 18), granted)


def _client(client: Client) -> list[dict[str, Any]]:
    journal = Journal(f"client/{client.id}", f"client-{client.key}", Random(f"{SEED}/client/{client.key}"))
    source = BODIES["coup-de-main"].source
    data = {
        "kind": client.kind,
        "name": client.name,
        "structure_id": BODIES[client.structure].id if client.structure else None,
        "department": DEPARTMENT,
        "registered_on": FIRST_DAY,
    }
    journal.write(source, "structures.client_registered", MONDAY, data)
    if client.key == "public_industrial-1":
        sold = {"changed_on": date(2025, 1, 1), "kind": "company"}
        journal.write(source, "structures.client_changed", date(2025, 1, 6), sold)
    if client.key == "company-2":
        declared = {"declared_on": date(2024, 9, 16), "occupation_code": "N1103"}
        journal.write(source, "structures.economic_dismissal_declared", date(2024, 9, 18), declared)
    return journal.events
