"""What `parcours letters` and `parcours subjects` share: readers, which of them are meant, who skips and why."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from parcours.commands.options import settings_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, progress, screen
from parcours.terminal.troubles import group_json, groups_table, outcomes_table

if TYPE_CHECKING:
    from psycopg import Connection
    from rich.table import Table

    from parcours.repairs import Installation
    from shared.histories.causes import Group
    from shared.histories.repairing import Reader, Retried

ReaderName = Literal["projections", "agrement", "placements"]

OfReader = Annotated[ReaderName | None, typer.Option("--reader", help="Only of this reader. [default: all three]")]
Cause = Annotated[
    str | None, typer.Option("--cause", metavar="TEXT", help="Only those whose cause, as `list` has it, begins so.")
]
Everything = Annotated[bool, typer.Option("--all", help="All of them.")]
Skipped = Annotated[bool, typer.Option("--skipped", help="Those that were skipped instead: by whom, when and why.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many are listed one by one.")]
By = Annotated[str | None, typer.Option("--by", help="Who accepts them. [default: the user of this system]")]
Reason = Annotated[
    str, typer.Option("--reason", help="Why they may be passed over; kept, and shown by `list --skipped`.")
]

AT_ONCE = 50
"""Tried together: between two parts others get their turn, and progress is told."""

T = TypeVar("T")


@contextmanager
def installation(reader: str | None) -> Iterator[Installation]:
    """All readers, or the one that is named. The embedded database is asked where somebody runs it."""
    from parcours import repairs  # noqa: PLC0415  # it takes every service with it, and `--help` should not
    from parcours.database_choice import with_running_database  # noqa: PLC0415

    settings = with_running_database(settings_of())
    with repairs.opened(settings, [reader] if reader else repairs.READERS) as found:
        yield found


def groups_of(
    found: Installation, groups: Callable[[Reader, Connection[Any]], list[Group]]
) -> list[tuple[str, list[Group]]]:
    """The causes at each reader."""
    of_readers = []
    for name, reader in found.readers.items():
        with reader.database.connection() as connection:
            of_readers.append((name, groups(reader, connection)))
    return of_readers


def page_of(
    found: Installation, first: str, limit: int, some: Callable[[Reader, Connection[Any], int], Iterable[T]]
) -> list[tuple[str, T]]:
    """Of one reader after the other, in their order, from the reader `first` on. `some`: at most so many of one."""
    page: list[tuple[str, T]] = []
    names = list(found.readers)
    for name in names[names.index(first) :]:
        reader = found.readers[name]
        with reader.database.connection() as connection:
            page += [(name, one) for one in some(reader, connection, limit - len(page))]
        if len(page) >= limit:
            break
    return page


def tell_list(
    what: str,
    groups: Sequence[tuple[str, list[Group]]],
    rows: Sequence[dict[str, Any]],
    table: Table,
    next_place: str | None,
    *,
    none: str,
    as_json: bool,
) -> None:
    """How many of each cause, and a page of them; `none`: what is said where there are none."""
    if as_json:
        causes = [group_json(name, group) for name, of_reader in groups for group in of_reader]
        print_json({"causes": causes, what: rows, "next": next_place})
    elif not any(of_reader for _, of_reader in groups):
        print(none)
    else:
        screen().print(groups_table(groups, what))
        screen().print(table)
        if next_place:
            print(f"more: --after {next_place}")


def check_choice(names: Sequence[str], cause: str | None, everything: bool, what: str) -> None:
    """Which are meant must be said in one way. Raise CommandError."""
    if sum([bool(names), cause is not None, everything]) != 1:
        give_up(f"say which: {what}, or --cause TEXT, or --all; `list` shows what there is")


def user_of_this_system() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name and no entry for this user id, as in many containers
        return f"user {os.getuid()}"


def try_each(what: str, names: Iterable[Sequence[T]], attempt: Callable[[Sequence[T]], list[Retried]]) -> list[Retried]:
    """Parts of names, with progress; of all of them, what became of each."""
    outcomes: list[Retried] = []
    with progress("Trying again", what) as shown:
        for part in names:
            outcomes += attempt(part)
            shown.at(len(outcomes))
    return outcomes


def tell_outcomes(what: str, outcomes: Sequence[tuple[str, Retried]], *, as_json: bool) -> None:
    """Of each reader. Exit 1 where some are as they were."""
    counts = {name: sum(one.outcome == name for _, one in outcomes) for name in ("applied", "dropped", "still", "gone")}
    if as_json:
        rows = [
            {"reader": reader, "id": one.name, "outcome": one.outcome, "reason": one.reason} for reader, one in outcomes
        ]
        print_json({"tried": len(outcomes), **counts, what: rows})
    elif not outcomes:
        print("nothing to try again")
    else:
        still = [(reader, one) for reader, one in outcomes if one.outcome == "still"]
        print(f"{counts['applied'] + counts['dropped'] + counts['gone']:,} of {len(outcomes):,} {what} are well now")
        if still:
            screen().print(outcomes_table(still))
    if counts["still"]:
        raise typer.Exit(FOUND_SOMETHING)


def tell_skipped(what: str, count: int, named: int, who: Any, *, as_json: bool) -> None:
    if as_json:
        print_json({"skipped": count, "already_skipped": named - count, "by": who.by, "reason": who.reason})
    else:
        already = f", {named - count:,} were before" if named > count else ""
        print(f"{count:,} {what} skipped by {who.by}{already}; `parcours {what} list --skipped` shows them")


def parts_of(names: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
