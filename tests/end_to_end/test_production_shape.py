"""The processes of `docker-compose.yml`, the same commands with the same environment, on a real Kafka and PostgreSQL."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx2
import psycopg
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from typer.testing import CliRunner

from parcours.cli import app
from parcours.proving import ids_in_databases, in_databases, texts_of
from tests.end_to_end.compose import ROOT, Role, roles
from tests.parts import kafka_tiers, postgres
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes, clean_environment, processes_in
from tests.parts.waiting import wait_until
from tests.services.identities.suite import KEY as IDENTITY_KEY

pytestmark = pytest.mark.timeout(600)  # eleven processes start before the first test

SOURCE = "https://software.example/group"
ISSUER = "https://keys.example"
NAMES = UUID("7d8d4b5e-3c1a-4c0e-9d8f-2b6f0a5e1c01")
STARTED_WITHIN_S = 60
ENDED_WITHIN_S = 15


@dataclass(frozen=True)
class Shape:
    """All roles of the file, running. `tokens`: one for each role of a caller. `database_url`: theirs."""

    database_url: str
    roles: Mapping[str, Role]
    processes: Mapping[str, Process]
    tokens: Mapping[str, str]

    def client(self, service: str, role: str = "service", token: str | None = None) -> httpx2.Client:
        authorization = {"Authorization": f"Bearer {token or self.tokens[role]}"}
        return httpx2.Client(base_url=self.roles[service].address, headers=authorization, timeout=40)

    def post(self, *events: dict[str, Any]) -> dict[str, str]:
        """Each event to its service, in their order; the last position of each service."""
        positions = {}
        for event in events:
            service = event["type"].partition(".")[0]
            with self.client(service, said_by(event)) as client:
                answer = client.post(f"/{service}/v1/events", json=event)
            assert answer.status_code == 201, answer.text
            positions[service] = answer.json()["position"]
        return positions

    def read(self, path: str, after: Mapping[str, str], structure: str) -> Any:
        """What a structure sees of the projections, once they have what was posted."""
        headers = waiting(after) | {"Acting-For": f"structure/{an_id(structure)}"}
        with self.client("projections", "structure") as client:
            answer = client.get(f"/projections/v1/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, query: str, *values: str) -> list[Any]:
        """What an analyst finds in schema `bi`."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query, values).fetchall()


def waiting(after: Mapping[str, str]) -> dict[str, str]:
    """To be answered once that has been applied."""
    return {"After-Position": ", ".join(after.values()), "Prefer": "wait=30"}


@pytest.fixture(scope="module")
def shape(kafka: str, postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shape]:
    folder = tmp_path_factory.mktemp("shape")
    key = ECKey.generate_key("P-256", {"kid": "test"})
    with postgres.fresh_database(postgres_server) as url, _topics(kafka) as prefix, processes_in(folder) as processes:
        found = roles(_values(kafka, url, prefix, _key_file(folder, key)))
        running = _start(found, processes)
        of_structures = token_of(key, sources=[SOURCE], structures=[an_id(name) for name in KINDS])
        others = {role: token_of(key, role=role, sources=[SOURCE]) for role in ("staff", "service", "data_steward")}
        yield Shape(url, found, running, {"structure": of_structures, **others})
        print(processes.logs())


def _values(kafka: str, url: str, prefix: str, keys: Path) -> dict[str, str]:
    """What an operator would export, and the places of this test's servers."""
    names = ("STRUCTURES", "PATHWAYS", "AGREMENT", "PLACEMENTS")
    ports = [
        *names,
        "PROJECTIONS",
        "IDENTITIES",
        *(f"{name}_OPS" for name in (*names, "PROJECTIONS", "IDENTITIES")),
        *(f"RELAY_{name}" for name in names),
        "PROJECTOR",
        "CLOCK",
    ]
    return {
        "POSTGRES_PASSWORD": "unused",
        "DATABASE_URL": url,
        "KAFKA_BOOTSTRAP": kafka,
        "TOPIC_PREFIX": prefix,
        "LISTEN_ON": "127.0.0.1",
        "JWT_ISSUER": ISSUER,
        "JWT_KEYS": str(keys),
        "PARCOURS_JWT_KEYS_FILE": str(keys),
        "PARCOURS_REFERENCE_KEY": "of this test alone",
        "PARCOURS_IDENTITY_KEY": IDENTITY_KEY,
        "ERASURE_LEDGER": str(keys.parent / "erasures.jsonl"),
        **{f"{name}_PORT": str(free_port()) for name in ports},
    }


