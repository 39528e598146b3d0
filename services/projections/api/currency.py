"""How long ago the oldest fact was recorded that is not applied here: others' facts are shown by relations as they are now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from math import inf
from time import monotonic
from typing import Any

import psycopg
from psycopg import Connection

from services.projections.catalogue import SERVICES
from services.projections.folding.relations_kept import is_filled
from shared.histories.places import applied
from shared.log.seen_ends import SeenEnds
from shared.log.tail import tail
from shared.process.embedded import connect_options
from shared.process.settings import Settings, SettingsError
from shared.process.unavailable import UnavailableError

MOST_BEHIND_S = 10.0
"""Who is further behind does not know who has left, or whose fact was voided: nobody is shown what others said."""

LOOKED_AT_S = 2.0
"""How long a look at the logs is believed."""

_PARAMETERS = {"statement_timeout": "2s"}

Behind = Callable[[Mapping[str, int]], float]
"""Seconds, for the sequences up to which each service is applied; infinite where that cannot be known."""


class RightsNotCurrentError(UnavailableError):
    code = "rights_not_current"
    title = "Too much is recorded that is not applied here yet: who may see this person is not known; send it again"
    title_fr = "Trop de faits ne sont pas encore pris en compte ici pour savoir qui peut voir cette personne ; renvoyez la demande"
    instead = "Send it again in a moment."
    instead_fr = "Renvoyez-la dans un instant."


class LooksAtLogs:
    """From the stores themselves, at most every two seconds, whoever asks. `now_s`: seconds of a clock that nobody sets."""

    def __init__(self, settings: Settings, now_s: Callable[[], float] = monotonic) -> None:
        self._settings = settings
        self._now_s = now_s
        self._lock = threading.Lock()
        self._seen = {service: SeenEnds() for service in SERVICES}
        self._looked_at, self._seconds = -inf, inf

    def __call__(self, positions: Mapping[str, int]) -> float:
        with self._lock:
            if self._now_s() - self._looked_at >= LOOKED_AT_S:
                self._seconds = max(self._of(service, positions.get(service, 0)) for service in SERVICES)
                self._looked_at = self._now_s()
            return self._seconds

    def _of(self, service: str, through: int) -> float:
        try:
            url = self._settings.database_url_of(service)
            with psycopg.connect(url, autocommit=True, **connect_options("rights", _PARAMETERS)) as connection:
                end = tail(connection, service, [through])
        except (psycopg.Error, SettingsError):
            return inf
        if end.sequence > through and through not in end.first_after:
            return inf  # nobody can read when the first fact was recorded that is not applied
        # A log ahead of its clock would be behind by nothing: by when it was seen here to go on, it is not.
        return self._seen[service].aged(end, self._now_s()).behind_s(through)


def check_current(connection: Connection[Any], feed: str, behind: Behind) -> None:
    """Raise RightsNotCurrentError."""
    if not is_filled(connection) or behind(applied(connection, feed, SERVICES)) > MOST_BEHIND_S:
        raise RightsNotCurrentError()
