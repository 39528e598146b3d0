"""Facts recorded through the store itself, as many as a test needs, each subject's numbered as it goes."""

import json
from collections import Counter
from datetime import UTC, datetime

from services.pathways.facts import SupportAction
from shared.facts.fact import Recorded
from shared.log.entries import NewFact
from shared.log.store import FactStore
from tests.parts.clocks import SetClock

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)
SOURCE = "https://structure.example/software"
DATA = json.dumps(SupportAction.example, separators=(",", ":")).encode()
ACTION = SupportAction.model_validate_json(DATA)


def person(number: int) -> str:
    return f"person/00000000-0000-4000-8000-{number:012}"


class Recorder:
    """`record("a", "b", "a")`: three facts of two subjects, in one commit, at noon."""

    def __init__(self, store: FactStore) -> None:
        self.store = store
        store.clock = SetClock(lambda: NOON)
        self._versions: Counter[str] = Counter()
        self._ids = 0

    def record(self, *subjects: str) -> list[Recorded]:
        new = [self._fact(subject) for subject in subjects]
        commit = self.store.record(new)
        return [
            fact.model_copy(update={"sequence": sequence, "recordedtime": commit.recordedtime})
            for fact, sequence in commit.of(new)
        ]

    def record_many(self, count: int, persons: int = 50, commit_size: int = 1_000) -> None:
        """The persons in turn."""
        for start in range(0, count, commit_size):
            self.record(*(person(number % persons) for number in range(start, min(start + commit_size, count))))

    def _fact(self, subject: str) -> NewFact:
        self._versions[subject] += 1
        self._ids += 1
        fact = Recorded(
            id=f"action-{self._ids}",
            source=SOURCE,
            type=SupportAction.type,
            subject=subject,
            time=NOON,
            recordedtime=NOON,
            streamversion=self._versions[subject],
            data=ACTION,
        )
        return NewFact(fact, DATA, b"digest")
