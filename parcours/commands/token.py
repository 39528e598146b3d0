"""`parcours token`: a signed token for trying rights on a laptop, and the keys it is signed with."""

from __future__ import annotations

import re
from pathlib import Path
from time import time
from typing import Annotated

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import Json, settings_of
from parcours.terminal.console import give_up, print_json, say
from shared.rights.caller import MOST_STRUCTURES, ROLES

app = typer.Typer(cls=Commands)

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST_S = 30 * UNITS["d"]
_DURATION = re.compile(r"([1-9][0-9]{0,8})([smhd])")


@app.command()
def token(
    role: Annotated[str, typer.Option("--role", help=f"One of {', '.join(ROLES)}.")],
    structures: Annotated[
        list[str] | None, typer.Option("--structures", help="Ids of structures; more with commas, or said again.")
    ] = None,
    sources: Annotated[
        list[str] | None, typer.Option("--sources", help="Sources under which it may post; more with commas.")
    ] = None,
    groups: Annotated[
        list[str] | None, typer.Option("--groups", help="Ids of the groups it coordinates; more with commas.")
    ] = None,
    authorised: Annotated[
        bool, typer.Option("--authorised", help="Of a prescriber: the prefect's list has it.")
    ] = False,
    lasting: Annotated[str, typer.Option("--for", metavar="TIME", help="How long it holds: 90s, 15m, 8h, 2d.")] = "15m",
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder whose keys sign it. [default: .parcours]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print a token, for trying on this machine what a role may do.

    It is signed with a key that is made in the data folder and known to nobody else: only a suite started with
    `parcours up --keys`, or with PARCOURS_JWT_KEYS naming the key set that stderr names, takes it. In an installation that
    others use, tokens come from your identity provider.
    """
    # Only this command and `up --keys` need them: they take the library of signatures with them.
    from parcours.laptop_keys import AUDIENCE, ISSUER, laptop_keys  # noqa: PLC0415

    if role not in ROLES:
        give_up(f"--role {role}: no such role; there are {', '.join(ROLES)}")
    seconds = _seconds(lasting)
    named = {"sources": _words(sources), "structures": _words(structures), "groups": _words(groups)}
    if len(named["structures"]) > MOST_STRUCTURES:
        give_up(f"--structures: a token names at most {MOST_STRUCTURES}")
    claims = {**named, "authorised": authorised}
    settings = settings_of(data_dir=data_dir)
    keys = laptop_keys(settings.data_dir)
    issuer, audience = settings.jwt_issuer or ISSUER, settings.jwt_audience or AUDIENCE
    now = int(time())
    text = keys.token(role, now, seconds, claims, issuer, audience)
    if as_json:
        said = {"token": text, "expires_at": now + seconds, "role": role, **claims, "iss": issuer, "aud": audience}
        print_json({**said, "keys": str(keys.public)})
    else:
        print(text)
        say(
            f"parcours: for a suite started with `parcours up --keys`, or with PARCOURS_JWT_KEYS={keys.public}"
            f" PARCOURS_JWT_ISSUER={issuer} PARCOURS_JWT_AUDIENCE={audience}"
        )


def _words(given: list[str] | None) -> list[str]:
    return [word for text in given or () for word in re.split(r"[,\s]+", text) if word]


def _seconds(text: str) -> int:
    """Raise CommandError."""
    match = _DURATION.fullmatch(text)
    seconds = int(match[1]) * UNITS[match[2]] if match else 0
    if not 0 < seconds <= LONGEST_S:
        give_up(f"--for {text}: a time such as 90s, 15m, 8h or 2d, at most 30d")
    return seconds
