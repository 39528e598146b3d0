"""A query API whose caller a test chooses, over what it was told; and who said what to whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from services.projections.api.app import add_routes
from services.projections.api.snapshots import Snapshots
from services.projections.catalogue import CATALOGUE
from services.projections.tables.subject_facts import ProjectionSettings
from services.structures.facts import ClientRegistered
from shared.facts.fact import Fact, Recorded
from shared.rights.caller import LOCAL, Caller
from shared.web.serving import service_app
from tests.parts import postgres
from tests.parts.asking import Asking
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    CLIENT,
    EI,
    GROUP,
    exited,
    hired,
    membership_started,
    recorded,
    structure_registered,
)
from tests.services.projections.streams import SETTINGS, Kept, Streams, kept
from tests.services.projections.test_api import of
from tests.services.scenario import day, uid

V1 = "/projections/v1"
TODAY = date(2024, 7, 1)


class Checked(Asking):
    """As tokens are: of a role that is known."""

    def caller(self, authorization: str | None) -> Caller:
        self.who.check_role()
        return self.who


@dataclass
class Suite:
    projections: Kept
    client: TestClient
    asking: Asking
    streams: Streams = field(default_factory=Streams)
    behind: float = 0.0
    today: date = TODAY

    def tell(self, *facts: Recorded) -> None:
        self.projections.apply(*map(self.streams.record, facts))

    def clear(self) -> None:
        self.projections.empty()
        self.streams = Streams()

    def get(self, path: str, role: str = "structure", own: UUID | None = ACI, **more: Any) -> Any:
        structures = frozenset() if own is None else frozenset([str(own)])
        self.asking.who = Caller(role, structures=structures, groups=frozenset([str(GROUP)]), authorised=True)
        headers = more.pop("headers", None)
        return self.client.get(V1 + path, params=more, headers=headers)

    def everything(self, path: str, **more: Any) -> list[dict[str, Any]]:
        """What somebody gets who sees all that was told."""
        self.asking.who = LOCAL
        answer = self.client.get(V1 + path, params={"limit": 1_000, **more})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def items(self, path: str, own: UUID = ACI, **more: Any) -> list[dict[str, Any]]:
        answer = self.get(path, own=own, limit=1_000, **more)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@contextmanager
def running_suite(server: str, settings: ProjectionSettings = SETTINGS) -> Iterator[Suite]:
    with postgres.fresh_database(server) as url, kept(url) as projections:
        asking = Checked()
        app = service_app("projections", "seeing")
        with TestClient(app, raise_server_exceptions=False) as client:
            one = Suite(projections, client, asking)
            snapshots = Snapshots(
                projections.database, CATALOGUE, settings, asking, "memory", lambda _: one.behind, lambda: one.today
            )
            add_routes(app, snapshots, dict)
            yield one


def world() -> list[Recorded]:
    household = ClientRegistered(kind="household", registered_on=day("2015-01-01"))
    company = ClientRegistered(name="A", kind="company", registered_on=day("2015-01-01"))
    return [
        *(of(f"structure/{one}", structure_registered("ACI", "2015-01-01")) for one in (ACI, AI, EI)),
        *(of(f"group/{GROUP}", membership_started(one, "2020-01-01")) for one in (ACI, AI)),
        of(f"client/{CLIENT}", household),
        of(f"client/{uid('company')}", company),
        said(ACI, hired(C1, ACI, "2024-01-15", "2024-12-31")),
        said(AI, hired(C2, AI, "2023-01-15", "2023-06-30")),
        said(AI, exited(AI, "2023-06-30")),
    ]


def said(by: UUID, fact: Fact, **around: Any) -> Recorded:
    return recorded(fact, **around).model_copy(update={"saidfor": f"structure/{by}"})
