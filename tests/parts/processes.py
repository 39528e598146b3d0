"""Real child processes for tests: started, watched through their log and their health address, killed, frozen."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.parts.waiting import wait_until

LOG_TAIL_LINES = 40
GRACE_S = 45.0

# Linux: a child ends with the thread that started it, so a killed test run leaves no servers behind. Ctrl-C reaches it
# also where the tests themselves run in the background of a shell, which has it ignored.
WITH_PARENT = (
    "import ctypes, os, signal, sys\n"
    "if sys.platform == 'linux': ctypes.CDLL(None).prctl(1, signal.SIGKILL)\n"
    "signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class Process:
    """One child in a process group of its own. What it prints goes to the file `log`."""

    def __init__(self, args: Sequence[str], log: Path, env: Mapping[str, str], cwd: Path | None = None) -> None:
        self.args = list(args)
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", WITH_PARENT, *self.args],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )

    @property
    def name(self) -> str:
        """As it was started under."""
        return self.log.stem.partition("-")[2]

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def wait_ready(self, url: str, timeout_s: float = 30.0) -> None:
        """Until `url` answers 2xx. Raise RuntimeError with the log when the process ends first."""
        self.wait_for(lambda: _answers(url), f"{url} answers", timeout_s)

    def wait_logged(self, text: str, timeout_s: float = 30.0) -> None:
        self.wait_for(lambda: text in self.log_text(), f"{text!r} in the log", timeout_s)

    def wait_for(self, condition: Callable[[], object], what: str, timeout_s: float = 30.0) -> None:
        """Until `condition` is true. Raise RuntimeError with the log when the process ends first or time is up."""

        def look() -> bool:
            if condition():
                return True
            if not self.running:
                raise RuntimeError(f"{self.args} ended ({self._popen.returncode}) before {what}\n{self.log_tail()}")
            return False

        try:
            wait_until(look, what, timeout_s)
        except TimeoutError as error:
            raise RuntimeError(f"{self.args}: {error}\n{self.log_tail()}") from error

    def wait(self, timeout_s: float = GRACE_S) -> int:
        """Its exit status (negative: the signal). Raise RuntimeError with the log when it does not end."""
        try:
            return self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"{self.args} does not end\n{self.log_tail()}") from error

    def sigterm(self) -> None:
        self._popen.send_signal(signal.SIGTERM)

    def sigint(self) -> None:
        """As Ctrl-C in a terminal: to the whole group."""
        self._signal_group(signal.SIGINT)

    def sigkill(self) -> None:
        """The process alone, at once; returns when it is gone."""
        self._popen.kill()
        self._popen.wait()

    def pause(self) -> None:
        """Freezes the group; returns when the last thread of the process stands still (a signal alone is too early)."""
        self._signal_group(signal.SIGSTOP)
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        self._signal_group(signal.SIGCONT)

    def end(self) -> None:
        """Politely, then not; whatever is left of its group goes too. May be called twice."""
        self.resume()
        self.sigterm()
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(GRACE_S)
        self._signal_group(signal.SIGKILL)
        self._popen.wait()

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")

    def log_tail(self) -> str:
        return "\n".join(self.log_text().splitlines()[-LOG_TAIL_LINES:])

    def _signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, number)


class Processes:
    """Starts children and ends them all, the last started first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[Process] = []

    def start(
        self, *args: str, env: Mapping[str, str] | None = None, name: str | None = None, cwd: Path | None = None
    ) -> Process:
        """`env` is added to this process's environment without its PARCOURS_ variables; the log is `<n>-<name>.log`."""
        log = self._folder / f"{len(self._started):02}-{name or Path(args[0]).name}.log"
        process = Process(args, log, clean_environment() | dict(env or {}), cwd)
        self._started.append(process)
        return process

    def __iter__(self) -> Iterator[Process]:
        return iter(self._started)

    def end_all(self) -> None:
        for process in reversed(self._started):
            process.end()

    def logs(self) -> str:
        return "\n".join(f"--- {process.log.name}\n{process.log_tail()}" for process in self._started)


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PARCOURS_")}


@contextmanager
def processes_in(folder: Path) -> Iterator[Processes]:
    processes = Processes(folder)
    try:
        yield processes
    finally:
        processes.end_all()


def _answers(url: str) -> bool:
    # HTTPError is an URLError: 503 of /readyz means not yet.
    try:
        with urlopen(url, timeout=5):
            return True
    except (URLError, ConnectionError, TimeoutError):
        return False
