"""The route that asks what is left under the caps on a person's hours, by what members of a group share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from psycopg import Connection

from services.placements.facts import PlacementAgreed
from services.placements.model.caps_view import caps_view
from services.placements.model.world import KnownWorld
from services.projections.api.answer_models import CapsLeft
from services.projections.api.openapi import described
from services.projections.api.seen import Owners, Sight, sight_of
from services.projections.api.seen_rows import seen_agrement
from services.projections.api.snapshots import Snapshots
from shared.facts.catalogue import Catalogue
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.histories.history import load
from shared.histories.persons import load_known
from shared.histories.subjects import rows_of
from shared.web.problems import NotFoundError
from shared.web.query_parameters import day
from shared.web.read_log import CAPS

SHOWN = ("structure_id", "hours_left", "article", "confidence")
"""Of a cap. How many hours were worked, for whom and since when, is told to the association itself by its own service."""


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(tags=["pathways"])

    @router.get("/persons/{person_id}/caps", operation_id="caps_left", **described(CapsLeft))
    async def caps_left(request: Request, person_id: UUID, on: str | None = None) -> Response:
        """Hours that associations may still lend a person to companies on a day (Paris; today by default), and the
        agrément, to whom shares the person by an agreement of purpose `caps`; without one, by what the caller said."""
        caller = await snapshots.begin(request, "cap", "shared", purpose=CAPS)
        today = snapshots.today()
        days = day("on", on) or today, today

        def question(connection: Connection[Any]) -> dict[str, Any]:
            sight = sight_of(connection, caller, person_id, today, CAPS)
            if not (sight.may("cap") or sight.may("shared")):
                raise NotFoundError()
            if not caller.is_local and sight.sees_others:
                snapshots.check_current(connection)
            return _caps_left(connection, person_id, sight, snapshots, days)

        return await snapshots.answer(request, question)

    return router


def _caps_left(
    connection: Connection[Any], person_id: UUID, sight: Sight, snapshots: Snapshots, days: tuple[date, date]
) -> dict[str, Any]:
    """Raise NotFoundError."""
    on, today = days
    found = rows_of(connection, [f"person/{person_id}"]).get(f"person/{person_id}")
    if found is None:
        raise NotFoundError()
    root = load_known(connection, {found.root: found.linked}, snapshots.catalogue)[found.root]
    order = order_of_truth(snapshots.catalogue)
    settled = settle(root.person.facts, order)
    seen = _seen(settled, sight)
    view = caps_view(seen, _world(connection, seen, snapshots.catalogue), snapshots.cap_scope, on)
    return {
        "person_id": found.root.partition("/")[2],
        "on": view["on"],
        "scope": view["scope"],
        "agrement": seen_agrement(settled, settled, sight, snapshots.settings, on, today),
        "caps": [{name: cap[name] for name in SHOWN} for cap in view["caps"]],
    }


def _seen(settled: Sequence[Recorded], sight: Sight) -> Sequence[Recorded]:
    """What was said for the caller, and for those who share: hours add up over all of it, and nothing else of it is told."""
    if sight.caller.is_local:
        return settled
    owners = Owners(settled)
    sayers: Collection[str] = {*(sight.acts_as if sight.may("cap") else ()), *sight.shared}
    return [fact for fact in settled if owners.owner(fact) in sayers]


def _world(connection: Connection[Any], facts: Iterable[Recorded], catalogue: Catalogue) -> KnownWorld:
    """Structures and clients of placements, as far as they are known here."""
    agreed = [fact.data for fact in facts if isinstance(fact.data, PlacementAgreed)]
    subjects = {f"structure/{one.structure_id}" for one in agreed} | {f"client/{one.client_id}" for one in agreed}
    order = order_of_truth(catalogue)
    histories = load(connection, sorted(subjects), catalogue)
    standing: Mapping[str, Sequence[Recorded]] = {
        subject: settle(history.facts, order) for subject, history in histories.items()
    }
    return KnownWorld(lambda subject: standing.get(subject, ()))
