"""A process of the service of the tests, or of a real one, served as `parcours` serves it: `python -m … DATABASE_URL PORT [SERVICE]`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from parcours.background_threads import until_told
from parcours.http_server import listening, serve
from services.agrement import main as agrement
from services.pathways import main as pathways
from services.placements import main as placements
from services.structures import main as structures
from shared.intake.looking import LONGEST_WAIT_S
from shared.intake.write_service import Surroundings, WriteService
from shared.log.claims import ClaimsElsewhere
from shared.log.ledger import Ledger
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.web.callers import Callers, LocalCallers
from shared.web.serving import Suite
from tests.shared.intake.running import SERVICE, a_service

REFERENCE_KEY = b"a key of tests"
BUILDERS: Mapping[str, Callable[[Surroundings], WriteService]] = {
    structures.NAME: structures.create,
    pathways.NAME: lambda around: pathways.service(
        REFERENCE_KEY, ClaimsElsewhere(around.database_url, agrement.NAME)
    ).create(around),
    agrement.NAME: lambda around: agrement.service().create(around),
    placements.NAME: lambda around: placements.service().create(around),
}


def real_service(
    name: str,
    database_url: str,
    callers: Callers | None = None,
    look_s: float = LONGEST_WAIT_S,
    ledger: Ledger | None = None,
) -> WriteService:
    """`look_s`: how long it waits for what others recorded; short where a test lets nobody act upon it."""
    return BUILDERS[name](
        Surroundings(database_url, callers or LocalCallers(), Metrics(), look_s=look_s, ledger=ledger)
    )


def main(database_url: str, port: str, name: str = SERVICE) -> None:
    service = a_service(database_url) if name == SERVICE else real_service(name, database_url)
    suite = Suite({name: service.app}, Metrics(), {name: service.check})
    with until_told() as stop, listening(Settings(port=int(port))) as sockets:
        service.start()
        try:
            serve(suite, sockets, stop, lambda _: None)
        finally:
            service.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
