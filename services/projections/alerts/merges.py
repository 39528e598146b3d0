"""Alerts about what a merge brings together and one person cannot have: agréments that run at once, hires by one structure
over the same days. Told as long as the merge holds; nothing is refused or undone by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.agrement.facts import AgrementGranted
from services.pathways.facts import Hired, PersonsMerged, PersonsSplit
from services.pathways.model.spans import Span, known_end
from services.projections.alerts.alert import HIGH, MEDIUM, AlertKind, AlertSource, PersonAlert, always
from services.projections.tables.agrement_file import person_file
from services.projections.tables.facts_by_day import OF_AGREMENTS, OF_CONTRACTS
from services.projections.tables.stays import career
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.by_day import ByDay
from shared.facts.fact import Fact
from shared.facts.merging import root_of, targets_in

MERGING: AbstractSet[type[Fact]] = frozenset({PersonsMerged, PersonsSplit})
ONE_AGREMENT = "R5132-1-2"
ACCURACY = "RGPD art. 5"
"""Of the regulation (EU) 2016/679: personal data are accurate."""


class Said(NamedTuple):
    """A thing that runs over some days, and of which id it was said. `structure_id`: who is told; None: nobody but a
    steward."""

    subject: str
    days: Span
    about_id: UUID
    structure_id: UUID | None


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    into = targets_in(subject.recorded(MERGING))
    for said, days in _at_once(_agrements(subject), into):
        yield _alert("agrements_at_once", subject, said, days, ONE_AGREMENT, HIGH, agrement_id=said.about_id)
    by_structure: dict[UUID | None, list[Said]] = {}
    for hire in _hires(subject):
        by_structure.setdefault(hire.structure_id, []).append(hire)
    for hires in by_structure.values():
        for said, days in _at_once(hires, into):
            yield _alert("hired_under_two_ids", subject, said, days, ACCURACY, MEDIUM, contract_id=said.about_id)


def _alert(
    kind: AlertKind,
    subject: SubjectFacts,
    said: Said,
    days: Span,
    article: str,
    severity: str,
    *,
    agrement_id: UUID | None = None,
    contract_id: UUID | None = None,
) -> PersonAlert:
    return PersonAlert(
        person_id=subject.id,
        kind=kind,
        about_id=said.about_id,
        since=days[0],
        structure_kinds="",
        until=known_end(days[1]),
        article=article,
        severity=severity,
        structure_id=said.structure_id,
        agrement_id=agrement_id,
        contract_id=contract_id,
    )


def _agrements(subject: SubjectFacts) -> list[Said]:
    grants = {
        fact.data.agrement_id: (fact.subject, fact.data.structure_id)
        for fact in subject.recorded(frozenset({AgrementGranted}))
        if isinstance(fact.data, AgrementGranted)
    }
    return [
        Said(name, (agrement.starts_on, agrement.ends_on), agrement.agrement_id, structure_id)
        for agrement in subject.once(person_file).agrements
        if agrement.agrement_id in grants and agrement.starts_on <= agrement.ends_on
        for name, structure_id in [grants[agrement.agrement_id]]
    ]


def _hires(subject: SubjectFacts) -> list[Said]:
    """One contract that was told of both ids is two: each may have been told in good faith."""
    contracts = subject.once(career).employments
    found = []
    for fact in subject.recorded(frozenset({Hired})):
        assert isinstance(fact.data, Hired)
        contract = contracts[fact.data.contract_id]
        first, last = contract.starts_on, contract.ends_on or date.max
        if first is not None and first <= last:
            found.append(Said(fact.subject, (first, last), contract.contract_id, fact.data.structure_id))
    return found


def _at_once(things: Sequence[Said], into: dict[str, str]) -> Iterator[tuple[Said, Span]]:
    """Each that runs on a day on which one runs that was said of another id, which merges make the same person; from the
    first such day to the last."""
    by_id: dict[str, list[Said]] = {}
    for said in things:
        by_id.setdefault(said.subject, []).append(said)
    for name, of_id in by_id.items() if len(by_id) > 1 else ():
        root = root_of(name, into)
        others = [theirs for other, theirs in by_id.items() if other != name and root_of(other, into) == root]
        spans = _joined(said.days for theirs in others for said in theirs)
        for said in of_id:
            first, last = spans.touching(*said.days), spans.begun_by(said.days[1])
            if first is not None and last is not None:
                yield said, (max(first[0], said.days[0]), min(last[1], said.days[1]))


def _joined(spans: Iterable[Span]) -> ByDay[Span]:
    """The days of any of them: spans apart from each other."""
    apart: list[Span] = []
    for first, last in sorted(spans):
        if apart and first <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], last)
        else:
            apart.append((first, last))
    return ByDay((first, last, (first, last)) for first, last in apart)


SOURCE = AlertSource(
    kinds=("agrements_at_once", "hired_under_two_ids"),
    alerts=alerts,
    about=(PersonsMerged,),
    reads=always(PersonsSplit, *OF_AGREMENTS, *OF_CONTRACTS),
)
