"""`parcours access-request`: the answer to a person who asks what is held of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer

from parcours.client.http_client import DEFAULT_URL
from parcours.client.query_api import structures
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of, id_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, say

app = typer.Typer(cls=Commands)


@app.command("access-request")
def access_request(
    person: Annotated[str, typer.Argument(metavar="ID", help="The person: person/<uuid>, or the UUID.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Write the page (HTML) and the data (JSON) into this folder instead."
        ),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Answer a person's request for access (GDPR article 15): everything that any service holds of it, under all its ids,
    and who has read it.

    A page in French for the person; with --json the data as one document; with --out both, as files that only you can
    read. With tokens this takes the role data_steward; each answer is itself a line of the log of reads. Whether it
    is the person who asks is yours to see to before.

    Exit 0: answered. 1: answered, and nothing is held of such a person. 2: a service does not answer, and nothing was written.
    """
    from parcours.access_request.gathering import gathered  # noqa: PLC0415
    from parcours.access_request.page import Page, structure_ids  # noqa: PLC0415
    from parcours.access_request.words import Telling  # noqa: PLC0415
    from parcours.access_request.writing import write_html, write_json, write_text  # noqa: PLC0415

    if out is not None and as_json:
        give_up("--out writes both files: leave --json out")
    wanted = id_of(person, "person")
    at = datetime.now(UTC)
    with client_of(url, token, retry_for_s=30.0) as client, gathered(client, wanted) as found:
        names = {} if as_json else structures(client, structure_ids(found))

        def called(structure_id: str) -> str:
            return names[structure_id].label if structure_id in names else structure_id

        page = Page(found, Telling(called), at)
        if out is not None:
            _write(out, f"{wanted}.html", lambda file: write_html(page.blocks(), file))
            _write(out, f"{wanted}.json", lambda file: write_json(found, at, file))
        elif as_json:
            write_json(found, at, sys.stdout)
        else:
            write_text(page.blocks(), sys.stdout)
        if found.is_empty:
            say(f"nothing is held of person/{wanted}")
            raise typer.Exit(FOUND_SOMETHING)


def _write(folder: Path, name: str, write: Callable[[TextIO], None]) -> None:
    """Whole or not at all, and for nobody else to read."""
    unfinished = folder / f".{name}.unfinished"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            write(file)
        unfinished.replace(folder / name)
    except OSError as error:
        give_up(f"{folder / name} cannot be written: {error.strerror}")
    finally:
        unfinished.unlink(missing_ok=True)
    say(f"{folder / name}")
