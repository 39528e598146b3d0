"""What all commands share: options, settings, and errors in one or two lines instead of a traceback."""

from __future__ import annotations

import errno
import os
import sys
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import psycopg
import typer
from typer.core import TyperGroup

from parcours.client.http_client import DEFAULT_URL, Client
from parcours.terminal.console import COULD_NOT_RUN, give_up, say
from shared.facts.fact import SUBJECT_KINDS
from shared.process.embedded import running_embedded
from shared.process.settings import Settings, load_settings, unknown_variables
from shared.process.unavailable import UnavailableError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines instead of a text.")]
Url = Annotated[
    str, typer.Option("--url", envvar="PARCOURS_URL", help="Base address of the suite, or of what stands before it.")
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="PARCOURS_TOKEN",
        show_envvar=True,
        help="Bearer token, where the suite asks for one. Better in the variable: options show in process lists.",
    ),
]
On = Annotated[str | None, typer.Option("--on", metavar="DAY", help="As on that day. [default: today in Paris]")]

OF_THE_COMMAND_LINE = {"PARCOURS_URL", "PARCOURS_TOKEN"}
"""Variables that options read, beside those of the settings."""


OURS = ("parcours", "services", "shared")
"""Packages whose errors are written for whoever reads them; an error of a library is a bug of ours."""


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
            _fail(f"{error.fields.get('reason', 'a part')} does not answer; {error.fields.get('detail', 'try again')}")
        except Exception as error:
            package = type(error).__module__.partition(".")[0]
            if package == "eventsourcing":  # its recorder connects when it is made
                _fail(f"the database does not answer: {_first_line(error)}; check PARCOURS_DATABASE_URL")
            if package not in OURS:
                raise
            _fail(str(error))


def _fail(message: str) -> None:
    for line in message.splitlines():
        say(f"parcours: {line}")
    raise typer.Exit(COULD_NOT_RUN) from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _system_error(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{_first_line(error)}: choose another port with --port or PARCOURS_PORT, or stop what listens there"
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def warn_of_unknown_variables() -> None:
    """On stderr: a mistyped PARCOURS_… name would otherwise silently leave a default in force."""
    for name, nearest in unknown_variables(os.environ).items():
        if name not in OF_THE_COMMAND_LINE:
            say(f"parcours: no setting is called {name}" + (f"; did you mean {nearest}?" if nearest else ""))


def settings_of(**overrides: Any) -> Settings:
    return load_settings(**overrides)


def client_of(url: str = DEFAULT_URL, token: str | None = None, *, retry_for_s: float = 60.0) -> Client:
    return Client(url, token or None, retry_for_s, on_wait=_say_waiting)


def _say_waiting(cause: str, seconds: float) -> None:
    say(f"parcours: {cause}; sent again in {seconds:.1f} s")


def database_url_of(settings: Settings, service: str) -> str:
    """The service's database, or the embedded one that runs in the data folder. Raise EmbeddedNotRunningError."""
    if settings.database_url is None and getattr(settings, f"{service}_database_url") is None:
        return running_embedded(settings.data_dir)
    return settings.database_url_of(service)


def subject_of(text: str) -> str:
    """`person/<uuid>` and the like, checked. Raise CommandError."""
    kind, slash, _ = text.partition("/")
    if not slash or kind not in SUBJECT_KINDS:
        give_up(f"{text} is no subject: it looks like person/018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d")
    return f"{kind}/{id_of(text, kind)}"


def id_of(text: str, kind: str) -> UUID:
    """From `person/<uuid>` or the bare UUID. Raise CommandError for anything else."""
    named, slash, rest = text.rpartition("/")
    if slash and named != kind:
        known = " or ".join(SUBJECT_KINDS)
        give_up(
            f"{text} is no {kind}: a subject is {kind}/<uuid>" if named in SUBJECT_KINDS else f"{named} is no {known}"
        )
    try:
        return UUID(rest)
    except ValueError:
        give_up(f"{rest} is no UUID: 36 characters such as 018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d")


def day_of(option: str, text: str | None) -> str | None:
    """Checked. Raise CommandError."""
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        give_up(f"{option} {text} is no day: it looks like 2026-06-30")
