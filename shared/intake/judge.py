"""From an event to what will be recorded of it, or to its refusal. No clock, no I/O: everything is handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import structlog

from shared.deciding.claims import Taken
from shared.deciding.effect_ids import EffectIds
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context, Decide, MakeContext
from shared.deciding.standing import Standing
from shared.deciding.warnings import Warn, no_warnings
from shared.facts.erasing import PersonErased
from shared.facts.fact import Fact, Recorded, own_source
from shared.facts.merging import PersonsMerged, subjects_of, target_of
from shared.facts.sayers import linked_names
from shared.facts.settle import is_plain
from shared.intake.incoming import Incoming, plain_data
from shared.intake.outcome import (
    Draft,
    ErasureNotSetUpError,
    FailedError,
    IdReusedError,
    SubjectFullError,
    VersionMismatchError,
    refusal_of,
    repeated,
)
from shared.intake.telling import own_standing, told
from shared.log.entries import FirstAnswer, NewFact
from shared.log.joined_streams import Beside, JoinedStreams, beside, ids_of
from shared.log.merges import Joined, join
from shared.log.streams import Stream
from shared.rights.logs import sees_whole_logs
from shared.rights.refusals import NotYoursError, SubjectErasedError
from shared.rights.saying import may_say, repeats_anothers

log = structlog.get_logger(__name__)

SUBJECT_LIMIT = 50_000
"""Facts one subject may have in a service; more is a sender gone wrong."""


@dataclass(slots=True)
class Group:
    """What one transaction will record. Each event is judged beside those before it, as if they were recorded."""

    streams: dict[str, Stream]
    answers: dict[tuple[str, str], FirstAnswer]
    """By source and id, of the group's events that are recorded already, and of what they void or replace."""
    context: MakeContext
    claimed: dict[str, Taken] = field(default_factory=dict)
    """What its events take and give back."""
    new: list[NewFact] = field(default_factory=list)
    pending: dict[tuple[str, str], NewFact] = field(default_factory=dict)
    """By source and id, of the group's events that will be recorded."""
    linked: dict[str, Joined] = field(default_factory=dict)
    """With whom merges ever joined a subject, where any did; the streams of all of them are there."""
    joined: JoinedStreams | None = None
    """Where persons under several ids are kept from one event to the next."""

    def beside(self, subject: str) -> Beside:
        return beside(self.streams, subject, self.linked.get(subject), self.joined)

    def take(self, new: NewFact) -> None:
        """The next event is judged as if it were recorded."""
        fact = new.fact
        stream = self.streams[fact.subject]
        for subject, facts in _by_subject(new).items():
            self.streams[subject].extend(facts, facts[-1].streamversion)
        self.new.append(new)
        self._note_merge(fact)
        if new.claims or new.releases:  # most have none
            name = Standing(fact.service, *fact.key, stream.names)
            self.claimed.update({claim: Taken(fact.subject, new.lasting, by=name) for claim in new.claims})
            self.claimed.update({claim: Taken(fact.subject, lasting=False, released=True) for claim in new.releases})
        self.pending[fact.key] = new

    def _note_merge(self, fact: Recorded) -> None:
        """The next event of either is judged beside both."""
        if isinstance(fact.data, PersonsMerged):
            groups = {name: joined.subjects for name, joined in self.linked.items()}
            join(groups, fact.subject, target_of(fact.data))
            self.linked |= {name: Joined(subjects) for name, subjects in groups.items()}


