"""`parcours alerts`: what to look at, about persons and structures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import typer

from parcours.client.http_client import DEFAULT_URL, Client
from parcours.client.names_api import names_of
from parcours.client.query_api import everything, structures
from parcours.commands.errors import Commands
from parcours.commands.options import Json, On, Token, Url, client_of, day_of, id_of, subject_of
from parcours.terminal.alerts import TO_DO, alerts_table, counted
from parcours.terminal.console import give_up, print_json, screen

app = typer.Typer(cls=Commands)

Severity = Literal["high", "medium", "low"]

Kinds = Annotated[
    list[str] | None, typer.Option("--kind", metavar="KIND", help="Only alerts of this kind; may be given again.")
]
About = Annotated[
    str | None, typer.Option("--subject", metavar="SUBJECT", help="Only about this person/… or structure/….")
]
InGroup = Annotated[
    str | None, typer.Option("--group", metavar="ID", help="Only in the members of this group on that day.")
]


@app.command()
def alerts(
    *,
    kind: Kinds = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only alerts of this severity.")] = None,
    subject: About = None,
    person: Annotated[str | None, typer.Option("--person", metavar="ID", help="Only about this person.")] = None,
    structure: Annotated[str | None, typer.Option("--structure", metavar="ID", help="Only in this structure.")] = None,
    group: InGroup = None,
    everything_begun: Annotated[bool, typer.Option("--all", help="Those that are over too.")] = False,
    on: On = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List what to look at: rights, contracts, hours, hand-overs, follow-ups, certifications.

    In French, for those who work with the persons; each says what to do. The most pressing come first, and counts by
    kind end the list: the codes there are what --kind takes.

    Exit 0: listed, none or many. 2: no answer.
    """
    filters = {
        "severity": severity,
        "subject": None if subject is None else subject_of(subject),
        "person_id": None if person is None else id_of(person, "person"),
        "structure_id": None if structure is None else id_of(structure, "structure"),
        "group_id": None if group is None else id_of(group, "group"),
        "current": None if everything_begun else "true",
        "on": day_of("--on", on),
    }
    kinds = _known(kind or [])
    with client_of(url, token, retry_for_s=5.0) as client:
        rows = list(_rows(client, filters, kinds))
        if as_json:
            print_json({"alerts": rows})
            return
        if rows:
            known = structures(client, {row["structure_id"] for row in rows if row["structure_id"]})
            names = names_of(client, (row["person_id"] for row in rows))
            screen().print(alerts_table(rows, known, names))
    print(counted(rows))


def _rows(client: Client, filters: dict[str, Any], kinds: list[str]) -> Iterator[dict[str, Any]]:
    wanted: list[str | None] = [*kinds] or [None]
    for kind in wanted:
        yield from everything(client, "/projections/v1/alerts", {**filters, "kind": kind})


def _known(kinds: list[str]) -> list[str]:
    """Each once. Raise CommandError."""
    for kind in kinds:
        if kind not in TO_DO:
            give_up(f"--kind {kind} is no kind of alert; there are {', '.join(TO_DO)}")
    return list(dict.fromkeys(kinds))
