"""`parcours demo`: three years of an invented group, posted to a running suite."""

from __future__ import annotations

import typer

from parcours.client.http_client import DEFAULT_URL
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of
from parcours.terminal.console import FOUND_SOMETHING, print_json, screen

app = typer.Typer(cls=Commands)


@app.command()
def demo(url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False) -> None:
    """Post three years of an invented group to a running suite, and show what comes of it.

    Five structures of one group and some beside it, about 300 persons: hires, trainings, hand-overs, exits, hours.
    It goes through the ordinary intake; a second run records nothing new. At its end it prints who went from where
    to where, one pathway, and what to try next.
    """
    from parcours.demo import show  # noqa: PLC0415  only this command and `up --demo` need it

    with client_of(url, token) as client:
        loaded = show.load(client)
        show.wait_applied(client, loaded.positions)
        if as_json:
            print_json(show.as_json(client, loaded))
        else:
            show.show(client, loaded, screen())
    if loaded.refusals:
        raise typer.Exit(FOUND_SOMETHING)
