"""Options and arguments that commands share, and what is made of them: a client, settings, ids, days."""

from __future__ import annotations

import os
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import typer

from parcours.client.http_client import DEFAULT_URL, TIMEOUT_S, Client
from parcours.terminal.console import give_up, say
from shared.facts.fact import SUBJECT_KINDS
from shared.process.embedded import running_embedded
from shared.process.settings import Settings, load_settings, unknown_variables

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


def warn_of_unknown_variables() -> None:
    """On stderr: a mistyped PARCOURS_… name would otherwise silently leave a default in force."""
    for name, nearest in unknown_variables(os.environ).items():
        if name not in OF_THE_COMMAND_LINE:
            say(f"parcours: no setting is called {name}" + (f"; did you mean {nearest}?" if nearest else ""))


def settings_of(**overrides: Any) -> Settings:
    return load_settings(**overrides)


def client_of(
    url: str = DEFAULT_URL, token: str | None = None, *, retry_for_s: float = 60.0, timeout_s: float = TIMEOUT_S
) -> Client:
    return Client(url, token or None, retry_for_s, on_wait=_say_waiting, timeout_s=timeout_s)


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
        kinds = " or ".join(SUBJECT_KINDS)
        give_up(
            f"{text} is no {kind}: a subject is {kind}/<uuid>" if named in SUBJECT_KINDS else f"{named} is no {kinds}"
        )
    try:
        return UUID(rest)
    except ValueError:
        give_up(f"{rest} is no UUID: 36 characters such as 018f3c1e-7a52-4d0b-9d6e-3f1f2a4b5c6d")


def day_of(option: str, text: str | None) -> date | None:
    """The day that an option gives. Raise CommandError."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        give_up(f"{option} {text} is no day: it looks like 2024-06-30")
