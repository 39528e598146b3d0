"""`python -m tests.faults.projector_process DATABASE_URL KAFKA PREFIX`: a projector alone on the topics of two services,
with a short session. Folding SLEEPER says "inside" and takes a second, so that it can be frozen there."""

import signal
import sys
from collections.abc import Sequence
from threading import Event
from typing import Any

from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.folding.folder import Folder
from services.projections.folding.project import project
from services.projections.folding.projector import Projector
from services.projections.folding.set_rows import Rows
from services.projections.read_sets.recipe import Recipe
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.fact import Recorded
from shared.feeds.kafka_feed import KafkaFeed
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from tests.shared.feeding import topics_at

SERVICES = ("pathways", "placements")
SLEEPER = "person/00000000-0000-4000-8000-000000000999"
SESSION_S = 6.0
FROZEN_S = 3.0


def slow(kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
    if settled and settled[0].subject == SLEEPER:
        print("inside", flush=True)
        Event().wait(1)  # long enough to be frozen in
    return project(kind, settled, settings, *more)


def main(url: str, bootstrap: str, prefix: str) -> None:
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    settings = Settings()
    database = Database(url, frozen_s=FROZEN_S)
    load, ensure = database.places_of(KafkaFeed.name)
    feed = KafkaFeed(topics_at(bootstrap, prefix), SERVICES, f"{prefix}-g", load, ensure, session_s=SESSION_S)
    Projector(database, Folder(CATALOGUE, settings, slow), feed, Recipe.of(settings), Metrics()).run(stop)
    feed.close()
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
