"""`parcours status`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from parcours.client.http_client import DEFAULT_URL, AnswerError, Client, UnreachableError
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, client_of, settings_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, screen
from parcours.terminal.roles import readers_table, roles_table
from shared.process.embedded import EmbeddedNotRunningError

READY = 200
PATIENCE_S = 10.0
"""A process that hangs is among what is looked for: several times what the slowest answer here takes."""
NOT_FOUND = 404
REFUSED = (401, 403)
app = typer.Typer(cls=Commands)

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="PARCOURS_URL",
        help="Base address of the suite, or of its projections. [default: the databases that settings name; "
        f"without any {DEFAULT_URL}]",
    ),
]


@app.command()
def status(url: Url = None, token: Token = None, as_json: Json = False) -> None:
    """Show every role of the suite, wherever it runs: whether it lives, what it waits for, how far it is; and what
    readers could not apply.

    From the databases that the settings name, or over HTTP: the answer is the same. Over HTTP the readiness of the
    process that answers is shown beside it; where nothing answers and the settings name databases, that is said, and they
    are read.

    Exit 0: all that should run runs, and nothing is wrong. 1: something is. 2: it cannot be seen.
    """
    found = _over_http(url, token) if url or not settings_of().names_a_database else _from_databases()
    if as_json:
        print_json(found)
    else:
        _print(found)
    if found["wrong"]:
        raise typer.Exit(FOUND_SOMETHING)


def _over_http(url: str | None, token: str | None) -> dict[str, Any]:
    try:
        with client_of(url or DEFAULT_URL, token, retry_for_s=0.0, timeout_s=PATIENCE_S) as client:
            return look(client)
    except UnreachableError as error:
        if settings_of().names_a_database:
            found = _from_databases()
            return {**found, "ready": False, "wrong": [error.short, *found["wrong"]]}
        if url:
            raise
        try:
            return _from_databases()  # a suite of this folder that listens somewhere else
        except EmbeddedNotRunningError:
            pass
        raise


def _from_databases() -> dict[str, Any]:
    # Imported when asked for: it takes every service with it, and `--help` should not.
    from parcours.database_choice import with_running_database  # noqa: PLC0415
    from services.projections.suite_status import look_at_suite  # noqa: PLC0415

    suite = look_at_suite(with_running_database(settings_of()))
    return {"url": None, "ready": suite["well"], "checks": {}, "services": {}, **_without_well(suite)}


def look(client: Client) -> dict[str, Any]:
    """The whole suite, and the readiness of the process that answers. Raise CommandError where it cannot see the rest."""
    readiness = client.request("GET", "/readyz")
    # With PARCOURS_OPS_PORT it is asked elsewhere: its role, which is seen below, says the same.
    is_elsewhere = readiness.status == NOT_FOUND
    body = {"checks": {}} if is_elsewhere else readiness.json()
    if not isinstance(body, dict) or "checks" not in body:
        raise AnswerError(f"{client.url}/readyz", readiness)
    about = client.get("/")
    try:
        suite = client.get("/projections/v1/status")
    except AnswerError as error:
        if error.answer.status == NOT_FOUND:
            give_up(
                f"{client.url} is one process of a suite and does not know the others: give --url the address of"
                " projections, or PARCOURS_DATABASE_URL that of the database"
            )
        if error.answer.status in REFUSED:
            raise  # of the suite nothing is seen: that is no state of it
        suite = {"wrong": [str(error)], "roles": [], "readers": {}, "projections": {"error": str(error)}}
    told = {one["role"] for one in suite["roles"] if one["state"] not in ("working", "standby") or one["paused"]}
    not_ready = {name: text for name, text in body["checks"].items() if text != "ok"}
    new = [f"{name}: {text}" for name, text in not_ready.items() if not {name, f"serve-{name}"} & told]
    return {
        "url": client.url,
        "ready": bool(suite.get("well")) if is_elsewhere else readiness.status == READY,
        "checks": body["checks"],
        "services": about.get("services", {}),
        **_without_well(suite),
        "wrong": new + suite["wrong"],
    }


def _without_well(suite: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in suite.items() if name != "well"}


def _print(found: Mapping[str, Any]) -> None:
    console = screen()
    where = found["url"] or "by the databases"
    console.print(f"{where}: {'ready' if found['ready'] else 'not ready'}", style="bold")
    projections = found["projections"] or {}
    console.print(_parts(found["checks"], projections))
    if "read_set" in projections:
        console.print(
            f"read set {projections['read_set'] or 'none'}, {projections.get('subjects', 0):,} subjects, "
            f"fed by {projections.get('feed', '?')}"
        )
    if verified := projections.get("verified"):
        console.print(
            f"verified {verified['ended_at'][:16].replace('T', ' ')} UTC, {verified['subjects']:,} subjects, "
            f"{verified['differences']:,} differences"
        )
    for table in (roles_table(found["roles"]), readers_table(found["readers"])):
        if table.row_count:
            console.print()
            console.print(table)
    for text in found["wrong"]:
        console.print(Text(text, style="bold red"))


def _parts(checks: Mapping[str, str], projections: Mapping[str, Any]) -> Table:
    """What the process that answers is made of, and up to where each service's facts are applied."""
    table = Table(box=None, pad_edge=False)
    for title in ("part", "state", "applied", "behind"):
        table.add_column(title)
    positions = projections.get("positions", {})
    lag = projections.get("lag", {})
    for name, text in checks.items():
        style = "green" if text == "ok" else "bold red"
        table.add_row(name, Text(text, style=style), str(positions.get(name, "")), lag.get(name) or "")
    for name in sorted(positions.keys() - checks.keys()):
        elsewhere = Text("not here" if checks else "", style="dim")
        table.add_row(name, elsewhere, str(positions[name]), lag.get(name) or "")
    return table
