"""`parcours projections`: read sets listed, rebuilt and promoted while everything goes on."""

from __future__ import annotations

from dataclasses import asdict
from types import ModuleType
from typing import Annotated

import typer
from rich.table import Table

from parcours.commands.base import Commands, Json, database_url_of, settings_of
from parcours.terminal.console import print_json, progress, screen

app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def projections() -> None:
    """List, rebuild and promote read sets: the tables that people, BI tools and exports read."""


@app.command("list")
def list_read_sets(as_json: Json = False) -> None:
    """List the read sets: which is current, which are being built, which came before."""
    found = _operations().list_read_sets(database_url_of(settings_of(), "projections"))
    if as_json:
        print_json({"read_sets": [asdict(one) for one in found]})
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "state", "created", "promoted", "code"):
        table.add_column(title)
    for one in found:
        promoted = f"{one.promoted_at:%Y-%m-%d %H:%M}" if one.promoted_at else ""
        table.add_row(one.name, one.state, f"{one.created_at:%Y-%m-%d %H:%M}", promoted, one.code_hash[:12])
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
        made = _operations().rebuild(
            database_url_of(settings, "projections"),
            into,
            lambda done, total: shown.at(done, done / total if total else None),
            settings,
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
    promoted = _operations().promote(database_url_of(settings, "projections"), name, settings)
    if as_json:
        print_json({"read_set": asdict(promoted)})
    else:
        print(f"read set {promoted.name} is current")


def _operations() -> ModuleType:
    """Imported when asked for: it takes every service with it, and `--help` should not."""
    from services.projections.read_sets import operations  # noqa: PLC0415

    return operations
