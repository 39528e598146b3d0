"""`POST /<service>/v1/check`: what would become of an event. Every write service has it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from shared.facts.saying import STRUCTURE
from shared.intake.answering import Answering
from shared.intake.binary_mode import binary_event
from shared.intake.events_routes import BINARY, JSON, SINGLE, media_type, read_body, with_if_match
from shared.intake.incoming import MAX_EVENT_BYTES, Incoming
from shared.intake.intake import Intake
from shared.intake.outcome import Foreseen
from shared.intake.strict_json import JsonSyntaxError, parse
from shared.rights.caller import Caller
from shared.web import read_log
from shared.web.headers import listed
from shared.web.leaving import unless_left
from shared.web.problems import Fault, MalformedError


class RefusalShape(BaseModel):
    """A problem as the refusal would show it, with the data of its rule beside these members."""

    model_config = ConfigDict(extra="allow")

    type: str
    code: str
    title: str
    status: int


class EffectShape(BaseModel):
    """A fact that would follow."""

    model_config = ConfigDict(extra="forbid")

    type: str
    data: dict[str, Any]


class EventWarning(BaseModel):
    """What looks mistaken in an event that is recorded all the same; `pointer`: where in the event (RFC 6901)."""

    model_config = ConfigDict(extra="forbid")

    code: str
    title: str
    title_fr: str
    pointer: str


class Checked(BaseModel):
    """What intake would answer: recorded with these effects and warnings, or refused by all of these rules.
    `recorded_already`: the same event is recorded, and would get its first answer again. `warnings`: only where there
    are some."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"allowed": True, "recorded_already": False, "refusals": [], "effects": []},
                {
                    "allowed": False,
                    "recorded_already": False,
                    "refusals": [
                        {
                            "type": "urn:parcours:names_itself",
                            "code": "names_itself",
                            "title": "A fact can neither void nor replace itself",
                            "status": 409,
                            "fact_id": "hired-0001",
                        }
                    ],
                    "effects": [],
                },
            ]
        },
    )
    allowed: bool
    recorded_already: bool
    refusals: list[RefusalShape]
    effects: list[EffectShape]
    warnings: list[EventWarning] = []


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


def check_routes(intake: Intake, answering: Answering) -> APIRouter:
    router = APIRouter(prefix=f"/{intake.service}/v1", tags=[intake.service])

    @router.post("/check", operation_id="check", response_model=Checked, openapi_extra=_CHECK)
    async def check(request: Request) -> Response:
        """What would become of an event: every rule it would break, or what would follow from it. Records nothing. With a
        token, of a person with whom the caller has nothing to do: as of one whom nobody knows."""
        caller = intake.callers.caller(request.headers.get("authorization"))
        read_log.begin(request, caller, read_log.SAYING)
        await intake.begin(request)
        caller = await intake.with_taken_over(request, caller)
        incoming = await _with_sight(await _incoming(request, intake, caller), answering)
        (incoming,) = await intake.looked(request, [incoming])
        # Whatever the answer: that nothing stands against an event tells of the person too.
        read_log.asked_about(incoming.fact.subject, incoming.saidfor)
        return await unless_left(request, answering.answer(lambda: _answer(intake.writer.foresee(incoming))))

    return router


async def _incoming(request: Request, intake: Intake, caller: Caller) -> Incoming:
    """The event of the body. Raise MalformedError, TooLargeError, SourceNotAllowedError as intake would."""
    kind = media_type(request)
    body = await read_body(request, MAX_EVENT_BYTES)
    try:
        value, suspect = (binary_event(request.headers, body), True) if kind == BINARY else parse(body)
    except JsonSyntaxError as error:
        raise MalformedError([Fault("", "not_json", str(error))]) from None
    # Each event of a batch would have to be judged beside those before it, as if they were recorded.
    if kind not in (SINGLE, JSON, BINARY) or isinstance(value, list):
        raise MalformedError([Fault("", "not_one_event", "one event is checked at a time, not a batch or a stream")])
    draft = intake.read(value, suspect, caller)
    if isinstance(draft, Incoming):
        return with_if_match(draft, listed(request.headers, "if-match"))
    assert draft.error is not None
    raise draft.error


async def _with_sight(incoming: Incoming, answering: Answering) -> Incoming:
    """Whether the person is hidden from the structure it is said for. Roles that speak for nobody see no person at all,
    and are told no more by refusals (`telling.py`)."""
    subject, sayer = incoming.fact.subject, incoming.saidfor or ""
    if incoming.caller.is_local or not (subject.startswith("person/") and sayer.startswith(STRUCTURE)):
        return incoming
    caller = replace(incoming.caller, structures=frozenset([sayer.removeprefix(STRUCTURE)]))
    person = await answering.intake.ask(lambda: answering.person(caller, subject))
    return replace(incoming, is_hidden=not person.may("own_facts"))


def _answer(foreseen: Foreseen) -> dict[str, Any]:
    effects = () if foreseen.new is None else foreseen.new.effects
    return {
        **({"warnings": list(foreseen.warnings)} if foreseen.warnings else {}),
        "allowed": foreseen.error is None,
        "recorded_already": foreseen.outcome == "duplicate",
        "refusals": foreseen.refusals(),
        "effects": [{"type": effect.fact.type, "data": json.loads(effect.data)} for effect in effects],
    }
