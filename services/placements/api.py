"""What people and software ask: how many hours a person may still be lent to companies, until when, and by whom."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.placements.model.caps_view import caps_view
from services.placements.model.windows import Scope
from services.placements.outside import Outside
from services.placements.shapes import PersonCaps
from shared.intake.answering import Answering
from shared.rights.seeing import check_ever
from shared.web.query_parameters import day_or_today, instant
from shared.web.read_log import CAPS


def placements_routes(answering: Answering, outside: Outside, scope: Scope) -> APIRouter:
    router = APIRouter(prefix="/placements/v1", tags=["placements"])

    @router.get("/persons/{person_id}/cap", operation_id="person_caps", response_model=PersonCaps)
    async def person_caps(
        request: Request,
        person_id: UUID,
        on: str | None = None,
        structure_id: UUID | None = None,
        known_at: str | None = None,
    ) -> Response:
        """Hours left with companies on a day (Paris; today by default), for each association that has lent the person,
        or for the one asked, even before it has. `known_at`, an instant or a day: as known then. With a token: by what was
        said for the caller's own structure, of somebody with whom it has or had to do; what members of a group share of
        it under an agreement of purpose `caps` is told by `/projections/v1/persons/{person_id}/caps`."""
        caller = await answering.begin(request, CAPS)
        check_ever(caller, "cap")
        if structure_id is not None:
            caller.check_acts_for(structure_id)
        as_known_at, day = instant("known_at", known_at), day_or_today("on", on)

        def question() -> dict[str, Any]:
            person = answering.person(caller, f"person/{person_id}", as_known_at)
            person.check("cap")
            settled = person.own
            world = outside.world_of(settled, structure_id, as_known_at)
            return {"person_id": person_id, **caps_view(settled, world, scope, day, structure_id)}

        return await answering.answer(question)

    return router
