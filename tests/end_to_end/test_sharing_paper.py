"""docs/data-protection.md says step by step how sharing is agreed, told, objected to and left, and how processing is limited: its
lines, as they stand."""

import re
import subprocess
from pathlib import Path

from tests.end_to_end.compose import PARCOURS, ROOT
from tests.parts.ports import free_port
from tests.parts.processes import Processes

PAPER = ROOT / "docs" / "data-protection.md"
SECTIONS = {"Sharing between members": {"201", "409"}, "Limitation of processing": {"201"}}
"""Each with the answers that its steps tell of."""


def test_each_step_is_answered_as_the_paper_says(database_url: str, processes: Processes, tmp_path: Path) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    environment = {"PARCOURS_DATABASE_URL": database_url, "PARCOURS_PORT": str(port)}
    environment["PARCOURS_REFERENCE_KEY"] = "of this test alone"
    suite = processes.start(*PARCOURS, "up", "--data-dir", str(tmp_path / ".parcours"), env=environment, cwd=ROOT)
    suite.wait_ready(f"{address}/readyz", 60)
    for title, answers in SECTIONS.items():
        _, _, section = PAPER.read_text(encoding="utf-8").partition(f"\n## {title}\n")
        script = re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)[0]
        steps = re.findall(r"^say .* # (\d{3})$", script, re.M)
        assert set(steps) == answers
        said = subprocess.run(
            ["bash", "-c", script.replace("http://127.0.0.1:8000", address)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.split()
        assert said == steps, title
    suite.sigterm()
    assert suite.wait() == 0, suite.log_tail()
