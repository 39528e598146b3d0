"""`parcours letters`: records that nobody could read, looked at, read again, or accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parcours.commands import repairing
from parcours.commands.errors import Commands
from parcours.commands.options import Json
from parcours.commands.repairing import By, Cause, Everything, Limit, OfReader, Reason, Skipped, installation
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json
from parcours.terminal.troubles import letter_json, letter_view, letters_table

if TYPE_CHECKING:
    from parcours.repairs import Installation
    from shared.histories.dead_letters import StoredLetter

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As `list` names them: projections:7.")]

LONGEST_NUMBER = 19
"""Digits that always fit into a bigint are fewer."""

app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def letters() -> None:
    """Dead letters: records on topics or in stores that have no readable envelope, kept raw by each reader."""


@app.command("list")
def list_letters(
    reader: OfReader = None,
    cause: Cause = None,
    skipped: Skipped = False,
    limit: Limit = 20,
    after: Annotated[str | None, typer.Option("--after", metavar="ID", help="Those that come after this one.")] = None,
    as_json: Json = False,
) -> None:
    """List dead letters: how many of each cause, and the first ones.

    With --json: {causes, letters, next}; `next` is what --after takes for the next page, null at the end.

    Exit 1 where there are letters that nobody skipped.
    """
    from shared.histories.dead_letters import letter_groups, letters_after  # noqa: PLC0415

    first, number = _place(after) if after else ("", 0)
    with installation(reader) as found:
        if after and first not in found.readers:
            give_up(f"--after names a letter of {first}, --reader another one")
        first = first or next(iter(found.readers))
        groups = repairing.groups_of(
            found, lambda _, connection: letter_groups(connection, cause or "", skipped=skipped)
        )
        page = repairing.page_of(
            found,
            first,
            limit + 1,
            lambda of, connection, left: letters_after(
                connection, number if of.name == first else 0, left, cause or "", skipped=skipped
            ),
        )
    shown = page[:limit]
    repairing.tell_list(
        "letters",
        groups,
        [letter_json(name, letter) for name, letter in shown],
        letters_table(shown),
        _id(*shown[-1]) if len(page) > limit else None,
        none="no letters were skipped" if skipped else "no dead letters",
        as_json=as_json,
    )
    if not skipped and any(of_reader for _, of_reader in groups):
        raise typer.Exit(FOUND_SOMETHING)


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `list` names it: projections:7.")],
    full: Annotated[bool, typer.Option("--full", help="The whole record, however long.")] = False,
    as_json: Json = False,
) -> None:
    """Show one letter: the record as it lay there, why it could not be read, what it would be now, the facts around.

    What is no text is shown as hex; of a long record the first 4 KiB.
    """
    from shared.histories.repairing import judge  # noqa: PLC0415

    name, number = _place(letter_id)
    with installation(name) as found:
        letter = _one(found, name, number)
        fact, sentence = judge(letter, found.store_of)
        around = _facts_around(found, name, letter)
    view = letter_view(name, letter, full=full)
    view |= {"now": {"readable": fact is not None, "as": sentence}, "facts": around}
    if as_json:
        print_json(view)
        return
    for key, value in view.items():
        if key == "facts":
            print("facts around:" if value else "facts around: none known")
            for row in value:
                print("  " + "  ".join(str(text) for text in row.values()))
        elif isinstance(value, dict):
            print(f"{key}: " + ", ".join(f"{name} {text}" for name, text in value.items()))
        else:
            print(f"{key}: {value}")


@app.command()
def retry(
    ids: Ids = None, cause: Cause = None, everything: Everything = False, reader: OfReader = None, as_json: Json = False
) -> None:
    """Read letters again, with the code of now: what is a fact of the log is applied, and is no letter any more.

    Skipped ones too, where they are named. A record that the service's own store does not hold is never applied.

    Exit 0: all are well. 1: some are letters still, with why.
    """
    from shared.histories.repairing import retry_letters  # noqa: PLC0415

    repairing.check_choice(ids or [], cause, everything, "an ID")
    outcomes = []
    with installation(reader) as found:
        for name, numbers in _chosen(found, ids, cause, skipped=False).items():
            of_reader = found.readers[name]
            tried = repairing.try_each(
                "letters",
                repairing.parts_of(numbers),
                lambda part, of_reader=of_reader: retry_letters(of_reader, found.store_of, part),  # type: ignore[misc]
            )
            outcomes += [(name, one) for one in tried]
    repairing.tell_outcomes("letters", outcomes, as_json=as_json)


@app.command()
def skip(
    reason: Reason,
    ids: Ids = None,
    cause: Cause = None,
    everything: Everything = False,
    reader: OfReader = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Accept letters as they are: they are kept, and count as no fault any more. Who, when and why stays written."""
    from shared.histories import skips  # noqa: PLC0415

    repairing.check_choice(ids or [], cause, everything, "an ID")
    who = skips.Skipper(by or repairing.user_of_this_system(), reason)
    count = named = 0
    with installation(reader) as found:
        for name, numbers in _chosen(found, ids, cause, skipped=None if ids else False).items():
            with found.readers[name].database.transaction() as connection:
                count += skips.skip(connection, skips.LETTER, [(str(number), "") for number in numbers], who)
            named += len(numbers)
    repairing.tell_skipped("letters", count, named, who, as_json=as_json)


