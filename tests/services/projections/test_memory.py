"""Memory of a rebuild, a verification and a projector: ten times the facts, the same peak; measured on child processes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.parts import postgres
from tests.parts.processes import Processes

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_800)]

ROOT = Path(__file__).resolve().parents[3]
FEW, MANY = 15_000, 150_000
MORE_KIB = 32 * 1024
"""What a peak may differ by; one decoded fact is about 1.9 kB, so those of MANY would be 280 MB."""

Run = Callable[..., int]


@pytest.fixture
def peak_kib(processes: Processes) -> Run:
    """Runs a child to its end and gives its largest resident size."""

    def run(*args: str) -> int:
        child = processes.start(sys.executable, "-m", "tests.services.projections.children", *args, cwd=ROOT)
        assert child.wait(900) == 0, child.log_tail()
        found = re.search(r"^peak (\d+) KiB$", child.log_text(), re.MULTILINE)
        assert found is not None
        return int(found[1])

    return run


def test_ten_times_the_facts_take_no_more_memory(postgres_server: str, peak_kib: Run) -> None:
    """Of as many persons, with histories ten times as long: every delivery of the projector touches all of them."""
    live, rebuilt, verified = [], [], []
    for facts in (FEW, MANY):
        with postgres.fresh_database(postgres_server) as url:
            live.append(peak_kib("live", url, str(facts)))
            rebuilt.append(peak_kib("rebuild", url, "again"))
            verified.append(peak_kib("verify", url, str(facts)))
            with psycopg.connect(url) as connection:
                row = connection.execute("SELECT sum(version), count(*) FROM read_again.folded").fetchone()
            assert row == (facts, 1_000)
    print(f"live {live} KiB, rebuild {rebuilt} KiB, verify {verified} KiB")
    assert live[1] < live[0] + MORE_KIB
    assert rebuilt[1] < rebuilt[0] + MORE_KIB
    assert verified[1] < verified[0] + MORE_KIB
