"""Alerts by what counted from a day on: what views about a day that is past show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Protocol, TypeVar

from services.projections.tables.facts_by_day import Shown, facts_by_day
from services.projections.tables.periods import Held
from services.projections.tables.subject_facts import Kinds, SubjectFacts


class Alert(Protocol):
    """A row whose first columns name it."""

    @property
    def since(self) -> date: ...
    def __getitem__(self, columns: slice, /) -> tuple[object, ...]: ...


A = TypeVar("A", bound=Alert)

AlertKey = tuple[object, ...]


def held(
    subject: SubjectFacts, find: Callable[[SubjectFacts], Iterable[A]], named_by: int, about: Kinds, reads: Kinds
) -> list[Held[AlertKey, A]]:
    """What `find` gives of the facts that counted from each day on, by its first `named_by` columns behind the subject;
    the last: what all facts give. Of the others those alone that had begun by the next such day: nobody ever saw them
    otherwise. Where two rules find the same thing, it is one."""

    def begun(shown: Shown, alerts: Iterable[A]) -> Mapping[AlertKey, A]:
        # By the key of the table: two rows of one key would fail the whole subject.
        return {alert[1:named_by]: alert for alert in alerts if shown.before is None or alert.since < shown.before}

    each_day = facts_by_day(subject).each_day(find, about, reads)
    return [(shown.day, begun(shown, alerts)) for shown, alerts in each_day]


def as_known_now(found: list[Held[AlertKey, A]]) -> Iterable[A]:
    return found[-1][1].values() if found else ()
