"""docs/access.md shows what each role gets: its lines, typed as they stand, against one suite that asks for tokens."""

import re
import subprocess
from pathlib import Path

from shared.rights.caller import ROLES
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.parts.ports import free_port
from tests.parts.processes import Processes
from tests.services.identities.suite import KEY as IDENTITY_KEY

PAPER = ROOT / "docs" / "access.md"


def test_each_line_gets_what_the_paper_says(database_url: str, processes: Processes, tmp_path: Path) -> None:
    """Without the demonstration, which changes none of the answers and takes longer than all of them."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    environment = {"PARCOURS_DATABASE_URL": database_url, "PARCOURS_PORT": str(port)}
    environment["PARCOURS_REFERENCE_KEY"] = "of this test alone"
    environment["PARCOURS_IDENTITY_KEY"] = IDENTITY_KEY
    folder = tmp_path / ".parcours"
    suite = processes.start(*PARCOURS, "up", "--keys", "--data-dir", str(folder), env=environment, cwd=ROOT)
    suite.wait_ready(f"{address}/readyz", 60)
    [script] = re.findall(r"^```sh\n(.*?)^```", PAPER.read_text(encoding="utf-8"), re.M | re.S)
    asked = re.findall(r"^((?:as|say|sees) .*) # (\d+)$", script, re.M)
    assert {line.split()[1] for line, _ in asked if line.startswith("as ")} == {
        *ROLES,
        "nobody",
    }  # a new role has its lines
    assert {number for line, number in asked if line.startswith("sees ")} == {"0", "1", "2"}  # on both sides
    said = subprocess.run(
        ["bash", "-c", script.replace("http://127.0.0.1:8000", address)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    ).stdout.split()
    assert list(zip([line for line, _ in asked], said, strict=True)) == asked
    token = (folder / "keys" / "tokens" / "auditor.jwt").read_text(encoding="utf-8").strip()
    person = "00000000-0000-4000-8000-000000000000"
    told = subprocess.run(
        [*PARCOURS, "accesses", "--person", person, "--reason", "case-1", "--json", "--url", address],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PARCOURS_TOKEN": token},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert '"audit:case-1"' in told.stdout  # what curl asked for, a moment before
    suite.sigterm()
    assert suite.wait() == 0, suite.log_tail()
