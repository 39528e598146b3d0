"""`parcours pause` and `parcours resume`: roles that stand still because somebody wants it."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from time import monotonic, sleep
from typing import Annotated, Any

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import Json, database_url_of, settings_of
from parcours.terminal.console import FOUND_SOMETHING, print_json, progress
from shared.roles import tables
from shared.roles.looking_around import roles_database
from shared.roles.role import pausable, role_named
from shared.roles.tables import Pause
from shared.roles.verdict import RoleStanding, standings

app = typer.Typer(cls=Commands)

CONFIRMED_WITHIN_S = 30.0
"""A loop stands still after the step it is in: as long as its longest step takes."""
LOOK_S = 0.2
LONGEST = 300
"""Characters kept of a name or a reason: they stand in one line of `parcours status`."""

RoleName = Annotated[
    str, typer.Argument(metavar="ROLE", help="As `parcours status` calls it: projector, relay-pathways…")
]
By = Annotated[str | None, typer.Option("--by", help="Who wants it. [default: the system's user]")]


@app.command()
def pause(
    role: RoleName,
    reason: Annotated[str, typer.Option("--reason", help="Why; shown by `parcours status`.")] = "",
    by: By = None,
    as_json: Json = False,
) -> None:
    """Have every process of a role stand still, until `parcours resume`: also those that are started meanwhile.

    Projector, relays, policies and clock can be paused; what answers HTTP cannot. Nothing is lost: what comes waits
    in the stores. Waits until the processes stand still.

    Exit 0: paused. 1: it is noted, but a process has not stood still in time. 2: could not run.
    """
    found = pausable(role)
    url = database_url_of(settings_of(), found.service)
    with roles_database(url) as connection:
        is_new = tables.pause(connection, role, _one_line(by or _user()), _one_line(reason))
        said = tables.pauses(connection)[role]
        moving = _waited(lambda: _not_yet(connection, role), f"Waiting for {role} to stand still")
    if as_json:
        print_json({"role": role, "paused": _shown(said), "was_paused": not is_new, "still_moving": _processes(moving)})
    else:
        print(f"{role} is {said}" + ("" if is_new else " (it was already)"))
        for one in moving:
            print(f"{one.process} on {one.host} has not stood still yet: {one.state}")
    if moving:
        raise typer.Exit(FOUND_SOMETHING)


@app.command()
def resume(role: RoleName, as_json: Json = False) -> None:
    """Let a paused role go on, from where it stood still.

    Exit 0: it may go on. 2: could not run.
    """
    found = role_named(role)
    with roles_database(database_url_of(settings_of(), found.service)) as connection:
        said = tables.pauses(connection).get(role)
        tables.resume(connection, role)
    if as_json:
        print_json({"role": role, "was_paused": said is not None, "paused": None})
    else:
        print(f"{role} goes on; it was {said}" if said else f"{role} was not paused")


def _not_yet(connection: Any, role: str) -> list[RoleStanding]:
    """Its processes that live and do something."""
    found = standings(role_named(role), tables.heartbeats(connection), None)
    return [one for one in found if one.process and one.state not in ("paused", "gone")]


def _waited(moving: Callable[[], list[RoleStanding]], label: str) -> list[RoleStanding]:
    """Those that are still not there once the time is up."""
    until = monotonic() + CONFIRMED_WITHIN_S
    with progress(label, "processes") as shown:
        while (left := moving()) and monotonic() < until:
            shown.at(len(left))
            sleep(LOOK_S)
    return left


def _one_line(text: str) -> str:
    """What a database, a log line and a terminal can show of it."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:LONGEST]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in containers
        return "unknown"


def _shown(said: Pause) -> dict[str, Any]:
    return {"since": said.since.isoformat(), "by": said.by, "reason": said.reason}


def _processes(standing: list[RoleStanding]) -> list[dict[str, Any]]:
    return [{"process": one.process, "host": one.host, "state": one.state} for one in standing]
