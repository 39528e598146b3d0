"""The agrement service, put together."""

from services.agrement.domain import decide
from services.agrement.facts import CATALOGUE
from shared.intake.service import Surroundings, WriteService, write_service

NAME = "agrement"


def create(around: Surroundings) -> WriteService:
    return write_service(NAME, "parcours: agrement, the right to work in IAE", CATALOGUE, decide, around)
