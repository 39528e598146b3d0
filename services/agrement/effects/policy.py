"""What this service records by itself: the effects of hires, and the notices of the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from services.agrement.effects.hires import derive, is_policy_effect
from services.agrement.effects.notices import Notice, fact_of, notices
from services.agrement.facts import AgrementGranted, FactVoided, HireLinked
from services.agrement.model.kinds import kinds_by
from services.agrement.model.person_file import Counting
from shared.deciding.effect_ids import notice_id
from shared.facts.fact import Fact, Recorded
from shared.log.deadlines import Deadline, DeadlinesOf
from shared.log.joined_streams import Beside
from shared.reacting.clock import Notices
from shared.reacting.decision import Policy
from shared.reacting.effects import OwnFact, reconcile, void_by
from shared.reacting.knowledge import IncompleteError, Lookup


def hire_policy(counting: Counting) -> Policy:
    """Links hires, lifts suspensions and moves starts as they should stand now."""

    def policy(stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> list[OwnFact]:
        # First: with a structure's facts dropped, its hires would look like nobody's and every link be taken back.
        _check_structures_known(stream.settled, lookup)
        wanted = derive(stream.settled, consumed, lambda structure, day: kinds_by(lookup, structure, day), counting)
        return reconcile(stream.facts, stream.settled, wanted, is_policy_effect, void_by(FactVoided))

    return policy


def _check_structures_known(settled: Sequence[Recorded], lookup: Lookup) -> None:
    """Raise IncompleteError where a link stands by a structure of which nothing is known here any more."""
    for structure_id in {fact.data.structure_id for fact in settled if isinstance(fact.data, HireLinked)}:
        if not lookup(f"structure/{structure_id}"):
            raise IncompleteError(f"nothing has come about structure/{structure_id}, which a link that stands names")


def deadlines_of(counting: Counting) -> DeadlinesOf:
    """Rows of the clock for one person: notices that are not recorded yet."""

    def rows(settled: Sequence[Recorded]) -> list[Deadline]:
        return [Deadline(_name(notice), notice.due_on) for notice in _not_recorded(settled, counting)]

    return rows


def notices_of(counting: Counting) -> Notices:
    """What is due about one person by a day; the id follows from the agrément, the end and the threshold."""

    def due(settled: Sequence[Recorded], day: date) -> Iterator[OwnFact]:
        # A notice is caused by the grant: there is no later fact that it follows from, the day alone brings it.
        grants = {fact.data.agrement_id: fact for fact in settled if isinstance(fact.data, AgrementGranted)}
        for notice in _not_recorded(settled, counting):
            if notice.due_on <= day:
                # The person is part of the id: two may carry one agrément's id, by a sender's mistake.
                grant = grants[notice.agrement_id]
                name = notice_id(grant.subject, _name(notice))
                yield OwnFact(name, fact_of(notice), grant.id, correlationid=grant.correlationid, subject=grant.subject)

    return due


def _not_recorded(settled: Sequence[Recorded], counting: Counting) -> Iterator[Notice]:
    recorded: set[Fact] = {fact.data for fact in settled}
    return (notice for notice in notices(settled, counting) if fact_of(notice) not in recorded)


def _name(notice: Notice) -> str:
    return f"{notice.kind} {notice.agrement_id} {notice.ends_on} {notice.days_before}"
