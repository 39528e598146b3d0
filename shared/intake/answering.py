"""What a write service's own questions are answered from: its store, once what the asker wants to come after is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from fastapi import Request, Response

from shared.facts.fact import Recorded, paris_day
from shared.facts.relations import Held, held, relations_of
from shared.facts.sayers import sayer_of
from shared.facts.saying import STRUCTURE
from shared.facts.settle import Order, order_of_truth, settle
from shared.intake.intake import Intake
from shared.intake.logging_reads import answered
from shared.intake.long_questions import check_short, most_at_once
from shared.rights.caller import Caller
from shared.rights.logs import log_of
from shared.rights.seeing import Thing, may
from shared.web.positions import Positions
from shared.web.problems import NotFoundError
from shared.web.serving import json_response

T = TypeVar("T")

PROPOSALS_LAST_DAYS = 0
"""A proposal alone shows nothing here: how long it stays open makes no difference."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is held here of other services' facts. `standing`: of one person under its ids, those that stand; `is_named`:
    whether one of a subject's has a text in it; `order`: of these and the service's own."""

    standing: Callable[[Sequence[str]], Sequence[Recorded]]
    is_named: Callable[[str, str], bool]
    order: Order


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """A person as one caller asks about it. `settled`: what stands in the service, of everybody, as known then; `standing`:
    as known now; `held`: what the caller has, or had, to do with the person, judged today on all that is known now."""

    caller: Caller
    settled: Sequence[Recorded]
    standing: Sequence[Recorded]
    held: frozenset[Held]

    def may(self, thing: Thing) -> bool:
        return may(self.caller, thing, self.held)

    def check(self, thing: Thing) -> None:
        """Raise NotFoundError, the same for somebody hidden and for somebody of whom nothing is known."""
        if not self.may(thing):
            raise NotFoundError()

    @property
    def own(self) -> Sequence[Recorded]:
        """What stands of what was said for the caller; of the local one, everything."""
        if self.caller.is_local:
            return self.settled
        sayers = {log_of(self.caller), *(STRUCTURE + structure_id for structure_id in self.caller.acts_as)}
        return [fact for fact in self.settled if sayer_of(fact) in sayers]


@dataclass(frozen=True, slots=True)
class Answering:
    """`acted_upon`: up to where facts, the service's own too, have been. `elsewhere`: where others' facts are read."""

    intake: Intake
    acted_upon: Callable[[], Positions]
    elsewhere: Elsewhere | None

    async def begin(self, request: Request, purpose: str) -> Caller:
        """Who asks, for one of its structures, once what the request wants to come after has been applied. `purpose`: what
        the route serves."""
        return await self.intake.who_reads(request, purpose, self.applied)

    async def answer(self, question: Callable[[], Any]) -> Response:
        """What it finds as JSON, once its line is in the log of reads."""
        return json_response(await self.ask(question))

    async def ask(self, question: Callable[[], T]) -> T:
        """What it finds, beside the event loop, once its line is in the log of reads. Raise UnavailableError."""
        return await answered(self.intake, question)

    async def applied(self) -> Positions:
        store = self.intake.store
        return {self.intake.service: await store.ask(store.last_sequence), **await store.ask(self.acted_upon)}

    def person(self, caller: Caller, subject: str, known_at: datetime | None = None) -> SeenPerson:
        """With what stands of the person, or stood as known then; its relations are always those of now. Blocks on the
        database: part of a question."""
        merges, order = self.intake.merges, order_of_truth(self.intake.catalogue)
        ids = merges.ids(subject)
        # Before anything is read: who is hidden is answered as soon as somebody of whom nothing is known.
        if not (caller.is_local or self._names(ids, caller)):
            return SeenPerson(caller, (), (), frozenset())
        facts = self._facts(ids)
        settled = standing = settle(facts, order)
        if known_at is not None:
            ids_then = merges.ids(subject, known_at)
            settled = settle(facts if ids_then == ids else self._facts(ids_then), order, known_at=known_at)
        if caller.is_local:
            return SeenPerson(caller, settled, settled, frozenset())
        return SeenPerson(caller, settled, standing, self._held(caller, ids, standing))

    @property
    def today(self) -> date:
        """By the log's clock."""
        return paris_day(self.intake.store.clock.now())

    def _facts(self, ids: Sequence[str]) -> list[Recorded]:
        entries = self.intake.store.tails(dict.fromkeys(ids, 0), most_at_once())
        check_short(len(entries))
        decoded = (self.intake.catalogue.decode(entry.type, entry.wire) for entry in entries)
        # A type of a later release is passed over: an older process goes on answering beside a newer one.
        return [fact for fact in decoded if fact is not None]

    def _names(self, ids: Sequence[str], caller: Caller) -> bool:
        """Whether a fact of the person has the caller's structure in it: every relation follows from one that has."""
        own, elsewhere = self.intake.store.is_named, self.elsewhere
        return any(
            own(subject, structure_id) or (elsewhere is not None and elsewhere.is_named(subject, structure_id))
            for subject in ids
            for structure_id in caller.acts_as
        )

    def _held(self, caller: Caller, ids: Sequence[str], standing: Sequence[Recorded]) -> frozenset[Held]:
        if self.elsewhere is not None:
            standing = sorted([*standing, *self.elsewhere.standing(ids)], key=self.elsewhere.order)
        return held(relations_of(standing, PROPOSALS_LAST_DAYS), caller.acts_as, self.today)
