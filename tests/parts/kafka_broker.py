"""One real Kafka broker on this machine: Java 17 and jars, no container. Usable outside pytest."""

import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

from tests.parts.ports import free_port
from tests.parts.processes import Process, clean_environment
from tests.parts.tiers import PartUnavailableError

KAFKA = "4.2.0"
POM = Path(__file__).parent / "kafka" / "pom.xml"
OLDEST_JAVA = 17
FETCH_TIMEOUT_S = 900
START_TIMEOUT_S = 60.0
# Metadata, version 4, correlation 1, no client name, no topic, create none.
METADATA_REQUEST = struct.pack(">hhihi?", 3, 4, 1, -1, 0, False)
INTERNAL_TOPICS = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")


class KafkaBroker:
    """A broker that keeps port and data through stop, kill, pause and start. 512 MiB of heap; starts in 3 to 5 s."""

    def __init__(self, folder: Path, jars: Path | None = None, port: int | None = None) -> None:
        self._folder = folder
        self._jars = jars or kafka_jars()
        self.port = port or free_port()
        self._controller_port = free_port()
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self._folder / "broker.log"

    def start(self) -> None:
        """Until it answers for its metadata. Does nothing when it runs."""
        self.launch().wait_for(lambda: answers(self.bootstrap), f"Kafka answers on {self.bootstrap}", START_TIMEOUT_S)

    def launch(self) -> Process:
        """Without waiting for it."""
        if self._process and self._process.running:
            return self._process
        properties = self._folder / "server.properties"
        if not properties.exists():
            self._format(properties)
        self._process = Process(
            # The quick compiler and the plain collector: a quarter less CPU over the minute a broker of a test lives.
            self._java(
                *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms256m", "-Xmx512m", "-Dlog4j2.level=WARN"),
                *("kafka.Kafka", str(properties)),
            ),
            self.log,
            clean_environment(),
        )
        return self._process

    def stop(self) -> None:
        """Orderly; harmless when it does not run."""
        if self._process:
            self._process.end()

    def kill(self) -> None:
        self._running().sigkill()

    def pause(self) -> None:
        """Frozen: connections stay open and nothing answers."""
        self._running().pause()

    def resume(self) -> None:
        self._running().resume()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _running(self) -> Process:
        if self._process is None:
            raise RuntimeError("the broker was never started")
        return self._process

    def _java(self, *args: str) -> list[str]:
        return ["java", "-cp", f"{self._jars}/*", *args]

    def _format(self, properties: Path) -> None:
        """Writes the settings last: they stand for a folder that is ready."""
        unfinished = properties.with_suffix(".new")
        unfinished.write_text("".join(f"{name}={value}\n" for name, value in self._settings().items()))
        cluster_id = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=").replace("-", "_")
        options = ("-t", f"A{cluster_id[1:]}", "-c", str(unfinished), "--standalone")
        done = subprocess.run(
            self._java("-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", "format", *options),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"Kafka's storage was not formatted: {done.stdout}{done.stderr}")
        unfinished.rename(properties)

    def _settings(self) -> dict[str, object]:
        one_copy = {f"{topic}.{name}": 1 for topic in INTERNAL_TOPICS for name in ("replication.factor", "min.isr")}
        few = {f"{topic}.num.partitions": 4 for topic in INTERNAL_TOPICS}
        return (one_copy | few) | {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self._controller_port}",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self._folder / "data"),
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": 0,
            # A killed broker may register again only when its former session is over (9 s by default).
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        }


def answers(bootstrap: str) -> bool:
    """Whether metadata is given that names a broker. By hand: kafka-python leaves sockets behind where nobody listens."""
    host, _, port = bootstrap.partition(",")[0].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2) as connection:
            connection.sendall(len(METADATA_REQUEST).to_bytes(4) + METADATA_REQUEST)
            answer = connection.makefile("rb").read(
                4 + 4 + 4 + 4
            )  # size, correlation, throttle time, number of brokers
    except OSError:
        return False
    return int.from_bytes(answer[12:]) > 0


def why_no_broker() -> str | None:
    """What this machine lacks to run one; None when it can."""
    java = _java_version()
    if java is None:
        return "no java"
    if java < OLDEST_JAVA:
        return f"java {java}, Kafka {KAFKA} needs {OLDEST_JAVA}"
    if not jars_folder().exists() and shutil.which("mvn") is None:
        return f"no mvn to fetch Kafka {KAFKA} with"
    return None


def kafka_jars() -> Path:
    """The folder of Kafka's jars in the user's cache; fetched once by mvn, whoever asks first.
    Raise PartUnavailableError.
    """
    cached = jars_folder()
    if cached.exists():
        return cached
    cached.parent.mkdir(parents=True, exist_ok=True)
    with _lock(cached.with_name(f"{cached.name}.lock")):
        if not cached.exists():
            _fetch(cached)
    return cached


def jars_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "parcours" / f"kafka-{KAFKA}"


def _fetch(target: Path) -> None:
    """All or nothing: into a folder beside it, then renamed."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetching-") as folder:
        jars = Path(folder) / "jars"
        command = ["mvn", "-B", "-q", "-C", "-f", str(POM), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        try:
            done = subprocess.run(
                [*command, f"-DoutputDirectory={jars}"],
                capture_output=True,
                text=True,
                check=False,
                timeout=FETCH_TIMEOUT_S,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PartUnavailableError(f"Kafka {KAFKA} could not be fetched: {error}") from error
        if done.returncode or not list(jars.glob(f"kafka_*-{KAFKA}.jar")):
            raise PartUnavailableError(f"Kafka {KAFKA} could not be fetched: {_last_line(done.stdout + done.stderr)}")
        jars.rename(target)


def _last_line(text: str) -> str:
    errors = [line for line in text.splitlines() if "ERROR" in line]
    return (errors or text.splitlines() or ["mvn said nothing"])[0]


@cache
def _java_version() -> int | None:
    try:
        done = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r'version "(\d+)', done.stderr + done.stdout)
    return int(found[1]) if found else None


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
