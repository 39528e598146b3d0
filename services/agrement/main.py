"""The agrement service, put together: intake, answers, and what it records by itself about hires and on days."""

from __future__ import annotations

from services.agrement.api import agrement_routes
from services.agrement.decisions import RULES, WARNINGS, decide
from services.agrement.effects.policy import deadlines_of, hire_policy, notices_of
from services.agrement.facts import CATALOGUE
from services.agrement.model.numbers import numbers_of
from services.agrement.model.person_file import Counting
from services.agrement.outside import CONSUMED, SERVICES, Outside
from services.structures.facts import SuccessionConfirmed
from services.structures.facts.successions import succession_of
from shared.deciding.warnings import asked_for
from shared.log.store import FactStore
from shared.reacting.reacting_service import ReactingService

NAME = "agrement"


def service(prefix: str = "XXXXX", counting: Counting = "reference") -> ReactingService[Outside]:
    """`prefix`: of the numbers this issuer gives. `counting`: how many days a suspension adds."""
    return ReactingService(
        name=NAME,
        title="parcours: agrement, the right to work in IAE",
        catalogue=CATALOGUE,
        consumed=CONSUMED,
        consumed_services=SERVICES,
        decide=decide,
        warn=WARNINGS.of,
        asks_of=asked_for(RULES, WARNINGS),
        # A store of its own: numbers are asked for while the writer decides, which must not wait for what routes hold.
        outside=lambda url, knowledge: Outside(FactStore(url, NAME), knowledge, prefix, counting),
        routes=lambda answering, outside: agrement_routes(answering, outside, counting),
        confirms=SuccessionConfirmed.type,
        successor_of=succession_of,
        policy=hire_policy(counting),
        settings=f"suspension_counting {counting}",
        deadlines_of=deadlines_of(counting),
        notices=notices_of(counting),
        claims_of=numbers_of,
    )
