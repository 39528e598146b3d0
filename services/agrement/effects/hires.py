"""What the service does by itself about hires of the person: link them, lift suspensions, move a start not begun.

`derive` says what should stand now, given everything known; the machinery records what is missing and voids what is
superfluous. So a replay does nothing, and a voided hire gives the suspension back.

Hires are replayed in the order in which they were said, each on the file as it stood on the Paris day of saying it: what
had been declared by that day, and what hires said before had made of it. What was moved, closed or suspended by a later
declaration takes no part, in whatever order all this is recorded. Source: R5132-1-3,
and how the official service (les emplois de l'inclusion) applies it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.agrement.effects.said_hires import Saying, SiaeHire, siae_hires
from services.agrement.facts import CATALOGUE, OWN_SOURCE, HireLinked, StartMoved, SuspensionLifted, said
from services.agrement.law.tables import law_on
from services.agrement.model.kinds import KindOn
from services.agrement.model.person_file import Agrement, Counting, PersonFile, Suspension
from services.agrement.model.reckoning import reckon
from shared.facts.days import plus
from shared.facts.fact import Fact, Recorded
from shared.facts.settle import order_of_truth
from shared.reacting.effects import Wanted


def derive(
    own: Sequence[Recorded], hires: Sequence[Recorded], kind_on: KindOn, counting: Counting = "reference"
) -> tuple[Wanted, ...]:
    """The effects that should stand. `own`: settled facts of this service, `hires`: settled facts of pathways."""
    by_siae = siae_hires(hires, kind_on)
    replay = _Replay([fact for fact in own if not is_policy_effect(fact)], counting)
    found: dict[UUID, Agrement | None] = {}
    # In the order of saying, never of first days: what a hire finds is what had been said before it.
    said_in_turn = sorted(((saying, of) for of in by_siae for saying in of.sayings), key=lambda pair: pair[0].when)
    for saying, hire in said_in_turn:
        _move(replay, saying, hire, by_siae)
        # Only the first day that stands uses an agrément and lifts a suspension; each one said moved the start in its
        # time.
        if saying is hire.sayings[-1]:
            # Before this hire lifts anything: a lift may bring the end before the hire, which would then miss its
            # agrément.
            found[hire.contract_id] = _covering(replay.file_on(saying.day), hire.starts_on)
            _lift(replay, saying, hire, by_siae)
    return (*replay.effects, *_links(replay.file_on(date.max), by_siae, found))


def is_policy_effect(fact: Recorded) -> bool:
    """Whether `derive` said it: it starts from everything else."""
    if isinstance(fact.data, StartMoved):
        return fact.source == OWN_SOURCE
    return isinstance(fact.data, HireLinked | SuspensionLifted)


@dataclass(slots=True)
class _Replay:
    """What others declared, and what the hires replayed so far have done."""

    base: list[Recorded]
    counting: Counting
    effects: list[Wanted] = field(default_factory=list)
    _facts_known: int = -1
    _file: PersonFile = field(default_factory=PersonFile)

    def file_on(self, day: date) -> PersonFile:
        """The file as it stood on that day. Reckoned again only where more is known than when it was asked last: a person
        may have a thousand hires and a dozen declarations."""
        declared = [fact for fact in self.base if fact.decided_on <= day]
        facts_known = len(declared) + len(self.effects)
        if facts_known != self._facts_known:
            # Effects of earlier hires stand beside what others declared, as they will once they are recorded.
            facts = [*declared, *map(_as_recorded, self.effects)]
            self._file = reckon(sorted(facts, key=order_of_truth(CATALOGUE)), self.counting)
            self._facts_known = facts_known
        return self._file

    def record(self, fact: Fact, saying: Saying) -> None:
        self.effects.append(Wanted(fact, saying.by))


def _as_recorded(wanted: Wanted) -> Recorded:
    """An effect as the fold will find it once it is recorded."""
    fact = wanted.fact
    return wanted.cause.model_copy(
        update={
            "type": fact.type,
            "source": OWN_SOURCE,
            "replaces": None,
            "causationid": wanted.cause.id,
            "data": fact,
        }
    )


def _move(replay: _Replay, saying: Saying, hire: SiaeHire, hires: Sequence[SiaeHire]) -> None:
    file = replay.file_on(saying.day)
    agrement = _to_move(file, saying, [other for other in hires if other is not hire])
    if agrement is None:
        return
    moved = StartMoved(
        agrement_id=agrement.agrement_id,
        moved_on=saying.day,
        starts_on=saying.starts_on,
        cause="hire" if saying.before is None else "hire_moved",
        contract_id=hire.contract_id,
    )
    replay.record(moved, saying)


def _to_move(file: PersonFile, saying: Saying, others: Sequence[SiaeHire]) -> Agrement | None:
    """The agrément, granted and not started when this was said, whose start follows the hire.

    A hire that no agrément covers moves a start that comes after it. A hire whose day is said again takes along the
    agrément it could use, forwards too, unless another hire, as known then, uses that one from an earlier day on.
    """
    for agrement in file.agrements:
        # Once begun, its start is what happened: a hire said today moves nothing of it.
        is_future = saying.day < agrement.starts_on and agrement.closed_on is None
        if not is_future or _covering(file, saying.starts_on, but=agrement) is not None:
            continue
        if saying.starts_on < agrement.starts_on:
            return agrement
        used = saying.before is not None and saying.before <= agrement.ends_on
        if used and saying.starts_on > agrement.starts_on and not _is_used_before(agrement, saying, others):
            return agrement
    return None


def _is_used_before(agrement: Agrement, saying: Saying, others: Sequence[SiaeHire]) -> bool:
    starts = (hire.known_start(saying.when) for hire in others)
    return any(start is not None and agrement.starts_on <= start < saying.starts_on for start in starts)


def _covering(file: PersonFile, day: date, but: Agrement | None = None) -> Agrement | None:
    """The agrément in progress on that day; of several, the one that began last."""
    running = [
        agrement for agrement in file.agrements if agrement is not but and agrement.starts_on <= day <= agrement.ends_on
    ]
    return running[-1] if running else None


def _lift(replay: _Replay, saying: Saying, hire: SiaeHire, hires: Sequence[SiaeHire]) -> None:
    """Each suspension that runs on the hire's day is asked for itself: two may begin on one day."""
    day = saying.starts_on
    for agrement in replay.file_on(saying.day).agrements:
        if not agrement.starts_on <= day <= agrement.ends_on:
            continue
        for suspension in agrement.suspensions:
            # One that ended before, or begins after, is untouched: a hire never lengthens a suspension.
            if not suspension.runs_on(day) or not _returns(saying, hire, suspension, hires):
                continue
            lifted = said(
                SuspensionLifted,
                agrement_id=agrement.agrement_id,
                suspension_id=suspension.suspension_id,
                contract_id=hire.contract_id,
                lifted_on=day,
                # Begun on the very day of the hire it has no day left: it is gone, not one that ends before it starts.
                ends_on=plus(day, -1) if suspension.starts_on < day else None,
            )
            replay.record(lifted, saying)


