"""`parcours clock`: what follows from time alone."""

from __future__ import annotations

from datetime import date
from time import monotonic
from typing import Annotated

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import Json, day_of, settings_of
from parcours.commands.processes import Port, processes, run_until_stopped
from parcours.terminal.console import print_json, progress
from shared.process.logs import log_to_stderr
from shared.process.settings import Settings

app = typer.Typer(cls=Commands)


@app.command()
def clock(
    once: Annotated[bool, typer.Option("--once", help="Record what is due, and stop.")] = False,
    day: Annotated[
        str | None,
        typer.Option("--day", metavar="DAY", help="What is due by that day, once; it may lie ahead. [default: today]"),
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Write anew, from the facts, what will be due and when; records nothing.")
    ] = False,
    port: Port = None,
    as_json: Json = False,
) -> None:
    """Record what follows from time alone: agréments about to end, or over. Every minute, until told to stop.

    `parcours up` has a clock of its own. Several clocks record nothing twice, and one that stood still catches up.
    --port is for /readyz and /metrics.

    Exit 0: stopped, or all that was due is recorded. 2: could not run.
    """
    by = day_of("--day", day)
    settings = settings_of(port=port)
    if not once and by is None and not rebuild:
        run_until_stopped(settings, lambda: processes().clock(settings))
        return
    log_to_stderr(settings)
    if rebuild:
        _rebuild(settings, as_json)
    else:
        _strike_once(settings, by, as_json)


def _rebuild(settings: Settings, as_json: bool) -> None:
    started = monotonic()
    with progress("Rebuilding", "persons") as shown:
        persons = processes().rebuild_deadlines(settings, lambda done, _: shown.at(done))
    if as_json:
        print_json({"persons": persons, "seconds": round(monotonic() - started, 3)})
    else:
        print(f"what is due about {persons:,} persons is as the facts say")


def _strike_once(settings: Settings, by: date | None, as_json: bool) -> None:
    """Record what is due by that day; None: today."""
    started = monotonic()
    with progress("Clock", "persons") as shown:
        persons = processes().strike(settings, by, shown.of)
    if as_json:
        print_json({"day": by, "persons": persons, "seconds": round(monotonic() - started, 3)})
    else:
        print(f"{persons:,} persons had something due" if persons else "nothing is due")
