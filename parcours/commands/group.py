"""`parcours handovers`, `ready`, `follow-ups`: what the members of a group do for one another's people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from parcours.client.http_client import DEFAULT_URL, AnswerError, Client
from parcours.client.names_api import names_of
from parcours.client.query_api import NOT_FOUND, candidates, everything, structures
from parcours.commands.errors import Commands
from parcours.commands.options import Json, On, Token, Url, client_of, day_of, id_of
from parcours.terminal.console import give_up, print_json, screen
from parcours.terminal.group import (
    criteria_told,
    follow_ups_counted,
    follow_ups_table,
    handovers_counted,
    handovers_table,
    ready_counted,
    ready_table,
)
from parcours.terminal.persons import Names
from parcours.terminal.structures import Structures

app = typer.Typer(cls=Commands)

State = Literal["proposed", "accepted", "declined", "withdrawn", "completed", "expired"]
Rows = list[dict[str, Any]]

AgrementDays = Annotated[
    str | None, typer.Option("--agrement-days", metavar="N", help="At least so many days of agrément left.")
]
ContractDays = Annotated[
    str | None, typer.Option("--contract-days", metavar="N", help="The contract ends within so many days.")
]
Trainings = Annotated[str | None, typer.Option("--trainings", metavar="N", help="At least so many trainings finished.")]
Stage = Annotated[str | None, typer.Option("--stage", metavar="N", help="At most this stage, 1 to 5.")]
"""Criteria of `ready`: numbers, or `none`."""


@app.command()
def handovers(
    structure: Annotated[str, typer.Argument(metavar="STRUCTURE", help="The structure's UUID, or structure/<uuid>.")],
    *,
    direction: Annotated[Literal["to", "from"], typer.Option("--direction", help="Proposed to it, or by it.")] = "to",
    state: Annotated[State | None, typer.Option("--state", help="Only hand-overs in this state.")] = None,
    on: On = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List who is proposed to a structure, since when, and what has become of it.

    In French, for those who work with the persons. A hand-over is completed by a hire within sixty days (a setting).

    Exit 0: listed, none or many. 2: no such structure, or no answer.
    """
    wanted = id_of(structure, "structure")
    filters = {"direction": direction, "state": state, "on": day_of("--on", on)}
    with client_of(url, token, retry_for_s=5.0) as client:
        with _known(f"structure {wanted}", client):
            rows = list(everything(client, _of_structure(wanted, "handovers"), filters))
        if as_json:
            print_json({"handovers": rows})
        else:
            _show(client, rows, handovers_table, ("from_structure_id", "to_structure_id"))
            print(handovers_counted(rows))


@app.command()
def ready(
    group: Annotated[str, typer.Argument(metavar="GROUP", help="The group's UUID, or group/<uuid>.")],
    *,
    agrement_days: AgrementDays = None,
    contract_days: ContractDays = None,
    trainings: Trainings = None,
    stage: Stage = None,
    only_ready: Annotated[bool, typer.Option("--only-ready", help="Only those who meet all criteria.")] = False,
    on: On = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List who in a group may take the next step, and what is missing to the others.

    In French, for those who work with the persons. Criteria come from a dated table unless given; `none` leaves one
    out. What is not known suffices for none.

    Exit 0: listed, none or many. 2: no such group, or no answer.
    """
    wanted = id_of(group, "group")
    filters = {
        "agrement_days_left_min": _bound("--agrement-days", agrement_days),
        "contract_days_left_max": _bound("--contract-days", contract_days),
        "trainings_finished_min": _bound("--trainings", trainings),
        "stage_max": _bound("--stage", stage),
        "ready": "true" if only_ready else None,
        "on": day_of("--on", on),
    }
    with client_of(url, token, retry_for_s=5.0) as client:
        with _known(f"group {wanted}", client):
            answer = candidates(client, f"/projections/v1/groups/{wanted}/ready", filters)
        if as_json:
            print_json(answer)
        else:
            print(criteria_told(answer["criteria"]))
            _show(client, answer["items"], ready_table, ("structure_id", "handover_to_structure_id"))
            print(ready_counted(answer["items"]))


@app.command("follow-ups")
def follow_ups(
    structure: Annotated[
        str | None, typer.Argument(metavar="[STRUCTURE]", help="Only those who left this structure.")
    ] = None,
    *,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those that are overdue.")] = False,
    on: On = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List whom to ask what became of them, 3, 6 and 12 months after they left.

    In French, for those who work with the persons. Nobody is asked who is in a step on that day.

    Exit 0: listed, none or many. 2: no such structure, or no answer.
    """
    wanted = None if structure is None else id_of(structure, "structure")
    path = "/projections/v1/follow-ups" if wanted is None else _of_structure(wanted, "follow-ups")
    filters = {"state": "overdue" if overdue else None, "on": day_of("--on", on)}
    with client_of(url, token, retry_for_s=5.0) as client:
        with _known(f"structure {wanted}", client):
            rows = list(everything(client, path, filters))
        rows.sort(key=lambda row: (row["due_on"], row["person_id"]))
        if as_json:
            print_json({"follow_ups": rows})
        else:
            _show(client, rows, follow_ups_table, ("structure_id",))
            print(follow_ups_counted(rows))


def _of_structure(structure_id: object, what: str) -> str:
    return f"/projections/v1/structures/{structure_id}/{what}"


@contextmanager
def _known(what: str, client: Client) -> Iterator[None]:
    """Raise CommandError where there is no such thing."""
    try:
        yield
    except AnswerError as error:
        if error.answer.status == NOT_FOUND and error.answer.code == "not_found":
            give_up(f"no {what} is known at {client.url}, or it is not yours to see")
        raise


def _show(client: Client, rows: Rows, table: Callable[[Rows, Structures, Names], Table], bodies: Iterable[str]) -> None:
    if rows:
        known = structures(client, {row[name] for row in rows for name in bodies if row[name]})
        screen().print(table(rows, known, names_of(client, (row["person_id"] for row in rows))))


def _bound(option: str, text: str | None) -> str | None:
    if text is not None and text != "none" and not text.isdecimal():
        give_up(f"{option} {text} is neither a whole number nor none")
    return text
