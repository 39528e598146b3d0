"""`parcours events`: facts sent to the suite, and what came of a request."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import IO, Annotated, Any

import typer
from rich.table import Table

from parcours.client.event_files import EventFile
from parcours.client.http_client import DEFAULT_URL, UnreachableError
from parcours.client.posting import NOWHERE, OUTCOMES, Doubt, Poster, Refusal, Tally
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, progress, say, screen

SHOWN = 20
IN_JSON = 1_000

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Send facts to the suite, and see what came of them.")


@app.callback()
def events() -> None:
    """Send facts to the suite, and see what came of them."""


@app.command()
def post(
    file: Annotated[str, typer.Argument(metavar="FILE", help="File of events, or - for standard input.")],
    url: Url = DEFAULT_URL,
    token: Token = None,
    refused: Annotated[
        Path | None, typer.Option("--refused", help="Write what was not recorded here, one JSON object a line.")
    ] = None,
    retry_for: Annotated[
        float, typer.Option(min=0, help="Seconds to keep trying when the suite goes away in the middle.")
    ] = 60.0,
    as_json: Json = False,
) -> None:
    """Post every event of FILE to the service that its type names.

    FILE holds CloudEvents: one a line (NDJSON), a JSON array, or a single event. It may be of any length: it is read
    and sent in pieces of some thousand events, and a piece that fails is sent again, from behind the last line that was
    answered. An event that is recorded already counts as duplicate, so the same command may be run again at any time.
    What is recorded and looks mistaken is told with a warning.

    A line of the file given to --refused: {number, service, answer, event}; `number` is the line in FILE (the place
    in an array), `answer` what the service said.

    Exit 0: everything is recorded. 1: something was refused or malformed; the rest is recorded. 2: could not go on.
    """
    started = monotonic()
    with ExitStack() as stack:
        stream, size = stack.enter_context(opened(file))
        kept = _Refusals(stack.enter_context(_output(refused)))
        source = EventFile(stream, file)
        client = stack.enter_context(client_of(url, token, retry_for_s=retry_for))
        doubts = _Doubts()
        poster = Poster(client, kept.add, doubts.add)
        _post_all(poster, source, size, quiet=as_json)
    seconds = monotonic() - started
    if as_json:
        print_json({"url": url, "file": file, **report(poster.tally, seconds), **kept.json(), **doubts.json()})
    else:
        kept.print(source.unit, refused)
        doubts.print(source.unit)
        print(summary(poster.tally, seconds, poster.client.retries))
    if poster.tally.total("refused", "malformed"):
        raise typer.Exit(FOUND_SOMETHING)


@app.command("of-request")
def of_request(
    request: Annotated[
        str, typer.Argument(metavar="ID", help="As an answer, an error or the log has it (X-Request-Id).")
    ],
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many are shown.")] = 1_000,
    as_json: Json = False,
) -> None:
    """Show what came of a request: the facts it recorded, and those that followed from them, as far as the projections
    have read. Their whole history is looked through.

    With --json: {request, facts: [{service, sequence, subject, streamversion, type, id}]}. Exit 1: there is none.
    """
    from parcours.commands.repairing import installation  # noqa: PLC0415
    from shared.histories.shown import facts_of_request  # noqa: PLC0415

    with installation("projections") as found, found.readers["projections"].database.connection() as connection:
        facts = facts_of_request(connection, request, limit)
    if as_json:
        print_json({"request": request, "facts": facts})
    elif not facts:
        print(f"nothing that the projections have read has the correlationid {request}")
    else:
        table = Table(box=None, pad_edge=False)
        for title in ("fact", "subject", "type", "id"):
            table.add_column(title, overflow="fold")
        for fact in facts:
            table.add_row(f"{fact['service']}:{fact['sequence']}", fact["subject"], fact["type"], fact["id"])
        screen().print(table)
    if not facts:
        raise typer.Exit(FOUND_SOMETHING)


def _post_all(poster: Poster, source: EventFile, size: int | None, *, quiet: bool) -> None:
    try:
        with progress("Posting") as shown:
            for _ in poster.post(source):
                shown.at(poster.tally.total(), source.read_bytes / size if size else None)
    except (UnreachableError, KeyboardInterrupt) as error:
        if isinstance(error, UnreachableError) and not poster.tally.total():
            raise
        reason = str(error) if isinstance(error, UnreachableError) else "stopped"
        give_up(
            f"{reason}\n{poster.tally.total():,} events were answered before; run the same command again: "
            "nothing is recorded twice"
        )


@contextmanager
def opened(file: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """The stream, and its length where it has one."""
    if file == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    if path.is_dir():
        give_up(f"{file} is a folder; give a file of events, or - for standard input")
    if not path.exists():
        give_up(f"there is no file {file}; give a file of events, or - for standard input")
    with path.open("rb") as stream:
        about = os.fstat(stream.fileno())
        yield stream, about.st_size if stat.S_ISREG(about.st_mode) else None


@contextmanager
def _output(path: Path | None) -> Iterator[IO[str] | None]:
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as output:
        yield output


@dataclass(slots=True)
class _Refusals:
    """The first ones in memory, all in the file: there may be millions."""

    output: IO[str] | None
    first: list[Refusal] = field(default_factory=list)
    count: int = 0

    def add(self, refusal: Refusal) -> None:
        self.count += 1
        if len(self.first) < IN_JSON:
            self.first.append(refusal)
        if self.output is not None:
            self.output.write(json.dumps(refusal.json(), ensure_ascii=False, separators=(",", ":")) + "\n")

    def json(self) -> dict[str, Any]:
        shown = [refusal.json() for refusal in self.first]
        return {"not_recorded": shown, "not_recorded_left_out": self.count - len(shown)}

    def print(self, unit: str, path: Path | None) -> None:
        for refusal in self.first[:SHOWN]:
            by = "" if refusal.service == NOWHERE else f" by {refusal.service}"
            say(f"{unit} {refusal.item.number}: {refusal.outcome}{by}: {refusal.reason()}")
        if self.count > SHOWN:
            where = f"all in {path}" if path else "all with --refused FILE"
            say(f"… and {self.count - SHOWN:,} more; {where}")


@dataclass(slots=True)
class _Doubts:
    """The first warnings of what was recorded, and how many events have some."""

    first: list[Doubt] = field(default_factory=list)
    count: int = 0

    def add(self, doubt: Doubt) -> None:
        self.count += 1
        if len(self.first) < IN_JSON:
            self.first.append(doubt)

    def json(self) -> dict[str, Any]:
        shown = [doubt.json() for doubt in self.first]
        return {"warned": shown, "warned_left_out": self.count - len(shown)}

    def print(self, unit: str) -> None:
        for doubt in self.first[:SHOWN]:
            for reason in doubt.reasons():
                say(f"{unit} {doubt.item.number}: recorded, but {reason}")
        if self.count > SHOWN:
            say(f"… and {self.count - SHOWN:,} more with warnings; --json shows {IN_JSON:,}")


def report(tally: Tally, seconds: float) -> dict[str, Any]:
    total = tally.total()
    rate = round(total / seconds) if seconds else None
    return {"events": total, "services": tally.counts, "seconds": round(seconds, 3), "per_second": rate}


def summary(tally: Tally, seconds: float, retries: int) -> str:
    """A line per service, and one for all where there are several."""
    names = {NOWHERE: "for no service"}
    lines = [f"{names.get(name, name)}: {_counted(counts)}" for name, counts in tally.counts.items()]
    total = tally.total()
    lines.append(f"{total:,} events in {seconds:.1f} s, {total / seconds:,.0f}/s" if total else "No event in it.")
    if retries:
        lines.append(f"Sent again {retries} times; what a failed piece had recorded counts as duplicate.")
    return "\n".join(lines)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in OUTCOMES if counts[name]) or "nothing"
