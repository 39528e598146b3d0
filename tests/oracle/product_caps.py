"""What the product says of months, of bridges and of the cap on hours."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from services.placements import facts as placements_facts
from services.placements.model.bridges import breaches
from services.placements.model.caps_view import caps_view
from services.placements.model.placements import placements
from services.structures.facts import ClientRegistered, DerogationGranted
from shared.facts.months import months_after, span_end
from shared.facts.settle import order_of_truth, settle
from tests.oracle.history import History
from tests.oracle.product import facts_of, uid
from tests.services.placements.worker import Worker
from tests.services.projections.facts import structure_registered
from tests.services.projections.read_set import ReadSet, add, see

__all__ = ["ReadSet", "months_after", "see", "span_end"]


class World:
    """Structures and clients never change; derogations as (structure, first day, last day, limit)."""

    def __init__(self, structures: dict[str, str], clients: dict[str, str], derogations: list[Any]) -> None:
        self.structures = {uid(name): kind for name, kind in structures.items()}
        self.clients = {uid(name): kind for name, kind in clients.items()}
        self.granted = derogations

    def structure_kind(self, structure_id: UUID, _: date) -> str | None:
        return self.structures.get(structure_id)

    def client_kind(self, client_id: UUID, _: date) -> str | None:
        return self.clients.get(client_id)

    def derogations(self, structure_id: UUID) -> list[DerogationGranted]:
        return [
            DerogationGranted(
                derogation_id=uid(f"derogation {number}"), rule="ai_hours_cap", decided_on=first, starts_on=first,
                ends_on=last, limit=limit,
            )
            for number, (name, first, last, limit) in enumerate(self.granted)
            if uid(name) == structure_id
        ]  # fmt: skip


def cap_on(history: History, world: World, structure: str, on: date) -> dict[str, Any] | None:
    """`GET …/cap?on=` for one structure: window, limit, hours worked, planned, left. None: nothing is open that day."""
    settled = settle(facts_of(history, "placements"), order_of_truth(placements_facts.CATALOGUE))
    (cap,) = caps_view(settled, world, "structure", on, uid(structure))["caps"]
    if cap["window"] is None:
        return None
    return {
        "window": tuple(date.fromisoformat(str(cap["window"][key])) for key in ("starts_on", "ends_on")),
        "limit": cap["limit"],
        "worked": cap["hours_worked"],
        "planned": cap["hours_planned"],
        "left": cap["hours_left"],
    }


class CapWindows:
    """`bi.cap_windows` of one person, on a real database."""

    def __init__(self, read_set: ReadSet, history: History, world: World) -> None:
        self.read_set = read_set
        for structure, kind in world.structures.items():
            granted = world.derogations(structure)
            read_set.add("structure", structure, structure_registered(kind, "2015-01-01"), *granted)
        for one, kind in world.clients.items():
            read_set.add("client", one, ClientRegistered(kind=kind, registered_on=date(2015, 1, 1)))  # type: ignore[arg-type]
        add(read_set, f"person/{uid('person')}", facts_of(history, "placements"))

    def on(self, structure: str, day: date) -> dict[str, Any] | None:
        see(self.read_set.connection, day)
        columns = "window_starts_on, window_ends_on, hours_limit, hours_worked, hours_planned, hours_left"
        where = f"person_id = '{uid('person')}' AND structure_id = '{uid(structure)}' AND current"
        rows = self.read_set.read("cap_windows", columns, where)
        if not rows:
            return None
        (row,) = rows
        return {"window": (row[0], row[1]), "limit": row[2], "worked": row[3], "planned": row[4], "left": row[5]}


# Bridges


def bridge_breaches(*spans: tuple[str, str]) -> list[str]:
    """Kinds of breaches of bridges by an ACI with a company."""
    worker = Worker()
    for number, (first, last) in enumerate(spans):
        worker.agreed(f"P{number}", first, structure="ACI", ends_on=last, purpose="bridge")
    return [one.kind for one in breaches(placements(worker.settled), date(2020, 1, 1))]


# Windows in the database


def windows_in_bi(read_set: ReadSet, days: list[date]) -> dict[date, date]:
    """First and last days, as `bi.cap_window_from` answers them."""
    asked = "unnest(%s::date[]) AS d (day)"
    query = f"SELECT w.starts_on, w.ends_on FROM {asked} CROSS JOIN LATERAL bi.cap_window_from(d.day) w"
    rows = read_set.connection.exec_driver_sql(query, (days,))
    return {row[0]: row[1] for row in rows}
