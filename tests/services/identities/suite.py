"""Identities over HTTP with real tokens, beside a query side that was told facts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from services.identities.main import IdentityService, create
from services.projections.api.persons_seen import PersonsSeen
from services.projections.database import Database
from shared.facts.fact import Recorded
from shared.log.ledger import Ledger
from shared.process.metrics import Metrics
from shared.web.callers import TokenCallers
from shared.web.serving import Suite as Served
from tests.parts.postgres import fresh_database
from tests.services.projections.facts import ACI, AI, EI, GROUP
from tests.services.projections.seeing import TODAY
from tests.services.projections.streams import Kept, Streams, kept
from tests.services.scenario import uid
from tests.shared.intake.running import asked_again, over_http

ISSUER, AUDIENCE = "https://tokens.example", "parcours"
KEY = "first:" + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
NEXT_KEY = "second:" + "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"
ORGANISATION = uid("organisation")
CAMILLE = {"family_name": "Éxemple-Martin", "given_names": "Camille Jeanne", "birth_date": "1990-12-31"}
CAMILA = {"family_name": "Exemple", "given_names": "Camila", "birth_date": "1990-12-31"}

CLAIMS: dict[str, dict[str, Any]] = {
    "aci": {"role": "structure", "structures": [str(ACI)]},
    "ai": {"role": "structure", "structures": [str(AI)]},
    "ei": {"role": "structure", "structures": [str(EI)]},
    "both": {"role": "structure", "structures": [str(ACI), str(AI)]},
    "none": {"role": "structure", "structures": []},
    "prescriber": {"role": "prescriber", "structures": [str(ORGANISATION)], "authorised": True},
    "group_coordinator": {"role": "group_coordinator", "groups": [str(GROUP)]},
    **{
        role: {"role": role, "sub": f"{role}-1", "sources": ["urn:of-tests"]}
        for role in ("data_steward", "federation", "staff", "service", "ops", "auditor")
    },
}


@dataclass
class Suite:
    client: httpx2.Client
    service: IdentityService
    projections: Kept
    key: ECKey
    url: str
    behind: float = 0.0
    today: date = TODAY
    streams: Streams = field(default_factory=Streams)

    def tell(self, *facts: Recorded) -> None:
        self.projections.apply(*map(self.streams.record, facts))

    def token(self, who: str) -> str:
        whole = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3_600, **CLAIMS[who]}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid}, whole, self.key, algorithms=["ES256"])

    def ask(self, who: str, method: str, path: str, acting_for: UUID | None = None, **how: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token(who)}", **how.pop("headers", {})}
        if acting_for is not None:
            headers["Acting-For"] = f"structure/{acting_for}"
        # A busy machine may have no connection in time; what is asked here may be asked again.
        return asked_again(lambda: self.client.request(method, f"/identities/v1{path}", headers=headers, **how))[-1]

    def give(self, who: str, person_id: UUID, names: dict[str, Any], acting_for: UUID | None = None) -> None:
        answer = self.ask(who, "PUT", f"/persons/{person_id}", acting_for, json=names)
        assert (answer.status_code, answer.content) == (204, b""), answer.text

    def names(self, who: str, person_id: UUID) -> dict[str, Any] | None:
        answer = self.ask(who, "GET", f"/persons/{person_id}")
        assert answer.status_code in (200, 404), answer.text
        found: dict[str, Any] = answer.json()
        return found if answer.status_code == 200 else None

    def found(self, who: str, name: str, **more: Any) -> list[dict[str, Any]]:
        answer = self.ask(who, "POST", "/search", json={"name": name, **more})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def clear(self) -> None:
        self.projections.empty()
        self.streams = Streams()
        self.behind, self.today = 0.0, TODAY
        self.empty()

    def empty(self) -> None:
        with self.service.connections.connection() as connection:
            connection.execute("TRUNCATE identities.names, identities.distinct_persons CASCADE")


@contextmanager
def running_suite(server: str, key: str = KEY, ledger: Ledger | None = None) -> Iterator[Suite]:
    signing = ECKey.generate_key("P-256", auto_kid=True)
    public = KeySet([ECKey.import_key(signing.as_dict(private=False))])
    with fresh_database(server) as url, kept(url) as projections:
        suites: list[Suite] = []
        persons = PersonsSeen(Database(url), "memory", lambda _: suites[0].behind, lambda: suites[0].today)
        callers = TokenCallers(lambda: public, issuer=ISSUER, audience=AUDIENCE)
        service = create(url, key, callers, persons, ledger)
        service.start()
        try:
            with (
                over_http(Served({"identities": service.app}, Metrics(), {"identities": service.check})) as address,
                httpx2.Client(base_url=address, timeout=30) as client,
            ):
                suites.append(Suite(client, service, projections, signing, url))
                yield suites[0]
        finally:
            service.stop()


def shown(found: dict[str, Any] | None) -> dict[str, Any] | None:
    """The names alone."""
    return None if found is None else {name: found[name] for name in ("family_name", "given_names", "birth_date")}
