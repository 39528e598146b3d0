"""`parcours status`."""

from __future__ import annotations

from typing import Any

import typer
from rich.table import Table
from rich.text import Text

from parcours.client.http_client import DEFAULT_URL, AnswerError, Client
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of
from parcours.terminal.console import FOUND_SOMETHING, print_json, screen

READY = 200
COUNTED = 100
app = typer.Typer(cls=Commands)


@app.command()
def status(url: Url = DEFAULT_URL, token: Token = None, as_json: Json = False) -> None:
    """Show what runs, whether it is ready, and up to where facts have been applied.

    Exit 0: all ready. 1: something is not, or subjects are incomplete. 2: nobody answers.
    """
    with client_of(url, token, retry_for_s=0.0) as client:
        found = look(client)
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found["wrong"]:
        raise typer.Exit(FOUND_SOMETHING)


def look(client: Client) -> dict[str, Any]:
    """Readiness of the process that answers and, where it has projections, what they have applied."""
    readiness = client.request("GET", "/readyz")
    body = readiness.json()
    if not isinstance(body, dict) or "checks" not in body:
        raise AnswerError(f"{client.url}/readyz", readiness)
    about = client.get("/")
    projections = _projections(client) if "projections" in about.get("services", {}) else None
    wrong = [f"{name}: {text}" for name, text in body["checks"].items() if text != "ok"]
    wrong += [f"{name}: {text}" for name, text in body.get("warnings", {}).items()]
    wrong += _faults(projections or {})
    return {
        "url": client.url,
        "ready": readiness.status == READY,
        "checks": body["checks"],
        "warnings": body.get("warnings", {}),
        "services": about.get("services", {}),
        "projections": projections,
        "wrong": wrong,
    }


def _projections(client: Client) -> dict[str, Any]:
    """Each service's position here, and how many facts it has recorded since, where it answers at the same address."""
    try:
        found: dict[str, Any] = client.get("/projections/v1/positions")
    except AnswerError as error:
        return {"error": str(error)}
    return {**found, "lag": {name: _lag(client, name, through) for name, through in found["positions"].items()}}


def _lag(client: Client, service: str, through: int) -> str | None:
    """Facts recorded and not applied, counted up to a hundred; None where the service does not say."""
    answer = client.request("GET", f"/{service}/v1/events?after={through}&limit={COUNTED}")
    page = answer.json() if answer.is_good else None
    if page is None:
        return None
    return f"more than {COUNTED}" if page["next"] else str(len(page["items"]))


def _faults(projections: dict[str, Any]) -> list[str]:
    texts = {
        "failed_subjects": "subjects cannot be folded; they keep their last good rows: `parcours subjects list`",
        "incomplete_subjects": "subjects miss facts; `parcours subjects retry --all` reads them from the stores",
        "dead_letters": "records without a readable envelope: `parcours letters list`",
    }
    found = [f"{projections[name]} {text}" for name, text in texts.items() if projections.get(name)]
    return found + ([projections["error"]] if "error" in projections else [])


def _print(found: dict[str, Any]) -> None:
    console = screen()
    console.print(f"{found['url']}: {'ready' if found['ready'] else 'not ready'}", style="bold")
    table = Table(box=None, pad_edge=False)
    for title in ("part", "state", "applied", "behind"):
        table.add_column(title)
    projections = found["projections"] or {}
    positions = projections.get("positions", {})
    lag = projections.get("lag", {})
    for name, text in found["checks"].items():
        style = "green" if text == "ok" else "bold red"
        table.add_row(name, Text(text, style=style), str(positions.get(name, "")), lag.get(name) or "")
    for name in sorted(positions.keys() - found["checks"].keys()):
        table.add_row(name, Text("not here", style="dim"), str(positions[name]), lag.get(name) or "")
    console.print(table)
    if "read_set" in projections:
        console.print(
            f"read set {projections['read_set'] or 'none'}, {projections.get('subjects', 0):,} subjects, "
            f"fed by {projections.get('feed', '?')}"
        )
    for text in found["wrong"]:
        console.print(Text(text, style="bold red"))
