"""`parcours settings`."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

from parcours.commands.errors import Commands
from parcours.commands.options import Json, settings_of
from parcours.terminal.console import print_json, screen
from shared.process.settings import SettingRow, describe

app = typer.Typer(cls=Commands)


@app.command()
def settings(as_json: Json = False) -> None:
    """List every setting.

    Each is an environment variable, shown with the value in force and what it means. Settings come from the environment alone. Passwords and keys are never shown. Variables that begin with
    PARCOURS_ and are no setting are named on stderr, by every command.
    """
    rows = describe(settings_of())
    if as_json:
        print_json({"settings": [asdict(row) for row in rows]})
    else:
        screen().print(_table(rows))


def _table(rows: list[SettingRow]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("meaning")
    for row in rows:
        value = Text(row.value or "(none)", style="dim" if row.is_default else "bold")
        table.add_row(row.name, value, row.meaning + ("" if row.is_default else f" [default {row.default or 'none'}]"))
    return table
