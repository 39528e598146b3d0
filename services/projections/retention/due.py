"""Who is due: persons of whom nothing is to be kept any more by a day, a page of them at a time, in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from services.projections.law.retention import retention_on
from services.projections.retention.keeping import Keeping, keeping
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.catalogue import Catalogue
from shared.facts.erasing import PersonErased
from shared.facts.months import months_after
from shared.facts.settle import order_of_truth, settle
from shared.histories.history import History
from shared.histories.persons import load_known
from shared.histories.subjects import rows_of
from shared.log.arrays import text_array

AT_ONCE = 200
"""Persons whose facts are in memory."""

_CANDIDATES = """
(SELECT p.person_id FROM bi.persons p
WHERE p.person_id > %(after)s::uuid
    AND NOT EXISTS (SELECT FROM bi.steps s WHERE s.person_id = p.person_id AND coalesce(s.ends_on > %(kept)s, true))
    AND NOT EXISTS (SELECT FROM bi.agrements a WHERE a.person_id = p.person_id AND a.carence_ends_on > %(kept)s)
ORDER BY p.person_id LIMIT %(limit)s)
UNION (SELECT i.subject_id FROM bi.incomplete_subjects i
WHERE i.subject_kind = 'person' AND i.reason = 'fold_failed' AND i.subject_id > %(after)s::uuid
ORDER BY i.subject_id LIMIT %(limit)s)
ORDER BY person_id LIMIT %(limit)s
"""
"""Without those of whom one row tells that they are kept; the rule itself looks at all their facts. With those whose rows
cannot be made: they have none, or some of before, which tell nothing. Whose data are limited is in no view: a person that
asked for its data to be kept is not among those to forget."""

SLACK = timedelta(days=3)
"""Months clip at the end of a month: a day that is nearer than this is left to the rule."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Its facts are not all there, or cannot be made into rows: nobody can say until when it is kept."""

    person_id: UUID
    reason: str


def due(
    connection: Connection[Any],
    catalogue: Catalogue,
    settings: ProjectionSettings,
    on: date,
    through: date,
    at_once: int = AT_ONCE,
) -> Iterator[Keeping | Undecided]:
    """Those kept until before `through` by the law of the day `on`. `connection`: in autocommit, so that no page holds up
    the next."""
    kept = months_after(through, -retention_on(on).pathway.months) + SLACK
    after, page = str(UUID(int=0)), [""]
    while page:
        values = {"after": after, "kept": kept, "limit": at_once}
        page = [str(person_id) for (person_id,) in connection.execute(_CANDIDATES, values)]
        for found in decide(connection, page, catalogue, settings, on):
            if isinstance(found, Undecided) or (found.kept_until is not None and found.kept_until < through):
                yield found
        after = page[-1] if page else after


def decide(
    connection: Connection[Any], page: Sequence[str], catalogue: Catalogue, settings: ProjectionSettings, on: date
) -> Iterator[Keeping | Undecided]:
    """Of some persons, by the law of the day `on`; of whom is forgotten nothing."""
    with connection.transaction():
        subjects = rows_of(connection, [f"person/{person_id}" for person_id in page])
        known = load_known(connection, {name: subject.linked for name, subject in subjects.items()}, catalogue)
        missing = _missing(connection, subjects.keys() | {one for found in known.values() for one in found.ids})
    order = order_of_truth(catalogue)
    for name in subjects:
        history: History = known[name].person
        if any(isinstance(fact.data, PersonErased) for fact in history.facts):
            continue  # nothing is left to forget
        person_id = UUID(name.partition("/")[2])
        holes = sorted({missing[one] for one in known[name].ids if one in missing})
        try:
            found = keeping(person_id, settle(history.facts, order), settings, on)
        except Exception as error:  # what a projection raises may be anything; the others are decided
            yield Undecided(person_id, type(error).__name__)
            continue
        if holes or history.unreadable:
            yield Undecided(person_id, f"facts are missing: {', '.join(holes)}" if holes else "unreadable facts")
        else:
            yield found


def _missing(connection: Connection[Any], names: Iterable[str]) -> Mapping[str, str]:
    query = "SELECT subject, missing FROM subjects WHERE subject = ANY(%s::text[]) AND missing IS NOT NULL"
    return dict(connection.execute(query, [text_array(sorted(names))]).fetchall())
