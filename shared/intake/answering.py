"""What a write service's own questions are answered from: its store, once what the asker wants to come after is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.intake.intake import Intake
from shared.web.callers import reader
from shared.web.positions import Positions, reached


@dataclass(frozen=True, slots=True)
class Answering:
    """`acted_upon`: up to where facts, the service's own too, have been."""

    intake: Intake
    acted_upon: Callable[[], Positions]

    async def begin(self, request: Request) -> None:
        """Who asks, once what the request wants to come after has been applied."""
        reader(self.intake.callers, request.headers)
        await reached(request, self.applied)

    async def applied(self) -> Positions:
        store = self.intake.store
        return {self.intake.service: await store.ask(store.last_sequence), **await store.ask(self.acted_upon)}

    async def facts(self, subject: str) -> list[Recorded]:
        """Everything recorded about a subject here, in force or not."""
        entries = await self.intake.store.ask(self.intake.store.tails, {subject: 0})
        decoded = (self.intake.catalogue.decode(entry.type, entry.wire) for entry in entries)
        # A type of a later release is passed over: an older process goes on answering beside a newer one.
        return [fact for fact in decoded if fact is not None]

    async def settled(self, subject: str, known_at: datetime | None = None) -> Sequence[Recorded]:
        """What stands of it, or stood as known then."""
        return settle(await self.facts(subject), order_of_truth(self.intake.catalogue), known_at=known_at)
