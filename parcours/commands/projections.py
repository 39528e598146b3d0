"""`parcours projections`: read sets listed, rebuilt, promoted, rolled back and dropped while everything goes on.

What works on read sets is imported when asked for: it takes every service with it, and `--help` should not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parcours.commands.errors import Commands
from parcours.commands.options import Json, database_url_of, settings_of
from parcours.terminal.console import FOUND_SOMETHING, confirm, print_json, progress, say, screen

if TYPE_CHECKING:
    from services.projections.read_sets.listing import Described, Failures
    from services.projections.read_sets.recipe import Recipe
    from shared.process.progress import Progress
    from shared.process.settings import Settings

app = typer.Typer(cls=Commands, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The read set, as `list` names it.")]
WithFailures = Annotated[
    bool,
    typer.Option(
        "--with-failures",
        help="Also where subjects cannot be folded into it: they keep the rows they have now, shown as incomplete.",
    ),
]


@app.callback()
def projections() -> None:
    """List, rebuild, promote, roll back, freeze and drop read sets: the tables that people, BI tools and exports read."""


@app.command("list")
def list_read_sets(as_json: Json = False) -> None:
    """List the read sets: which is current, which are being built, which came before; their size, and who fails in them."""
    from parcours.terminal import read_sets  # noqa: PLC0415
    from services.projections.read_sets import operating  # noqa: PLC0415

    found = operating.described(database_url_of(settings_of(), "projections"))
    if as_json:
        print_json({"read_sets": [_described(described) for described in found]})
    elif found:
        screen().print(read_sets.table_of(found, read_sets.now()))
    else:
        print("There is no read set yet: a projector makes the first one.")


@app.command()
def rebuild(
    into: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the new read set. [default: the next number]")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="Subjects named, at most, that cannot be folded.")] = 20,
    as_json: Json = False,
) -> None:
    """Fold every history into a new read set, beside the current one, which goes on being read and kept.

    It gives way to the projector: while facts arrive it rests as long as it works, and takes about twice as long.

    A rebuild that was stopped goes on where it was when it is called with the same --into. The new set is not read
    before `parcours projections promote NAME`. Exit 1: it is built, and subjects could not be folded, which are named.
    """
    from services.projections.read_sets import building, operating  # noqa: PLC0415

    settings = settings_of()
    url = database_url_of(settings, "projections")
    with _told("Rebuilding") as told:
        made = building.rebuild(url, into, _recipe(settings), told)
    failures = operating.failures(url, made.name, limit)
    if as_json:
        print_json({"read_set": asdict(made), **_failures(failures)})
    elif failures.count:
        print(f"read set {made.name} is built, but not whole")
    else:
        print(f"read set {made.name} is built; read it with `parcours projections promote {made.name}`")
    _say_failures(made.name, failures, as_json)
    if failures.count:
        raise typer.Exit(FOUND_SOMETHING)


@app.command()
def promote(name: Name, with_failures: WithFailures = False, as_json: Json = False) -> None:
    """Make a read set the current one: everything that is read comes from it, from one moment to the next."""
    from services.projections.read_sets import building  # noqa: PLC0415

    settings = settings_of()
    url = database_url_of(settings, "projections")
    with _told("Folding") as told:
        building.promote(url, name, _recipe(settings), with_failures=with_failures, progress=told)
    _print_current(url, name, as_json)


@app.command()
def rollback(
    to: Annotated[
        str | None, typer.Option(metavar="NAME", help="The read set to go back to. [default: the one current before]")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    with_failures: WithFailures = False,
    as_json: Json = False,
) -> None:
    """Go back to a read set that was current before, made by the same code and settings, with what has come since."""
    from parcours.terminal import read_sets  # noqa: PLC0415
    from services.projections.read_sets import operating  # noqa: PLC0415

    settings = settings_of()
    url, recipe = database_url_of(settings, "projections"), _recipe(settings)
    plan = operating.plan_rollback(url, to, recipe)
    say(f"parcours: {read_sets.plan_text(plan, read_sets.now())}")
    if not yes:
        confirm("Roll back?")
    with _told("Folding") as told:
        operating.rollback(url, plan.target, recipe, with_failures=with_failures, progress=told)
    _print_current(url, plan.target, as_json)


@app.command()
def drop(name: Name, as_json: Json = False) -> None:
    """Take a read set's rows away for good: not the current one, not a frozen one, not while somebody reads it.

    The projector does so by itself with those older than the current one and the one before.
    """
    from services.projections.read_sets import operating  # noqa: PLC0415

    operating.drop(database_url_of(settings_of(), "projections"), name)
    if as_json:
        print_json({"dropped": name})
    else:
        print(f"read set {name} is dropped")


@app.command()
def freeze(name: Name, as_json: Json = False) -> None:
    """Keep a read set as it is: nothing is folded into it any more, nobody drops it. Not the current one."""
    _freeze(name, as_json, is_frozen=True)


@app.command()
def unfreeze(name: Name, as_json: Json = False) -> None:
    """Let a frozen read set be promoted, rolled back to and dropped again."""
    _freeze(name, as_json, is_frozen=False)


def _freeze(name: str, as_json: bool, *, is_frozen: bool) -> None:
    from services.projections.read_sets import operating  # noqa: PLC0415

    found = operating.freeze(database_url_of(settings_of(), "projections"), name, is_frozen=is_frozen)
    if as_json:
        print_json({"read_set": asdict(found)})
    else:
        print(f"read set {name} is {'frozen' if is_frozen else 'frozen no longer'}")


def _print_current(url: str, name: str, as_json: bool) -> None:
    """Which read set is current now, and who fails in it."""
    from services.projections.read_sets import operating  # noqa: PLC0415

    failures = operating.failures(url, name, 20)
    if as_json:
        (found,) = (found for found in operating.described(url) if found.read_set.name == name)
        print_json({"read_set": asdict(found.read_set), **_failures(failures)})
    else:
        print(f"read set {name} is current")
    _say_failures(name, failures, as_json)


def _say_failures(name: str, failures: Failures, as_json: bool) -> None:
    from parcours.terminal import read_sets  # noqa: PLC0415

    if failures.count and not as_json:
        for line in read_sets.failures_of(name, failures):
            say(f"parcours: {line}")


def _described(found: Described) -> dict[str, Any]:
    return {**asdict(found.read_set), "bytes": found.bytes, "failed": found.failed}


def _failures(found: Failures) -> dict[str, Any]:
    return {"failed": found.count, "failures": [asdict(failure) for failure in found.first]}


@contextmanager
def _told(label: str) -> Iterator[Progress]:
    with progress(label, "subjects") as shown:
        yield shown.of


def _recipe(settings: Settings) -> Recipe:
    from services.projections.read_sets.recipe import Recipe  # noqa: PLC0415

    return Recipe.of(settings)
