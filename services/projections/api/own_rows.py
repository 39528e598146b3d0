"""A caller's own rows as SQL, and views over these alone: what somebody who was told nothing but its own facts would get.

A view is the same SQL as for everybody, with own rows in the place of the tables it reads: it reckons nothing twice. Where
rows follow from facts of several (a pathway, a number), the files of `own/` make them of own rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.projections.views import files, law

_OF_SEVERAL, _OF_ONE = "= ANY(%(own)s::uuid[])", "= (%(own)s::uuid[])[1]"
OWN = f"v.{{}} {_OF_SEVERAL}"
"""Rows about `v` of the structures in a column, which the caller acts for."""
RELATED = (
    "EXISTS (SELECT FROM access.relations r WHERE r.person_id = v.person_id"
    " AND r.structure_id = ANY(%(own)s::uuid[]) AND r.kind <> 'proposed')"
)
RUNNING = RELATED[:-1] + " AND r.starts_on <= %(today)s AND coalesce(r.ends_on >= %(today)s, true))"
PROPOSED = RUNNING.replace("<> 'proposed'", "= 'proposed'")

_FOLDER = Path(__file__).parent / "own"
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_EACH = "each_"
_READ = re.compile(r"\bbi\.([a-z_]+)\b(?!\s*\()")


def rows_of(table: str, rows: str = OWN.format("structure_id"), numbered: str = "") -> str:
    """`numbered`: the column by whose order they are numbered, of one person: as the fold of its own facts would."""
    number = f", row_number() OVER (ORDER BY v.{numbered}) AS own_number" if numbered else ""
    return f"SELECT v.*{number} FROM bi.{table} v WHERE {rows}"


def person_by_person(rows: str) -> str:
    """Rows of the people whom the caller has or had to do with, read of one after the other in their order: of those whom a
    page shows, however many there are and whatever the planner knows of the tables. `rows`: SQL, of the person `k`. OFFSET
    keeps the planner from reading them first and the people afterwards."""
    return f"(SELECT k.person_id AS of_person, o.* FROM ({made_of_own('related')}) k CROSS JOIN LATERAL ({rows} OFFSET 0) o)"


def _each(rows: str) -> str:
    """Of these rows those of the person `k`. IS TRUE keeps the planner to the one index that begins with the person: of
    tables that were just filled it believes that few rows are a structure's, and would read all of these for each person."""
    return f"v.person_id = k.person_id AND ({rows}) IS TRUE"


OF_PERSON = _each(OWN.format("structure_id"))


def of_one(query: str) -> str:
    """A query of own rows for who acts for one structure alone. Beside an address's filter by the same structure, a list of
    one is taken for a second, rare condition, and a page is sorted out of all own rows instead of read in its order."""
    return query.replace(_OF_SEVERAL, _OF_ONE)


def people_of(name: str) -> str:
    """The rows of `own/<name>.sql`, which are read person by person too."""
    return f"(SELECT *, person_id AS of_person FROM ({made_of_own(name)}) p)"


@cache
def made_of_own(name: str, rows: str = OWN.format("structure_id")) -> str:
    """The SQL of `own/<name>.sql`. Others of these files stand in it as `:name`, or as `:each_name`, of the person `k` of
    what they are joined with. `rows`: what `:own` stands for."""
    text = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    statement = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    return _PARAMETER.sub(lambda found: _part(found[1], rows), statement)


def _part(name: str, rows: str) -> str:
    if name == "own":
        return rows
    if name.startswith(_EACH):
        return made_of_own(name.removeprefix(_EACH), _each(rows))
    return made_of_own(name, rows)


def view_over(view: str, own: Mapping[str, str]) -> str:
    """The SQL of a view of `bi` that reads the queries in `own` in place of what they are named by."""
    text = files.query(view, {"bi": "bi", **law.values()})
    read = set(_READ.findall(text))
    assert own.keys() <= read, f"{view} does not read {own.keys() - read}"
    return _READ.sub(lambda found: f"({own[found[1]]})" if found[1] in own else found[0], text)
