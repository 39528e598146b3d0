"""The placements service, put together: intake, answers, and what it records by itself of the cap."""

from __future__ import annotations

from services.placements.api import placements_routes
from services.placements.decisions import RULES, WARNINGS, decide
from services.placements.effects.policy import cap_policy
from services.placements.facts import CATALOGUE
from services.placements.model.windows import Scope
from services.placements.outside import CONSUMED, SERVICES, Outside
from services.structures.facts import SuccessionConfirmed
from services.structures.facts.successions import succession_of
from shared.deciding.warnings import asked_for
from shared.reacting.reacting_service import ReactingService

NAME = "placements"


def service(scope: Scope = "structure") -> ReactingService[Outside]:
    """`scope`: whether the cap counts by association, or across them."""
    return ReactingService(
        name=NAME,
        title="parcours: placements and hours",
        catalogue=CATALOGUE,
        consumed=CONSUMED,
        consumed_services=SERVICES,
        decide=decide,
        warn=WARNINGS.of,
        asks_of=asked_for(RULES, WARNINGS),
        outside=lambda _, knowledge: Outside(knowledge, scope),
        routes=lambda answering, outside: placements_routes(answering, outside, scope),
        confirms=SuccessionConfirmed.type,
        successor_of=succession_of,
        policy=cap_policy(scope),
        settings=f"ai_cap_scope {scope}",
    )
