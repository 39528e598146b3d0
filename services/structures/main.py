"""The structures service, put together."""

from services.structures.decisions import WARNINGS, decide
from services.structures.facts import CATALOGUE, SuccessionConfirmed
from services.structures.facts.successions import succession_of
from shared.intake.successions import OwnStructureFacts, Successions
from shared.intake.write_service import Surroundings, WriteService, write_service

NAME = "structures"


def create(around: Surroundings) -> WriteService:
    return write_service(
        NAME,
        "parcours: structures, groups and clients",
        CATALOGUE,
        decide,
        around,
        warn=WARNINGS.of,
        successions_of=lambda store: Successions(
            OwnStructureFacts(store, CATALOGUE, SuccessionConfirmed.type), succession_of
        ),
    )
