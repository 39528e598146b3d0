"""`parcours streams restored`: after a service's store was restored from a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parcours.commands.options import Json, settings_of
from parcours.commands.processes import WriteService
from parcours.terminal.console import FOUND_SOMETHING, print_json, progress, say
from shared.process.settings import Settings

if TYPE_CHECKING:
    from parcours.restoring import Restored


def restored(
    service: Annotated[WriteService, typer.Argument(help="The service whose store was restored.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    while_running: Annotated[
        bool, typer.Option("--while-running", help="Also where parts run that read or write this log.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--dir", help="Folder for what is saved. [default: restored-SERVICE]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put right what a restore of SERVICE's store from a backup leaves behind. Stop everything first, start it after.

    Saves the facts that readers know and the store lost; has the readers, and Kafka's topic, forget the part of the log
    that is another one now; posts again what outside senders had sent, to the service, which is started for that on this
    machine. What the service had recorded by itself follows from them again. Stopped half-way, the same call goes on.

    Exit 0: done, or nothing to do. 1: done, and some facts were refused; they stand in refused.ndjson. 2: could not run.
    """
    from parcours.restoring import Restoring  # noqa: PLC0415  # it takes every service with it

    with _database(settings_of()) as settings:
        restoring = Restoring(settings, service, folder or Path(f"restored-{service}"), say, progress)
        if not dry_run and not while_running:
            restoring.refuse_running()
        state = restoring.plan() if dry_run else restoring.run()
    if as_json:
        print_json({**asdict(state), "dry_run": dry_run})
    else:
        for line in _lines(state, dry_run=dry_run):
            print(line)
    if state.refused:
        raise typer.Exit(FOUND_SOMETHING)


@contextmanager
def _database(settings: Settings) -> Iterator[Settings]:
    """The embedded one is started where nobody runs it: everything is stopped now."""
    from parcours.database_choice import with_database, with_running_database  # noqa: PLC0415

    if settings.names_a_database:
        yield with_running_database(settings)
    else:
        with with_database(settings, say) as embedded:
            yield embedded


def _lines(state: Restored, *, dry_run: bool) -> Iterator[str]:
    if not (state.lost or state.ahead):
        yield f"the log of {state.service} is the one that was read: nothing to do"
        return
    yield f"store and readers have the same facts up to {state.service}:{state.common}; the store now ends at {state.last}"
    for reader, facts in state.readers.items():
        yield f"{reader} {'would forget' if dry_run else 'has forgotten'} {facts:,} facts beyond"
    outside = state.lost - state.own - state.forgotten
    if state.forgotten:
        yield f"{state.forgotten:,} facts of persons who are forgotten stay lost: nothing is left of them to be posted"
    if dry_run:
        yield f"{outside:,} facts of outside senders would be posted again, {state.own:,} follow from others again"
        return
    yield (
        f"{outside:,} facts posted again: {state.recorded:,} recorded, {state.duplicate:,} duplicates,"
        f" {state.refused:,} refused; {state.own:,} that the service had recorded by itself follow from others again"
    )
    yield f"all of them are kept in {state.folder}; start everything now"
