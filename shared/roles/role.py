"""Which roles there are: one for each loop of the suite, called as its check is called in `/readyz`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.process.settings import SERVICES, Settings

REACTING = ("pathways", "agrement", "placements")
"""Services with a loop that reads others' facts, and acts on them where it has to."""
OPTIONAL = ("identities",)
"""Services that an installation may go without."""
NOT_WRITING = ("projections", *OPTIONAL)
WRITING = tuple(name for name in SERVICES if name not in NOT_WRITING)
"""Services that record facts."""

PROJECTOR = "projector"
CLOCK = "agrement-clock"

ANSWERS_S, RELAYS_S, READS_S = 10.0, 15.0, 30.0
"""Without a heartbeat for so long a role is stuck: several times what its longest step takes. An event loop steps every
second; a relay looks around twice a second, but may wait 5 s for Kafka's answer about its topic, with its lock held;
a reader or a clock may have one delivery of 10,000 facts, or 500 subjects, in one transaction."""


@dataclass(frozen=True, slots=True)
class Role:
    """`service`: in whose database its heartbeats and its pause stand. `silent_s`: how long it may be silent. `is_optional`: an
    installation may go without; one that had it and lost it is told."""

    name: str
    service: str
    silent_s: float
    can_be_paused: bool = True
    needs_kafka: bool = False
    is_optional: bool = False


class UnknownRoleError(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"no role is called {name}; there are {', '.join(role.name for role in ROLES)}")


class NotPausedError(Exception):
    """Somebody wants to pause what cannot be paused."""

    def __init__(self, name: str) -> None:
        pausable = ", ".join(role.name for role in ROLES if role.can_be_paused)
        super().__init__(f"{name} answers HTTP and is not paused: stop its process. What can be paused: {pausable}")


def serve_role(service: str) -> str:
    return f"serve-{service}"


def relay_role(service: str) -> str:
    return f"relay-{service}"


def policies_role(service: str) -> str:
    return f"{service}-policies"


ROLES: Sequence[Role] = (
    *(
        Role(serve_role(service), service, ANSWERS_S, can_be_paused=False, is_optional=service in OPTIONAL)
        for service in SERVICES
    ),
    *(Role(relay_role(service), service, RELAYS_S, needs_kafka=True) for service in WRITING),
    *(Role(policies_role(service), service, READS_S) for service in REACTING),
    Role(CLOCK, "agrement", READS_S),
    Role(PROJECTOR, "projections", READS_S),
)
"""In the order in which they are shown."""

_BY_NAME = {role.name: role for role in ROLES}


def role_named(name: str) -> Role:
    """Raise UnknownRoleError."""
    if name not in _BY_NAME:
        raise UnknownRoleError(name)
    return _BY_NAME[name]


def pausable(name: str) -> Role:
    """Raise UnknownRoleError, NotPausedError."""
    role = role_named(name)
    if not role.can_be_paused:
        raise NotPausedError(name)
    return role


def expected(settings: Settings) -> list[Role]:
    """The roles that an installation with these settings runs, in whatever processes."""
    return [
        role
        for role in ROLES
        if (settings.kafka_bootstrap or not role.needs_kafka) and (settings.identity_key or not role.is_optional)
    ]
