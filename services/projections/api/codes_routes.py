"""The names of codes, of every service."""

from __future__ import annotations

from fastapi import APIRouter

from services.projections.api.snapshots import Snapshots
from services.projections.codes import ref_codes
from shared.web.codes_route import codes_route


def routes(snapshots: Snapshots) -> APIRouter:
    return codes_route(ref_codes, snapshots.callers)
