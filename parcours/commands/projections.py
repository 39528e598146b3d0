"""`parcours projections`: read sets listed, rebuilt and promoted while everything goes on."""

from __future__ import annotations

from dataclasses import asdict
from types import ModuleType
from typing import Annotated, Any

import typer
from rich.table import Table

from parcours.commands.errors import Commands
from parcours.commands.options import Json, database_url_of, settings_of
from parcours.terminal.console import print_json, progress, screen
from shared.process.settings import Settings

app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def projections() -> None:
    """List, rebuild and promote read sets: the tables that people, BI tools and exports read."""


@app.command("list")
def list_read_sets(as_json: Json = False) -> None:
    """List the read sets: which is current, which are being built, which came before."""
    found = _building().list_read_sets(database_url_of(settings_of(), "projections"))
    if as_json:
        print_json({"read_sets": [asdict(read_set) for read_set in found]})
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "state", "created", "promoted", "version", "settings"):
        table.add_column(title)
    for read_set in found:
        created = f"{read_set.created_at:%Y-%m-%d %H:%M}"
        promoted = f"{read_set.promoted_at:%Y-%m-%d %H:%M}" if read_set.promoted_at else ""
        values = ", ".join(f"{name} {value}" for name, value in read_set.settings.items())
        table.add_row(read_set.name, read_set.state, created, promoted, str(read_set.rows_version), values)
    screen().print(table if found else "There is no read set yet: a projector makes the first one.")


@app.command()
def rebuild(
    into: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the new read set. [default: the next number]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fold every history into a new read set, beside the current one, which goes on being read and kept.

    A rebuild that was stopped goes on where it was when it is called with the same --into. The new set is not read
    before `parcours projections promote NAME`.
    """
    settings = settings_of()
    with progress("Rebuilding", "subjects") as shown:
        made = _building().rebuild(
            database_url_of(settings, "projections"),
            into,
            _recipe(settings),
            lambda done, total: shown.at(done, done / total if total else None),
        )
    if as_json:
        print_json({"read_set": asdict(made)})
    else:
        print(f"read set {made.name} is built; read it with `parcours projections promote {made.name}`")


@app.command()
def promote(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The read set, as `list` names it.")],
    as_json: Json = False,
) -> None:
    """Make a read set the current one: everything that is read comes from it, from one moment to the next."""
    settings = settings_of()
    promoted = _building().promote(database_url_of(settings, "projections"), name, _recipe(settings))
    if as_json:
        print_json({"read_set": asdict(promoted)})
    else:
        print(f"read set {promoted.name} is current")


def _building() -> ModuleType:
    """Imported when asked for: it takes every service with it, and `--help` should not."""
    from services.projections.read_sets import building  # noqa: PLC0415

    return building


def _recipe(settings: Settings) -> Any:
    from services.projections.read_sets.recipe import Recipe  # noqa: PLC0415

    return Recipe.of(settings)
