"""Pieces of SQL that several views share: joins by day, and how text and days are written."""

from __future__ import annotations

from datetime import date

ALWAYS, FOR_EVER = "'-infinity'::date", "'infinity'::date"


def kind_on(read: str, bi: str, period: str, stage: str, structure_id: str, day: str) -> str:
    """Joins a structure's kind and stage on a day; a structure not known yet has none, and drops no row."""
    return f"""LEFT JOIN {read}.structure_periods {period} ON {period}.structure_id = {structure_id}
  AND {on(day, period, "starts_on", "ends_on")}
LEFT JOIN {bi}.stages {stage} ON {stage}.kind = {period}.kind AND {on(day, stage, "valid_from", "valid_to")}"""


def on(day: str, table: str, first: str, last: str) -> str:
    return f"{day} BETWEEN coalesce({table}.{first}, {ALWAYS}) AND coalesce({table}.{last}, {FOR_EVER})"


def day_literal(day: date | None) -> str:
    return "NULL::date" if day is None else f"DATE '{day.isoformat()}'"


def text_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
