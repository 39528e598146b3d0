"""docs/data-protection.md says how to merge two ids and to split them: its commands, typed as they stand, by a steward."""

import re
import subprocess
from pathlib import Path
from uuid import uuid4

import httpx2

from parcours.demo.bodies import BODIES
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.parts.ports import free_port
from tests.parts.processes import Processes
from tests.parts.waiting import wait_until

PAPER = ROOT / "docs" / "data-protection.md"
JARDINS = BODIES["jardins"]


def steps() -> list[str]:
    _, _, section = PAPER.read_text(encoding="utf-8").partition("\n## One person under two ids\n")
    script = re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)[0]
    return [step for step in re.split(r"^# \d ", script, flags=re.M) if step.strip()]


def test_a_steward_merges_looks_and_splits_as_the_paper_says(
    database_url: str, processes: Processes, tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    environment = {"PARCOURS_DATABASE_URL": database_url, "PARCOURS_PORT": str(port)}
    environment["PARCOURS_REFERENCE_KEY"] = "of this test alone"
    folder = tmp_path / ".parcours"
    suite = processes.start(*PARCOURS, "up", "--keys", "--data-dir", str(folder), env=environment, cwd=ROOT)
    suite.wait_ready(f"{address}/readyz", 60)

    def token(name: str) -> str:
        return (folder / "keys" / "tokens" / f"{name}.jwt").read_text(encoding="utf-8").strip()

    first, second = str(uuid4()), str(uuid4())
    with httpx2.Client(base_url=address, headers={"Authorization": f"Bearer {token('structure')}"}) as client:
        for number, person in enumerate((first, second)):
            answer = client.post("/pathways/v1/events", json=hired(person, number))
            assert answer.status_code == 201, answer.text

    def shell(step: str) -> str:
        """In a folder of its own, as somebody types it there."""
        typed = f'parcours() {{ {" ".join(PARCOURS)} "$@"; }}\n# {step}'
        known = {"FIRST": first, "SECOND": second, "PARCOURS_TOKEN": token("data_steward"), "PARCOURS_URL": address}
        done = subprocess.run(
            ["bash", "-c", typed],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "200", "PYTHONUTF8": "1", **known},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.stdout + done.stderr

    merge, look, merges, split = steps()
    assert f"no person {second} is known" in shell(look)
    assert "1 recorded" in shell(merge)
    assert "1 known before" in shell(merge) or "1 duplicate" in shell(merge)
    wait_until(
        lambda: f"fusionné avec {first}" in shell(look) and "2  embauche déclarée sous deux" in shell(look),
        "both ids in one",
        60,
    )
    assert '"merge-2026-001"' in shell(merges)
    assert "1 recorded" in shell(split)
    wait_until(lambda: "fusionné avec" not in shell(look) and "Aucune alerte" in shell(look), "two persons again", 60)
    suite.sigterm()
    assert suite.wait() == 0, suite.log_tail()


def hired(person: str, number: int) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"hire-{number}",
        "source": JARDINS.source,
        "type": "pathways.hired.v1",
        "subject": f"person/{person}",
        "time": "2026-01-12T09:00:00+01:00",
        "data": {
            "contract_id": str(uuid4()),
            "structure_id": JARDINS.id,
            "contract_type": "CDDI",
            "starts_on": "2026-01-12",
            "ends_on": "2026-07-11",
        },
    }
