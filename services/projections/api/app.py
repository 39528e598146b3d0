"""The query API: `/projections/v1`. Everything is read from histories and the current read set (schema `bi`)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from services.projections.api import alerts, follow_ups, groups, handovers, operation, pathways, ready, tables
from services.projections.api import shapes as answers
from services.projections.api.snapshot import Reading

ROUTES = (pathways, groups, handovers, ready, follow_ups, alerts, tables, operation)


def add_routes(app: FastAPI, reading: Reading) -> None:
    for module in ROUTES:
        app.include_router(module.routes(reading), prefix="/projections/v1")
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = answers.add_problems(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
