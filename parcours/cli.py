"""The command line: `parcours --help` is its manual."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from types import FrameType
from typing import Annotated

import typer

from parcours.commands import (
    agrement,
    alerts,
    check,
    clock,
    demo,
    events,
    group,
    hours,
    letters,
    person,
    processes,
    projections,
    published_contract,
    roles,
    settings,
    status,
    streams,
    subjects,
    token,
    verify,
)
from parcours.commands.errors import Commands
from parcours.commands.options import warn_of_unknown_variables
from parcours.terminal.console import COULD_NOT_RUN, say, show_any_text
from shared.process.logs import log_to_stderr
from shared.process.version import version

app = typer.Typer(
    name="parcours",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit 0: done. 1: done, and something is wrong. 2: could not run; stderr says why. Settings are "
    "environment variables, see `parcours settings`.",
)
app.add_typer(processes.app)
app.add_typer(clock.app)
app.add_typer(demo.app)
app.add_typer(status.app)
app.add_typer(roles.app)
app.add_typer(events.app, name="events")
app.add_typer(person.app)
app.add_typer(agrement.app)
app.add_typer(check.app)
app.add_typer(hours.app)
app.add_typer(alerts.app)
app.add_typer(group.app)
app.add_typer(streams.app, name="streams")
app.add_typer(projections.app, name="projections")
app.add_typer(letters.app, name="letters")
app.add_typer(subjects.app, name="subjects")
app.add_typer(verify.app)
app.add_typer(token.app)
app.add_typer(settings.app)
app.add_typer(published_contract.app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version())
        raise typer.Exit()


@app.callback()
def parcours(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Follow people's pathways through integration structures: facts in, pathways and measures out.

    Start with `parcours up --demo`: a whole suite on this machine, with three years of an invented group.
    """
    log_to_stderr()
    warn_of_unknown_variables()


def main() -> None:
    """The console script. A bug shows as one line; with PARCOURS_LOG_LEVEL=debug as its traceback."""
    show_any_text()
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
    except Exception as error:  # the last place where somebody can be told in words
        if os.environ.get("PARCOURS_LOG_LEVEL", "").lower() == "debug":
            traceback.print_exc()
        say(f"parcours: an error of ours: {type(error).__name__}: {error}", logging.ERROR)
        say("parcours: run it again with PARCOURS_LOG_LEVEL=debug to see where", logging.ERROR)
        sys.exit(COULD_NOT_RUN)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM stops as Ctrl-C does."""
    raise KeyboardInterrupt
