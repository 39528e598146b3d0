"""The embedded server: durable, shared by processes, stopped by the last, taken over from the dead."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from shared.process.embedded import (
    EmbeddedNotRunningError,
    EmbeddedPostgresError,
    connect_options,
    embedded_postgres,
    running_embedded,
)
from shared.process.postgres_server import Cluster
from tests.parts import postgres as parts
from tests.parts.processes import Process, Processes

HOLD = """
import signal, sys
from pathlib import Path
from shared.process.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as url:
    print("holding", url, flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("leaving", flush=True)
"""


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    with parts.data_dir() as folder:
        with embedded_postgres(folder):
            pass
        yield folder


@pytest.fixture
def used_dir(made_once: Path) -> Path:
    """A folder whose cluster exists already (saves a second) and is not running; its log begins with the test."""
    with pytest.raises(EmbeddedNotRunningError):
        running_embedded(made_once)
    (made_once / "postgres" / "log").unlink(missing_ok=True)
    return made_once


def hold(processes: Processes, data_dir: Path) -> Process:
    """Another process that uses the server until Ctrl-C."""
    process = processes.start(sys.executable, "-c", HOLD, str(data_dir), name="holder")
    process.wait_logged("holding")
    return process


def remember(url: str, n: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [n])


def remembered(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [n for (n,) in connection.execute("SELECT n FROM kept ORDER BY n")]


def postmaster(data_dir: Path) -> psutil.Process:
    server = Cluster(data_dir / "postgres").running()
    assert server is not None
    return psutil.Process(server.pid)


def test_a_new_folder_gets_a_durable_database_and_keeps_it(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as url:
        assert parts.is_durable(url)
        remember(url, 1)
    with embedded_postgres(data_dir) as url:
        assert remembered(url) == [1]


def on_the_network(process: psutil.Process) -> list[object]:
    """Its sockets of the network; one of the server's children may have ended by itself meanwhile."""
    try:
        return list(process.net_connections("inet"))
    except psutil.NoSuchProcess:
        return []


def test_nobody_listens_on_the_network(used_dir: Path) -> None:
    with embedded_postgres(used_dir):
        server = postmaster(used_dir)
        assert server.is_running()
        assert [found for process in (server, *server.children()) for found in on_the_network(process)] == []


@pytest.mark.parametrize(
    "name", ["with a space", "with-'quotes\"-$HOME-and,comma", "long-" + 120 * "x", "accentué"], ids=lambda n: n[:12]
)
def test_any_folder_name_will_do(data_dir: Path, name: str) -> None:
    folder = data_dir / name
    with embedded_postgres(folder) as url:
        remember(url, 1)
        assert running_embedded(folder) == url
        sockets = psycopg.conninfo.conninfo_to_dict(url)["host"]
    assert Path(str(sockets)) == folder / "postgres" or not Path(str(sockets)).exists()


def test_without_a_server_the_error_says_how_to_get_one(data_dir: Path) -> None:
    with pytest.raises(EmbeddedNotRunningError, match="parcours up"):
        running_embedded(data_dir)
    with embedded_postgres(data_dir) as url:
        assert running_embedded(data_dir) == url
    with pytest.raises(EmbeddedNotRunningError):
        running_embedded(data_dir)


def test_the_last_user_stops_the_server_and_no_other(used_dir: Path, processes: Processes) -> None:
    with embedded_postgres(used_dir) as url:
        holder = hold(processes, used_dir)
        server = postmaster(used_dir)
    assert running_embedded(used_dir) == url
    holder.sigint()
    assert holder.wait() == 0
    assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


def test_ctrl_c_reaches_the_user_and_not_the_server(used_dir: Path, processes: Processes) -> None:
    holder = hold(processes, used_dir)
    with embedded_postgres(used_dir) as url:
        holder.sigint()
        assert holder.wait() == 0
        remember(url, 1)
    assert "received fast shutdown request" in (used_dir / "postgres" / "log").read_text()
    with embedded_postgres(used_dir) as url:
        assert remembered(url) == [1]
    assert "automatic recovery" not in (used_dir / "postgres" / "log").read_text()


def test_the_server_of_a_killed_process_is_taken_over_and_stopped(used_dir: Path, processes: Processes) -> None:
    holder = hold(processes, used_dir)
    server = postmaster(used_dir)
    holder.sigkill()
    with embedded_postgres(used_dir):
        assert postmaster(used_dir).pid == server.pid
    with pytest.raises(EmbeddedNotRunningError):
        running_embedded(used_dir)


def test_a_killed_server_is_started_again_with_what_was_committed(used_dir: Path) -> None:
    with embedded_postgres(used_dir) as url:
        remember(url, 1)
        postmaster(used_dir).send_signal(signal.SIGKILL)
    with embedded_postgres(used_dir) as url:
        assert remembered(url) == [1]


def test_a_pid_that_another_process_has_now_is_no_server(used_dir: Path) -> None:
    with embedded_postgres(used_dir) as url:
        remember(url, 1)
        pid_file = (used_dir / "postgres" / "postmaster.pid").read_text().splitlines()
    (used_dir / "postgres" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *pid_file[1:]]))
    with pytest.raises(EmbeddedNotRunningError):
        running_embedded(used_dir)
    with embedded_postgres(used_dir) as url:
        assert remembered(url) == [1]


def test_a_start_that_was_cut_short_leaves_no_half_cluster(data_dir: Path) -> None:
    unfinished = data_dir / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with embedded_postgres(data_dir) as url:
        remember(url, 1)


def test_a_folder_of_another_version_is_left_alone(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 9, this is \d+"), embedded_postgres(data_dir):
        pass


def test_a_folder_that_cannot_be_made_is_told(data_dir: Path) -> None:
    (data_dir / "file").write_text("")
    with pytest.raises(EmbeddedPostgresError, match="cannot write in"), embedded_postgres(data_dir / "file"):
        pass


def test_a_connection_has_a_purpose_and_server_settings(database_url: str) -> None:
    options = connect_options("writer", {"plan_cache_mode": "force_custom_plan", "search_path": '"$user", public'})
    with psycopg.connect(database_url, **options) as connection:
        query = "SELECT current_setting('application_name'), current_setting('plan_cache_mode'), current_setting('search_path')"
        row = connection.execute(query).fetchone()
    assert row == ("parcours writer", "force_custom_plan", '"$user", public')
