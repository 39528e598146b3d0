"""What people and software ask: a person's agréments on a day, whether a fact would be accepted, who may be hired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.agrement.domain import decide
from services.agrement.knowledge import Outside
from services.agrement.reckoning.file import Counting
from services.agrement.reckoning.hiring import may_be_hired
from services.agrement.reckoning.reading import reckon
from services.agrement.reckoning.view import person_view
from shared.asked import day, instant
from shared.deciding import Verdict
from shared.facts import Recorded, paris_day
from shared.intake.http import read_body
from shared.intake.incoming import MAX_EVENT_BYTES, Incoming
from shared.intake.intake import Intake
from shared.intake.strict_json import JsonSyntaxError, parse
from shared.positions import Positions, reached
from shared.problems import Fault, MalformedError, plain
from shared.serving import json_response
from shared.settle import order_of_truth, settle

SenderKind = Literal["self", "employer", "orienteur", "authorised_prescriber"]


@dataclass(frozen=True, slots=True)
class Answering:
    """What the routes answer from. `acted_upon`: up to where facts, its own too, have been."""

    intake: Intake
    outside: Outside
    counting: Counting
    acted_upon: Callable[[], Positions]

    async def begin(self, request: Request) -> None:
        """Who asks, once what the request wants to come after has been applied."""
        self.intake.callers.caller(request.headers.get("authorization"))
        await reached(request.headers, self.applied)

    async def applied(self) -> Positions:
        store = self.intake.store
        return {self.intake.service: await store.ask(store.last_sequence), **await store.ask(self.acted_upon)}

    async def facts(self, person_id: UUID) -> list[Recorded]:
        """Everything recorded about a person here, in force or not."""
        entries = await self.intake.store.ask(self.intake.store.tails, {f"person/{person_id}": 0})
        decoded = (self.intake.catalogue.decode(entry.type, entry.wire) for entry in entries)
        return [fact for fact in decoded if fact is not None]

    def settled(self, facts: Sequence[Recorded], known_at: datetime | None = None) -> Sequence[Recorded]:
        return settle(facts, order_of_truth(self.intake.catalogue), known_at=known_at)


def agrement_routes(answering: Answering) -> APIRouter:
    router = APIRouter(prefix="/agrement/v1", tags=["agrement"])

    @router.get("/persons/{person_id}", operation_id="person_agrements")
    async def person_agrements(
        request: Request,
        person_id: UUID,
        on: str | None = None,
        counting: Counting | None = None,
        known_at: str | None = None,
    ) -> Response:
        """A person's agréments as they are on a day (Paris; today by default), latest first, each date explained."""
        await answering.begin(request)
        settled = answering.settled(await answering.facts(person_id), instant("known_at", known_at))
        return json_response(
            person_view(settled, day("on", on) or _today(), counting or answering.counting, str(person_id))
        )

    @router.get("/persons/{person_id}/may-be-hired", operation_id="may_be_hired")
    async def person_may_be_hired(
        request: Request,
        person_id: UUID,
        by: UUID,
        on: str | None = None,
        sender_kind: Annotated[SenderKind | None, Query()] = None,
    ) -> Response:
        """Whether a structure may hire the person on a day: on the agrément there is, on a new one, or not yet."""
        await answering.begin(request)
        hired_on = day("on", on) or _today()
        file = reckon(answering.settled(await answering.facts(person_id)), answering.counting)
        kind = await answering.intake.store.ask(answering.outside.kind_of, by, hired_on)
        found = may_be_hired(file, hired_on, kind, sender_kind, by)
        return json_response(found.json())

    @router.post("/check", operation_id="check")
    async def check(request: Request) -> Response:
        """What would become of a fact: every rule it would break, or what would follow from it. Records nothing."""
        await answering.begin(request)
        incoming = await _incoming(request, answering.intake)
        facts = await answering.facts(UUID(incoming.fact.subject.partition("/")[2]))
        known = {fact.key for fact in facts}
        if incoming.key in known:
            return json_response({"allowed": True, "recorded_already": True, "refusals": [], "effects": []})
        make_context = await answering.intake.store.ask(answering.outside.prepare, [incoming.fact])
        settled = answering.settled(facts)
        verdict: Verdict = await answering.intake.store.ask(
            lambda: decide(settled, incoming.fact, make_context(known, frozenset()))
        )
        return json_response(_answer(verdict))

    return router


async def _incoming(request: Request, intake: Intake) -> Incoming:
    """The event of the body. Raise MalformedError, TooLargeError, SourceNotAllowedError as intake would."""
    caller = intake.callers.caller(request.headers.get("authorization"))
    try:
        value, suspect = parse(await read_body(request, MAX_EVENT_BYTES))
    except JsonSyntaxError as error:
        raise MalformedError([Fault("", "not_json", str(error))]) from None
    draft = intake.read(value, suspect, caller)
    if isinstance(draft, Incoming):
        return draft
    assert draft.error is not None
    raise draft.error


def _answer(verdict: Verdict) -> dict[str, Any]:
    return {
        "allowed": not verdict.refusals,
        "refusals": [error.problem() for error in verdict.refusals],
        "effects": [
            {"type": effect.type, "data": plain(effect.model_dump(mode="json", exclude_unset=True))}
            for effect in verdict.effects
        ],
    }


def _today() -> date:
    return paris_day(datetime.now(UTC))
