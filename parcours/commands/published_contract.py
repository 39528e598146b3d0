"""`parcours contract`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import Json
from parcours.terminal.console import FOUND_SOMETHING, print_json

FOLDER = Path("docs/contract")
app = typer.Typer(cls=Commands)


@app.command()
def contract(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files are.")] = FOLDER,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 where a file is not up to date.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the contract as files: OpenAPI per service, JSON Schema per fact, AsyncAPI of the topics.

    They are generated from the facts; nobody edits them. What is no part of the contract any more is removed.
    """
    from parcours.published_contract import differences, documents, write  # noqa: PLC0415  takes every service with it

    wanted = documents()
    changed = differences(folder, wanted) if check else write(folder, wanted)
    if as_json:
        print_json({"folder": str(folder), "files": len(wanted), "changed": changed})
    else:
        for path in changed:
            print(f"{'not up to date: ' if check else ''}{folder / path}")
        print(_summary(len(wanted), len(changed), check))
    if check and changed:
        raise typer.Exit(FOUND_SOMETHING)


def _summary(files: int, changed: int, check: bool) -> str:
    if not changed:
        return f"all {files} files are up to date"
    return (
        f"{changed} differ: run `parcours contract` and commit them" if check else f"{changed} of {files} files changed"
    )
