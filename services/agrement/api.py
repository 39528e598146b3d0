"""What people and software ask: a person's agréments on a day, and who may be hired."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.agrement.model.hiring import may_be_hired
from services.agrement.model.known import known_by
from services.agrement.model.person_file import Counting
from services.agrement.model.person_view import person_view
from services.agrement.model.reckoning import reckon
from services.agrement.model.told_view import current, told_view
from services.agrement.outside import Outside
from services.agrement.shapes import MayBeHiredShape, PersonAgrements
from services.pathways.facts.welcome import SenderKind
from shared.intake.answering import Answering, SeenPerson
from shared.rights.seeing import check_ever
from shared.web.query_parameters import day_or_today, instant
from shared.web.read_log import CAPS, CONTINUITY


def agrement_routes(answering: Answering, outside: Outside, usual: Counting) -> APIRouter:
    """`usual`: how many days a suspension adds, where a request says no other way."""
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
        `known_at`, an instant or a day: as known then. With a token: whole what was said for the caller; while it has to
        do with the person, also the agrément itself, reckoned on everybody's facts, with null for who and why."""
        caller = await answering.begin(request, CONTINUITY)
        check_ever(caller, "agrement", "own_facts")
        as_known_at, day_asked = instant("known_at", known_at), day_or_today("on", on)

        def question() -> dict[str, Any]:
            person = answering.person(caller, f"person/{person_id}", as_known_at)
            return _agrements(person, day_asked, answering.today, counting or usual, str(person_id))

        return await answering.answer(question)

    @router.get("/persons/{person_id}/may-be-hired", operation_id="may_be_hired", response_model=MayBeHiredShape)
    async def person_may_be_hired(
        request: Request,
        person_id: UUID,
        by: UUID,
        on: str | None = None,
        sender_kind: Annotated[SenderKind | None, Query()] = None,
    ) -> Response:
        """Whether a structure may hire the person on a day: on the agrément there is, on a new one, or not yet. With a
        token: for the caller's own structure, of somebody with whom it has to do today."""
        caller = await answering.begin(request, CAPS)
        check_ever(caller, "cap")
        caller.check_acts_for(by)
        hired_on = day_or_today("on", on)

        def question() -> dict[str, Any]:
            person = answering.person(caller, f"person/{person_id}")
            # By all facts or not at all: by its own alone a structure would be told to ask for an agrément that there is.
            person.check("agrement")
            file = reckon(known_by(person.settled, hired_on), usual)
            kind = outside.kind_of(by, hired_on)
            return may_be_hired(file, hired_on, kind, sender_kind, by).json()

        return await answering.answer(question)

    return router


def _agrements(person: SeenPerson, on: date, today: date, counting: Counting, person_id: str) -> dict[str, Any]:
    """Raise NotFoundError."""
    if person.caller.is_local:
        return person_view(person.settled, on, counting, person_id)
    if person.may("agrement"):
        told = current(person.standing, today)
        return told_view(person.settled, person.own, on, told, counting, person_id)
    person.check("own_facts")
    return person_view(person.own, on, counting, person_id)
