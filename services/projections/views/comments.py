"""What the database says of schema `bi`: of each view and function, and of each column what it means.

A column of a file says what it means at the head of the file; one that does not means what it does in the views that the
file reads, where they all say the same of a column of that name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache

from services.projections.read_tables import READ_TABLES
from services.projections.views import FUNCTIONS, VIEWS, files, incomplete, law
from services.projections.views.literals import identifier, literal


def statements(said: Mapping[tuple[str, str | None], str | None], schema: str = "bi") -> Iterator[str]:
    """SQL that says it, where something else is said so far. `said`: by view and column (None: the view itself)."""
    bi = identifier(schema)
    for (name, column), so_far in said.items():
        wanted = view_comment(name) if column is None else meaning(name, column)
        if wanted != so_far:
            what = f"VIEW {bi}.{name}" if column is None else f"COLUMN {bi}.{name}.{column}"
            yield f"COMMENT ON {what} IS {literal(wanted)}"
    for name in FUNCTIONS:
        yield f"COMMENT ON FUNCTION {bi}.{name} IS {literal(files.comment(f'functions/{name}'))}"


def view_comment(name: str) -> str:
    if name in READ_TABLES:
        return READ_TABLES[name].comment
    if name == incomplete.NAME:
        return incomplete.COMMENT
    return law.REFERENCES[name].comment if name in law.REFERENCES else files.comment(name)


def meaning(name: str, column: str) -> str:
    """Of a view's column. Raise KeyError where nothing is said, or where what it reads says different things."""
    said = _said(name)
    if column in said:
        return said[column]
    read = set(_read_meanings(name, column))
    if len(read) != 1:
        raise KeyError(f"{name}.{column} says not what it means: say it at the head of its file")
    return read.pop()


def _read_meanings(name: str, column: str) -> Iterator[str]:
    for source in _read_by(name):
        with suppress(KeyError):
            yield meaning(source, column)


@cache
def _said(name: str) -> Mapping[str, str]:
    """What is said of a view's columns beside it."""
    if name in READ_TABLES:
        return {column.name: column.comment for column in READ_TABLES[name].listed_columns}
    if name == incomplete.NAME:
        return incomplete.COLUMNS
    return law.REFERENCES[name].columns if name in law.REFERENCES else files.columns(_path(name))


def _read_by(name: str) -> Sequence[str]:
    return files.read_by(_path(name)) if name in (*VIEWS, *FUNCTIONS) else ()


def _path(name: str) -> str:
    return f"functions/{name}" if name in FUNCTIONS else name
