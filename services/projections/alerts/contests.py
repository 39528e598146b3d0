"""Alerts about facts that somebody contests: to whom they were said for, and to who waits for a steward's answer."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_URL, UUID, uuid5

from services.agrement import facts as agrement
from services.pathways import facts as pathways
from services.placements import facts as placements
from services.projections.alerts.alert import MEDIUM, AlertKind, AlertSource, PersonAlert, always
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.contests import ContestSettled, FactContested
from shared.facts.fact import Recorded
from shared.facts.sayers import sayer_of, structure_of

ARTICLE = "RGPD art. 16"
"""Of the regulation (EU) 2016/679: the right to rectification, which a contest serves."""


def alerts(subject: SubjectFacts) -> Iterator[PersonAlert]:
    """From the contest on, as long as the fact stands and no steward has answered."""
    settled = subject.settled
    contests = [fact for fact in settled if isinstance(fact.data, FactContested)]
    if not contests:
        return
    answered = {(fact.service, *fact.data.names) for fact in settled if isinstance(fact.data, ContestSettled)}
    standing = {(fact.service, *fact.key): fact for fact in settled}
    seen: set[tuple[str | None, ...]] = set()
    for contest in contests:
        assert isinstance(contest.data, FactContested)
        name = (contest.service, *contest.data.names)
        if name in answered or name not in standing:
            continue
        # The first of several contests of a fact speaks for all of them to whom it was said for, and to who contests the
        # first of that one's own.
        if name not in seen:
            yield _alert(subject, "fact_contested", about(standing[name]), contest, standing[name])
        if (by := (*name, sayer_of(contest))) not in seen:
            yield _alert(subject, "contest_unanswered", about(contest), contest, contest)
        seen.update((name, by))


def _alert(subject: SubjectFacts, kind: AlertKind, about_id: UUID, contest: Recorded, to: Recorded) -> PersonAlert:
    return PersonAlert(
        person_id=subject.id,
        kind=kind,
        about_id=about_id,
        since=contest.data.occurred_on,
        structure_kinds="",
        until=None,
        article=ARTICLE,
        severity=MEDIUM,
        structure_id=structure_of(to),
    )


def about(fact: Recorded) -> UUID:
    """An id for a fact in alerts: its sender's may be any text."""
    return uuid5(NAMESPACE_URL, f"{fact.service} {fact.source} {fact.id}")


_SERVICES = (pathways, agrement, placements)
SOURCE = AlertSource(
    kinds=("fact_contested", "contest_unanswered"),
    alerts=alerts,
    about=tuple(service.FactContested for service in _SERVICES),
    # Whatever is contested: it may begin to count on a later day than the contest.
    reads=always(*(fact for service in _SERVICES for fact in service.CATALOGUE.facts.values())),
)
