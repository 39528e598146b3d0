"""From events to what is recorded of them: streams and first answers, judgement, one commit. Used by a writer's thread
alone."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import TypeVar

import structlog

from shared.deciding.rules import Prepare
from shared.facts.catalogue import Catalogue
from shared.facts.merging import PersonsMerged, subjects_of
from shared.facts.sayers import linked_names
from shared.intake.incoming import Incoming
from shared.intake.judge import Group, Judge
from shared.intake.long_questions import check_short
from shared.intake.outcome import Draft, Outcome, outcomes_of, withheld
from shared.intake.queue import SignsOfLife
from shared.log.deadlines import Deadline, DeadlinesBySubject, DeadlinesOf
from shared.log.entries import ATTEMPTS, ConflictError
from shared.log.joined_streams import JoinedStreams, of_root
from shared.log.merges import Joined, Linked, Merges, together
from shared.log.store import FactStore
from shared.log.streams import Streams
from shared.process.unavailable import UnavailableError

log = structlog.get_logger(__name__)

CACHED_FACTS = 20_000
"""Facts of recently used subjects kept in memory, about 40 MB; and as many of those that are long."""
WARY_GROUPS = 64
"""Somebody else recorded too: looking at the store first is then cheaper than deciding twice."""

T = TypeVar("T")
Paused = Generator[None, None, T]
"""Work that pauses after each piece, for others to be served meanwhile."""


def at_once(work: Paused[T], after_each: Callable[[], None] = lambda: None) -> T:
    """Without a pause."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            value: T = done.value
            return value
        after_each()


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known of some events before anything is loaded for them. `linked`: with whom merges joined their subjects;
    `kept`: of subjects that are kept here, how many facts; `to_load`: of the others, how many the store had a moment ago."""

    linked: Linked
    kept: Mapping[str, int]
    to_load: Mapping[str, int]

    def together(self, subjects: Iterable[str]) -> set[str]:
        """With all ids of the persons that they are."""
        return together(subjects, self.linked)

    def facts_to_load(self, subjects: Iterable[str]) -> int:
        return sum(self.to_load.get(subject, 0) for subject in subjects)

    def longest(self, subjects: Iterable[str]) -> int:
        """Facts of the one who has most: of a person under all its ids, which are settled together."""
        persons = (self.together([subject]) for subject in subjects)
        return max((self.facts_to_load(ids) + sum(self.kept.get(one, 0) for one in ids) for ids in persons), default=0)


class Recorder:
    """Judges groups of events on streams that it keeps, and records what is accepted."""

    def __init__(
        self,
        store: FactStore,
        catalogue: Catalogue,
        judge: Judge,
        prepare: Prepare,
        deadlines_of: DeadlinesOf | None,
        life: SignsOfLife,
        merges: Merges,
    ) -> None:
        self.streams = Streams(store, catalogue, CACHED_FACTS)
        self._joined = JoinedStreams(CACHED_FACTS)
        self._store = store
        self._judge = judge
        self._prepare = prepare
        self._deadlines_of = deadlines_of
        self._life = life
        self._merges = merges
        self._wary = 0
        """Groups for which the store is looked at first."""

    def ahead(self, events: Sequence[Incoming], is_elsewhere: Callable[[str], bool] = lambda _: False) -> Ahead:
        """`is_elsewhere`: of whom nothing is asked, since their events have to wait anyway."""
        linked = self._linked(events)
        asked = {subject for subject in together(_named(events), linked) if not is_elsewhere(subject)}
        kept = self.streams.lengths(asked)
        unknown = asked - kept.keys()
        return Ahead(linked, kept, self._store.versions(unknown) if unknown else {})

    def record(
        self,
        batches: Sequence[Sequence[Incoming]],
        ahead: Ahead,
        *,
        atomic: bool = False,
        until: float = inf,
    ) -> Paused[list[list[Outcome]]]:
        """The outcomes of each batch, in order; those of the first events alone where an instant (monotonic) has passed.
        `atomic`: of one batch, all or nothing."""
        looks_first = self._wary > 0
        self._wary -= looks_first
        for _ in range(ATTEMPTS):
            try:
                return (yield from self._attempt(batches, None if looks_first else ahead, atomic, until))
            except ConflictError as error:
                log.info("conflict", service=self._store.service, constraint=str(error))
                if not looks_first:
                    self._wary = WARY_GROUPS
                looks_first = True
        # So often in a row is no chance: another process writes for this service without pause.
        raise UnavailableError(reason="contention")

    def _attempt(
        self, batches: Sequence[Sequence[Incoming]], ahead: Ahead | None, atomic: bool, until: float
    ) -> Paused[list[list[Outcome]]]:
        """`ahead`: None where the store is looked at first. Raise ConflictError where what was judged on, if only a refusal,
        is not what the store has."""
        # What is recorded of other ids of a person does not collide with an event of this one: there it is looked at first.
        looks_first = ahead is None or bool(ahead.linked)
        events = [event for batch in batches for event in batch]
        if ahead is None or ahead.linked:
            group = yield from self.loaded(events, self.streams, self._joined)
        else:
            group = yield from self._at_hand(events, ahead.to_load)
        judged_on = {subject: stream.version for subject, stream in group.streams.items()}
        drafts = yield from self._judged(batches, group, until)
        if not looks_first:
            self._check_refusals(events, [draft for batch in drafts for draft in batch], judged_on, group)
        if atomic and any(isinstance(draft, Outcome) and draft.error for draft in drafts[0]):
            # Its streams, which count on what is not recorded, are dropped; an atomic batch is alone in its group.
            return [[withheld(draft) for draft in drafts[0]]]
        commit = None
        if group.new:
            commit = self._store.record(group.new, self._life.give, self._deadlines(group))
            for fact, sequence in commit.of(group.new):
                group.streams[fact.subject].note(fact, sequence)
            if any(isinstance(new.fact.data, PersonsMerged) for new in group.new):
                self._merges.came()
        # Only now: after a conflict or an error, memory would hold what the store does not.
        self.streams.keep(group.streams)
        return outcomes_of(drafts, group.new, commit)

    def _judged(self, batches: Sequence[Sequence[Incoming]], group: Group, until: float) -> Paused[list[list[Draft]]]:
        drafts: list[list[Draft]] = []
        for batch in batches:
            drafts.append([])
            for event in batch:
                drafts[-1].append(self._judge.judge(event, group))
                yield
                if monotonic() > until:
                    return drafts
        return drafts

    def loaded(
        self, events: Sequence[Incoming], streams: Streams, joined: JoinedStreams | None = None
    ) -> Paused[Group]:
        """With all that the store has of these events now, and of all ids of the persons that they are about."""
        linked = self._linked(events)
        versions = self._store.versions(together(_named(events), linked))
        check_short(sum(versions.values()))
        loaded = yield from streams.gather(versions)
        links = [name for event in events for name in linked_names(event.fact)]
        first_answers = self._store.first_answers([*(event.key for event in events), *links])
        context = self._prepare([event.fact for event in events], loaded)
        by_id = {subject: joined for joined in linked.values() for subject in joined.subjects}
        return Group(loaded, first_answers, context, linked=by_id, joined=joined)

    def _linked(self, events: Sequence[Incoming]) -> Linked:
        """Of these events' subjects, and of those into which some of them merge: which others belong to them."""
        merging = [event for event in events if isinstance(event.fact.data, PersonsMerged)]
        # Those that a merge of the group joins are looked at like those that were joined before.
        alone = {subject: Joined(frozenset([subject])) for subject in _named(merging)}
        return {**alone, **self._merges.linked(_named(events))}

    def _at_hand(self, events: Sequence[Incoming], versions: Mapping[str, int]) -> Paused[Group]:
        """What is kept here may be behind the store. A fact judged on that cannot be recorded: its place in its stream is
        taken, or its id is. First answers are looked up of what is known here to have one, and of what events name."""
        loaded = yield from self.streams.gather(
            {event.fact.subject: versions.get(event.fact.subject, 0) for event in events}
        )
        known = [event.key for event in events if event.key in loaded[event.fact.subject].names]
        known += [name for event in events for name in linked_names(event.fact)]
        first_answers = self._store.first_answers(known) if known else {}
        return Group(loaded, first_answers, self._prepare([event.fact for event in events], loaded))

    def _check_refusals(
        self, events: Sequence[Incoming], drafts: Sequence[Draft], versions: Mapping[str, int], group: Group
    ) -> None:
        """Of those judged on what is at hand: nothing keeps a refusal from being answered, so it is looked at once more
        whether the store has anything else. Raise ConflictError where it does."""
        refused = [
            event
            for event, draft in zip(events, drafts, strict=False)  # not all may have been judged
            if isinstance(draft, Outcome) and draft.error is not None and event.key not in group.answers
        ]
        if not refused:
            return
        subjects = {event.fact.subject for event in refused}
        if self._store.tails({subject: versions[subject] for subject in subjects}) or self._store.first_answers(
            [event.key for event in refused]
        ):
            raise ConflictError("refused on what was behind")

    def _deadlines(self, group: Group) -> DeadlinesBySubject | None:
        if self._deadlines_of is None:
            return None
        # Computed on the streams as they will be: they were extended by each judgment.
        moving = {fact.fact.subject for fact in group.new}
        by_root = {person.subject: person for person in map(group.beside, moving)}
        due: dict[str, Sequence[Deadline]] = {}
        for person in by_root.values():
            due |= of_root(person, self._deadlines_of(person.settled))
        return due


def _named(events: Iterable[Incoming]) -> set[str]:
    return {subject for event in events for subject in subjects_of(event.fact)}
