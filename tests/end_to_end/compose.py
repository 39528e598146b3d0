"""`docker-compose.yml` read as Compose reads it, so that its commands can be started without an engine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
FILE = ROOT / "docker-compose.yml"
PARCOURS = (sys.executable, "-m", "parcours")
"""What `parcours` starts here, where no package needs to be installed."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class RequiredError(Exception):
    """A variable of the form `${NAME:?why}` has no value; the message is the file's own."""


def interpolate(text: str, values: Mapping[str, str]) -> str:
    """`${NAME}`, `${NAME:-default}` (which may hold others), `${NAME:?why}` and `$$`. Raise RequiredError."""
    return "".join(_parts(text, values))


def _parts(text: str, values: Mapping[str, str]) -> Iterator[str]:
    while text:
        plain, dollar, text = text.partition("$")
        yield plain
        if text.startswith("$"):
            yield "$"
            text = text[1:]
        elif text.startswith("{"):
            inside, text = _braced(text)
            yield _value(inside, values)
        elif dollar:
            raise ValueError(f"a single $ before {text!r}")


def _braced(text: str) -> tuple[str, str]:
    """What stands between the first brace and its own end, and the rest."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return text[1:place], text[place + 1 :]
    raise ValueError(f"no end of {text!r}")


def _value(inside: str, values: Mapping[str, str]) -> str:
    found = _NAME.match(inside)
    if found is None:
        raise ValueError(f"no name in {inside!r}")
    name, rest = found[0], inside[found.end() :]
    if value := values.get(name):
        return value
    if rest.startswith(":?"):
        raise RequiredError(f"{name}: {rest[2:]}")
    if rest and not rest.startswith(":-"):
        raise ValueError(f"{rest!r} is not understood")
    return interpolate(rest[2:], values)


def resolved(value: Any, values: Mapping[str, str]) -> Any:
    """The same document with every text in it interpolated."""
    if isinstance(value, str):
        return interpolate(value, values)
    if isinstance(value, list):
        return [resolved(item, values) for item in value]
    if isinstance(value, dict):
        return {name: resolved(item, values) for name, item in value.items()}
    return value


def document() -> dict[str, Any]:
    """As it stands, anchors merged, nothing interpolated."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


def variables(value: Any) -> set[str]:
    """Every name the document asks for."""
    if isinstance(value, str):
        return set(re.findall(r"\$\{([A-Za-z_][A-Za-z0-9_]*)", value))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {name for part in parts for name in variables(part)}


@dataclass(frozen=True, slots=True)
class Role:
    """One of our services in the file."""

    name: str
    command: list[str]
    environment: dict[str, str]
    health: list[str]
    after: frozenset[str]

    @property
    def start(self) -> list[str]:
        return [*PARCOURS, *self.command[1:]]

    @property
    def health_check(self) -> list[str]:
        return [sys.executable, *self.health[2:]]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.environment['PARCOURS_PORT']}"

    @property
    def operations(self) -> str:
        """Where its readiness and metrics are asked."""
        return f"http://127.0.0.1:{self.environment.get('PARCOURS_OPS_PORT', self.environment['PARCOURS_PORT'])}"


def roles(values: Mapping[str, str]) -> dict[str, Role]:
    """Our own services, without the servers they use. Raise RequiredError."""
    services = document()["services"]
    return {name: _role(name, resolved(it, values)) for name, it in services.items() if "build" in it}


def _role(name: str, service: dict[str, Any]) -> Role:
    return Role(
        name,
        service["command"],
        {name: str(value) for name, value in service["environment"].items()},
        service["healthcheck"]["test"],
        frozenset(service["depends_on"]),
    )
