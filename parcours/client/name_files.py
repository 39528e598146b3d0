"""Names in a file: CSV with a head, or a JSON object a line. No message here quotes what stands in it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO
from uuid import UUID

from parcours.terminal.console import give_up

COLUMNS = ("person_id", "family_name", "given_names", "birth_date")


@dataclass(frozen=True, slots=True)
class NameLine:
    """`number`: its line in the file, from 1. `fault`: why it cannot be sent; then the rest is empty."""

    number: int
    person_id: str = ""
    names: Mapping[str, Any] | None = None
    fault: str = ""


def name_lines(stream: TextIO) -> Iterator[NameLine]:
    """Raise CommandError where the head of a CSV has not the columns that are needed."""
    first = stream.readline()
    if first.lstrip("\ufeff \t").startswith("{"):
        yield from _of_json(first.lstrip("\ufeff"), stream)
    else:
        yield from _of_csv(first.lstrip("\ufeff"), stream)


def _of_json(first: str, stream: TextIO) -> Iterator[NameLine]:
    for number, text in enumerate(_with(first, stream), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError:
            yield NameLine(number, fault="this line is no JSON")
            continue
        yield _line(number, row) if isinstance(row, dict) else NameLine(number, fault="this line is no JSON object")


def _of_csv(first: str, stream: TextIO) -> Iterator[NameLine]:
    # Spreadsheets of a French system part columns by semicolons.
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(_with(first, stream), delimiter=delimiter)
    head = [name.strip() for name in reader.fieldnames or ()]
    if missing := [name for name in COLUMNS if name not in head]:
        give_up(f"the first line lacks {', '.join(missing)}: a CSV of names has {', '.join(COLUMNS)}")
    reader.fieldnames = head
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield NameLine(reader.line_num, fault=f"this line is no CSV ({error})")
            continue
        if None in row or any(row[name] is None for name in COLUMNS):
            yield NameLine(reader.line_num, fault="this line has more or fewer columns than the first")
        else:
            yield _line(reader.line_num, {name: row[name].strip() for name in COLUMNS})


def _with(first: str, stream: TextIO) -> Iterator[str]:
    if first:
        yield first
    yield from stream


def _line(number: int, row: Mapping[str, Any]) -> NameLine:
    person_id = row.get("person_id")
    try:
        named = str(UUID(str(person_id).removeprefix("person/")))
    except ValueError:
        return NameLine(number, fault="person_id is no UUID")
    return NameLine(number, named, {name: value for name, value in row.items() if name != "person_id"})
