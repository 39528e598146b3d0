"""The live loop: poll, keep, lock, fold, write what differs, move the places; one transaction a delivery.

Whoever is far behind only keeps, and folds what waits in transactions of its own (`Backlog`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from time import monotonic
from typing import Any

import structlog
from psycopg import Connection

from services.projections.database import Database, writable
from services.projections.folding.backlog import MOST_SUBJECTS, SHARES, Backlog
from services.projections.folding.folded_cache import Folded, FoldedCache
from services.projections.folding.folder import Folder, fill_relations, fold_some_dirty
from services.projections.folding.forgetting import forget
from services.projections.folding.side_by_side import Workers
from services.projections.folding.throttle import Throttle
from services.projections.folding.waiting import Piece, fold_waiting
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.dropping import drop_old
from services.projections.read_sets.recipe import ReadSetError, Recipe
from services.projections.read_sets.set_schema import folded_in
from shared.feeds.feed import Delivery, Feed
from shared.histories.after_failure import back_off_s, problem_of
from shared.histories.dead_letters import bury
from shared.histories.forgetting import with_what_is_left
from shared.histories.history import keep
from shared.histories.mending import Mender
from shared.histories.persons import link, merges_in
from shared.histories.places import applied, highest_known, move_places, put_off, took_turn, waiting
from shared.histories.sign_of_life import SignOfLife
from shared.histories.subjects import Subject, bump, lock_subjects
from shared.log.place import Arrived
from shared.process.metrics import Metrics
from shared.roles.presence import STARTING, Pulse

log = structlog.get_logger(__name__)

POLL_S = 0.5
"""How long a poll waits for facts; it also bounds how long a stop takes."""

LOOK_BESIDE_S = 0.05
"""The same while others fold beside: so often it is seen what they have done."""
SILENT_S = 60.0
"""How long a drain of a full backlog goes on without a poll: a consumer group takes who is silent for five minutes for
gone."""

LOOK_AGAIN_S = 5.0
"""How often a projector with nothing to write looks whether the read model is still of its recipe."""

DROP_EVERY_S = 60.0
"""How often a projector looks whether a read set has become old; also as soon as it sees another one current."""


class Projector:
    """Reads one feed into histories and the current read set. One thread runs it; several processes may share a feed.

    `beside`: starts processes that fold those who wait, where many do; they are ended once nobody does.

    Subjects are locked before their facts are kept and in the order of their names (`lock_subjects`), so that two
    processes that got facts of the same subjects wait for each other instead of meeting half-way.
    """

    def __init__(
        self,
        database: Database,
        folder: Folder,
        feed: Feed,
        recipe: Recipe,
        metrics: Metrics,
        *,
        cache_facts: int = 200_000,
        daily: Callable[[], None] = lambda: None,
        throttle: Throttle | None = None,
        backlog: Backlog | None = None,
        beside: Callable[[], Workers | None] = lambda: None,
        look_again_s: float = LOOK_AGAIN_S,
        silent_s: float = SILENT_S,
        pulse: Pulse | None = None,
    ) -> None:
        self._database = database
        self._folder = folder
        self._feed = feed
        self._recipe = recipe
        self._metrics = metrics
        self._cache = FoldedCache(cache_facts)
        self._daily = daily
        self._throttle = throttle or Throttle(monotonic)
        self._backlog = backlog if backlog is not None else Backlog()
        self._start_beside = beside
        self._workers: Workers | None = None
        self._silent_s = silent_s
        self._polled_at = 0.0
        self._look_again_s = look_again_s
        self._pulse = pulse or Pulse()
        self._through: dict[str, int] = {}
        self._look_at = 0.0
        self._read_set = ""
        self._drop_at = 0.0
        self._mender = Mender(database, feed)
        self.problem: str | None = STARTING
        """What keeps the loop from going on, for readiness; None when all is well."""

    async def check(self) -> str | None:
        return self.problem

    def run(self, stop: threading.Event) -> None:
        """Until told to stop, or paused. Whatever fails: wait, reread the places, go on, and say meanwhile what it is. Only
        a read set that is not for this code ends it."""
        try:
            self._run(stop)
        finally:
            self.close()

    def close(self) -> None:
        """End those who fold beside; what they have not folded waits for whoever starts next."""
        workers, self._workers = self._workers, None
        if workers is not None:
            workers.close()
        self._backlog.lost()

    def _run(self, stop: threading.Event) -> None:
        self.problem = STARTING
        failures = 0
        is_behind = True
        while not stop.is_set() and self._pulse.pause is None:
            try:
                if failures:
                    self._feed.reset()
                if is_behind:
                    self.catch_up(stop.is_set)
                    is_behind = False
                self.step(POLL_S)
                self._drop_old()
                self._daily()
                failures, self.problem = 0, self._feed.problem
            except ReadSetError:
                raise
            except Exception as error:
                failures += 1
                self.problem = problem_of(error, self._feed, "projector")
                self._beat()
                stop.wait(back_off_s(failures))
            self._beat()

    def _beat(self) -> None:
        self._pulse.beat(self._through, self.problem)

    def step(self, timeout_s: float) -> int:
        """One delivery, applied whole or not at all; after a small one, some of those who wait are folded. Return how many
        new facts and who waited there were: none when there is nothing to do.

        Raise StoppedError, OutdatedError, UnavailableError, PlaceMovedError, LogDivergedError.
        """
        delivery = self._next(timeout_s)
        is_far_behind = self._backlog.is_far_behind(len(delivery.facts))
        if is_far_behind and self._workers is None and self._backlog.is_long(len(delivery.facts) + delivery.behind):
            self._workers = self._start_beside()  # while these facts are kept it gets ready
        due = self._throttle.due()
        self._look()
        done = 0
        try:
            if not delivery.is_empty or due:
                done += self._apply(delivery, due)
                self._feed.applied(delivery)
            done += self._fold_waiting(is_far_behind)
        except BaseException:
            self._cache.clear()  # it may hold what was rolled back
            self.close()
            raise
        return done

    def _next(self, timeout_s: float) -> Delivery:
        if self._backlog.is_full and monotonic() < self._polled_at + self._silent_s:
            return Delivery()
        self._polled_at = monotonic()
        if self._backlog:
            timeout_s = min(timeout_s, LOOK_BESIDE_S) if self._workers else 0
        delivery = self._mender.next() or self._feed.poll(self._throttle.wait_s(timeout_s))
        return with_what_is_left(self._feed, delivery, self._folder.catalogue)

    def _look(self) -> None:
        """Now and then, whatever comes. Whoever writes learns of a promotion by other code; who has nothing to write would go
        on saying "ok", and find out with the first fact, perhaps days later. And of who waits: what another projector had
        put off when it was killed would wait until its next start."""
        if monotonic() < self._look_at:
            return
        with self._database.connection() as connection:
            self._notice(read_sets_table.writable(connection, self._recipe).name)
            if not self._backlog:
                self._backlog.found(waiting(connection, MOST_SUBJECTS))
        self._look_at = monotonic() + self._look_again_s

    def _drop_old(self) -> None:
        """Between two deliveries, so that it holds up none that has begun."""
        if monotonic() >= self._drop_at:
            drop_old(self._database)
            self._drop_at = monotonic() + DROP_EVERY_S

    def catch_up(self, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Fold every dirty subject: what a kill, a failed fold or a promotion left behind."""
        names = [""]
        while names and not is_stopped():
            with self._database.transaction() as connection:
                names = fold_some_dirty(connection, self._writable(connection), self._folder, names[-1])
                took_turn(connection, names)
            self._beat()  # a step of its own: there may be as many as there are people
        fill_relations(self._database, self._folder, self._recipe, self._beat, is_stopped)

    def applied(self) -> dict[str, int]:
        with self._database.connection() as connection:
            return applied(connection, self._feed.name)

    def _apply(self, delivery: Delivery, due: Sequence[str]) -> int:
        with self._database.transaction() as connection:
            read_set = self._writable(connection)
            # Locked before facts are kept: else another process could fold a subject between the two.
            merges = list(merges_in(delivery.facts, self._folder.catalogue))
            named = [name for pair in merges for name in pair]
            subjects = lock_subjects(connection, [*(fact.subject for fact in delivery.facts), *named, *due])
            self._forget_folded(connection, read_set, [subjects[name] for name in due])
            new = keep(connection, delivery.facts, highest_known(connection))
            # Before the versions move: what is in memory is of the versions locked just now.
            self._remember(connection, subjects, new)
            forget(connection, read_set, new, self._folder.catalogue, self._cache)
            came = {fact.subject for fact in new}
            subjects = bump(connection, link(connection, subjects, merges), new)
            touched = {one: subjects[one] for name in {*due, *came} for one in subjects[name].together}
            late = self._put_off(connection, touched, new, due)
            now = {name: subject for name, subject in sorted(touched.items()) if name not in late}
            failed = self._folder.fold(connection, read_set, now, self._cache)
            large = self._throttle.large(now.values())
            took_turn(connection, [name for name in now if name in large or name in self._backlog])
            feed = delivery.places_of(self._feed.name)
            # Letters with the places: moved past them, nobody would ever read these records again.
            bury(connection, feed, delivery.letters)
            move_places(connection, feed, delivery.moves, delivery.highest)
        # After the commit: what was rolled back has not taken its turn.
        if self._backlog.is_far_behind(len(new)):
            self._backlog.put_off([fact.subject for fact in new])
        else:
            self._throttle.put_off(late)
        self._backlog.took_turn(now)
        self._folded(now.values(), len(failed))
        self._measure(delivery)
        return len(new)

    def _fold_waiting(self, is_far_behind: bool) -> int:
        """Some of those who wait, by themselves: of each, all that has come. Here, or beside where many wait; then those of
        whom nothing comes any more while others are kept. Return how many wait or waited."""
        waited = len(self._backlog)
        if self._workers is None and self._backlog.is_long():
            self._workers = self._start_beside()
        if self._workers is not None:
            self._fold_beside(self._workers, is_far_behind)
        elif not is_far_behind and (names := self._due(self._backlog.next())):
            self._backlog.begin(names)
            self._ended(fold_waiting(self._database, self._folder, self._recipe, names))
        if self._workers is not None and not self._backlog and not is_far_behind:
            self.close()
        return waited

    def _fold_beside(self, workers: Workers, is_far_behind: bool) -> None:
        # Of a full backlog nothing else is done meanwhile.
        for piece in workers.returned(POLL_S if self._backlog.is_full else 0):
            self._ended(piece)
        while workers.has_room:
            names = self._backlog.next_silent() if is_far_behind else self._backlog.next(SHARES)
            if not names:
                break
            if names := self._due(names):
                self._backlog.begin(names)
                workers.call(names)

    def _due(self, names: Sequence[str]) -> list[str]:
        """Those to be folded now: large ones that were just now take their turn among their like."""
        late = {name for name in names if self._throttle.is_early(name)}
        self._backlog.took_turn(late)
        self._throttle.put_off(late)
        for name in names:
            self._cache.drop(name)  # of what is folded without it, it does not know the rows
        return [name for name in names if name not in late]

    def _ended(self, piece: Piece) -> None:
        self._backlog.ended(piece.names)
        self._folded(piece.folded, piece.failed)

    def _folded(self, folded: Collection[Subject], failed: int) -> None:
        self._throttle.folded(self._throttle.large(folded))
        self._metrics.folded.inc(len(folded) - failed)

    def _writable(self, connection: Connection[Any]) -> str:
        """Raise StoppedError, OutdatedError."""
        self._notice(writable(connection, self._recipe))
        return self._read_set

    def _notice(self, current: str) -> None:
        if current != self._read_set:
            self._cache.clear()  # it holds what the read set before had of each subject
            self._read_set = current
            self._drop_at = 0.0

    def _remember(self, connection: Connection[Any], subjects: Mapping[str, Subject], new: Sequence[Arrived]) -> None:
        """Add the new facts to the histories in memory that are as the database had them before. Of whom they are only kept
        nothing is remembered: whoever folds them may be another process."""
        if self._backlog.is_far_behind(len(new)):
            for fact in new:
                self._cache.drop(fact.subject)
            return
        alive = SignOfLife(connection)
        for name in dict.fromkeys(fact.subject for fact in new):
            if self._cache.get(name, subjects[name].version) is None and not subjects[name].version:
                self._cache.put(name, Folded.of_nothing())  # nothing came before: nothing is to be loaded
        for fact in new:
            alive.after(1)
            self._cache.add(fact, self._folder.catalogue)

    def _forget_folded(self, connection: Connection[Any], read_set: str, due: Sequence[Subject]) -> None:
        """Who waited and was folded by another projector meanwhile has other rows than those in memory."""
        folded = folded_in(read_set).versions(connection, [subject.subject for subject in due]) if due else {}
        for subject in due:
            if folded.get(subject.subject) == subject.version:
                self._cache.drop(subject.subject)

    def _put_off(
        self, connection: Connection[Any], subjects: Mapping[str, Subject], new: Sequence[Arrived], due: Sequence[str]
    ) -> set[str]:
        """Large subjects that were folded just now, or everybody while much comes: they stay dirty until it is their turn, and
        that shows in `applied`."""
        early = {name for name, subject in subjects.items() if self._is_early(subject)}
        late = {*subjects} if self._backlog.is_far_behind(len(new)) else early - {*due}
        if late:
            put_off(connection, [fact for fact in new if fact.subject in late])
        return late

    def _is_early(self, subject: Subject) -> bool:
        # Every id: of one that was merged just now the person was not folded.
        return all(self._throttle.is_early(name) for name in subject.together)

    def _measure(self, delivery: Delivery) -> None:
        if delivery.letters:
            log.error("dead_letters", count=len(delivery.letters), reason=delivery.letters[0].reason)
        for (service, partition), (_, after) in delivery.moves.items() if not delivery.feed else ():
            self._through[f"{service}/{partition}"] = after.through