@contextmanager
def _topics(kafka: str) -> Iterator[str]:
    prefix = f"test-{uuid4().hex[:8]}"
    yield prefix
    kafka_tiers.remove_topics(kafka, prefix)


def _key_file(folder: Path, key: ECKey) -> Path:
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    return path


def token_of(key: ECKey, **claims: Any) -> str:
    whole = {"iss": ISSUER, "exp": int(time()) + 3600, "role": "structure", **claims}
    return jwt.encode({"alg": "ES256", "kid": "test"}, whole, key)


def said_by(event: Mapping[str, Any]) -> str:
    """The role of who says it: structures and groups are registered, and agréments of before imported, by staff."""
    by_staff = event["type"].startswith("structures.") or event["data"].get("origin") == "ai_stock"
    return "staff" if by_staff else "structure"


def _start(found: Mapping[str, Role], processes: Processes) -> dict[str, Process]:
    """In the order of `depends_on`: a role starts when those of ours before it are ready."""
    running: dict[str, Process] = {}
    waiting = dict(found)
    while waiting:
        for name, role in list(waiting.items()):
            if not role.after & waiting.keys():
                for before in role.after & running.keys():
                    _wait_ready(found[before], running[before])
                running[name] = processes.start(*role.start, env=role.environment, name=name, cwd=ROOT)
                del waiting[name]
    for name, process in running.items():
        _wait_ready(found[name], process)
    return running


def _wait_ready(role: Role, process: Process) -> None:
    process.wait_ready(f"{role.operations}/readyz", STARTED_WITHIN_S)


def an_id(name: str) -> str:
    return str(uuid5(NAMES, name))


def event(kind: str, subject: str, which: str, data: dict[str, Any]) -> dict[str, Any]:
    """`which` tells apart what is said twice of one subject."""
    subject_kind, _, subject_name = subject.partition("/")
    return {
        "specversion": "1.0",
        "id": f"{kind}/{subject}/{which}",
        "source": SOURCE,
        "type": f"{kind}.v1",
        "subject": f"{subject_kind}/{an_id(subject_name)}",
        "time": "2025-06-02T09:00:00+02:00",
        "data": data,
    }


KINDS = {"garden": "ACI", "helping-hand": "AI", "temporary": "ETTI"}
STAYS = (
    ("garden", "CDDI", "2023-01-02", "2023-12-31", "2"),
    ("helping-hand", "CDDI", "2024-01-15", "2024-06-30", "2"),
    ("temporary", "MISSION", "2024-07-08", "2025-01-31", "3"),
)


def bodies() -> list[dict[str, Any]]:
    """Three structures of one group."""
    events = [
        event("structures.group_formed", "group/rivers", "", {"name": "Group of a test", "formed_on": "2019-01-01"})
    ]
    for name, kind in KINDS.items():
        registered = {"name": name, "kind": kind, "registered_on": "2010-01-01"}
        events.append(event("structures.structure_registered", f"structure/{name}", "", registered))
        member = {"structure_id": an_id(name), "started_on": "2019-01-01"}
        events.append(event("structures.membership_started", "group/rivers", name, member))
    return events


