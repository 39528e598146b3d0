"""The loop of a service that acts on others' facts: keep what comes, reconcile whom it touches, then move the places.

Facts are kept and their subjects marked in one transaction, each marked subject is reconciled from its whole history
under its row's lock, and only then is the place moved. A kill in between makes the same facts come again: they are
known, and their subjects are still marked.

What was said on knowledge that is not here (any more) is never taken back. A reader that starts behind what the service
ever acted on (its tables were dropped) only keeps until it is there again; a person of whom a cause or a fact is
missing is parked until it comes. See docs/adr/0013.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic, sleep
from typing import Any

import structlog
from psycopg import Connection

from shared.facts.erasing import PersonErased
from shared.feeds.feed import Delivery, Feed
from shared.histories.after_failure import back_off_s, problem_of
from shared.histories.database import HistoryDatabase
from shared.histories.dead_letters import bury, drop_letters_about
from shared.histories.forgetting import erasures_in, with_what_is_left
from shared.histories.history import keep
from shared.histories.mending import Mender
from shared.histories.mentions import naming, remember_names
from shared.histories.persons import link, merges_in
from shared.histories.places import applied, highest_known, move_places, through_of_all
from shared.histories.subjects import Subject, bump, clear_failed, lock_subjects, mark_failed, mark_missing, touch
from shared.log.place import Arrived
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.reacting.actor import Actor
from shared.reacting.decision import Policy, decision
from shared.reacting.knowledge import RECONCILED, Knowledge, is_of_other_rules
from shared.roles.presence import STARTING, Pulse

log = structlog.get_logger(__name__)

TOGETHER = 200
"""Subjects reconciled in one transaction."""

POLL_S = 0.5
"""How long a poll waits for facts; it also bounds how long a stop takes."""


MOMENT_S, AGAIN_S = 5.0, 0.05
"""For how long what is mended beside whoever works waits for it: one delivery is a second or less. And how often it looks."""


class ReadingAgainError(Exception):
    """Nothing may be decided yet: what was once acted upon is not all known here."""

    def __init__(self, service: str, behind: Mapping[str, int]) -> None:
        up_to = ", ".join(f"{name}:{sequence}" for name, sequence in sorted(behind.items()))
        super().__init__(
            f"{service} is reading again up to {up_to} what it once acted on, and decides nothing before; try again once"
            " `parcours streams show` has it there"
        )


class Reconciler:
    """Run it in one thread; several processes of a service may run one each."""

    def __init__(
        self,
        store: FactStore,
        database: HistoryDatabase,
        feed: Feed,
        knowledge: Knowledge,
        actor: Actor,
        policy: Policy,
        subject_kind: str = "person",
        metrics: Metrics | None = None,
        *,
        settings: str = "",
        pulse: Pulse | None = None,
        forgets: type[PersonErased] | None = None,
    ) -> None:
        """`settings`: those that the policy goes by; where others were in force before, everybody is looked at again.
        `forgets`: by which fact the service says whom another has forgotten; None where it has facts of no person."""
        self._forgets = forgets
        self._store = store
        self._service = store.service
        self._database = database
        self._feed = feed
        self._knowledge = knowledge
        self._actor = actor
        self._policy = policy
        self._settings = settings
        self._kind = f"{subject_kind}/"
        self._metrics = metrics
        self._pulse = pulse or Pulse()
        self._through: dict[str, int] = {}
        self._awaited: dict[str, int] | None = None
        self._mender = Mender(database, feed)
        self.problem: str | None = STARTING

    async def check(self) -> str | None:
        return self._pulse.said or self.problem

    def run(self, stop: threading.Event) -> None:
        """Until told to stop. Whatever fails: wait, reread the places, go on, and say meanwhile what it is. The process
        goes on taking in facts."""
        self.problem = STARTING
        failures = 0
        self._beat()  # before anything is read: it may have been paused before it was started
        while not stop.is_set():
            if self._pulse.pause is not None:
                self._pulse.rest(stop)
                self.reset()
                continue
            try:
                if failures:
                    self.reset()
                self.step(POLL_S)
                failures, self.problem = 0, self._waiting_for() or self._feed.problem
            except Exception as error:
                failures += 1
                self.problem = problem_of(error, self._feed, f"{self._service}-policies")
                self._beat()
                stop.wait(back_off_s(failures))
            self._beat()

    def _beat(self) -> None:
        self._pulse.beat(self._through, self.problem)

    def reset(self) -> None:
        """After a failure: go on from the stored places, and finish what it left behind first."""
        self._feed.reset()
        self._awaited = None

    def applied(self) -> dict[str, int]:
        with self._database.connection() as connection:
            return applied(connection, self._feed.name)

    def step(self, timeout_s: float) -> None:
        """One delivery: kept, reconciled, then left behind."""
        if self._awaited is None:
            self._begin()
        delivery = self._mender.next() or self._feed.poll(timeout_s)
        if delivery.is_empty:
            return
        delivery = with_what_is_left(self._feed, delivery, self._knowledge.catalogue)
        touched = self._keep(delivery)
        if self._awaited:
            self._awaited = self._still_awaited(delivery)
            if not self._awaited:
                self.catch_up()
        if not self._awaited:
            # Before anything is decided on them: were it noted after, a restored copy could be behind effects that
            # stand.
            self._store.read_up_to.note(self._highest_of_others(delivery))
            subjects = sorted(touched)
            # Small transactions: the rows of all these subjects stay locked until one ends.
            for start in range(0, len(subjects), TOGETHER):
                self._reconcile(subjects[start : start + TOGETHER])
                self._beat()  # a step of its own: a delivery may touch thousands
        with self._database.transaction() as connection:
            feed = delivery.places_of(self._feed.name)
            bury(connection, feed, delivery.letters)
            move_places(connection, feed, delivery.moves, delivery.highest)
        self._feed.applied(delivery)
        if not delivery.feed:
            self._through |= {
                f"{service}/{number}": place.through for (service, number), (_, place) in delivery.moves.items()
            }

    def _begin(self) -> None:
        """What has to be read again before anything is decided; where nothing has, those left marked are reconciled."""
        with self._database.transaction() as connection:
            if is_of_other_rules(connection, self._settings):
                log.warning("everybody_is_looked_at_again", service=self._service, settings=self._settings)
        self._awaited = self._behind()
        if self._awaited:
            log.info("reading_again", service=self._service, up_to=self._awaited)
        else:
            self.catch_up()

    def _behind(self) -> dict[str, int]:
        """Logs that are known less far than was ever acted upon, and up to where that was."""
        return self._still_behind(self._store.read_up_to.sequences())

    def _still_behind(self, wanted: Mapping[str, int]) -> dict[str, int]:
        reached = self.applied()
        return {service: last for service, last in wanted.items() if reached.get(service, 0) < last}

    def _wait_known(self) -> None:
        """Until all that was acted on by now is known here. Whoever works notes what it acts on before it moves its places:
        for a moment of each delivery they are apart. Raise ReadingAgainError where that is no moment."""
        wanted, until = self._store.read_up_to.sequences(), monotonic() + MOMENT_S
        while behind := self._still_behind(wanted):
            if monotonic() > until:
                raise ReadingAgainError(self._service, behind)
            sleep(AGAIN_S)

    def mend(self, facts: Sequence[Arrived], subjects: Iterable[str]) -> dict[str, Exception]:
        """Beside whoever runs: keep facts that never came, and decide again about whom they touch and about these
        subjects. Return those about whom it still fails. Raise ReadingAgainError, UnavailableError."""
        self._wait_known()
        wanted = sorted({*self._keep(Delivery(facts=list(facts))), *subjects})
        failures: dict[str, Exception] = {}
        for start in range(0, len(wanted), TOGETHER):
            failures |= self._reconcile(wanted[start : start + TOGETHER])
        return failures

    def catch_up(self) -> None:
        """Whoever is marked and not reconciled: left by a kill, or parked by a failure that may be mended."""
        after = ""
        while True:
            with self._database.connection() as connection:
                behind = RECONCILED.behind(connection, after, TOGETHER, self._kind)
            if not behind:
                return
            self._reconcile([subject.subject for subject in behind])
            self._beat()
            after = behind[-1].subject

    def _keep(self, delivery: Delivery) -> set[str]:
        """Keep the facts of others; return the subjects to reconcile, those that name a subject that came among them
        (also where it is known already: another process may have been killed before it looked at them)."""
        # Its own come too: a correction of its own log may undo what an effect rests on. They are in the log already,
        # and not kept again.
        own = [fact for fact in delivery.facts if fact.service == self._service]
        others = [fact for fact in delivery.facts if fact.service != self._service]
        merges = list(merges_in(others, self._knowledge.catalogue))
        with self._database.transaction() as connection:
            new = keep(connection, others, highest_known(connection))
            drop_letters_about(connection, (one.subject for one in erasures_in(others, self._knowledge.catalogue)))
            remember_names(connection, delivery.facts)
            came = {fact.subject for fact in delivery.facts}
            changed = {fact.subject for fact in new}
            people = naming(connection, {name for name in came if not name.startswith(self._kind)})
            # All of one transaction at once and in the order of names: locked one after the other, two readers would
            # wait for each other.
            subjects = lock_subjects(connection, {*came, *people}.union(*merges))
            subjects = link(connection, subjects, merges)
            bump(connection, subjects, [*new, *own])
            touched = naming(connection, {name for name in changed if not name.startswith(self._kind)})
            touch(connection, {one for name in touched for one in subjects[name].together})
        return {one for name in came | people if name.startswith(self._kind) for one in subjects[name].together}

    def _reconcile(self, subjects: Sequence[str]) -> dict[str, Exception]:
        """Those of them that are marked, under their locks: two processes would else decide on what each of them knows,
        and the later record what the earlier knew better. Return those about whom it failed."""
        with self._database.transaction() as connection:
            marked = _marked(connection, subjects)
            if not marked:
                return {}
            decide, holes = decision(connection, marked, self._knowledge, self._policy, self._service, self._forgets)
            failures = self._actor.act(marked, decide)
            mark_missing(connection, holes)
            done = {name: subject.version for name, subject in marked.items() if name not in failures}
            RECONCILED.mark(connection, done)
            clear_failed(connection, [name for name in marked if name not in failures])
            mark_failed(
                connection,
                {name: f"{type(error).__name__}: {error}" for name, error in failures.items()},
                {name: "".join(traceback.format_exception(error)) for name, error in failures.items()},
            )
        if self._metrics is not None:
            self._metrics.reconciled.labels(self._service).inc(len(marked) - len(failures))
        return failures

    def _still_awaited(self, delivery: Delivery) -> dict[str, int]:
        """What is missing once the places of this delivery are moved."""
        with self._database.transaction() as connection:
            places = through_of_all(connection, self._feed.name)
        if not delivery.feed:
            # As they will be: the delivery is decided on before its places are moved.
            places |= {key: after.through for key, (_, after) in delivery.moves.items()}
        least: dict[str, int] = {}
        for (service, _), through in places.items():
            least[service] = min(through, least.get(service, through))
        return {name: last for name, last in (self._awaited or {}).items() if least.get(name, 0) < last}

    def _waiting_for(self) -> str | None:
        if not self._awaited:
            return None
        return "reading again up to " + ", ".join(f"{name}:{last}" for name, last in sorted(self._awaited.items()))

    def _highest_of_others(self, delivery: Delivery) -> dict[str, int]:
        highest: dict[str, int] = {}
        for (service, _), sequence in delivery.highest.items():
            if service != self._service:
                highest[service] = max(sequence, highest.get(service, 0))
        return highest


def _marked(connection: Connection[Any], subjects: Sequence[str]) -> dict[str, Subject]:
    """Lock subjects; return those whose effects are behind, each with all that merges ever joined with it."""
    locked = lock_subjects(connection, subjects)
    reconciled = RECONCILED.versions(connection, list(locked))
    behind = [subject for name, subject in locked.items() if subject.version > reconciled.get(name, 0)]
    return {one: locked[one] for subject in behind for one in subject.together}