def _returns(saying: Saying, hire: SiaeHire, suspension: Suspension, hires: Sequence[SiaeHire]) -> bool:
    """Whether the hire ends the suspension: hires of that day lift its reason, and it was not declared under this hire,
    the latest of its own SIAE that had begun when it was declared."""
    if suspension.reason not in law_on(saying.starts_on).lifted_reasons:
        return False
    under = [
        (start, hire.sayings[0].when, hire.contract_id)
        for hire in hires
        if hire.structure_id == suspension.structure_id
        and (start := hire.known_start(saying.when)) is not None
        and start <= suspension.declared_on
    ]
    # The employer suspended while this contract ran: that contract is no return to work, every other hire is one.
    return not under or max(under)[2] != hire.contract_id


def _links(file: PersonFile, hires: Sequence[SiaeHire], found: dict[UUID, Agrement | None]) -> Iterator[Wanted]:
    """Each hire with the agrément it found on the day it was said, as its end was before this hire lifted anything; where
    it found none that still stands, the one that was granted, moved or prolonged to that day since."""
    standing = {agrement.agrement_id for agrement in file.agrements}
    for hire in hires:
        agrement = found[hire.contract_id]
        # A void or a cancellation since took it away; an agrément granted afterwards may cover the day.
        if agrement is None or agrement.agrement_id not in standing:
            agrement = _covering(file, hire.starts_on)
        link = said(
            HireLinked,
            agrement_id=None if agrement is None else agrement.agrement_id,
            contract_id=hire.contract_id,
            structure_id=hire.structure_id,
            structure_kind=hire.kind,
            starts_on=hire.starts_on,
        )
        yield Wanted(link, hire.cause)
