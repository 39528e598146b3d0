"""What operators ask of the whole suite: who runs, how it is, and what is not as it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from services.projections.api.answer_models import SuiteStatus
from shared.rights.seeing import check_ever
from shared.web.callers import Callers
from shared.web.serving import json_response


def routes(callers: Callers, look: Callable[[], dict[str, Any]]) -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/status", operation_id="status", responses={200: {"model": SuiteStatus}})
    async def status(request: Request) -> Response:
        """Every role of the suite and every reader, wherever they run, from the databases of all services."""
        check_ever(callers.caller(request.headers.get("authorization")), "status")
        return json_response(await asyncio.to_thread(look))

    return router
