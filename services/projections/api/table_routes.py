"""The read tables as lists."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from services.projections.api.listing import Listing
from services.projections.api.openapi import filters_of, page_described
from services.projections.api.row_models import listed_row
from services.projections.api.snapshots import Snapshots
from services.projections.read_tables import READ_TABLES
from shared.web.problems import NotFoundError
from shared.web.read_log import CONTINUITY


def routes(snapshots: Snapshots) -> APIRouter:
    router = APIRouter(prefix="/tables", tags=["tables"])
    for name, table in READ_TABLES.items():
        router.add_api_route(
            f"/{name}",
            _table_route(snapshots, Listing(name, table.key_columns)),
            operation_id=f"table_{name}",
            description=f"{table.comment} Rows in the order of the key; filters are named as columns.",
            **page_described(partial(listed_row, name), filters_of(name)),
        )

    # After the tables, since the first route that fits answers: a wrong name is told which ones there are.
    @router.get("/{name}", include_in_schema=False)
    async def unknown_table(request: Request, name: str) -> Response:
        await snapshots.begin(request, "directory", purpose=CONTINUITY)
        raise NotFoundError(tables=sorted(READ_TABLES))

    return router


def _table_route(snapshots: Snapshots, listing: Listing) -> Callable[..., Any]:
    async def table(request: Request, limit: int | None = None, next: str | None = None) -> Response:
        return await snapshots.list(request, listing, (limit, next))

    return table
