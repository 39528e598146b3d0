"""Views over one read set, for BI tools and the query API: schema `bi`.

Each read table without its `structure`-visible columns, and what joins the facts of several subjects by day. Promotion
runs `create_views` of the new read set in its transaction, so that readers pass from one to the other at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.projections.read_tables import READ_TABLES
from services.projections.views import (
    agrements,
    alerts,
    bridges,
    caps,
    exits,
    follow_ups,
    groups,
    handovers,
    ready,
    structures,
)
from services.projections.views.joins import quoted, text_literal
from shared.facts.fact import Visibility

TOPICS = (groups, exits, agrements, structures, caps, alerts, handovers, follow_ups, bridges, ready)
"""Modules of views, each after those whose views it reads."""

COMMENTS = {name: comment for topic in TOPICS for name, comment in topic.COMMENTS.items()}
"""Of the views that are no read table."""


def create_views(read_set: str, schema: str = "bi") -> list[str]:
    """SQL statements, for one transaction, that point every view of `schema` to the read set in schema `read_set`.

    Views are dropped before they are made, since a new read set may have other columns; rights are therefore to be
    given by default privileges on the schema, and a view of one's own on top of these would be dropped: put it
    elsewhere and make it anew, or copy. Statements hold no placeholders; run them as they are.
    """
    views = dict(_views(quoted(read_set), quoted(schema)))
    target = quoted(schema)
    return [
        f"CREATE SCHEMA IF NOT EXISTS {target}",
        *(f"DROP VIEW IF EXISTS {target}.{name} CASCADE" for name in reversed(views)),
        *(f"CREATE VIEW {target}.{name} AS\n{query}" for name, query in views.items()),
        *_comments(target),
    ]


def _views(read: str, bi: str) -> Iterator[tuple[str, str]]:
    """Name and query of every view, each after those it reads."""
    for table in READ_TABLES.values():
        yield table.name, f"SELECT {', '.join(table.shown_columns)} FROM {read}.{table.name}"
    for topic in TOPICS:
        yield from topic.views(read, bi)


def _comments(bi: str) -> Iterator[str]:
    for table in READ_TABLES.values():
        yield f"COMMENT ON VIEW {bi}.{table.name} IS {text_literal(table.comment)}"
        for column in table.columns:
            if column.visibility is not Visibility.STRUCTURE:
                yield f"COMMENT ON COLUMN {bi}.{table.name}.{column.name} IS {text_literal(column.comment)}"
    for name, comment in COMMENTS.items():
        yield f"COMMENT ON VIEW {bi}.{name} IS {text_literal(comment)}"
