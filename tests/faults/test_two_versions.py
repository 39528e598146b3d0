"""Two deployments at once: an old projector that its supervisor starts again and again, and a new one that promotes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from services.projections.read_sets import building
from services.projections.read_sets.recipe import Recipe
from services.projections.rows_version import ROWS_VERSION
from shared.process.settings import Settings
from tests.end_to_end.compose import PARCOURS, ROOT
from tests.faults.test_projector_faults import PATIENCE_S, PERSONS, Stores, ask, kept, life
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes
from tests.parts.waiting import wait_until

OLD, NEW = ROWS_VERSION, ROWS_VERSION + 1


@pytest.fixture
def stores(database_url: str) -> Iterator[Stores]:
    building.ensure_current(database_url, Recipe.of(Settings()))
    stores = Stores(database_url)
    yield stores
    stores.close()


def start(processes: Processes, stores: Stores, version: int, port: int, **more: str) -> Process:
    settings = {"PARCOURS_DATABASE_URL": stores.url, "PARCOURS_PORT": str(port), **more}
    command = (sys.executable, "-m", "tests.faults.versioned_process", str(version))
    return processes.start(*command, env=settings, cwd=ROOT, name=f"version {version}")


def readiness(port: int) -> tuple[int, str]:
    """Status, and what the projector says."""
    try:
        answer = httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=10)
    except httpx2.HTTPError:
        return 0, ""
    return answer.status_code, answer.json()["checks"]["projector"]


def read_sets(stores: Stores) -> list[Any]:
    return list(ask(stores.url, "SELECT name, rows_version, state FROM projections.read_sets ORDER BY created_at"))


def folded(stores: Stores, read_set: str) -> bool:
    return bool(ask(stores.url, f"SELECT coalesce(sum(version), 0) FROM read_{read_set}.folded") == [(stores.count,)])


@pytest.mark.soak
def test_an_old_projector_never_takes_the_rows_back(stores: Stores, processes: Processes) -> None:
    """Running, it stands still from the promotion on; started again it stands still at once: up, not ready, and saying
    why. The new one goes on alone."""
    stores.record(*(fact for number in range(PERSONS) for fact in life(number)))
    ports = [free_port() for _ in range(3)]
    old = start(processes, stores, OLD, ports[0])
    old.wait_for(lambda: kept(stores) == stores.count, "the first facts", PATIENCE_S)
    assert read_sets(stores) == [("1", OLD, "current")]
    new = start(processes, stores, NEW, ports[1])
    promoted = [("1", OLD, "previous"), ("2", NEW, "current")]
    new.wait_for(lambda: read_sets(stores) == promoted, "the promotion", PATIENCE_S)
    stores.record(*life(PERSONS))  # only now has the old one something to write, and learns that it may not
    sentence = (
        f"this is code of version {OLD}; the read model is of version {NEW} (read set 2): nothing is written; deploy"
        f" code of version {NEW} or newer"
    )
    wait_until(lambda: readiness(ports[0]) == (503, sentence), "the old one stands still", PATIENCE_S)
    old.sigkill()
    again = start(processes, stores, OLD, ports[2])
    wait_until(lambda: readiness(ports[2]) == (503, sentence), "started again, it stands still", PATIENCE_S)
    stores.record(*life(PERSONS + 1))
    new.wait_for(lambda: folded(stores, "2"), "the new one goes on", PATIENCE_S)
    assert readiness(ports[1]) == (200, "ok")
    assert read_sets(stores) == promoted
    again.sigterm()
    assert again.wait() == 0, "up until it is told to stop"


def test_a_supervisor_that_never_gives_up_brings_no_old_rows_back(stores: Stores, processes: Processes) -> None:
    """The old deployment is killed and started again, before, while and after the new one builds and promotes: it makes
    no read set, promotes none, and nothing acknowledged is lost."""
    stores.record(*(fact for number in range(PERSONS) for fact in life(number)))
    first = start(processes, stores, OLD, free_port())
    first.wait_for(lambda: kept(stores) == stores.count, "the first facts", PATIENCE_S)
    seen: list[list[Any]] = []
    stop = threading.Event()

    def supervise() -> None:
        process, is_enough = first, False
        while not is_enough:
            is_enough = stop.is_set()  # started once more after the promotion
            process.sigkill()
            process.wait()
            port = free_port()
            process = start(processes, stores, OLD, port)
            process.wait_for(lambda port=port: readiness(port)[0] in (200, 503), "it is up", PATIENCE_S)  # type: ignore[misc]
            seen.append(read_sets(stores))

    supervisor = threading.Thread(target=supervise)
    supervisor.start()
    try:
        new = start(processes, stores, NEW, free_port())
        promoted = [("1", OLD, "previous"), ("2", NEW, "current")]
        new.wait_for(lambda: read_sets(stores) == promoted, "the promotion", PATIENCE_S)
        stores.record(*life(PERSONS))
    finally:
        stop.set()
        supervisor.join(PATIENCE_S)
    new.wait_for(lambda: folded(stores, "2"), "every fact is folded by the new one", PATIENCE_S)
    assert read_sets(stores) == promoted
    assert seen[-1] == promoted
    assert {name for sets in seen for name, version, _ in sets if version == OLD} == {"1"}, "the old made none"


@pytest.mark.parametrize("state", ["current", "building"])
@pytest.mark.soak
def test_commands_of_older_code_make_promote_and_go_back_to_nothing(
    stores: Stores, processes: Processes, state: str
) -> None:
    """By hand, as an operator of the old deployment would, while newer code has promoted, or only builds."""
    stores.record(*life(1))
    if state == "current":
        building.ensure_current(stores.url, Recipe.of(Settings(), NEW))
    else:
        building.rebuild(stores.url, None, Recipe.of(Settings(), NEW))
    before = read_sets(stores)
    sentence = (
        f"parcours: this is code of version {OLD}; the read model is of version {NEW} (read set 2): nothing is written;"
        f" deploy code of version {NEW} or newer\n"
    )
    for command in (["rebuild"], ["rebuild", "--into", "mine"], ["promote", "1"], ["rollback", "--yes"]):
        done = processes.start(*PARCOURS, "projections", *command, env={"PARCOURS_DATABASE_URL": stores.url}, cwd=ROOT)
        assert done.wait(PATIENCE_S) == 2, done.log_text()
        assert done.log_text().endswith(sentence), command
    assert read_sets(stores) == before


@pytest.mark.soak
def test_other_settings_wait_for_a_rebuild_and_then_go_on(stores: Stores, processes: Processes) -> None:
    """A setting changed in one process: it stands still until rows with it are asked for and promoted."""
    stores.record(*life(1))
    port = free_port()
    first = start(processes, stores, OLD, free_port())
    first.wait_for(lambda: kept(stores) == stores.count, "the first facts", PATIENCE_S)
    first.sigterm()
    assert first.wait() == 0
    changed = {"PARCOURS_STEP_GAP_DAYS": "300"}
    other = start(processes, stores, OLD, port, **changed)
    wait_until(lambda: "step_gap_days 30 there, 300 here" in readiness(port)[1], "it names the setting", PATIENCE_S)
    assert read_sets(stores) == [("1", OLD, "current")]
    for command in (["rebuild"], ["promote", "2"]):
        environment = {"PARCOURS_DATABASE_URL": stores.url, **changed}
        done = processes.start(*PARCOURS, "projections", *command, env=environment, cwd=ROOT)
        assert done.wait(PATIENCE_S) == 0, done.log_text()
    stores.record(*life(2))
    other.wait_for(lambda: folded(stores, "2"), "it goes on", PATIENCE_S)
    wait_until(lambda: readiness(port) == (200, "ok"), "it is ready", PATIENCE_S)
    assert read_sets(stores) == [("1", OLD, "previous"), ("2", OLD, "current")]