def _id(reader: str, letter: StoredLetter) -> str:
    return f"{reader}:{letter.number}"


def _place(letter_id: str) -> tuple[str, int]:
    """Reader and number. Raise CommandError."""
    from parcours.repairs import READERS  # noqa: PLC0415

    reader, colon, number = letter_id.partition(":")
    if (
        not colon
        or reader not in READERS
        or not number.isascii()
        or not number.isdigit()
        or len(number) >= LONGEST_NUMBER
    ):
        give_up(f"{letter_id} names no letter: ids look like projections:7 (readers: {', '.join(READERS)})")
    return reader, int(number)


def _one(found: Installation, reader: str, number: int) -> StoredLetter:
    from shared.histories.dead_letters import letters_numbered  # noqa: PLC0415

    with found.readers[reader].database.connection() as connection:
        letters = letters_numbered(connection, [number])
    if not letters:
        give_up(f"there is no letter {reader}:{number}; `parcours letters list` names those there are")
    return letters[0]


def _chosen(
    found: Installation, ids: Sequence[str] | None, cause: str | None, *, skipped: bool | None
) -> dict[str, list[int]]:
    """Numbers by reader: those named, which must be there, or all of a cause. Raise CommandError."""
    if ids:
        chosen: dict[str, list[int]] = {}
        for name, number in map(_place, dict.fromkeys(ids)):
            if name not in found.readers:
                give_up(f"{name}:{number} is a letter of {name}; leave --reader out")
            chosen.setdefault(name, []).append(_one(found, name, number).number)
        return chosen
    return {name: [*_all_of(found, name, cause or "", skipped)] for name in found.readers}


def _all_of(found: Installation, name: str, cause: str, skipped: bool | None) -> Iterator[int]:
    from shared.histories.dead_letters import letters_after  # noqa: PLC0415

    number = 0
    with found.readers[name].database.connection() as connection:
        while some := letters_after(connection, number, 1_000, cause, skipped=skipped):
            yield from (letter.number for letter in some)
            number = some[-1].number


def _facts_around(found: Installation, name: str, letter: StoredLetter) -> list[dict[str, Any]]:
    from shared.histories.shown import facts_near, last_facts  # noqa: PLC0415

    record = letter.letter
    headers = dict(record.headers)
    sequence = headers.get("sequence", b"").decode(errors="replace") if letter.feed != "store" else str(record.offset)
    subject = (record.key or b"").decode(errors="replace").replace("\0", "")
    with found.readers[name].database.connection() as connection:
        if sequence.isascii() and sequence.isdigit() and len(sequence) < LONGEST_NUMBER:
            return facts_near(connection, record.service, int(sequence))
        return last_facts(connection, subject)
