"""What a read table is: its row type, the function that gives its rows, its key.

A row type is a NamedTuple. Its annotations carry what each column means (a text) and, where that is not `group`, who may
see it; its docstring says what one row is. Columns, SQL types and comments in the database follow from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.docstrings import docstring
from shared.facts.fact import PlainCodes, Visibility

Row = tuple[Any, ...]
"""Values in the order of the columns. Row types are tuples because COPY writes them, and rows are compared, as such."""


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """One column: its Python type, whether it may be NULL, what it means, and who may see it.

    `plain`: of a listed column of codes, those that lists show; others tell of a person's situation.
    """

    name: str
    type: Any
    nullable: bool
    comment: str
    visibility: Visibility
    plain: PlainCodes | None = None

    @property
    def is_listed(self) -> bool:
        """Whether lists, filters and schema `bi` have it."""
        return self.visibility.is_listed

    @property
    def listed_sql(self) -> str:
        """What lists show of it, NULL of a code that tells of a person's situation; in SQL, as PostgreSQL itself would write
        it: the text of a view is compared."""
        if self.plain is None:
            return self.name
        codes = ", ".join(f"'{code}'::text" for code in self.plain.codes)
        return f"CASE WHEN {self.name} = ANY (ARRAY[{codes}]) THEN {self.name} ELSE NULL::text END AS {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """One read table: the rows that `rows` gives of each subject of one kind.

    The first column of a row is the subject's id, and its first `key` columns together name it.
    """

    name: str
    subject_kind: str
    row: type[Row]
    rows: Callable[[SubjectFacts], Sequence[Row]]
    key: int
    indexes: tuple[tuple[str, ...], ...] = ()

    @property
    def comment(self) -> str:
        return " ".join(docstring(self.row).split())

    @property
    def columns(self) -> tuple[ReadColumn, ...]:
        """Raise TypeError for one without a meaning."""
        return _columns(self.row, self.name)

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """Those that may leave the trust boundary."""
        return tuple(column.name for column in self.listed_columns)

    @property
    def listed_columns(self) -> tuple[ReadColumn, ...]:
        return tuple(column for column in self.columns if column.is_listed)

    @property
    def listed_sql(self) -> str:
        """Those columns for a SELECT."""
        return ", ".join(column.listed_sql for column in self.listed_columns)

    @property
    def key_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns[: self.key])


@cache
def _columns(row: type[Row], table: str) -> tuple[ReadColumn, ...]:
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(name, hint, f"{table}.{name}") for name, hint in hints.items())


def _column(name: str, hint: Any, column: str) -> ReadColumn:
    """What an annotation says. Of two texts the outer one counts: a column may say more than the type it shares.

    `column`: its name with its table's. Raise TypeError where the annotation has no text."""
    marks: list[Any] = []
    nullable = False
    while get_origin(hint) in (Annotated, Union, UnionType):
        if get_origin(hint) is Annotated:
            hint, *inner_first = get_args(hint)
            # Unwrapped from the outside in: what the column says itself ends up last, and is looked for from the end.
            marks = [*inner_first, *marks]
        else:
            nullable = True
            hint = next(part for part in get_args(hint) if part is not type(None))
    # Visibility is an enumeration of texts: its members are str too, and no comments.
    comments = (mark for mark in reversed(marks) if isinstance(mark, str) and not isinstance(mark, Visibility))
    comment = next(comments, None)
    if comment is None:
        raise TypeError(f'{column} says not what it means: annotate it, as in Annotated[date, "Day it was signed"]')
    visibility = next((mark for mark in reversed(marks) if isinstance(mark, Visibility)), Visibility.GROUP)
    if get_origin(hint) is Literal:
        # A closed list of codes is a text to the database: a check there would refuse rows of a code added later.
        hint = type(get_args(hint)[0])
    plain = next((mark for mark in marks if isinstance(mark, PlainCodes)), None)
    return ReadColumn(name, hint, nullable, comment, visibility, plain)
