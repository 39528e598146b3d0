"""`parcours agrement`: a person's right on a day, and what may be declared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from parcours.client.http_client import DEFAULT_URL
from parcours.client.names_api import names_of
from parcours.commands.errors import Commands
from parcours.commands.options import Json, On, Token, Url, client_of, day_of, id_of
from parcours.terminal.agrement_view import draw
from parcours.terminal.console import print_json, screen

app = typer.Typer(cls=Commands)

Counting = Literal["reference", "day_exact"]


@app.command()
def agrement(
    person_id: Annotated[str, typer.Argument(metavar="ID", help="The person's UUID, or person/<uuid>.")],
    on: On = None,
    counting: Annotated[
        Counting | None,
        typer.Option("--counting", help="How suspended days move the end. [default: the suite's setting]"),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show a person's agréments on a day: state, both ends, what is left, what may be declared, and why.

    In French, for those who work with the person. A suspended agrément has two ends: if work resumes today, and if
    the suspension runs to its end; the second is not the one to count on.

    Exit 0: shown. 2: no answer.
    """
    wanted = id_of(person_id, "person")
    with client_of(url, token, retry_for_s=5.0) as client:
        view: dict[str, Any] = client.get(
            f"/agrement/v1/persons/{wanted}", {"on": day_of("--on", on), "counting": counting}
        )
        if as_json:
            print_json(view)
        else:
            draw(view, screen(), names_of(client, [view["person_id"]]))
