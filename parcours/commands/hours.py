"""`parcours hours`: how many hours a person may still be lent to companies."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from parcours.client.http_client import DEFAULT_URL
from parcours.client.names_api import names_of
from parcours.client.query_api import structures
from parcours.commands.errors import Commands
from parcours.commands.options import Json, On, Token, Url, client_of, day_of, id_of
from parcours.terminal.console import print_json, screen
from parcours.terminal.hours_left import draw

app = typer.Typer(cls=Commands)


@app.command()
def hours(
    person_id: Annotated[str, typer.Argument(metavar="ID", help="The person's UUID, or person/<uuid>.")],
    on: On = None,
    structure: Annotated[
        str | None,
        typer.Option("--structure", metavar="ID", help="Only of this association, even before its first placement."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show how many hours an association may still lend a person to companies: until when, and with whom they count.

    In French, for those who plan the work. Hours planned and not worked yet count, and those of the whole period,
    later than DAY too; hours with households never do.

    Exit 0: shown. 2: no answer.
    """
    wanted = id_of(person_id, "person")
    asked = {"on": day_of("--on", on), "structure_id": None if structure is None else id_of(structure, "structure")}
    with client_of(url, token, retry_for_s=5.0) as client:
        view: dict[str, Any] = client.get(f"/placements/v1/persons/{wanted}/cap", asked)
        if as_json:
            print_json(view)
        else:
            draw(
                view,
                structures(client, {cap["structure_id"] for cap in view["caps"]}),
                screen(),
                names_of(client, [view["person_id"]]),
            )
