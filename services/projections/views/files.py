"""The `.sql` files of views: the comment at their head, and their parameters.

A file is SQL as psql runs it: `:name` stands for what `psql -v name=…` would put in its place, which is the schema's name
(`:bi`) or a value written as SQL. Its first paragraph of `--` lines is what the database says of the view or function;
paragraphs after it are for who reads the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from services.projections.views.literals import literal

FOLDER = Path(__file__).parent

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
"""Not the type of a cast (`::date`)."""


def query(name: str, parameters: Mapping[str, str]) -> str:
    """The SQL of `name`.sql (a path below `views/`). Raise KeyError for a parameter that nobody gives."""
    return _PARAMETER.sub(lambda found: parameters[found[1]], _parts(name)[1])


def comment(name: str) -> str:
    """What the database says of the view or function, as SQL text."""
    head = _parts(name)[0]
    return literal(" ".join(line.removeprefix("--").strip() for line in head.split("\n--\n")[0].splitlines()))


def _parts(name: str) -> tuple[str, str]:
    """The `--` lines at its head, and what comes after."""
    lines = (FOLDER / f"{name}.sql").read_text(encoding="utf-8").strip().splitlines()
    first = next(place for place, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[:first]), "\n".join(lines[first:])
