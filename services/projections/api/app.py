"""The query API: `/projections/v1`. Everything is read from histories and the current read set (schema `bi`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from services.projections.api import (
    access_routes,
    alert_routes,
    cap_routes,
    codes_routes,
    follow_up_routes,
    group_routes,
    handover_routes,
    held_routes,
    pathway_routes,
    position_routes,
    ready_routes,
    status_routes,
    table_routes,
)
from services.projections.api.openapi import add_problems
from services.projections.api.snapshots import Snapshots
from shared.web.request_ids import describe_request_ids

ROUTES = (
    pathway_routes,
    cap_routes,
    group_routes,
    handover_routes,
    ready_routes,
    follow_up_routes,
    alert_routes,
    table_routes,
    codes_routes,
    position_routes,
    access_routes,
    held_routes,
)


def add_routes(app: FastAPI, snapshots: Snapshots, look_at_suite: Callable[[], dict[str, Any]]) -> None:
    for module in ROUTES:
        app.include_router(module.routes(snapshots), prefix="/projections/v1")
    app.include_router(status_routes.routes(snapshots.callers, look_at_suite), prefix="/projections/v1")
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe_request_ids(add_problems(plain()))
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
