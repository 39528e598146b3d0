"""A service recording facts by itself: what a policy finds missing, what the clock finds due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from shared.facts.catalogue import Catalogue
from shared.facts.erasing import PersonErased
from shared.facts.fact import Recorded, own_source
from shared.intake.incoming import plain_data
from shared.log.deadlines import Deadline, DeadlinesBySubject, DeadlinesOf
from shared.log.entries import ATTEMPTS, ConflictError, NewFact
from shared.log.joined_streams import Beside, JoinedStream, beside, ids_of, of_root
from shared.log.merges import Merges, NoMerges
from shared.log.store import FactStore
from shared.log.streams import Stream, Streams
from shared.process.unavailable import UnavailableError
from shared.reacting.effects import OwnFact
from shared.reacting.knowledge import IncompleteError
from shared.rights.caller import LOCAL
from shared.rights.saying import may_say

log = structlog.get_logger(__name__)

ToRecord = Callable[[Beside], Iterable[OwnFact]]
"""What the service has to say by itself of one subject, from its stream; of a person under several ids, from all of them."""


class Actor:
    """Records own facts beside the service's writer, and beside actors of other processes: where two meet, one of them
    loads again and decides again. One thread uses it."""

    def __init__(
        self,
        store: FactStore,
        catalogue: Catalogue,
        deadlines_of: DeadlinesOf | None = None,
        merges: Merges | None = None,
    ) -> None:
        self._merges = merges or NoMerges()
        self._store = store
        self._streams = Streams(store, catalogue, capacity=0)
        self._deadlines_of = deadlines_of
        self._source = own_source(store.service)

    def act(self, subjects: Iterable[str], to_record: ToRecord) -> dict[str, Exception]:
        """Record what `to_record` gives for each subject's stream, as one transaction, and write the deadlines that differ;
        a fact recorded already is left alone. Return the subjects whose decision failed, with the cause; the others go
        on. Raise UnavailableError."""
        names = sorted(set(subjects))
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(names, to_record)
            except ConflictError as error:
                log.info("conflict", service=self._store.service, constraint=str(error))
        # Alone and still in conflict: somebody writes to this one subject without pause.
        if len(names) == 1:
            raise UnavailableError(reason="contention")
        middle = len(names) // 2  # many at once are seldom all at rest: half of them more often
        return {**self.act(names[:middle], to_record), **self.act(names[middle:], to_record)}

    def _attempt(self, subjects: Sequence[str], to_record: ToRecord) -> dict[str, Exception]:
        linked = self._merges.linked(subjects)
        streams = self._streams.load({*subjects}.union(*(joined.subjects for joined in linked.values())))
        failures: dict[str, Exception] = {}
        new: list[NewFact] = []
        deadlines: dict[str, Sequence[Deadline]] = {}
        moving: dict[str, Sequence[Deadline]] = {}
        versions = {subject: stream.version for subject, stream in streams.items()}
        persons = (beside(streams, subject, linked.get(subject)) for subject in subjects)
        for person in {person.subject: person for person in persons}.values():
            try:
                own_facts = self._new_facts(person, streams, self._to_record(person, to_record))
                due = self._due(person) if self._deadlines_of is not None else {}
            except IncompleteError as error:  # nobody's mistake, and maybe of many at once: no traceback of each
                log.warning("act_waits", service=self._store.service, subject=person.subject, error=str(error))
                failures |= dict.fromkeys(ids_of(person), error)
            except Exception as error:  # one subject's failing decision must not stop the others
                log.exception("act_failed", service=self._store.service, subject=person.subject)
                failures |= dict.fromkeys(ids_of(person), error)
            else:
                new += own_facts
                (moving if own_facts else deadlines).update(due)
        if new:
            self._store.record(new, deadlines=moving)
        self._write_differing(deadlines, versions)
        return failures

    def _to_record(self, person: Beside, to_record: ToRecord) -> list[OwnFact]:
        """Of somebody forgotten nothing any more, but that the person is, under ids of which it was not said yet."""
        own = list(to_record(person))
        return [fact for fact in own if isinstance(fact.fact, PersonErased)] if person.is_erased else own

    def _due(self, person: Beside) -> DeadlinesBySubject:
        """On the streams as they will be: they have been extended."""
        assert self._deadlines_of is not None
        if isinstance(person, JoinedStream):
            person.take()
        if person.is_erased:
            return of_root(person, ())
        return of_root(person, self._deadlines_of(person.settled))

    def _write_differing(self, deadlines: DeadlinesBySubject, versions: Mapping[str, int]) -> None:
        if not deadlines:
            return
        written = self._store.deadlines.of(list(deadlines))
        differing = {name: due for name, due in deadlines.items() if set(due) != written[name]}
        if differing:
            self._store.replace_deadlines(differing, {name: versions[name] for name in differing})

    def _new_facts(self, person: Beside, streams: Mapping[str, Stream], facts: Sequence[OwnFact]) -> list[NewFact]:
        new: list[NewFact] = []
        for fact in facts:
            # Recorded before a kill, or by another process: its id follows from its cause, so it is the same.
            if (self._source, fact.id) in person.names:
                continue
            stream = streams[fact.subject or person.subject]
            recorded = self._recorded(person, stream, fact)
            # Taken into the stream at once: the next fact of this subject gets the next version.
            stream.extend([recorded], recorded.streamversion)
            new.append(NewFact(recorded, plain_data(fact.fact), b""))
        return new

    def _recorded(self, person: Beside, stream: Stream, own: OwnFact) -> Recorded:
        now = self._store.clock.now()
        recorded = Recorded.of_checked(
            id=own.id,
            source=self._source,
            type=own.fact.type,
            subject=stream.subject,
            time=own.time or now,
            recordedtime=now,
            sequence=0,
            streamversion=stream.version + 1,
            replaces=None,
            correlationid=own.correlationid,
            causationid=own.causationid,
            saidfor=own.saidfor,
            unproven=None,
            erased=None,
            data=own.fact,
        )
        if own.saidfor is not None:
            return recorded
        # What the day alone brings is said for whose the thing is.
        return recorded.changed(saidfor=may_say(LOCAL, recorded, person).saidfor)
