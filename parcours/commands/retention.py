"""`parcours retention`: of whom nothing is to be kept any more, and forgetting them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast

import typer

from parcours.client.erasure import say_erased
from parcours.client.http_client import DEFAULT_URL, Client
from parcours.commands.errors import Commands
from parcours.commands.options import Json, On, Token, Url, client_of, database_url_of, day_of, settings_of
from parcours.terminal.console import FOUND_SOMETHING, confirm, give_up, print_line, progress, say
from shared.facts.fact import paris_day
from shared.process.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

    from parcours.forgetting_due import Erased
    from services.projections.retention.due import Undecided
    from services.projections.retention.keeping import Keeping

app = typer.Typer(cls=Commands)

GROUND = "retention"
KEPT = "kept"
"""Outcome of who was left: `parcours.forgetting_due`."""

_LINE = "{:<36}  {:<10}  {:<10}  {:<10}  {:<10}  {:<10}  {}"
_HEAD = ("person", "contact", "carence", "window", "ESF until", "kept until", "")
_DAYS = ("last_contact_on", "carence_ends_on", "window_closes_on", "esf_until", "kept_until")


class _Reading(NamedTuple):
    """The read side, as of a day."""

    connection: Connection[Any]
    settings: Settings
    day: date


@app.command()
def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Erase those that are due. It cannot be taken back.")] = False,
    on: On = None,
    at_most: Annotated[
        int, typer.Option("--at-most", min=1, help="With --apply: where more are due, nobody is erased.")
    ] = 10,
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: do not ask, as in a script.")] = False,
    source: Annotated[
        str | None,
        typer.Option(help="With --apply: in whose name, a source of the token's.", show_default="its only one"),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """List persons of whom nothing is to be kept any more, and those that come to it in the months ahead.

    24 months after the last of contact, carence and window of a prolongation, or by the records of the European Social
    Fund: a dated table (docs/data-protection.md). Of a person under several ids by all its facts. Persons whose data are
    limited are kept, and not listed. With --json one object a line.

    With --apply, on a machine that reaches the databases, those that are due are erased one after the other (`parcours
    erase`, ground `retention`), with tokens by a data_steward: each is looked at again right before, and left where
    something has been recorded of it that is not read yet. More than --at-most erase nobody. At a refusal it
    stops; called again it goes on. What is undecided is never erased. With --json a line for each of them, with `outcome`.

    Exit 0: listed, or all that are due erased. 1: of some nobody can say, as their facts are not all there; or of those due
    some were left. 2: could not run, or it was refused.
    """
    today = paris_day(datetime.now(UTC))
    day = day_of("--on", on) or today
    if apply and day > today:
        give_up(f"--on {day} is a day to come, on which nobody is due yet: --apply erases as of today or a day before")
    with _reading(day) as reading:
        if not apply:
            wrong = _list(reading, as_json)
        else:
            due, undecided = _due(reading)
            if len(due) > at_most:
                give_up(
                    f"{len(due)} persons are due, and nobody was erased: look at them (leave --apply out), and where that"
                    f" is right say --at-most {len(due)}"
                )
            if due and not yes:
                for place, one in enumerate(due):
                    _print(_object(one, day), is_first=place == 0)
                confirm(f"Erase {len(due)} person{'' if len(due) == 1 else 's'}? It cannot be taken back.")
            with client_of(url, token) as client:
                left = _erase(reading, due, lambda subject: _outcome(client, subject, today, source), as_json)
            wrong = bool(left or undecided)
            if undecided:
                say(f"{undecided} undecided, and left")
    if wrong:
        raise typer.Exit(FOUND_SOMETHING)


def _list(reading: _Reading, as_json: bool) -> bool:
    """Whether somebody is undecided."""
    counts = {"due": 0, "soon": 0, "undecided": 0}
    for place, one in enumerate(_found(reading)):
        line = _object(one, reading.day)
        counts[line["state"]] += 1
        if as_json:
            print_line(line)
        else:
            _print(line, is_first=place == 0)
    if not as_json:
        say(f"{counts['due']} due on {reading.day}, {counts['soon']} soon, {counts['undecided']} undecided")
    return bool(counts["undecided"])


def _due(reading: _Reading) -> tuple[list[Keeping], int]:
    """Those that are due, and how many are undecided."""
    due: list[Keeping] = []
    undecided = 0
    for found in _found(reading):
        state = _object(found, reading.day)["state"]
        undecided += state == "undecided"
        if state == "due":
            due.append(cast("Keeping", found))
    return due, undecided


def _erase(reading: _Reading, due: Sequence[Keeping], erase: Callable[[str], str], as_json: bool) -> int:
    """How many were left."""
    from parcours.forgetting_due import Forgetting, opened_stores  # noqa: PLC0415

    left = 0
    with (
        opened_stores(lambda name: database_url_of(reading.settings, name)) as stores,
        progress("Forgetting", "persons") as shown,
    ):
        forgetting = Forgetting(reading.connection, reading.settings, stores, erase, reading.day)
        for number, one in enumerate(forgetting.of(due), start=1):
            left += one.outcome == KEPT
            _tell(one, reading.day, as_json)
            shown.of(number, len(due))
    if not as_json:
        say(f"{len(due) - left} forgotten, {left} left")
    return left


def _tell(one: Erased, day: date, as_json: bool) -> None:
    line = {**_object(one.due, day), "outcome": one.outcome, "reason": one.reason}
    if as_json:
        print_line(line)
    else:
        why = f": {one.reason}" if one.reason else f", kept until {line['kept_until']}"
        print(f"person/{line['person_id']} {'was left' if one.outcome == KEPT else 'is forgotten'}{why}", flush=True)


def _outcome(client: Client, subject: str, today: date, source: str | None) -> str:
    outcome: str = say_erased(client, subject.removeprefix("person/"), today, GROUND, source)["outcome"]
    return outcome


@contextmanager
def _reading(day: date) -> Iterator[_Reading]:
    """Imported when asked for: it takes every service with it, and `--help` should not."""
    from services.projections.database import Database  # noqa: PLC0415

    settings = settings_of()
    database = Database(database_url_of(settings, "projections"))
    try:
        connection = database.alone(autocommit=True)
        try:
            yield _Reading(connection, settings, day)
        finally:
            connection.close()
    finally:
        database.close()


def _found(reading: _Reading) -> Iterator[Keeping | Undecided]:
    from services.projections.catalogue import CATALOGUE  # noqa: PLC0415
    from services.projections.law.retention import retention_on  # noqa: PLC0415
    from services.projections.retention.due import due  # noqa: PLC0415
    from shared.facts.months import months_after  # noqa: PLC0415

    through = months_after(reading.day, retention_on(reading.day).warning.months)
    return due(reading.connection, CATALOGUE, reading.settings, reading.day, through)


def _object(found: Keeping | Undecided, day: date) -> dict[str, Any]:
    """As JSON: days as text."""
    kept_until = getattr(found, "kept_until", None)
    state = "undecided" if kept_until is None else "due" if kept_until < day else "soon"
    days = {name: getattr(found, name, None) for name in _DAYS}
    return {
        "person_id": str(found.person_id),
        "state": state,
        **{name: None if value is None else value.isoformat() for name, value in days.items()},
        "reason": getattr(found, "reason", None),
    }


def _print(line: dict[str, Any], *, is_first: bool) -> None:
    if is_first:
        print(_LINE.format(*_HEAD).rstrip())
    told = line["state"] if line["reason"] is None else f"{line['state']}: {line['reason']}"
    print(_LINE.format(line["person_id"], *(line[name] or "" for name in _DAYS), told))
