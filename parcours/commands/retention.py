"""`parcours retention`: of whom nothing is to be kept any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import Json, On, database_url_of, day_of, settings_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_line, say
from shared.facts.fact import paris_day

if TYPE_CHECKING:
    from services.projections.retention.due import Undecided
    from services.projections.retention.keeping import Keeping

app = typer.Typer(cls=Commands)

_LINE = "{:<36}  {:<10}  {:<10}  {:<10}  {:<10}  {:<10}  {}"
_HEAD = ("person", "contact", "carence", "window", "ESF until", "kept until", "")


@app.command()
def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Erase those that are due.")] = False,
    on: On = None,
    as_json: Json = False,
) -> None:
    """List persons of whom nothing is to be kept any more, and those that come to it in the months ahead.

    24 months after the last of contact, carence and window of a prolongation, or by the records of the European Social
    Fund: a dated table (docs/data-protection.md). Of a person under several ids by all its facts. Persons whose data are
    limited are kept, and not listed. With --json one object a line.

    Exit 0: listed, many or nobody. 1: listed, and of some nobody can say: their facts are not all there. 2: could not run.
    """
    if apply:
        give_up(
            "nothing was erased: leave --apply out to list who is due, and erase each by `parcours erase ID --ground CODE`"
        )
    day = day_of("--on", on) or paris_day(datetime.now(UTC))
    counts = {"due": 0, "soon": 0, "undecided": 0}
    with _found(day) as found:
        for place, one in enumerate(found):
            line = _object(one, day)
            counts[line["state"]] += 1
            if as_json:
                print_line(line)
            else:
                _print(line, is_first=place == 0)
    if not as_json:
        say(f"{counts['due']} due on {day}, {counts['soon']} soon, {counts['undecided']} undecided")
    if counts["undecided"]:
        raise typer.Exit(FOUND_SOMETHING)


@contextmanager
def _found(day: date) -> Iterator[Iterator[Keeping | Undecided]]:
    """Imported when asked for: it takes every service with it, and `--help` should not."""
    from services.projections.catalogue import CATALOGUE  # noqa: PLC0415
    from services.projections.database import Database  # noqa: PLC0415
    from services.projections.law.retention import retention_on  # noqa: PLC0415
    from services.projections.retention.due import due  # noqa: PLC0415
    from shared.facts.months import months_after  # noqa: PLC0415

    settings = settings_of()
    through = months_after(day, retention_on(day).warning.months)
    database = Database(database_url_of(settings, "projections"))
    try:
        connection = database.alone(autocommit=True)
        try:
            yield due(connection, CATALOGUE, settings, day, through)
        finally:
            connection.close()
    finally:
        database.close()


def _object(found: Keeping | Undecided, day: date) -> dict[str, Any]:
    """As JSON: days as text."""
    kept_until = getattr(found, "kept_until", None)
    state = "undecided" if kept_until is None else "due" if kept_until < day else "soon"
    names = ("last_contact_on", "carence_ends_on", "window_closes_on", "esf_until", "kept_until")
    days = {name: getattr(found, name, None) for name in names}
    return {
        "person_id": str(found.person_id),
        "state": state,
        **{name: None if value is None else value.isoformat() for name, value in days.items()},
        "reason": getattr(found, "reason", None),
    }


def _print(line: dict[str, Any], *, is_first: bool) -> None:
    if is_first:
        print(_LINE.format(*_HEAD).rstrip())
    names = ("last_contact_on", "carence_ends_on", "window_closes_on", "esf_until", "kept_until")
    told = line["state"] if line["reason"] is None else f"{line['state']}: {line['reason']}"
    print(_LINE.format(line["person_id"], *(line[name] or "" for name in names), told))
