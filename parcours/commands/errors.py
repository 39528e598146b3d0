"""What can go wrong outside of us, for every command: one or two lines on stderr and exit 2 instead of a traceback."""

from __future__ import annotations

import errno
import logging
import os
import sys
from typing import Any

import psycopg
import typer
from typer.core import TyperGroup

from parcours.terminal.console import COULD_NOT_RUN, say
from shared.process.unavailable import UnavailableError

OURS = ("parcours", "services", "shared")
"""Packages whose errors are written for whoever reads them; an error of a library is a bug of ours."""


DATABASES = "PARCOURS_DATABASE_URL, and PARCOURS_<SERVICE>_DATABASE_URL where a service has one of its own"


class Commands(TyperGroup):
    """Turns what can go wrong outside of us into a readable line and exit 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except psycopg.OperationalError as error:
            _fail(f"the database does not answer: {_first_line(error)}; check PARCOURS_DATABASE_URL")
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            _fail(
                "nothing was ever recorded in this database; check PARCOURS_DATABASE_URL, or start with `parcours up`"
            )
        except BrokenPipeError:
            # Whoever read our output has enough; what is still buffered must not be tried again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as error:
            _fail(_system_error(error))
        except KeyboardInterrupt:
            _fail("stopped")
        except UnavailableError as error:
            reason, detail = error.fields.get("reason", "a part"), error.fields.get("detail", "try again")
            check = f"; check {DATABASES}" if reason == "database" else ""
            _fail(f"{reason} does not answer; {detail}{check}")
        except Exception as error:
            package = type(error).__module__.partition(".")[0]
            if package == "eventsourcing":  # its recorder connects when it is made
                _fail(f"the database does not answer: {_first_line(error)}; check PARCOURS_DATABASE_URL")
            if package not in OURS:
                raise
            _fail(str(error))


def _fail(message: str) -> None:
    for line in message.splitlines():
        say(f"parcours: {line}", logging.ERROR)
    raise typer.Exit(COULD_NOT_RUN) from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _system_error(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{_first_line(error)}: choose another port with --port or PARCOURS_PORT, or stop what listens there"
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"
