"""What rows measure with: a durable PostgreSQL, a Kafka, processes of ours."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from shared.kafka.topics import Topics
from tests.parts import kafka_tiers, postgres, tiers
from tests.parts.ports import free_port
from tests.parts.processes import Process, Processes, processes_in

ROOT = Path(__file__).parent.parent
PARCOURS = (sys.executable, "-m", "parcours")
SERVICES = ("structures", "pathways", "agrement", "placements")


class NotDurableError(Exception):
    """The server forgets at a power cut: its speed means nothing."""


class NoKafkaError(Exception):
    """A row wants Kafka and there is none here."""


class Lab:
    """Parts are started when first asked for. `quick`: small sizes that show that everything works; `tiny`: smaller
    still, for tests of the benchmarks. `server`: a PostgreSQL that is there already. `millions`: of facts, for the rows
    that show cost against size."""

    def __init__(
        self, stack: ExitStack, *, quick: bool, tiny: bool = False, server: str | None = None, millions: int = 1
    ) -> None:
        self._stack = stack
        self._given = server
        self.quick = quick or tiny
        self._tiny = tiny
        self.millions = millions

    def pick(self, full: int, quick: int, tiny: int | None = None) -> int:
        """A size."""
        if self._tiny and tiny is not None:
            return tiny
        return quick if self.quick else full

    @cached_property
    def server(self) -> str:
        url = self._given or self._stack.enter_context(tiers.first_of(postgres.tiers()))
        if not postgres.is_durable(url):
            raise NotDurableError(
                "the server has fsync, synchronous_commit or full_page_writes off; nothing is measured on it"
            )
        return url

    @cached_property
    def kafka(self) -> str:
        try:
            return self._stack.enter_context(tiers.first_of(kafka_tiers.tiers(), kafka_tiers.why_none))
        except tiers.PartUnavailableError as error:
            raise NoKafkaError(str(error)) from error

    @contextmanager
    def database(self, copy_of: str | None = None) -> Iterator[str]:
        """A new one: empty, or a copy of one that nobody is connected to."""
        with postgres.fresh_database(self.server, copy_of) as url:
            yield url

    @contextmanager
    def topics(self) -> Iterator[Topics]:
        """Names of their own; not made yet."""
        prefix = f"bench-{uuid4().hex[:8]}"
        topics = Topics(self.kafka, prefix)
        try:
            yield topics
        finally:
            topics.close()
            kafka_tiers.remove_topics(self.kafka, prefix)

    @contextmanager
    def processes(self) -> Iterator[Processes]:
        with tempfile.TemporaryDirectory(prefix="parcours-bench-") as folder, processes_in(Path(folder)) as processes:
            yield processes


def parcours(processes: Processes, *args: str, env: Mapping[str, str]) -> tuple[Process, str]:
    """A command that answers on a port of its own, ready; and its address."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    settings = {"PARCOURS_PORT": str(port), "PARCOURS_LOG_LEVEL": "error", "PARCOURS_REFERENCE_KEY": "of a benchmark"}
    process = processes.start(*PARCOURS, *args, env={**settings, **env}, name="-".join(args), cwd=ROOT)
    process.wait_ready(f"{address}/readyz", 60)
    return process, address


def module(processes: Processes, name: str, *args: str) -> Process:
    """A module of the benchmarks as a process."""
    return processes.start(sys.executable, "-m", name, *args, name=name.rpartition(".")[2], cwd=ROOT)
