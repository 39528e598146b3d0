"""`parcours names`: what persons are called, given from a file, and put under another key."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import psycopg
import typer

from parcours.client.http_client import DEFAULT_URL, Client
from parcours.client.name_files import NameLine, name_lines
from parcours.client.names_api import give
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of, id_of, settings_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, progress, say
from shared.process.embedded import connect_options

app = typer.Typer(cls=Commands, no_args_is_help=True)

SHOWN = 20
"""Faults told of one import; the others are counted."""


@app.callback()
def names() -> None:
    """Give names from a file, and put names under another key."""


@app.command("import")
def import_names(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV with a head, or JSON lines; - for standard input.")],
    structure: Annotated[
        str | None,
        typer.Option("--structure", metavar="ID", help="Whose words these are, where the token leaves that open."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Say what persons are called: columns person_id, family_name, given_names, birth_date.

    Commas, semicolons or tabs; UTF-8. Given again, a name is replaced. What is refused is told by its line and never
    quoted; the others are given.

    Exit 0: all given. 1: some were refused. 2: could not run.
    """
    said_for = None if structure is None else str(id_of(structure, "structure"))
    given, refused = 0, list[dict[str, Any]]()
    with client_of(url, token) as client, _opened(file) as stream, progress("Names", "names") as shown:
        for line in name_lines(stream):
            fault = line.fault or _given(client, line, said_for)
            if fault:
                refused.append({"line": line.number, "reason": fault})
            else:
                given += 1
            shown.at(given + len(refused))
    if as_json:
        print_json({"given": given, "refused": refused})
    else:
        for one in refused[:SHOWN]:
            say(f"line {one['line']}: {one['reason']}")
        print(f"{given:,} given" + (f", {len(refused):,} refused" if refused else ""))
    if refused:
        raise typer.Exit(FOUND_SOMETHING)


def _given(client: Client, line: NameLine, said_for: str | None) -> str:
    """Why it was refused; empty where it was given. Raise CommandError for what would befall every line alike."""
    answer = give(client, line.person_id, line.names or {}, said_for)
    if answer.status in (401, 403, 404) or answer.code == "sayer_needed":
        give_up(f"line {line.number}: {answer.reason()}" + ("; give --structure ID" if said_for is None else ""))
    return "" if answer.is_good else answer.reason()


@contextmanager
def _opened(file: str) -> Iterator[TextIO]:
    if file == "-":
        yield sys.stdin
        return
    try:
        with Path(file).open(encoding="utf-8", newline="") as stream:
            yield stream
    except UnicodeDecodeError:
        give_up(f"{file} is not UTF-8: save it as CSV UTF-8")
    except OSError as error:
        give_up(f"{file} cannot be read: {error.strerror}")


@app.command()
def rewrap(as_json: Json = False) -> None:
    """Put names that an older key keeps under the first one of PARCOURS_IDENTITY_KEY; afterwards the older is not needed.

    Start the service with both keys before. May be stopped and run again; names go on being given and read meanwhile.

    Exit 0: all are under the first key. 1: some do not open, and stay as they are; the log names them. 2: could not run.
    """
    from parcours.database_choice import with_running_database  # noqa: PLC0415
    from services.identities.keys import keyring_of  # noqa: PLC0415
    from services.identities.rewrapping import rewrap as put_under_current  # noqa: PLC0415

    settings = with_running_database(settings_of())
    ring = keyring_of(settings.identity_key.get_secret_value() if settings.identity_key else None)
    url = settings.database_url_of("identities")
    with (
        psycopg.connect(url, autocommit=True, **connect_options("rewrap")) as connection,
        progress("Names", "names") as shown,
    ):
        done = put_under_current(connection, ring, shown.of)
    if as_json:
        print_json({"key": ring.current.key_id, "rewrapped": done.done, "unopened": done.unopened})
    else:
        told = f"; {done.unopened:,} do not open and stay as they are" if done.unopened else ""
        print(f"{done.done:,} put under the key called {ring.current.key_id}{told}")
    if done.unopened:
        raise typer.Exit(FOUND_SOMETHING)
