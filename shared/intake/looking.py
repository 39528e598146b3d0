"""How much of other services' facts a decision has seen, and the short wait until it has seen all there is.

A rule that asks what another service recorded can refuse only because that has not come here yet. So a request with
facts that such rules judge waits once, before the writer's queue, until what is in the other logs at that moment has
been acted upon here. Where that takes too long the decision is made all the same: what is accepted is recorded, and a
refusal by such a rule becomes `503 not_yet_known`. Facts that no such rule judges wait for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Protocol, TypeVar

from shared.facts.fact import Fact
from shared.intake.incoming import Incoming
from shared.intake.seen import Seen
from shared.web.stopping import Stopping, StoppingError

LONGEST_WAIT_S = 2.0
"""For one request; what a reader is behind by is usually some 10 ms."""
HINT_WAIT_S = 0.2
"""Where a warning alone depends on it: what is recorded anyway must not be held up for long. Later, it is not told."""
POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class LogEnd:
    """`sequence`: of the last fact recorded. Where only Kafka can be asked, `offsets`: by partition, the next one."""

    sequence: int | None = None
    offsets: Mapping[int, int] = field(default_factory=dict)


Ends = Mapping[str, LogEnd | None]
"""Where the log of each service ends; None where it cannot be asked."""

AsksOf = Callable[[type[Fact]], Mapping[str, bool]]
"""Of a fact: the services whose facts are asked for, and whether by a rule, or by a warning alone."""

T = TypeVar("T")


class Outlook(Protocol):
    """What a service that acts on others' facts can tell of their logs. May be asked from several threads."""

    async def ends(self, services: Collection[str], asked_at: float, patience_s: float) -> Ends:
        """Where the logs end, looked at after the instant `asked_at` (monotonic)."""
        ...

    async def seen(self, ends: Ends) -> Seen:
        """What has been acted upon here, and what of these ends has not. Raise UnavailableError."""
        ...


@dataclass(slots=True)
class Looking:
    """One request's. `told`: what the sender says it comes after; where it says so no log's end is awaited, and of this
    only what the rules ask. `longest_s`: for all of the request."""

    outlook: Outlook | None
    asks_of: AsksOf
    told: Mapping[str, int] = field(default_factory=dict)
    longest_s: float = LONGEST_WAIT_S
    stopping: Stopping = field(default_factory=Stopping)
    _asked_at: float = field(default_factory=monotonic)
    _ends: dict[str, LogEnd | None] = field(default_factory=dict)

    async def look(self, drafts: Sequence[Incoming | T]) -> list[Incoming | T]:
        """The drafts; those that rules ask others about with what has been seen."""
        if self.outlook is None:
            return list(drafts)
        asked = [self.asks_of(type(draft.fact.data)) if isinstance(draft, Incoming) else {} for draft in drafts]
        services = {service for some in asked for service in some}
        if not services:
            return list(drafts)
        decisive = {service for some in asked for service, by_rule in some.items() if by_rule}
        seen = await self._seen(self.outlook, services, decisive)
        return [
            replace(draft, seen=seen) if some and isinstance(draft, Incoming) else draft
            for draft, some in zip(drafts, asked, strict=True)
        ]

    async def _seen(self, outlook: Outlook, services: Collection[str], decisive: Collection[str]) -> Seen:
        """`decisive`: those of the services that rules ask."""
        new = set() if self.told else set(services) - self._ends.keys()
        if new:  # once for a request: what is recorded while it goes on is of no concern to it
            patience_s = LONGEST_WAIT_S if new & set(decisive) else HINT_WAIT_S
            self._ends.update(await outlook.ends(new, self._asked_at, patience_s))
        told = {name: LogEnd(position) for name, position in self.told.items() if name in services}
        while True:
            seen = await outlook.seen(told or {name: end for name, end in self._ends.items() if name in services})
            # Waiting cannot help where nobody can tell what to wait for: the rules decide, and say what they had seen.
            awaited = [
                name for name, position in seen.missing.items() if position is not None or not self._is_away(name)
            ]
            patience_s = self.longest_s if set(awaited) & set(decisive) else min(self.longest_s, HINT_WAIT_S)
            if not awaited or monotonic() > self._asked_at + patience_s:
                return seen
            if self.stopping.is_told:
                raise StoppingError()
            await asyncio.sleep(POLL_S)

    def _is_away(self, service: str) -> bool:
        """Nobody can be asked where that log ends."""
        return self._ends.get(service) is None
