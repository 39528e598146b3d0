"""The structures service, put together."""

from services.structures.decisions import WARNINGS, decide
from services.structures.facts import CATALOGUE
from shared.intake.write_service import Surroundings, WriteService, write_service

NAME = "structures"


def create(around: Surroundings) -> WriteService:
    return write_service(NAME, "parcours: structures, groups and clients", CATALOGUE, decide, around, warn=WARNINGS.of)
