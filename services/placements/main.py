"""The placements service, put together."""

from services.placements.domain import decide
from services.placements.facts import CATALOGUE
from shared.intake.service import Surroundings, WriteService, write_service

NAME = "placements"


def create(around: Surroundings) -> WriteService:
    return write_service(NAME, "parcours: placements and hours", CATALOGUE, decide, around)