class Judge:
    """Judges the events of one service by its rules, and by those that hold for every event."""

    def __init__(
        self,
        service: str,
        decide: Decide,
        subject_limit: int = SUBJECT_LIMIT,
        warn: Warn = no_warnings,
        *,
        can_erase: bool = False,
    ) -> None:
        self._can_erase = can_erase
        self._service = service
        self._warn = warn
        self._source = own_source(service)
        self._decide = decide
        self._subject_limit = subject_limit

    def judge(self, event: Incoming, group: Group) -> Draft:
        """The event's outcome when it is known already, else the fact to record, which the group then counts on."""
        draft = self.foresee(event, group)
        if isinstance(draft, NewFact) and event.key not in group.pending:
            group.take(draft)
        return draft

    def foresee(self, event: Incoming, group: Group) -> Draft:
        """The event's outcome when it is known already, else the fact that would be recorded."""
        key, subject = event.key, event.fact.subject
        stream = group.streams[subject]
        # Before anything else: a retry is answered as at first, whatever has become of its subject since.
        if key in group.answers or key in group.pending:
            return self._repeated(event, stream, group)
        fact = event.fact.changed(streamversion=stream.version + 1, saidfor=event.saidfor)
        person = group.beside(subject)
        try:
            context = group.context(person.names, group.claimed.keys())
            if group.claimed:
                context = replace(context, claimed=group.claimed)
            if not is_plain(fact):
                context = replace(context, recorded=person.facts)
            # Before any rule speaks: what one refuses may tell what is recorded.
            fact = self._said(event, fact, person)
            new = self._decided(event, fact, stream, person, context, group)
        except DomainError as error:
            return refusal_of(event, error)
        except Exception as error:  # one event's failing rule must not stop the others
            self._log_failure("decide_failed", fact, error)
            return refusal_of(event, FailedError())
        # After the decision, while the stream does not have it: a fact would else be doubted because of itself.
        if event.seen is not None and event.seen.missing:
            context = replace(context, unseen=frozenset(event.seen.missing))
        standing = _standing(event, person)
        if warnings := self._warnings(event, fact, standing, with_linked(context, fact, group)):
            new = replace(new, warnings=warnings)
        return new

    def _repeated(self, event: Incoming, stream: Stream, group: Group) -> Draft:
        """The answer to an event of a name that was used before."""
        if not event.caller.is_local and (another := self._repeats_anothers(event, stream)) is not None:
            return refusal_of(event, another)
        first = group.answers.get(event.key)
        if first is not None:
            is_same = first.digest == event.digest or says_what_is_recorded(event.fact, stream)
            return repeated(
                event, first, self._service, is_same=is_same, streamversion=_first_version(event, first, stream)
            )
        earlier = group.pending[event.key]
        return earlier if earlier.digest == event.digest else refusal_of(event, self._reused(earlier, group))

    def _repeats_anothers(self, event: Incoming, stream: Stream) -> DomainError | None:
        """Two structures of one vendor post under one source: of the other's event neither learns more than that its id is
        taken."""
        recorded = stream.named(event.key)
        if recorded is None:
            return IdReusedError()  # of another subject, whoever said it there
        return NotYoursError() if repeats_anothers(event.fact, event.saidfor, recorded) else None

    def _said(self, event: Incoming, fact: Recorded, person: Beside) -> Recorded:
        """With for whom it is said. Raise NotYoursError; NotYetKnownError where that may only be because something has not
        come here yet."""
        seen = event.seen
        asked = () if seen is None else (*seen.looked_at, *seen.missing, self._service)
        try:
            saying = may_say(event.caller, fact, person, asked)
        except NotYoursError as error:
            self._judged([error], event, person)
            raise NotYoursError() from None  # without what was looked at: the same whatever is recorded
        if saying.saidfor == fact.saidfor and saying.unproven is None:
            return fact
        return fact.changed(saidfor=saying.saidfor, unproven=saying.unproven)

    def _reused(self, earlier: NewFact, group: Group) -> IdReusedError:
        error = IdReusedError()
        names = group.streams[earlier.fact.subject].names
        error.standing = Standing(self._service, earlier.fact.source, earlier.fact.id, names)
        return error

    def _decided(
        self, event: Incoming, fact: Recorded, stream: Stream, person: Beside, context: Context, group: Group
    ) -> NewFact:
        # Cheap ones first, and what the sender can act on: a stale version is read again, whatever the rules say.
        self._check_forgotten(fact, person, group)
        version = _version(event, stream)
        if event.expectedversion is not None and event.expectedversion != version:
            raise VersionMismatchError(expectedversion=event.expectedversion, streamversion=version)
        if len(stream) >= self._subject_limit:
            raise SubjectFullError(limit=self._subject_limit)
        standing = _standing(event, person)
        verdict = self._decide(standing, fact, context)
        if verdict.refusals:
            refusals = told(verdict.refusals, event.caller, fact, person, self._decide, context)
            raise _first_with_rest(self._judged(refusals, event, person))
        if isinstance(fact.data, PersonErased) and not self._can_erase:
            raise ErasureNotSetUpError()
        data = event.data
        if verdict.recorded is not None:
            fact, data = fact.changed(data=verdict.recorded), plain_data(verdict.recorded)
        effects = self._effects(fact, verdict.effects) if verdict.effects else ()  # most have none
        if isinstance(fact.data, PersonErased):
            effects = self._of_other_ids(fact, person, group)
        return NewFact(
            fact=fact,
            data=data,
            digest=event.digest,
            effects=effects,
            claims=verdict.claims,
            lasting=verdict.lasting,
            releases=verdict.releases,
            told_version=version + 1 + sum(effect.fact.subject == fact.subject for effect in effects),
        )

    def _check_forgotten(self, fact: Recorded, person: Beside, group: Group) -> None:
        """Raise SubjectErasedError, of a merge also where the other one is forgotten."""
        others = subjects_of(fact)[1:]
        if person.is_erased or any(group.beside(subject).is_erased for subject in others):
            raise SubjectErasedError()

    def _judged(self, refusals: Sequence[DomainError], event: Incoming, person: Beside) -> Sequence[DomainError]:
        """Those that stay whatever else comes. Raise NotYetKnownError."""
        seen = event.seen
        if seen is None:
            return refusals
        # Facts of the subject upon which the service itself has not acted yet, earlier ones of the group among them.
        acted_upon = seen.looked_at.get(self._service, 0)
        waiting = [person.names[fact.key] for fact in person.facts if fact.source != self._source]
        # 0: of this very group, so nobody can have acted upon it.
        later = [sequence for sequence in waiting if sequence == 0 or sequence > acted_upon]
        return seen.judged(refusals, {self._service: max(later) or None} if later else {})

    def _warnings(
        self, event: Incoming, fact: Recorded, standing: Sequence[Recorded], context: Context
    ) -> tuple[dict[str, str], ...]:
        tells_all = sees_whole_logs(event.caller)
        try:
            found = self._warn(standing, fact, context)
            told = found if tells_all else tuple(filter(None, (warning.for_others() for warning in found)))
            return tuple(warning.json() for warning in told)
        except Exception as error:  # nothing is refused because we failed to doubt it
            self._log_failure("warn_failed", fact, error)
            return ()

    def _log_failure(self, event: str, fact: Recorded, error: Exception) -> None:
        # In the writer's thread, which answers many requests at once: whose it was is said by the fact.
        log.exception(event, service=self._service, type=fact.type, correlationid=fact.correlationid, error=error)

    def _effects(self, cause: Recorded, effects: Sequence[Fact]) -> tuple[NewFact, ...]:
        ids = EffectIds()  # the event is new, so nothing follows from it yet
        return tuple(
            self._effect(cause, effect, place, ids.next(cause, effect.type))
            for place, effect in enumerate(effects, start=1)
        )

    def _of_other_ids(self, cause: Recorded, person: Beside, group: Group) -> tuple[NewFact, ...]:
        """That the person is forgotten, said of each other id of it: whoever reads one id alone learns it there."""
        ids = EffectIds()
        others = (group.streams[name] for name in ids_of(person) if name != cause.subject)
        return tuple(
            NewFact(
                self._effect(cause, cause.data, 0, ids.next(cause, cause.type)).fact.changed(
                    subject=other.subject, streamversion=other.version + 1
                ),
                plain_data(cause.data),
                b"",
            )
            for other in others
        )

    def _effect(self, cause: Recorded, effect: Fact, place: int, effect_id: str) -> NewFact:
        fact = cause.changed(
            id=effect_id,
            source=self._source,
            type=effect.type,
            streamversion=cause.streamversion + place,
            replaces=None,
            causationid=cause.id,
            unproven=None,
            data=effect,
        )
        return NewFact(fact, plain_data(effect), b"")


