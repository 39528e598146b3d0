"""`parcours accesses`: who has read what about whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Annotated, Any

import typer
from rich.table import Table

from parcours.client.http_client import DEFAULT_URL, AnswerError, Client
from parcours.client.query_api import NOT_FOUND, everything
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of, day_of, id_of
from parcours.terminal.console import give_up, print_json, screen
from shared.process.settings import SERVICES
from shared.roles.role import OPTIONAL

app = typer.Typer(cls=Commands)

COLUMNS = ("at", "sub", "role", "acting_for", "purpose", "route", "persons", "rows")


@app.command()
def accesses(
    *,
    person: Annotated[str | None, typer.Option(metavar="ID", help="Answers about this person; needs --reason.")] = None,
    sub: Annotated[str | None, typer.Option(metavar="SUB", help="Answers to this subject of a token.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="DAY", help="From this day on.")] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="CODE", help="Why this person: code or number of the case, kept in the log.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Lines at most, the latest first.")] = 100,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Show the log of reads: who asked, as what, for whom and why, by which route, about how many persons.

    Of all services, the latest first: each answers for its own. Where one does not answer, nothing is shown.

    With tokens this takes the role auditor. Looking at one person is itself a line of the log, with its reason.

    Exit 0: shown, many lines or none. 2: no answer.
    """
    if person is None and sub is None and since is None:
        give_up("say whose reads: --person, --sub or --from")
    if person is not None and reason is None:
        give_up("one person, one reason: give --reason CODE")
    query = {
        "person_id": None if person is None else id_of(person, "person"),
        "sub": sub,
        "from": day_of("--from", since),
        "reason": reason,
    }
    with client_of(url, token, retry_for_s=5.0) as client:
        logs = [_log(client, service, query) for service in SERVICES]
        rows = list(islice(merge(*logs, key=_at, reverse=True), limit))
    if as_json:
        print_json({"accesses": rows})
        return
    table = Table(*COLUMNS)
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in COLUMNS))
    screen().print(table)
    print(f"{len(rows)} line{'' if len(rows) == 1 else 's'}.")


def _log(client: Client, service: str, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A suite may go without names: it has no such address then."""
    try:
        yield from everything(client, f"/{service}/v1/accesses", query)
    except AnswerError as error:
        if service not in OPTIONAL or error.answer.status != NOT_FOUND:
            raise


def _at(row: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(row["at"])