def life(person: str) -> list[dict[str, Any]]:
    """ACI, AI, ETTI, a permanent job elsewhere. The exits are said before the hires."""
    subject = f"person/{person}"
    exits, hires, hours = [], [], []
    for structure, contract_type, starts_on, ends_on, reason in STAYS:
        ids = {"structure_id": an_id(structure), "contract_id": an_id(f"{person}/{structure}")}
        left = {"exit_id": an_id(f"{person}/{structure}/exit"), "exited_on": ends_on, "reason": reason, **ids}
        exits.append(event("pathways.exited", subject, structure, left))
        hired = {"contract_type": contract_type, "starts_on": starts_on, "ends_on": ends_on, "in_pathway": True, **ids}
        hires.append(event("pathways.hired", subject, structure, hired))
        worked = {"entry_id": an_id(f"{person}/{structure}/hours"), "month": starts_on[:7], "hours": 90.5, **ids}
        hours.append(event("placements.hours_worked", subject, structure, worked))
    granted = {"agrement_id": an_id(f"{person}/agrement"), "origin": "ai_stock", "granted_on": "2022-12-20"}
    right = event("agrement.agrement_granted", subject, "", {"starts_on": "2023-01-02", **granted})
    return [*exits, *hires, *hours, right]


def test_every_part_passes_the_health_check_of_the_file(shape: Shape) -> None:
    for role in shape.roles.values():
        environment = clean_environment() | role.environment
        done = subprocess.run(role.health_check, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{role.name}: {done.stderr}"


def test_every_part_gives_its_metrics(shape: Shape) -> None:
    for role in shape.roles.values():
        assert "parcours_" in httpx2.get(f"{role.operations}/metrics").text, role.name
        if role.operations != role.address:
            assert httpx2.get(f"{role.address}/metrics").status_code == 404, role.name


def test_nobody_is_answered_without_a_token_of_these_keys(shape: Shape) -> None:
    stranger = token_of(ECKey.generate_key("P-256", {"kid": "test"}), sources=[SOURCE])
    with shape.client("structures", token=stranger) as client:
        assert client.post("/structures/v1/events", json=bodies()[0]).status_code == 401
    with shape.client("projections", token=stranger) as client:
        assert client.get(f"/projections/v1/persons/{an_id('a')}/timeline").status_code == 401


def test_status_that_one_may_not_see_is_no_state_of_the_suite(shape: Shape) -> None:
    asked = CliRunner().invoke(app, ["status", "--url", shape.roles["projections"].address, "--token", "none"])
    assert asked.exit_code == 2, asked.output
    assert "answered 401" in asked.stderr


def test_a_pathway_through_a_group_is_told_from_facts_in_any_order(shape: Shape) -> None:
    persons = ("a", "b")
    posted = shape.post(*(fact for person in persons for fact in life(person)), *bodies())
    assert set(posted) == {"structures", "pathways", "agrement", "placements"}

    for name, _, starts_on, ends_on, reason in STAYS:
        told = shape.read(f"persons/{an_id('a')}/timeline", posted, name)
        assert told["complete"] is True
        own = [(step["starts_on"], step["ends_on"], step["exit_reason"], step["hours"]) for step in told["steps"]]
        assert own == [(starts_on, ends_on, reason, 90.5)]
        said = [item["data"]["structure_id"] for item in told["items"] if item["source"] == SOURCE]
        assert said == [an_id(name)] * 3

    steps = shape.rows(
        "SELECT structure_id::text, starts_on::text, ends_on::text FROM bi.steps WHERE person_id = %s ORDER BY step",
        an_id("a"),
    )
    assert steps == [(an_id(name), starts_on, ends_on) for name, _, starts_on, ends_on, _ in STAYS]
    assert shape.rows("SELECT count(*) FROM bi.pathways WHERE person_id = %s", an_id("a")) == [(1,)]
    moves = shape.rows(
        "SELECT from_kind, to_kind, count(*), count(*) FILTER (WHERE direction = 'forward'), min(days_between),"
        " max(days_between) FROM bi.group_transitions WHERE group_id = %s GROUP BY 1, 2 ORDER BY 1",
        an_id("rivers"),
    )
    assert moves == [
        ("ACI", "AI", len(persons), len(persons), 14, 14),
        ("AI", "ETTI", len(persons), len(persons), 7, 7),
    ]


def test_hires_are_linked_to_the_right_by_what_comes_over_kafka(shape: Shape) -> None:
    posted = shape.post(*life("linked"))
    with shape.client("agrement") as client:
        answer = client.get(f"/agrement/v1/events?subject=person/{an_id('linked')}", headers=waiting(posted))
    assert answer.status_code == 200, answer.text
    log = answer.json()["items"]
    # A hire acted upon before the right came was linked to none: that link is voided.
    voided = {one["data"]["fact_id"] for one in log if one["type"] == "agrement.fact_voided.v1"}
    links = [one for one in log if one["type"] == "agrement.hire_linked.v1" and one["id"] not in voided]
    assert {one["causationid"] for one in links} == {one["id"] for one in life("linked") if "hired" in one["type"]}
    assert {one["data"]["agrement_id"] for one in links} == {an_id("linked/agrement")}
    assert len(links) == len(STAYS)


def test_an_event_sent_again_changes_nothing(shape: Shape) -> None:
    fact = next(one for one in life("c") if "hired" in one["type"])
    posted = shape.post(fact)
    with shape.client("pathways", said_by(fact)) as client:
        again = client.post("/pathways/v1/events", json=fact)
    assert (again.status_code, again.json()["outcome"], again.json()["position"]) == (
        200,
        "duplicate",
        posted["pathways"],
    )
    told = shape.read(f"persons/{an_id('c')}/timeline", posted, STAYS[0][0])
    assert [item["id"] for item in told["items"] if item["source"] == SOURCE] == [fact["id"]]


def test_a_person_is_forgotten_by_every_process(shape: Shape) -> None:
    """What three services recorded, what each read over Kafka, rows, names, who has read of it; others' facts go on coming."""
    person, url = f"person/{an_id('forgotten')}", shape.database_url
    posted = shape.post(*life("forgotten"))
    for structure, *_ in STAYS:
        shape.read(f"persons/{an_id('forgotten')}/timeline", posted, structure)
    texts = texts_of(dict.fromkeys(("pathways", "agrement", "placements"), url), [person])
    names = {"family_name": "Exemple", "given_names": "Camille", "birth_date": "1990-12-31"}
    address = f"/identities/v1/persons/{an_id('forgotten')}"
    acting = {"Acting-For": f"structure/{an_id('garden')}"}
    with shape.client("identities", "structure") as identities:
        assert identities.put(address, json=names, headers=acting).status_code == 204
        found = {place.where for place in (*in_databases([url], texts), *ids_in_databases([url], [person]))}
        assert found >= {
            "pathways.facts.state",
            "placements.facts.state",
            "identities.names.person_id",
            "access.reads.persons",
        }
        with shape.client("pathways", "data_steward") as pathways:
            asked = {"erased_on": "2025-06-02", "ground": "request"}
            answer = pathways.post(f"/pathways/v1/persons/{an_id('forgotten')}/erasure", json=asked)
        assert answer.status_code == 201, answer.text
        posted = shape.post(*life("afterwards"))
        wait_until(lambda: not in_databases([url], texts), "no word of its facts stands anywhere", 120)
        wait_until(lambda: not ids_in_databases([url], [person]), "no name and no line of reads has its id", 120)
        refused = identities.put(address, json=names, headers=acting)
        assert (refused.status_code, refused.json()["code"]) == (409, "subject_erased")
    for fact in (life("forgotten")[0], life("forgotten")[-1]):
        service = fact["type"].partition(".")[0]
        with shape.client(service, said_by(fact)) as client:
            again = client.post(f"/{service}/v1/events", json=fact)
        assert (again.status_code, again.json()["code"]) == (409, "subject_erased"), service
    told = shape.read(f"persons/{an_id('afterwards')}/timeline", posted, "garden")
    assert told["complete"] is True


def test_everything_ends_in_order_when_told(shape: Shape) -> None:
    """The last test here: nothing answers after it."""
    told_at = monotonic()
    for process in shape.processes.values():
        process.sigterm()
    codes = {name: process.wait(ENDED_WITHIN_S) for name, process in shape.processes.items()}
    assert codes == dict.fromkeys(shape.processes, 0)
    assert monotonic() - told_at < ENDED_WITHIN_S
