"""docs/data-protection.md says how a person is answered what is held of it, how retention is applied and how somebody is
forgotten: its commands, typed as they stand, by a steward."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from parcours.demo.bodies import BODIES
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.parts.ports import free_port
from tests.parts.processes import Processes
from tests.parts.waiting import wait_until

PAPER = ROOT / "docs" / "data-protection.md"
JARDINS = BODIES["jardins"]


def script(title: str) -> str:
    _, _, section = PAPER.read_text(encoding="utf-8").partition(f"# {title}\n")
    found = re.search(r"^```sh\n(.*?)^```", section, re.M | re.S)
    assert found
    return found[1]


def met(person: str, on: str) -> dict[str, Any]:
    data = {
        "structure_id": str(JARDINS.id),
        "action_id": str(uuid4()),
        "done_on": on,
        "kind": "interview",
        "outcome": "done",
        "theme": "project",
    }
    return {
        "specversion": "1.0", "id": str(uuid4()), "source": JARDINS.source, "type": "pathways.support_action.v1",
        "subject": f"person/{person}", "time": "2020-02-01T09:00:00Z", "data": data,
    }  # fmt: skip


def test_a_steward_answers_applies_retention_and_forgets_as_the_paper_says(
    database_url: str, processes: Processes, tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    folder = tmp_path / ".parcours"
    environment = {
        "PARCOURS_DATABASE_URL": database_url,
        "PARCOURS_PORT": str(port),
        "PARCOURS_REFERENCE_KEY": "of this test alone",
        "PARCOURS_ERASURE_LEDGER": str(tmp_path / "erasures.jsonl"),
    }
    suite = processes.start(*PARCOURS, "up", "--keys", "--data-dir", str(folder), env=environment, cwd=ROOT)
    suite.wait_ready(f"{address}/readyz", 120)

    def token(name: str) -> str:
        return (folder / "keys" / "tokens" / f"{name}.jwt").read_text(encoding="utf-8").strip()

    person, due = str(uuid4()), str(uuid4())

    def typed(title: str) -> subprocess.CompletedProcess[str]:
        """In a folder of its own, as somebody types it there."""
        known = {"PERSON": person, "PARCOURS_TOKEN": token("data_steward"), "PARCOURS_URL": address}
        return subprocess.run(
            ["bash", "-c", f'parcours() {{ {" ".join(PARCOURS)} "$@"; }}\n{script(title)}'],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment, **known},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {token('structure')}"}) as client:
        for who, on in ((person, "2026-01-05"), (due, "2020-01-10")):
            answer = client.post("/pathways/v1/events", json=met(who, on))
            assert answer.status_code == 201, answer.text
            path = f"/projections/v1/persons/{who}/timeline"
            wait_until(lambda path=path: client.get(path).is_success, "it is read", 60)  # type: ignore[misc]

    answered = typed("What a person may ask for")
    assert answered.returncode == 0, answered.stderr
    held = json.loads((tmp_path / "answers" / f"{person}.json").read_text(encoding="utf-8"))
    assert {item["service"] for item in held["items"]} >= {"pathways", "projections"}
    assert "Action d&#x27;accompagnement" in (tmp_path / "answers" / f"{person}.html").read_text(encoding="utf-8")

    applied = typed("Erasing whom retention lists")
    assert applied.returncode == 0, applied.stderr
    assert f"person/{due} is forgotten" in applied.stdout
    assert "1 forgotten, 0 left" in applied.stderr

    forgotten = typed("Forgetting a person")
    assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
    assert f"person/{person} is forgotten" in forgotten.stdout
    assert "stands in any column of any table" in forgotten.stdout

    left = typed("What a person may ask for")
    assert left.returncode == 0, left.stderr
    assert '"erased"' in (tmp_path / "answers" / f"{person}.json").read_text(encoding="utf-8")
    suite.sigterm()
    assert suite.wait() == 0, suite.log_tail()
