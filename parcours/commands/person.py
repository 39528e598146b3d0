"""`parcours person`: what the read side says of one person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from parcours.client.http_client import DEFAULT_URL
from parcours.client.names_api import names_of
from parcours.client.query_api import structures, timeline
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of, day_of, id_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, say, screen
from parcours.terminal.timeline import draw, structure_ids
from shared.facts.fact import paris_day

app = typer.Typer(cls=Commands)


@app.command()
def person(
    person_id: Annotated[str, typer.Argument(metavar="ID", help="The person's UUID, or person/<uuid>.")],
    as_of: Annotated[
        str | None, typer.Option(metavar="DAY", help="As things stood on that day: later facts are left out.")
    ] = None,
    known_at: Annotated[
        str | None, typer.Option(metavar="DAY", help="As it was known at the end of that day, or at that instant.")
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show a person's pathway: the stays in structures over the months, exits, trainings, hand-overs, follow-ups.

    The drawing is in French, for those who work with the person. It says so where facts are missing.

    Exit 0: shown. 1: shown, but it is incomplete. 2: nobody is known under this id, or no answer.
    """
    wanted = id_of(person_id, "person")
    day = day_of("--as-of", as_of or None)
    with client_of(url, token, retry_for_s=5.0) as client:
        pathway = timeline(client, wanted, str(day) if day else None, _instant(known_at) if known_at else None)
        if pathway is None:
            give_up(f"no person {wanted} is known at {client.url}, or it is not yours to see")
        if as_json:
            print_json(pathway)
        else:
            draw(
                pathway,
                structures(client, structure_ids(pathway)),
                day or paris_day(datetime.now().astimezone()),
                screen(),
                names_of(client, [str(pathway["person_id"])]),
            )
    if not pathway.get("complete", True):
        say("parcours: the pathway is incomplete; see `parcours status`")
        raise typer.Exit(FOUND_SOMETHING)


def _instant(text: str) -> str:
    try:
        if datetime.fromisoformat(text).tzinfo is None:
            date.fromisoformat(text)
    except ValueError:
        give_up(f"--known-at {text} is neither a day nor an instant: 2024-06-30, or 2024-06-30T12:00:00+02:00")
    return text
