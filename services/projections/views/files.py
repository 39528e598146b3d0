"""The `.sql` files of views: the comment at their head, and their parameters.

A file is SQL as psql runs it: `:name` stands for what `psql -v name=…` would put in its place, which is the schema's name
(`:bi`) or a value written as SQL. Its first paragraph of `--` lines is what the database says of the view or function,
lines `-- column: meaning` are what it says of columns; the paragraphs between are for who reads the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
"""Not the type of a cast (`::date`)."""

_READ = re.compile(r":bi\.([a-z_]+)")

_COLUMN = re.compile(r"-- ([a-z_]+): (.+)")


def query(name: str, parameters: Mapping[str, str]) -> str:
    """The SQL of `name`.sql (a path below `views/`). Raise KeyError for a parameter that nobody gives."""
    return _PARAMETER.sub(lambda found: parameters[found[1]], _parts(name)[1])


def read_by(name: str) -> Sequence[str]:
    """Views and functions of `bi` that it names, each once, in their order; not itself."""
    found = dict.fromkeys(_READ.findall(_parts(name)[1]))
    return tuple(other for other in found if other != name.rpartition("/")[2])


def columns(name: str) -> Mapping[str, str]:
    """What its head says of columns: lines `-- column: meaning`, each of which goes on while lines are indented."""
    found: dict[str, str] = {}
    column = ""
    for line in _parts(name)[0].splitlines():
        if start := _COLUMN.match(line):
            column = start[1]
            found[column] = start[2]
        elif column and line.startswith("--   "):
            found[column] += f" {line.removeprefix('--').strip()}"
        else:
            column = ""
    return found


def comment(name: str) -> str:
    """What the database says of the view or function."""
    head = _parts(name)[0]
    return " ".join(line.removeprefix("--").strip() for line in head.split("\n--\n")[0].splitlines())


def _parts(name: str) -> tuple[str, str]:
    """The `--` lines at its head, and what comes after."""
    lines = (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip().splitlines()
    first = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[:first]), "\n".join(lines[first:])
