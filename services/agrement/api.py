"""What people and software ask: a person's agréments on a day, and who may be hired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.agrement.model.hiring import may_be_hired
from services.agrement.model.known import known_by
from services.agrement.model.person_file import Counting
from services.agrement.model.person_view import person_view
from services.agrement.model.reckoning import reckon
from services.agrement.outside import Outside
from services.agrement.shapes import MayBeHiredShape, PersonAgrements
from services.pathways.facts.welcome import SenderKind
from shared.intake.answering import Answering
from shared.web.query_parameters import day_or_today, instant
from shared.web.serving import json_response


@dataclass(frozen=True, slots=True)
class AgrementAnswering(Answering):
    """What the routes answer from."""

    outside: Outside
    counting: Counting


def agrement_routes(answering: AgrementAnswering) -> APIRouter:
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
        as_known_at, day_asked = instant("known_at", known_at), day_or_today("on", on)
        settled = await answering.settled(f"person/{person_id}", as_known_at)
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
        hired_on = day_or_today("on", on)
        settled = await answering.settled(f"person/{person_id}")
        file = reckon(known_by(settled, hired_on), answering.counting)
        kind = await answering.intake.store.ask(answering.outside.kind_of, by, hired_on)
        return json_response(may_be_hired(file, hired_on, kind, sender_kind, by).json())

    return router