def _standing(event: Incoming, person: Beside) -> Sequence[Recorded]:
    """What the event is judged beside: of a person hidden from its sender, what was said for whom it is."""
    return own_standing(person, event.saidfor) if event.is_hidden else person.settled


def _by_subject(new: NewFact) -> dict[str, list[Recorded]]:
    """What an event brings to each stream: nearly always to that of its subject alone."""
    found: dict[str, list[Recorded]] = {}
    for one in (new, *new.effects):
        found.setdefault(one.fact.subject, []).append(one.fact)
    return found


def _version(event: Incoming, stream: Stream) -> int:
    """The subject's version as the sender counts: of what was said for whom the event is, so that nothing of others shows
    in a number."""
    return stream.version if sees_whole_logs(event.caller) else stream.version_for(event.saidfor)


def _first_version(event: Incoming, first: FirstAnswer, stream: Stream) -> int | None:
    if first.streamversion is None or sees_whole_logs(event.caller):
        return first.streamversion
    return stream.version_for(event.saidfor, first.streamversion)


def says_what_is_recorded(event: Recorded, stream: Stream) -> bool:
    """Whether an event is the one recorded under its name, with what the service had filled in, or before it was.

    Its digest is of what was sent first, and another one where that had been filled in by then: after a restore a fact is
    posted again as readers know it, and then its sender repeats it as it was.
    """
    if not event.data.filled_in:
        return False
    known = stream.named(event.key)
    if known is None or (known.type, known.replaces) != (event.type, event.replaces):
        return False
    empty = [name for name in event.data.filled_in if getattr(event.data, name) is None]
    return known.data.model_copy(update=dict.fromkeys(empty)) == event.data


def with_linked(context: Context, event: Recorded, group: Group) -> Context:
    """Told also which of them are recorded of another subject."""
    names = linked_names(event)
    if not names:
        return context
    elsewhere = {name for name in names if name in group.answers or name in group.pending} - set(context.known_facts)
    return replace(context, known_elsewhere=elsewhere)


def _first_with_rest(refusals: Sequence[DomainError]) -> DomainError:
    """The first refusal speaks for the event; the others are listed beside it."""
    first, *rest = refusals
    if rest:
        first.fields = {**first.fields, "also": rest}
    return first
