"""What takes a writer long: events about long subjects, and many that must first be loaded.

They wait in a lane of their own, of which a little is done between two groups of the others. What shares a subject, or a
person, with something there waits behind it, so that the facts of each are recorded in the order in which they came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Sequence, Set
from time import monotonic

from shared.facts.merging import subjects_of
from shared.intake.incoming import Incoming
from shared.intake.queue import Answer, Job, SignsOfLife, failed
from shared.intake.recorder import Ahead, Recorder
from shared.log.streams import LONG_FACTS, PIECE
from shared.process.unavailable import UnavailableError

MOST_ATOMIC = 64
"""Events of an atomic batch that are judged without a pause: there is no stopping in the middle of it."""
TURN_S = 0.05
"""Between two groups of the others: by so much, and one piece, they may come later."""
TRACK_S = 1.0
"""After which another track has its turn, once what is under way is recorded: long enough that a long subject is not
loaded again for each event while another one is worked at."""

Work = Generator[bool, None, None]
"""What pauses with true where all that was begun is recorded."""


def takes_long(job: Job, subjects: Collection[str], ahead: Ahead) -> bool:
    """`subjects`: all of which the job needs the facts."""
    is_long = ahead.longest(subjects) > LONG_FACTS
    return is_long or ahead.facts_to_load(subjects) > PIECE or (job.atomic and len(job.events) > MOST_ATOMIC)


class _Track:
    """Jobs that are done one after another, since each shares a subject with one before it."""

    def __init__(self) -> None:
        self.jobs: deque[Job] = deque()
        self.subjects: set[str] = set()
        self.work: Work | None = None


class SlowLane:
    """Tracks in turns. A writer's thread uses it; its length may be asked from elsewhere."""

    def __init__(self, service: str, recorder: Recorder, life: SignsOfLife) -> None:
        self._service = service
        self._recorder = recorder
        self._life = life
        self._tracks: deque[_Track] = deque()
        self._size = 0
        self._turns_s = 0.0
        """That the first track has had."""

    def __len__(self) -> int:
        return self._size

    def holds(self, *subjects: str) -> bool:
        """Whether something here is about one of them."""
        return any(not track.subjects.isdisjoint(subjects) for track in self._tracks)

    def put(self, job: Job, subjects: Set[str]) -> None:
        """Behind all that shares one of its subjects."""
        ahead = [track for track in self._tracks if not track.subjects.isdisjoint(subjects)]
        if not ahead:
            ahead = [_Track()]
            self._tracks.append(ahead[0])
        first, *others = ahead
        for other in others:  # two tracks that a job joins are one from now on
            first.jobs += other.jobs
            first.subjects |= other.subjects
            self._tracks.remove(other)
        first.jobs.append(job)
        first.subjects |= subjects
        self._size += 1

    def take_all(self) -> list[Job]:
        """Whatever waits; what was begun and is not recorded is forgotten."""
        jobs = [job for track in self._tracks for job in track.jobs]
        self._tracks.clear()
        self._size = 0
        return jobs

    def take_turn(self, answer: Callable[[list[Answer]], None]) -> None:
        """Some of the work, one piece at least; `answer` is told what became of a job. Raise UnavailableError."""
        ends = monotonic() + TURN_S
        is_over = False
        while self._tracks and not is_over:
            began = monotonic()
            track = self._tracks[0]
            try:
                is_done, is_recorded = self._advance(track)
            except UnavailableError:
                raise
            except Exception as error:  # a bug must not stop the writer, nor take more than its own job
                answer([failed(self._service, self._done(track), error)])
                continue
            self._turns_s += monotonic() - began
            if is_done:
                job = self._done(track)
                answer([(job, job.outcomes)])
            elif is_recorded and self._turns_s > TRACK_S:
                self._next_track()
            is_over = monotonic() > ends

    def _advance(self, track: _Track) -> tuple[bool, bool]:
        """One piece of work: whether the job is done, and whether all that was begun is recorded."""
        self._life.give()  # loading a long subject may take longer than a silent database is given
        if track.work is None:
            track.work = self._work(track.jobs[0])
        try:
            return False, next(track.work)
        except StopIteration:
            return True, True

    def _done(self, track: _Track) -> Job:
        job = track.jobs.popleft()
        self._size -= 1
        track.work = None
        if track.jobs:
            self._next_track()
        else:
            self._tracks.remove(track)
            self._turns_s = 0.0
        return job

    def _next_track(self) -> None:
        self._tracks.rotate(-1)
        self._turns_s = 0.0

    def _work(self, job: Job) -> Work:
        while job.is_waited_for and job.rest:
            events, ahead = self._next_events(job)
            work = self._recorder.record([events], ahead, atomic=job.atomic)
            while True:
                try:
                    next(work)
                except StopIteration as done:
                    job.outcomes += done.value[0]
                    break
                if job.done.done():  # nobody waits for it any more
                    return
                yield False
            yield True

    def _next_events(self, job: Job) -> tuple[Sequence[Incoming], Ahead]:
        """As many as need no more than a piece loaded, one alone about a long subject, all of what is atomic; and what is
        known ahead of those that wait."""
        events = job.rest
        ahead = self._recorder.ahead(events)
        seen: set[str] = set()
        loaded = 0
        for place, event in enumerate(events if not job.atomic else ()):
            new = ahead.together(subjects_of(event.fact)) - seen
            loaded += ahead.facts_to_load(new)
            seen |= new
            if loaded > PIECE or ahead.longest(subjects_of(event.fact)) > LONG_FACTS:
                return events[: max(place, 1)], ahead
        return events, ahead
