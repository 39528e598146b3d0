"""The command line, put together of modules of commands: all of them, or the one that is asked for."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from types import FrameType
from typing import Annotated

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import warn_of_unknown_variables
from parcours.terminal.console import COULD_NOT_RUN, say, show_any_text
from shared.process.logs import log_to_stderr
from shared.process.version import version

MODULES: Mapping[str, tuple[str, ...]] = {
    "processes": ("up", "serve", "relay", "project"),
    "clock": ("clock",),
    "demo": ("demo",),
    "status": ("status",),
    "roles": ("pause", "resume"),
    "events": ("events",),
    "person": ("person",),
    "agrement": ("agrement",),
    "check": ("check",),
    "hours": ("hours",),
    "alerts": ("alerts",),
    "group": ("handovers", "ready", "follow-ups"),
    "streams": ("streams",),
    "projections": ("projections",),
    "letters": ("letters",),
    "subjects": ("subjects",),
    "verify": ("verify",),
    "accesses": ("accesses",),
    "access_request": ("access-request",),
    "retention": ("retention",),
    "erase": ("erase",),
    "names": ("names",),
    "token": ("token",),
    "settings": ("settings",),
    "published_contract": ("contract",),
}
"""The modules of `parcours.commands`, in the order of `--help`, and the first words that each answers to."""

GROUPS = ("events", "streams", "projections", "letters", "subjects", "names")
"""Modules whose commands come after a word of their own, which is the module's name."""


def command_line(modules: Iterable[str] = MODULES) -> typer.Typer:
    """The commands of some modules, which are loaded for it."""
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
    app.callback()(_parcours)
    for name in modules:
        commands = import_module(f"parcours.commands.{name}").app
        if name in GROUPS:
            app.add_typer(commands, name=name)
        else:
            app.add_typer(commands)
    return app


def asked_for(arguments: Sequence[str]) -> Iterable[str]:
    """The module of the command that is named first. All of them where none is: `--help` and mistakes show every command."""
    first = next(iter(arguments), "")
    return [name for name, words in MODULES.items() if first in words] or MODULES


def _print_version(wanted: bool) -> None:
    if wanted:
        print(version())
        raise typer.Exit()


def _parcours(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Follow people's pathways through integration structures: facts in, pathways and measures out.

    Start with `parcours up --demo`: a whole suite on this machine, with three years of an invented group.
    """
    log_to_stderr()
    warn_of_unknown_variables()


def run() -> None:
    """What this process was started for. A bug shows as one line; with PARCOURS_LOG_LEVEL=debug as its traceback."""
    show_any_text()
    signal.signal(signal.SIGTERM, _stop)
    try:
        command_line(asked_for(sys.argv[1:]))()
    except Exception as error:  # the last place where somebody can be told in words
        if os.environ.get("PARCOURS_LOG_LEVEL", "").lower() == "debug":
            traceback.print_exc()
        say(f"parcours: an error of ours: {type(error).__name__}: {error}", logging.ERROR)
        say("parcours: run it again with PARCOURS_LOG_LEVEL=debug to see where", logging.ERROR)
        sys.exit(COULD_NOT_RUN)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM stops as Ctrl-C does."""
    raise KeyboardInterrupt
