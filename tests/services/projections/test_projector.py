"""The live loop against a real database: what goes wrong stays with its subject, or stops everything loudly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.pathways.facts import PersonsMerged, PersonsSplit
from services.projections.database import Database
from services.projections.folding.folder import SLICE, Folder, slices
from services.projections.folding.project import project
from services.projections.folding.projector import Projector
from services.projections.folding.throttle import Throttle
from services.projections.read_sets.recipe import OlderCodeError, OtherSettingsError, OutdatedError, Recipe
from services.projections.tables.subject_facts import ProjectionSettings
from shared.facts.fact import Recorded
from shared.feeds.feed import Delivery, Letter
from shared.histories.history import LogDivergedError
from shared.histories.mending import Mender
from shared.histories.subjects import Subject
from shared.process.metrics import Metrics
from shared.process.unavailable import UnavailableError
from tests.parts import postgres
from tests.parts.waiting import wait_until
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    CATALOGUE,
    exited,
    hired,
    hours_worked,
    pathway_closed,
    recorded,
)
from tests.services.projections.streams import (
    RECIPE,
    SETTINGS,
    Kept,
    MemoryFeed,
    Streams,
    arrived,
    expected,
    kept,
    person_id,
)
from tests.services.scenario import day

ANNA, BRUNO, CHLOE = (f"person/{person_id(number)}" for number in range(1, 4))

Rows = dict[str, list[Any]]


@pytest.fixture(scope="module")
def shared_projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


@pytest.fixture
def projections(shared_projections: Kept) -> Kept:
    shared_projections.empty()
    return shared_projections


@pytest.fixture
def streams() -> Streams:
    return Streams()


def hire(subject: str = ANNA, starts_on: str = "2024-01-08", contract: Any = C1, structure: Any = ACI) -> Recorded:
    return recorded(hired(contract, structure, starts_on)).model_copy(update={"subject": subject})


def of(subject: str, fact: Any, **around: Any) -> Recorded:
    return recorded(fact, **around).model_copy(update={"subject": subject})


def in_background(work: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failures


class Failing:
    """A projection that fails for some subjects."""

    def __init__(self, *subjects: str) -> None:
        self.subjects = set(subjects)

    def __call__(self, kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
        if settled and settled[0].subject in self.subjects:
            raise ZeroDivisionError("a bug of the projection")
        return project(kind, settled, settings, *more)

    @property
    def folder(self) -> Folder:
        return Folder(CATALOGUE, SETTINGS, self)


def waits_for_a_lock(projections: Kept) -> bool:
    return bool(
        projections.one(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND query LIKE '%%subjects%%'"
        )
    )


def test_two_facts_of_a_person_at_one_moment_are_both_in_the_row(projections: Kept, streams: Streams) -> None:
    """From two services, by two projectors: the second waits for the first, and then sees its fact.

    Without the lock neither would wait, and the row of whoever commits last would lack the other's fact.
    """
    known = of(ANNA, exited(ACI, "2024-05-31"))
    hire_fact, hours_fact = hire(), of(ANNA, hours_worked(ACI, "2024-01", 35.0))
    projections.apply(streams.record(known))
    is_inside, may_go_on = threading.Event(), threading.Event()

    def slow(kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
        is_inside.set()
        assert may_go_on.wait(10)
        return project(kind, settled, settings, *more)

    feeds = [projections.feed(partition) for partition in (1, 2)]
    feeds[0].add(streams.record(hire_fact))
    feeds[1].add(streams.record(hours_fact))
    first = projections.projector(feeds[0], folder=Folder(CATALOGUE, SETTINGS, slow))
    second = projections.projector(feeds[1])
    one, failures = in_background(lambda: first.step(0))
    assert is_inside.wait(10)
    other, more = in_background(lambda: second.step(0))
    wait_until(lambda: waits_for_a_lock(projections), "the second projector waits for the subject", 10)
    may_go_on.set()
    one.join()
    other.join()
    assert failures + more == []
    assert projections.rows(ANNA) == expected(ANNA, [known, hire_fact, hours_fact])
    assert projections.folded(ANNA) == projections.state(ANNA)[0] == 3


def test_a_frozen_projector_is_cut_off_and_goes_on_afterwards(projections: Kept, streams: Streams) -> None:
    """It stands still inside its transaction: the server ends that, and others get the subject it held."""
    facts = [hire(), of(ANNA, hours_worked(ACI, "2024-01", 35.0))]
    is_inside, may_go_on = threading.Event(), threading.Event()

    def frozen(kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
        is_inside.set()
        assert may_go_on.wait(20)
        return project(kind, settled, settings, *more)

    impatient = Database(projections.url, frozen_s=0.3)
    feeds = [projections.feed(partition) for partition in (1, 2)]
    for feed, fact in zip(feeds, facts, strict=True):
        feed.add(streams.record(fact))
    sleeper = projections.projector(feeds[0], folder=Folder(CATALOGUE, SETTINGS, frozen), database=impatient)
    thread, failures = in_background(lambda: sleeper.step(0))
    assert is_inside.wait(10)
    projections.projector(feeds[1]).step(0)
    assert projections.rows(ANNA) == expected(ANNA, facts[1:])
    may_go_on.set()
    thread.join()
    assert [type(failure) for failure in failures] == [UnavailableError]
    assert projections.rows(ANNA) == expected(ANNA, facts[1:])
    feeds[0].reset()
    sleeper.step(0)
    assert projections.rows(ANNA) == expected(ANNA, facts)
    impatient.close()


def test_a_loop_whose_place_was_moved_goes_on_from_where_it_is(projections: Kept, streams: Streams) -> None:
    """Run as a thread: refused, it reads the place again, and nothing is there twice."""
    facts = [hire(starts_on=f"2024-0{month}-01") for month in range(1, 7)]
    feeds = [projections.feed(), projections.feed()]
    for fact in facts:
        one = streams.record(fact)
        for feed in feeds:
            feed.add(one)
    stop = threading.Event()
    threads = [in_background(lambda feed=feed: projections.projector(feed).run(stop)) for feed in feeds]  # type: ignore[misc]
    wait_until(lambda: projections.one("SELECT next_offset FROM projections.places") == len(facts), "all read")
    stop.set()
    for thread, failures in threads:
        thread.join()
        assert failures == []
    assert projections.rows(ANNA) == expected(ANNA, facts)
    assert projections.folded(ANNA) == len(facts)


def test_a_failing_fold_is_its_subjects_alone(projections: Kept, streams: Streams) -> None:
    """It keeps its last good rows; later facts wait in its history; others go on."""
    anna, bruno = hire(ANNA), hire(BRUNO)
    projections.apply(streams.record(anna))
    failing = Failing(ANNA)
    later = [of(ANNA, exited(ACI, "2024-05-31")), of(BRUNO, exited(ACI, "2024-06-30"))]
    projections.apply(*map(streams.record, [bruno, *later]), folder=failing.folder)
    version, error, since, missing = projections.state(ANNA)
    assert (version, error, missing) == (2, "ZeroDivisionError: a bug of the projection", None)
    assert projections.rows(ANNA) == expected(ANNA, [anna])
    assert projections.folded(ANNA) == 1
    assert projections.rows(BRUNO) == expected(BRUNO, [bruno, later[1]])
    assert projections.state(BRUNO)[1] is None
    projections.apply(streams.record(of(ANNA, pathway_closed("2024-06-01"))), folder=failing.folder)
    assert projections.state(ANNA)[:3] == (3, error, since), "since when it fails, not when it failed last"
    assert projections.one("SELECT count(*) FROM projections.history WHERE subject = %s", ANNA) == 3


def test_a_mended_projection_folds_what_failed_when_it_starts(projections: Kept, streams: Streams) -> None:
    facts = [hire(), of(ANNA, exited(ACI, "2024-05-31"))]
    projections.apply(*map(streams.record, facts), folder=Failing(ANNA).folder)
    assert projections.rows(ANNA) == expected(ANNA, [])
    projections.projector(projections.feed()).catch_up()
    assert projections.rows(ANNA) == expected(ANNA, facts)
    assert projections.state(ANNA) == (2, None, None, None)
    assert projections.folded(ANNA) == 2


def test_a_failed_subject_is_folded_with_its_next_fact(projections: Kept, streams: Streams) -> None:
    """By the projector that failed before, which keeps nothing wrong in memory."""
    failing = Failing(ANNA)
    feed = projections.feed()
    projector = projections.projector(feed, folder=failing.folder)
    facts = [hire(), of(ANNA, exited(ACI, "2024-05-31"))]
    feed.add(streams.record(facts[0]))
    projector.step(0)
    failing.subjects.clear()
    feed.add(streams.record(facts[1]))
    projector.step(0)
    assert projections.rows(ANNA) == expected(ANNA, facts)
    assert projections.state(ANNA) == (2, None, None, None)


@pytest.mark.parametrize("persons", [3, 25], ids=["inserted", "copied"])
def test_rows_that_the_database_refuses_are_their_subjects_alone(
    projections: Kept, streams: Streams, persons: int
) -> None:
    """Whatever the projection gives: here a number that no column holds, and two rows with one key."""

    def odd(kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
        rows = project(kind, settled, settings, *more)
        subject = settled[0].subject
        if subject == BRUNO:
            rows["steps"] = [(*row[:6], 1 << 40, *row[7:]) for row in rows["steps"]]
        if subject == CHLOE:
            rows["steps"] = rows["steps"] * 2
        return rows

    people = [f"person/{person_id(number)}" for number in range(1, 1 + persons)]
    facts = [hire(person) for person in people]
    projections.apply(*map(streams.record, facts), folder=Folder(CATALOGUE, SETTINGS, odd))
    assert projections.state(BRUNO)[1].startswith("NumericValueOutOfRange")
    assert projections.state(CHLOE)[1] == "FoldError: two rows of steps have one key"
    assert projections.rows(BRUNO) == expected(BRUNO, [])
    for person in set(people) - {BRUNO, CHLOE}:
        assert projections.rows(person) == expected(person, facts)
        assert projections.state(person)[1] is None
    projections.projector(projections.feed()).catch_up()
    for person in (BRUNO, CHLOE):
        assert projections.rows(person) == expected(person, facts)


@pytest.mark.parametrize(
    "subject",
    ["person/not-a-uuid", f"person/{str(ACI).upper()}", "machine/1", "person", f"person/{person_id(9)}/x"],
)
def test_a_subject_that_is_none_stops_nobody(projections: Kept, streams: Streams, subject: str) -> None:
    """Only intake checks what a subject looks like; a topic may hold anything."""
    odd = streams.record(hire(BRUNO))._replace(subject=subject)
    projections.apply(odd, streams.record(hire(ANNA)))
    assert projections.rows(ANNA) == expected(ANNA, [hire(ANNA)])
    assert "is no subject known here" in projections.state(subject)[1]
    projections.projector(projections.feed()).catch_up()


def test_a_fact_that_cannot_be_read_is_its_subjects_alone(projections: Kept, streams: Streams) -> None:
    """A known type with content that is not its own, as a newer version may send; it is kept, and healed by a void."""
    anna, bruno = hire(ANNA), hire(BRUNO)
    projections.apply(streams.record(anna), streams.record(bruno))
    odd = arrived(hire(ANNA, "2024-02-01"), "pathways", 50, 2, {"contract_id": "x", "new": [1]})
    exit_fact = of(BRUNO, exited(ACI, "2024-05-31"))
    projections.apply(odd, streams.record(exit_fact))
    assert projections.state(ANNA)[1].startswith("UnreadableFactError: pathways.hired.v1, number 2 in pathways")
    assert projections.rows(ANNA) == expected(ANNA, [anna])
    assert projections.rows(BRUNO) == expected(BRUNO, [bruno, exit_fact])


def test_a_hole_is_told_until_the_fact_comes(projections: Kept, streams: Streams) -> None:
    facts = [hire(), of(ANNA, exited(ACI, "2024-05-31")), of(ANNA, hours_worked(ACI, "2024-01", 7))]
    first, second, hours = map(streams.record, facts)
    projections.apply(second, hours)
    assert projections.state(ANNA) == (2, None, None, "pathways: 1 of 2")
    projections.apply(first)
    assert projections.state(ANNA) == (3, None, None, None)
    assert projections.rows(ANNA) == expected(ANNA, facts)


def test_a_type_nobody_knows_yet_is_kept_and_counted(projections: Kept, streams: Streams) -> None:
    facts = [hire(), of(ANNA, exited(ACI, "2024-05-31"))]
    unknown = streams.record(hire(starts_on="2024-02-01"), "pathways.promoted.v1")
    projections.apply(streams.record(facts[0]), unknown)
    assert projections.state(ANNA) == (2, None, None, None)
    assert projections.folded(ANNA) == 2
    assert projections.rows(ANNA) == expected(ANNA, facts[:1])


def test_letters_are_kept_raw_once(projections: Kept, streams: Streams) -> None:
    letter = Letter("pathways", 0, 7, "topic", "the value is not JSON", b"key\0", b"\xff{", (("ce_id", b"\0\xff"),))
    for _ in range(2):
        projections.apply(streams.record(hire(ANNA)), letters=[letter, replace(letter, offset=8, key=None, value=None)])
    rows = projections.all("SELECT record_offset, reason, key, value, headers FROM projections.dead_letters ORDER BY 1")
    assert rows == [
        (7, "the value is not JSON", b"key\0", b"\xff{", b'[["ce_id", "00ff"]]'),
        (8, "the value is not JSON", None, None, b'[["ce_id", "00ff"]]'),
    ]
    assert projections.one("SELECT count(*) FROM projections.history") == 2


@pytest.mark.parametrize("other", [ANNA, BRUNO])
def test_a_log_that_says_two_things_at_one_place_is_doubted_and_holds_nothing_up(
    projections: Kept, streams: Streams, other: str
) -> None:
    """Nothing of that delivery is written; the feed is told, and what comes of it again is applied."""
    known = streams.record(hire(ANNA))
    projections.apply(known)
    diverged = arrived(hire(other, "2024-03-01"), "pathways", known.sequence, 1, hired(C2, AI, "2024-03-01"))
    further = arrived(hire(CHLOE), "pathways", 2, 1, hired(C1, ACI, "2024-01-08"))
    feed = projections.feed()
    feed.add(further, diverged)
    with pytest.raises(LogDivergedError, match=f"pathways:{known.sequence} is known here as fact {known.id} of {ANNA}"):
        projections.projector(feed).step(0)
    assert projections.one("SELECT count(*) FROM projections.history") == 1
    assert projections.rows(CHLOE) == expected(CHLOE, [])
    feed.reset()
    run_until(projections, feed, lambda: projections.one("SELECT count(*) FROM projections.history") == 2)
    assert feed.doubted == [("pathways", [known.sequence])]
    assert projections.rows(CHLOE) == expected(CHLOE, [hire(CHLOE)])
    assert projections.rows(ANNA) == expected(ANNA, [hire(ANNA)])


def test_whatever_fails_in_a_loop_is_told_and_tried_again(projections: Kept, streams: Streams) -> None:
    """A bug of the feed, say: the process answers meanwhile, and is not ready."""
    feed = projections.feed()
    feed.add(streams.record(hire(ANNA)))
    poll, said = feed.poll, []

    def fails_once(timeout_s: float) -> Delivery:
        said.append(projector.problem)
        if len(said) == 1:
            raise RuntimeError("a bug of the feed")
        return poll(timeout_s)

    feed.poll = fails_once  # type: ignore[method-assign]
    projector = projections.projector(feed)
    run_until(projections, projector, lambda: projections.one("SELECT count(*) FROM projections.history") == 1)
    assert said[:2] == ["starting", "RuntimeError: a bug of the feed"]


def run_until(projections: Kept, what: MemoryFeed | Projector, condition: Callable[[], bool]) -> None:
    """In a thread, as a process does."""
    stop = threading.Event()
    projector = what if isinstance(what, Projector) else projections.projector(what)
    thread, failures = in_background(lambda: projector.run(stop))
    wait_until(condition, "the loop has come so far", 20)
    stop.set()
    thread.join()
    assert failures == []


def test_a_hole_is_closed_from_the_store(projections: Kept, streams: Streams) -> None:
    """What a compacted topic has dropped of a subject; asked once, and again only when the hole is another one."""
    first, second, third = (streams.record(hire(starts_on=f"2024-0{month}-01")) for month in (1, 2, 3))
    projections.apply(third)
    feed, now = projections.feed(), [0.0]
    mender = Mender(projections.database, feed, lambda: now[0])
    assert mender.next() is None  # not yet: it may close by itself
    now[0] += 5
    assert mender.next() is None  # the store does not have it either
    feed.log = [first, second, third]
    now[0] += 5
    assert mender.next() is None
    now[0] += 300
    mended = mender.next()
    assert mended is not None
    projections.apply(*mended.facts)
    assert projections.state(ANNA) == (3, None, None, None)
    now[0] += 5
    assert mender.next() is None


def test_a_log_that_diverges_inside_one_delivery_stops_the_feed(projections: Kept, streams: Streams) -> None:
    one = streams.record(hire(ANNA))
    with pytest.raises(LogDivergedError):
        projections.apply(one, one._replace(subject=BRUNO))
    with pytest.raises(LogDivergedError):
        projections.apply(one, one._replace(id="another"))
    assert projections.one("SELECT count(*) FROM projections.history") == 0


def test_a_divergence_is_seen_by_a_projector_that_never_read_that_far(projections: Kept, streams: Streams) -> None:
    """Another projector, on another partition, has read further meanwhile."""
    feeds = [projections.feed(partition) for partition in (1, 2)]
    slow, fast = (projections.projector(feed) for feed in feeds)
    feeds[0].add(streams.record(hire(ANNA)))
    slow.step(0)
    feeds[1].add(streams.record(hire(BRUNO)))
    fast.step(0)
    feeds[0].add(arrived(hire(CHLOE), "pathways", 2, 1, hired(C1, ACI, "2024-01-08")))
    with pytest.raises(LogDivergedError):
        slow.step(0)


def test_a_divergence_is_seen_where_the_places_were_taken_away(projections: Kept, streams: Streams) -> None:
    """As one does to read a log again from its beginning."""
    projections.apply(streams.record(hire(ANNA)))
    projections.run("DELETE FROM projections.places")
    with pytest.raises(LogDivergedError):
        projections.apply(arrived(hire(BRUNO), "pathways", 1, 1, hired(C1, ACI, "2024-01-08")))


OTHERS = {
    "older code": (
        Recipe.of(SETTINGS, RECIPE.version - 1),
        OlderCodeError,
        f"the read model is of version {RECIPE.version}",
    ),
    "newer code": (
        Recipe.of(SETTINGS, RECIPE.version + 1),
        OutdatedError,
        f"read set 1 is of version {RECIPE.version}",
    ),
    "other settings": (replace(RECIPE, handover_days=1), OtherSettingsError, "handover_days 60 there, 1 here"),
}


@pytest.mark.parametrize("other", OTHERS)
def test_rows_of_other_code_or_settings_are_not_written_to(projections: Kept, streams: Streams, other: str) -> None:
    recipe, refusal, why = OTHERS[other]
    feed = projections.feed()
    feed.add(streams.record(hire()))
    projector = Projector(projections.database, Folder(CATALOGUE, SETTINGS), feed, recipe, Metrics())
    for work in (lambda: projector.step(0), projector.catch_up, lambda: projector.run(threading.Event())):
        with pytest.raises(refusal, match=why):
            work()
    assert projections.one("SELECT count(*) FROM projections.history") == 0


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def months(many: int, first: int = 0) -> list[Recorded]:
    return [
        of(ANNA, hours_worked(ACI, f"20{20 + n // 12}-{n % 12 + 1:02}", 1.0 + n)) for n in range(first, first + many)
    ]


@pytest.mark.parametrize("cache_facts", [0, 100_000])
def test_a_large_subject_is_folded_once_a_second(projections: Kept, streams: Streams, cache_facts: int) -> None:
    """Until it is its turn its facts wait, and nobody is told that they were applied; others are folded at once."""
    clock = Clock()
    feed = projections.feed()
    projector = projections.projector(feed, cache_facts=cache_facts, throttle=Throttle(clock, large=10, every_s=1.0))
    facts = months(12)

    def deliver(*more: Recorded) -> None:
        feed.add(*map(streams.record, more))
        projector.step(0)

    def applied() -> int:
        return projector.applied()["pathways"]

    deliver(*facts, hire())
    assert projections.folded(ANNA) == 13
    clock.now += 0.4
    more = months(2, first=12)
    deliver(more[0])
    deliver(more[1], hire(BRUNO), of(ANNA, exited(ACI, "2024-05-31")))
    assert projections.folded(ANNA) == 13
    assert projections.state(ANNA)[0] == 16
    assert projections.rows(BRUNO) == expected(BRUNO, [hire(BRUNO)])
    assert applied() == 2, "the exit is number 3 of pathways"
    projector.step(0)
    assert projections.folded(ANNA) == 13, "not due yet"
    clock.now += 0.6
    projector.step(0)
    everything = [*facts, hire(), *more, of(ANNA, exited(ACI, "2024-05-31"))]
    assert projections.folded(ANNA) == 16
    assert projections.rows(ANNA) == expected(ANNA, everything)
    assert applied() == 14
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0
    clock.now += 0.5
    late = of(ANNA, pathway_closed("2025-01-01"))
    deliver(late)
    assert projections.folded(ANNA) == 16
    clock.now += 5
    deliver(of(ANNA, hours_worked(ACI, "2030-01", 3)))
    assert projections.folded(ANNA) == 18
    assert projections.rows(ANNA)["pathways"] == expected(ANNA, [*everything, late])["pathways"]


def test_a_person_of_two_halves_is_folded_once_a_second(projections: Kept, streams: Streams) -> None:
    """Neither half is large by itself; whichever of them facts come to, both wait, and are folded together."""
    clock, whole = Clock(), (ANNA, BRUNO)
    feed = projections.feed()
    projector = projections.projector(feed, throttle=Throttle(clock, large=10, every_s=1.0))
    halves = [*months(6), *(of(BRUNO, hours_worked(ACI, f"2019-{n:02}", 1.0 + n)) for n in range(1, 7))]
    merge = of(BRUNO, PersonsMerged(into=UUID(ANNA.partition("/")[2]), merged_on=day("2025-01-02")))
    told: list[Recorded] = []

    def deliver(*facts: Recorded) -> None:
        told.extend(facts)
        feed.add(*map(streams.record, facts))
        projector.step(0)

    def waiting() -> tuple[bool, ...]:
        return tuple(projections.folded(one) < projections.state(one)[0] for one in whole)

    deliver(*halves)
    clock.now += 0.1
    deliver(hire(), of(BRUNO, exited(ACI, "2024-05-31")))
    assert waiting() == (False, False), "two persons, neither of them large"
    deliver(merge)
    assert waiting() == (False, False), "who is one is told at once"
    for fact in (of(BRUNO, hours_worked(ACI, "2018-01", 3)), of(ANNA, hours_worked(ACI, "2018-02", 3))):
        clock.now += 0.2
        deliver(fact)
        assert waiting() == (True, True)
        assert projections.one("SELECT count(*) FROM projections.put_off") > 0
    clock.now += 0.7
    projector.step(0)
    assert waiting() == (False, False)
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0
    by_hand = [fact.model_copy(update={"subject": ANNA}) for fact in told if fact is not merge]
    assert projections.rows(ANNA)["hours_by_month"] == expected(ANNA, by_hand)["hours_by_month"]
    assert projections.rows(BRUNO)["hours_by_month"] == []
    # A split is folded at once too, whatever waits, and each is small again.
    deliver(of(ANNA, hours_worked(ACI, "2018-03", 3)))
    clock.now += 2
    deliver(of(BRUNO, PersonsSplit(merge_id=merge.id, split_on=day("2025-01-03"))))
    assert waiting() == (False, False)
    assert len(projections.rows(BRUNO)["hours_by_month"]) == 7


def test_what_a_killed_projector_had_put_off_is_folded_at_the_next_start(projections: Kept, streams: Streams) -> None:
    feed = projections.feed()
    projector = projections.projector(feed, throttle=Throttle(Clock(), large=2))
    facts = [hire(), *months(4)]
    for part in (facts[:4], facts[4:]):
        feed.add(*map(streams.record, part))
        projector.step(0)
    assert projections.folded(ANNA) == 4
    projections.projector(feed).catch_up()
    assert projections.rows(ANNA) == expected(ANNA, facts)
    assert projections.one("SELECT count(*) FROM projections.put_off") == 0


def test_a_projector_is_not_asked_to_wait_past_what_is_due() -> None:
    clock = Clock()
    throttle = Throttle(clock, large=1, every_s=1.0)
    throttle.folded(["a"])
    assert throttle.wait_s(0.5) == 0.5
    throttle.put_off(["a"])
    clock.now += 0.8
    assert throttle.wait_s(0.5) == pytest.approx(0.2)
    clock.now += 0.3
    assert throttle.wait_s(0.5) == 0.0
    assert throttle.due() == ["a"]


def test_a_start_that_the_database_interrupts_is_made_again(projections: Kept, streams: Streams) -> None:
    """What was dirty is folded then, though nothing new comes."""
    projections.apply(streams.record(hire()), folder=Failing(ANNA).folder)
    stop = threading.Event()
    tries: list[int] = []

    def interrupted(kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
        tries.append(1)
        if len(tries) == 1:
            projections.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return project(kind, settled, settings, *more)

    projector = projections.projector(projections.feed(), folder=Folder(CATALOGUE, SETTINGS, interrupted))
    thread, failures = in_background(lambda: projector.run(stop))
    try:
        wait_until(lambda: len(tries) == 2, "tried again", 10)  # not asked of the database, which ends whoever asks
        wait_until(lambda: projections.folded(ANNA) == 1, "folded after all", 10)
    finally:
        stop.set()
        thread.join()
    assert failures == []


def test_memory_of_a_delivery_is_bounded_by_facts_not_by_subjects() -> None:
    """Long histories are folded a slice at a time, each subject once."""
    subjects = [
        Subject(f"person/{n}", "", version, None) for n, version in enumerate([5, SLICE, 3, SLICE - 4, 1, 2 * SLICE, 7])
    ]
    parts = list(slices(subjects))
    assert [name for part in parts for name in part] == [one.subject for one in subjects]
    sizes = {one.subject: one.version for one in subjects}
    assert all(len(part) == 1 or sum(sizes[name] for name in part) <= SLICE for part in parts)
