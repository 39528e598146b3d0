"""What people and software ask: a person's agréments on a day, whether a fact would be accepted, who may be hired."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.agrement.knowledge import Outside
from services.agrement.reckoning.file import Counting
from services.agrement.reckoning.hiring import may_be_hired
from services.agrement.reckoning.reading import reckon
from services.agrement.reckoning.view import person_view
from services.agrement.shapes import Checked, MayBeHiredShape, PersonAgrements
from shared.asked import day, instant
from shared.facts import FIRST_DAY, LAST_DAY, Recorded, paris_day
from shared.intake.http import JSON, SINGLE, media_type, read_body, with_if_match
from shared.intake.incoming import MAX_EVENT_BYTES, Incoming
from shared.intake.intake import Intake
from shared.intake.strict_json import JsonSyntaxError, parse
from shared.intake.writer import Foreseen
from shared.positions import Positions, reached
from shared.problems import Fault, MalformedError
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

    @router.get("/persons/{person_id}", operation_id="person_agrements", response_model=PersonAgrements)
    async def person_agrements(
        request: Request,
        person_id: UUID,
        on: str | None = None,
        counting: Counting | None = None,
        known_at: str | None = None,
    ) -> Response:
        """A person's agréments as they are on a day (Paris; today by default), latest first, each date explained.
        `known_at`, an instant or a day: as known then."""
        await answering.begin(request)
        known, day_asked = instant("known_at", known_at), _day(on)
        settled = answering.settled(await answering.facts(person_id), known)
        return json_response(person_view(settled, day_asked, counting or answering.counting, str(person_id)))

    @router.get("/persons/{person_id}/may-be-hired", operation_id="may_be_hired", response_model=MayBeHiredShape)
    async def person_may_be_hired(
        request: Request,
        person_id: UUID,
        by: UUID,
        on: str | None = None,
        sender_kind: Annotated[SenderKind | None, Query()] = None,
    ) -> Response:
        """Whether a structure may hire the person on a day: on the agrément there is, on a new one, or not yet."""
        await answering.begin(request)
        hired_on = _day(on)
        file = reckon(answering.settled(await answering.facts(person_id)), answering.counting)
        kind = await answering.intake.store.ask(answering.outside.kind_of, by, hired_on)
        return json_response(may_be_hired(file, hired_on, kind, sender_kind, by).json())

    @router.post("/check", operation_id="check", response_model=Checked, openapi_extra=_CHECK)
    async def check(request: Request) -> Response:
        """What would become of an event: every rule it would break, or what would follow from it. Records nothing."""
        await answering.begin(request)
        incoming = await _incoming(request, answering.intake)
        return json_response(_answer(await answering.intake.store.ask(answering.intake.writer.foresee, incoming)))

    return router


_ANOTHER = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_CHECK: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "schema": {"type": "string"}}
        for name in ("If-Match", "After-Position", "Prefer")
    ],
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"$ref": "#/components/schemas/Event"}} for kind in (SINGLE, JSON)},
    },
    "responses": {
        "403": {"description": "not your source", **_ANOTHER},
        "413": {"description": "larger than accepted", **_ANOTHER},
        "415": {"description": "content type not read here", **_ANOTHER},
        "500": {"description": "an error of ours", **_ANOTHER},
    },
}


async def _incoming(request: Request, intake: Intake) -> Incoming:
    """The event of the body. Raise MalformedError, TooLargeError, SourceNotAllowedError as intake would."""
    caller = intake.callers.caller(request.headers.get("authorization"))
    kind = media_type(request)
    try:
        value, suspect = parse(await read_body(request, MAX_EVENT_BYTES))
    except JsonSyntaxError as error:
        raise MalformedError([Fault("", "not_json", str(error))]) from None
    if kind not in (SINGLE, JSON) or isinstance(value, list):
        raise MalformedError([Fault("", "not_one_event", "one event is checked at a time, not a batch or a stream")])
    draft = intake.read(value, suspect, caller)
    if isinstance(draft, Incoming):
        return with_if_match(draft, request.headers.get("if-match"))
    assert draft.error is not None
    raise draft.error


def _answer(foreseen: Foreseen) -> dict[str, Any]:
    effects = () if foreseen.new is None else foreseen.new.effects
    return {
        "allowed": foreseen.error is None,
        "recorded_already": foreseen.outcome == "duplicate",
        "refusals": foreseen.refusals(),
        "effects": [{"type": one.fact.type, "data": json.loads(one.data)} for one in effects],
    }


def _day(text: str | None) -> date:
    """The day asked for, today in Paris by default. Raise MalformedError also for days outside those of facts."""
    asked = day("on", text) or paris_day(datetime.now(UTC))
    if not FIRST_DAY <= asked <= LAST_DAY:
        raise MalformedError([Fault("/query/on", "bad_day", f"a day between {FIRST_DAY} and {LAST_DAY}")])
    return asked
