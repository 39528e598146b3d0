"""What a service has read of structures that others took over (`shared.intake.successions`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from shared.facts.fact import Recorded, service_of
from shared.histories.database import HistoryDatabase
from shared.log.arrays import text_array
from shared.reacting.knowledge import Knowledge
from shared.web.positions import Positions


class StructuresRead:
    """Found in the histories by the place of their facts in the log: what had been read when it was last looked at is not
    looked through again. Facts come in no order, so `applied`, below which none will, says from where on."""

    def __init__(
        self, database: HistoryDatabase, knowledge: Knowledge, applied: Callable[[], Positions], confirms: str
    ) -> None:
        """`confirms`: the type that confirms a succession."""
        self._database = database
        self._knowledge = knowledge
        self._applied = applied
        self._confirms = confirms
        self._service = service_of(confirms)
        self._through = 0

    def create(self) -> None:
        """The histories are made with the other tables."""

    def confirmed(self) -> Collection[str]:
        through = self._applied().get(self._service, 0)
        with self._database.connection() as connection:
            rows = connection.execute(
                "SELECT DISTINCT subject FROM history WHERE service = %s AND sequence > %s AND type = %s",
                [self._service, self._through, self._confirms],
            ).fetchall()
        self._through = through
        return {subject for (subject,) in rows}

    def versions(self, subjects: Collection[str]) -> Mapping[str, int]:
        with self._database.connection() as connection:
            found = connection.execute(
                "SELECT subject, version FROM subjects WHERE subject = ANY(%s::text[])", [text_array(sorted(subjects))]
            )
            return dict(found.fetchall())

    def settled(self, subjects: Collection[str]) -> Mapping[str, Sequence[Recorded]]:
        return self._knowledge.of(subjects)
