"""A write service whose database is away, or whose disk is full: it says so, once, and says when it is over."""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.end_to_end.compose import PARCOURS, ROOT
from tests.parts.ports import free_port
from tests.parts.postgres import OwnPostgres
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until
from tests.services.scenario import uid

PATIENCE_S = 40.0
SMALL = "48m"
"""Room for an empty database, 8 MB, with the tables of one service."""


def started(processes: Processes, url: str) -> tuple[Process, httpx2.Client]:
    address = f"http://127.0.0.1:{free_port()}"
    environment = {"PARCOURS_DATABASE_URL": url, "PARCOURS_PORT": address.rpartition(":")[2]}
    process = processes.start(*PARCOURS, "serve", "structures", env=environment, cwd=ROOT, name="structures")
    process.wait_ready(f"{address}/readyz", PATIENCE_S)
    return process, httpx2.Client(base_url=address, timeout=30)


def why_not_ready(client: httpx2.Client) -> str:
    """Empty where it is ready."""
    answer = client.get("/readyz")
    return "" if answer.status_code == 200 else str(answer.json()["checks"]["structures"])


def lines(process: Process, event: str) -> list[str]:
    return [line for line in process.log_text().splitlines() if f" {event} " in line]


def registered(number: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"registered {number}",
        "source": "https://software.example",
        "type": "structures.structure_registered.v1",
        "subject": f"structure/{uid(f'structure {number}')}",
        "time": "2026-01-05T10:00:00+00:00",
        "data": {"registered_on": "2020-01-01", "name": "A garden " + "x" * 150, "kind": "ACI"},
    }


def posted(client: httpx2.Client, number: int) -> httpx2.Response:
    """A hundred of them."""
    headers = {"Content-Type": "application/cloudevents-batch+json"}
    events = [registered(number * 100 + one) for one in range(100)]
    return client.post("/structures/v1/events", json=events, headers=headers)


def test_a_database_that_goes_away_and_comes_back_is_two_lines_of_the_log(
    own_postgres: OwnPostgres, processes: Processes
) -> None:
    process, client = started(processes, own_postgres.url)
    with client:
        own_postgres.stop()
        wait_until(lambda: lines(process, "not_ready"), "it says that it began", PATIENCE_S)
        assert why_not_ready(client) == "database unreachable"
        for number in range(3):
            assert posted(client, number).status_code == 503
        own_postgres.start()
        wait_until(lambda: lines(process, "ready_again"), "it says that it is over", PATIENCE_S)
        wait_until(lambda: not why_not_ready(client), "it is ready", PATIENCE_S)
        assert posted(client, 1).status_code == 200
    assert len(lines(process, "not_ready")) == len(lines(process, "ready_again")) == 1
    assert "service=structures" in lines(process, "not_ready")[0]
    assert "reason='database unreachable'" in lines(process, "not_ready")[0]


@contextmanager
def small_disk(owner: int) -> Iterator[Path]:
    """A folder that holds little, of the system user the server runs as."""
    if os.geteuid() != 0:
        pytest.skip("a small disk is a tmpfs, which only root can mount")
    folder = Path(tempfile.mkdtemp(prefix="parcours-small-"))
    folder.chmod(0o711)  # the server is not of our user
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL},uid={owner},mode=700", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        folder.rmdir()
        pytest.skip(f"a small disk is a tmpfs, which cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def fill(disk: Path) -> Path:
    """With a file that takes all that is left."""
    path = disk / "filler"
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        _write_without_end(file)
    return path


def _write_without_end(file: io.FileIO) -> None:
    while True:
        file.write(b"x" * 65_536)


@pytest.fixture
def small_database(own_postgres: OwnPostgres) -> Iterator[tuple[str, Path]]:
    """On a small disk; the server's own files, its log of changes among them, stand elsewhere."""
    with psycopg.connect(own_postgres.url, autocommit=True) as connection:
        (folder,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        with small_disk(Path(folder).stat().st_uid) as disk:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
            connection.execute("CREATE DATABASE small TABLESPACE small ENCODING 'UTF8' TEMPLATE template0")
            yield own_postgres.url.replace("/postgres?", "/small?"), disk


def test_a_full_disk_is_told_and_what_was_acknowledged_is_there(
    small_database: tuple[str, Path], processes: Processes
) -> None:
    url, disk = small_database
    process, client = started(processes, url)
    with client:
        assert posted(client, 0).status_code == 200
        filler = fill(disk)
        acknowledged = 100
        for number in range(1, 60):  # what is left in pages that are begun is used up first
            answer = posted(client, number)
            if answer.status_code == 503:
                break
            acknowledged += 100
        assert (answer.status_code, answer.json()["reason"]) == (503, "database")
        assert "No space left on device" in why_not_ready(client)
        wait_until(lambda: lines(process, "not_ready"), "it says that it began", PATIENCE_S)
        assert "No space left on device" in lines(process, "not_ready")[0]
        filler.unlink()
        wait_until(lambda: not why_not_ready(client), "there is room", PATIENCE_S)
        wait_until(lambda: lines(process, "ready_again"), "it says that it is over", PATIENCE_S)
        assert posted(client, number).status_code == 200
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM structures.facts").fetchone() == (acknowledged + 100,)
    process.sigterm()
    assert process.wait() == 0
