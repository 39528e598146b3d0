"""`parcours up`, `demo`, `serve`, `relay`, `project`, `clock`: what runs until it is told to stop, and what shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Annotated, Literal

import typer

from parcours.client.http_client import DEFAULT_URL
from parcours.commands.base import Commands, Json, Token, Url, client_of, settings_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, print_line, progress, say, screen
from shared.process.logs import log_to_stderr
from shared.process.settings import Settings

app = typer.Typer(cls=Commands)

WriteService = Literal["structures", "pathways", "agrement", "placements"]
AnyService = Literal["structures", "pathways", "agrement", "placements", "projections"]

DatabaseUrl = Annotated[
    str | None, typer.Option("--database-url", help="PostgreSQL, instead of PARCOURS_DATABASE_URL.")
]
Kafka = Annotated[str | None, typer.Option("--kafka", help="Kafka's host:port, instead of PARCOURS_KAFKA_BOOTSTRAP.")]
Port = Annotated[int | None, typer.Option("--port", help="Port to listen on; 0: any free one. [default: 8000]")]
Host = Annotated[str | None, typer.Option("--host", help="Address to listen on. [default: 127.0.0.1]")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the embedded database. [default: .parcours]")
]


@app.command()
def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Post the demonstration once everything answers, and show it.")
    ] = False,
    database_url: DatabaseUrl = None,
    kafka: Kafka = None,
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each thing announced.")] = False,
) -> None:
    """Run the whole suite in this process: services, projections, query API.

    Without a database address PostgreSQL is started by itself, with its data in --data-dir. Without Kafka the
    projections read the services' stores. Ctrl-C or SIGTERM stops everything in order, with exit 0.
    """
    settings = settings_of(database_url=database_url, kafka_bootstrap=kafka, host=host, port=port, data_dir=data_dir)
    announce: Callable[[str], None] = (lambda text: print_line({"message": text})) if as_json else _announce
    _run(settings, lambda: _processes().up(settings, demo=demo, announce=announce))


@app.command()
def serve(
    service: Annotated[AnyService, typer.Argument(help="The service to answer for.")],
    host: Host = None,
    port: Port = None,
) -> None:
    """Run one service alone, behind the same addresses as in the whole suite."""
    settings = settings_of(host=host, port=port)
    _run(settings, lambda: _processes().serve(settings, service))


@app.command()
def relay(
    service: Annotated[WriteService, typer.Argument(help="The service whose facts are published.")], port: Port = None
) -> None:
    """Publish one service's facts onto its Kafka topic, from where it stopped.

    One relay of a service works at a time; a second one stands by and takes over. --port is for /readyz and /metrics.
    """
    settings = settings_of(port=port)
    if settings.kafka_bootstrap is None:
        give_up("PARCOURS_KAFKA_BOOTSTRAP is not set: there is no Kafka to publish to, and projections read the stores")
    _run(settings, lambda: _processes().relay(settings, service))


@app.command()
def project(port: Port = None) -> None:
    """Keep the read models up to date, from Kafka or from the services' stores."""
    settings = settings_of(port=port)
    _run(settings, lambda: _processes().project(settings))


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
    by = None if day is None else _day(day)
    settings = settings_of(port=port)
    if not once and by is None and not rebuild:
        _run(settings, lambda: _processes().clock(settings))
        return
    log_to_stderr(settings)
    started = monotonic()
    if rebuild:
        with progress("Rebuilding", "persons") as shown:
            persons = _processes().rebuild_deadlines(settings, lambda done, _: shown.at(done))
        if as_json:
            print_json({"persons": persons, "seconds": round(monotonic() - started, 3)})
        else:
            print(f"what is due about {persons:,} persons is as the facts say")
        return
    with progress("Clock", "persons") as shown:
        persons = _processes().strike(settings, by, lambda done, due: shown.at(done, done / due if due else None))
    seconds = monotonic() - started
    if as_json:
        print_json({"day": by, "persons": persons, "seconds": round(seconds, 3)})
    else:
        print(f"{persons:,} persons had something due" if persons else "nothing is due")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        give_up(f"--day {text} is no day: it looks like 2026-06-30")


@app.command()
def demo(url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False) -> None:
    """Post three years of an invented group to a running suite, and show what comes of it.

    Five structures of one group and some beside it, about 300 persons: hires, trainings, hand-overs, exits, hours.
    It goes through the ordinary intake; a second run records nothing new. At its end it prints who went from where
    to where, one pathway, and what to try next.
    """
    from parcours.demo import show  # noqa: PLC0415  only this command and `up --demo` need it

    client = client_of(url, token)
    try:
        loaded = show.load(client)
        show.wait_applied(client, loaded.positions)
        if as_json:
            print_json(show.as_json(client, loaded))
        else:
            show.show(client, loaded, screen())
    finally:
        client.close()
    if loaded.refusals:
        raise typer.Exit(FOUND_SOMETHING)


def _run(settings: Settings, run: Callable[[], int]) -> None:
    """Until told to stop. Ctrl-C before everything is up is a stop like any other."""
    log_to_stderr(settings)
    try:
        code = run()
    except KeyboardInterrupt:
        code = 0
    if code:
        raise typer.Exit(code)


def _announce(text: str) -> None:
    say(f"parcours: {text}")


def _processes() -> ModuleType:
    """Imported when asked for: it takes every service with it, and `--help` should not."""
    from parcours import processes  # noqa: PLC0415

    return processes
