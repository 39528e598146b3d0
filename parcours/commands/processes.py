"""`parcours up`, `serve`, `relay`, `project`: what runs until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import settings_of
from parcours.terminal.console import give_up, print_line, say, say_as_log_lines
from shared.process.logs import log_to_stderr
from shared.process.settings import Settings

app = typer.Typer(cls=Commands)

WriteService = Literal["structures", "pathways", "agrement", "placements"]
AnyService = Literal["structures", "pathways", "agrement", "placements", "projections", "identities"]

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
    keys: Annotated[
        bool, typer.Option("--keys", help="Ask for tokens, and write one for each role into --data-dir: to try rights.")
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
    run_until_stopped(settings, lambda: processes().up(settings, demo=demo, announce=announce, keys=keys))


@app.command()
def serve(
    service: Annotated[AnyService, typer.Argument(help="The service to answer for.")],
    host: Host = None,
    port: Port = None,
) -> None:
    """Run one service alone, behind the same addresses as in the whole suite."""
    settings = settings_of(host=host, port=port)
    run_until_stopped(settings, lambda: processes().serve(settings, service))


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
    run_until_stopped(settings, lambda: processes().relay(settings, service))


@app.command()
def project(port: Port = None) -> None:
    """Keep the read models up to date, from Kafka or from the services' stores."""
    settings = settings_of(port=port)
    run_until_stopped(settings, lambda: processes().project(settings))


def run_until_stopped(settings: Settings, run: Callable[[], int]) -> None:
    """Until told to stop. Ctrl-C before everything is up is a stop like any other."""
    log_to_stderr(settings)
    if settings.log_json:
        say_as_log_lines()
    try:
        code = run()
    except KeyboardInterrupt:
        code = 0
    if code:
        raise typer.Exit(code)


def _announce(text: str) -> None:
    say(f"parcours: {text}")


def processes() -> ModuleType:
    """Imported when asked for: it takes every service with it, and `--help` should not."""
    from parcours import processes  # noqa: PLC0415

    return processes
