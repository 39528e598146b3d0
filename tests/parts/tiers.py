"""Where a real part comes from: the first tier that can give one."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path


class PartUnavailableError(Exception):
    """This tier cannot give the part here; the message says why."""


@dataclass(frozen=True, slots=True)
class Tier:
    """`open` gives the part's address while entered; it raises PartUnavailableError before doing anything lasting."""

    name: str
    open: Callable[[], AbstractContextManager[str]]


@contextmanager
def first_of(tiers: Sequence[Tier], why_none: Callable[[], str] = str) -> Iterator[str]:
    """The address of the first tier that opens. Raise PartUnavailableError with every tier's reason."""
    with ExitStack() as stack:
        yield _enter_first(tiers, stack, why_none)


def _enter_first(tiers: Sequence[Tier], stack: ExitStack, why_none: Callable[[], str]) -> str:
    reasons = []
    for tier in tiers:
        try:
            return stack.enter_context(tier.open())
        except PartUnavailableError as error:
            reasons.append(f"{tier.name}: {error}")
    raise PartUnavailableError("; ".join(reasons) or why_none())


def names(tiers: Sequence[Tier]) -> str:
    return ", else ".join(tier.name for tier in tiers)


@cache
def docker_engine() -> bool:
    """Whether an engine answers. The library is loaded only where there is a socket to try: it takes a while."""
    if not (os.environ.get("DOCKER_HOST") or Path("/var/run/docker.sock").exists()):
        return False
    import docker  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        client = docker.from_env(timeout=5)
    except docker.errors.DockerException:
        return False
    try:
        return bool(client.ping())
    except docker.errors.DockerException:
        return False
    finally:
        client.close()
