"""Pieces of SQL that several views share: joins by day, and how text and days are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

ALWAYS, FOR_EVER = "'-infinity'::date", "'infinity'::date"


def kind_on(read: str, bi: str, period: str, stage: str, structure_id: str, day: str) -> str:
    """Joins a structure's kind and stage on a day; a structure not known yet has none, and drops no row."""
    return f"""{kind_of_structure(read, period, structure_id, day)}
LEFT JOIN {bi}.stages {stage} ON {stage}.kind = {period}.kind AND {on(day, stage, "valid_from", "valid_to")}"""


def kind_of_structure(read: str, period: str, structure_id: str, day: str) -> str:
    """Joins a structure's kind on a day, as `services.structures.facts.by_day.kind_on` tells it."""
    return _kind(f"{read}.structure_periods", "structure_id", period, structure_id, day)


def kind_of_client(read: str, period: str, client_id: str, day: str) -> str:
    """Joins a client's kind on a day, as `services.structures.facts.by_day.client_kind_on` tells it."""
    return _kind(f"{read}.client_periods", "client_id", period, client_id, day)


def _kind(periods: str, key: str, period: str, whose: str, day: str) -> str:
    """Of the last period begun by the day, even when it is over; before the first, of that one. No day, no kind."""
    return f"""LEFT JOIN LATERAL (
    SELECT x.kind FROM {periods} x
    WHERE x.{key} = {whose} AND x.kind IS NOT NULL AND {day} IS NOT NULL
    ORDER BY x.starts_on > {day}, abs(x.starts_on - {day}) LIMIT 1
) {period} ON true"""


def on(day: str, table: str, first: str, last: str) -> str:
    return f"{day} BETWEEN coalesce({table}.{first}, {ALWAYS}) AND coalesce({table}.{last}, {FOR_EVER})"


def reference(rows: Sequence[Any]) -> str:
    """A dated table of rules (rows of one NamedTuple) as a query; several codes in one field: separated by one space."""
    values = ",\n".join(f"({', '.join(map(literal, row))})" for row in rows)
    return f"SELECT * FROM (VALUES\n{values}\n) AS r ({', '.join(rows[0]._fields)})"


def literal(value: Any) -> str:
    """Text, a figure or codes as SQL; None: a bound that is open."""
    if value is None or isinstance(value, date):
        return day_literal(value)
    if isinstance(value, int | float):
        return str(value).lower()
    return text_literal(value if isinstance(value, str) else " ".join(value))


def day_literal(day: date | None) -> str:
    return "NULL::date" if day is None else f"DATE '{day.isoformat()}'"


def text_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
