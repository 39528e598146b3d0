"""`parcours check`: what would become of the events of a file."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import typer

from parcours.client.checked_events import Checked, check, sentences
from parcours.client.event_files import EventFile
from parcours.client.http_client import DEFAULT_URL
from parcours.commands.errors import Commands
from parcours.commands.events import opened
from parcours.commands.options import Json, Token, Url, client_of
from parcours.terminal.console import FOUND_SOMETHING, print_json, progress

IN_JSON = 10_000
"""Events of a file shown one by one."""

app = typer.Typer(cls=Commands)


@app.command("check")
def check_events(
    file: Annotated[str, typer.Argument(metavar="FILE", help="File of events, or - for standard input.")],
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Ask whether the events of FILE would be accepted, without recording anything.

    Each is judged by the service that its type names, beside what is recorded now and not beside the other events of
    FILE; a type that names no service is said to be unchecked. A refusal comes with what would be allowed instead.

    Exit 0: nothing is refused. 1: something is. 2: could not ask.
    """
    found: list[dict[str, Any]] = []
    counts: Counter[str] = Counter()
    with client_of(url, token) as client, opened(file) as (stream, size), progress("Checking") as shown:
        source = EventFile(stream, file)
        for checked in check(client, source):
            counts[checked.verdict] += 1
            if as_json and len(found) < IN_JSON:
                found.append(checked.json())
            elif not as_json:
                _print(checked, source.unit)
            shown.at(counts.total(), source.read_bytes / size if size else None)
    if as_json:
        left_out = counts.total() - len(found)
        print_json({"url": url, "file": file, "counts": counts, "events": found, "events_left_out": left_out})
    else:
        print(_summary(counts))
    if counts["refused"]:
        raise typer.Exit(FOUND_SOMETHING)


def _print(checked: Checked, unit: str) -> None:
    """One event on a line, then why not."""
    words = {
        "allowed": "accepté",
        "recorded_already": "déjà enregistré",
        "refused": "refusé",
        "unchecked": "non vérifié : aucun service ne connaît ce type",
    }
    place = "ligne" if unit == "line" else "événement"
    effects = f", entraîne {', '.join(effect['type'] for effect in checked.effects)}" if checked.effects else ""
    print(f"{place} {checked.item.number}: {checked.item.type or '?'}: {words[checked.verdict]}{effects}")
    for warning in checked.warnings:
        print(f"  ! {warning['title_fr']} ({warning['code']}) {warning['pointer']}")
    for refusal in checked.refusals:
        for number, text in enumerate(sentences(refusal)):
            print(f"  {'- ' if number == 0 else '  '}{text}")


def _summary(counts: Counter[str]) -> str:
    words = {
        "allowed": "accepté(s)",
        "recorded_already": "déjà enregistré(s)",
        "refused": "refusé(s)",
        "unchecked": "non vérifié(s)",
    }
    parts = [f"{counts[name]:,} {text}" for name, text in words.items() if counts[name]]
    return ", ".join(parts) or "Aucun événement."
