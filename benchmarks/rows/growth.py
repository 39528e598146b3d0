"""Cost against size: time must not grow with what is not asked for.

`--millions N`: how many million facts are there already, and 135,000 persons for each, at most 1,350,000.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import psycopg

from benchmarks import load
from benchmarks.asking import Asking
from benchmarks.chain import chain
from benchmarks.checks import digests, log_holds, log_of, same
from benchmarks.children import in_child
from benchmarks.crowd import Crowd
from benchmarks.figures import Compared, Figure, Goal, Row, expect, in_turns, percentile
from benchmarks.filling import FIRST, histories_of_log, log_of_millions, multiply_rows
from benchmarks.histories import fill_with
from benchmarks.lab import Lab, parcours
from benchmarks.lives import A_LIFE, SERVICE
from benchmarks.rows.large import QUESTIONS, TIMELINES, Question, rebuilt
from benchmarks.rows.while_rebuilding import RATE, during, rebuild
from services.projections.read_sets import building
from services.projections.read_sets.building import ensure_current
from services.projections.read_sets.recipe import Recipe
from services.projections.read_tables import READ_TABLES
from shared.feeds.store_log import place_at
from shared.log.store import FactStore
from shared.process.settings import Settings

CLIENTS = 32
LEAST_MILLIONS = 0.25
"""Facts of the log that the others are held against: people enough for every round."""
TURNS = 4
AS_FAST = Goal(0.8, 0.95)
AS_SOON = Goal(1.5, 1.1, less_is_better=True)
PERSONS_A_MILLION, MOST_PERSONS = 135_000, 1_350_000
TOWN = Crowd(persons=900, members=60, member_persons=1_200, others=60, other_persons=10, own_facts=200)
HAMLET = Crowd(persons=30, members=6, member_persons=30, others=6, other_persons=2, own_facts=20)
AFTER_LIVES = (1, A_LIFE + 1)


class Log:
    """A write service on a log of its own, with so many lives in it."""

    def __init__(self, lab: Lab, stack: ExitStack, millions: float) -> None:
        self.url = stack.enter_context(lab.database())
        self.persons = in_child(log_of_millions, self.url, millions)
        processes = stack.enter_context(lab.processes())
        _, address = parcours(processes, "serve", SERVICE, env={"PARCOURS_DATABASE_URL": self.url})
        self._address = f"{address}/{SERVICE}/v1/events"
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcours-bench-")))
        self._numbers = count(1)
        self._seconds = lab.pick(40, 15, 3) / 10
        self._told = 0

    @property
    def facts(self) -> int:
        return self.persons * A_LIFE

    def new(self, _: int) -> float:
        """Events a second about people of whom nothing is there."""
        return self._load(first=FIRST + 1_000_000_000 + next(self._numbers) * 1_000_000)

    def there(self, most: int, _: int) -> float:
        """Events a second, so many at most, each about somebody else who is there and of whom the service has nothing in
        memory."""
        begin, self._told = self._told, self._told + most
        return self._load(first=FIRST, known=self.persons, begin=begin, end=self._told)

    def _load(self, first: int, known: int = 0, begin: int = 0, end: int = 0) -> float:
        answers = str(self._folder / f"{len(list(self._folder.iterdir())):03}.jsonl")
        seconds = self._seconds if not known else load.UNTIL_ALL_ARE_TOLD_S
        return load.run(
            load.Job(self._address, CLIENTS, seconds, first, answers, known=known, begin=begin, end=end)
        ).rate

    def _answers(self) -> Iterator[load.Answer]:
        for path in sorted(self._folder.iterdir()):
            yield from load.answers(path)

    def check(self) -> str:
        answered: dict[str, int] = {}
        for one in self._answers():
            expect(one.status == 201, f"{one.ids} was answered {one.status}: {one.body}")
            answered[one.ids[0]] = int(one.body["position"].partition(":")[2])
        store = FactStore(self.url, SERVICE)
        try:
            return log_holds(log_of(store, self.facts), answered, begins=AFTER_LIVES)
        finally:
            store.close()


def intake(lab: Lab) -> Sequence[Figure]:
    with ExitStack() as stack:
        sizes = [LEAST_MILLIONS, *(size for size in (1, 10, 30) if size <= lab.millions)]
        if lab.pick(0, 0, 1):  # of a test
            sizes = [0, 0.1]
        logs = [Log(lab, stack, size) for size in sizes]
        for log in logs:
            log.new(0)  # warm
        rounds = lab.pick(5, 2, 1)
        new = in_turns(rounds, *(log.new for log in logs))
        most = logs[0].persons // (rounds + 1)  # every round meets people of whom nobody was told yet
        for log in logs:
            log.there(most, 0)  # warm
        there = in_turns(rounds, *(partial(log.there, most) for log in logs))
        checks = [log.check() for log in logs]
    return [
        Compared(rates[place], rates[0]).figure(
            f"{what}, {log.facts:,} facts in the log ÷ {logs[0].facts:,}", "events/s", AS_FAST, checks[place]
        )
        for what, rates in (("about new people", new), ("about people who are there", there))
        for place, log in enumerate(logs)
        if place
    ]


def questions(lab: Lab) -> Sequence[Figure]:
    town = HAMLET if lab.pick(0, 0, 1) else TOWN
    persons = sum(map(town.persons_of, range(town.structures))) + 1
    wanted = min(PERSONS_A_MILLION * lab.millions, MOST_PERSONS) if not lab.quick else 4 * persons
    copies, times = max(round(wanted / persons) - 1, 1), lab.pick(200, 20, 3)
    with lab.database() as small:
        fill_with(small, town)
        read_set = in_child(rebuilt, small)
        with lab.database(copy_of=small) as large:
            there = in_child(_multiply, large, read_set, copies)
            before, after = _asked(lab, small, large, times=times)
    check = f"{there:,} persons in the read tables; answers as beside few"
    words = {"facts": 2 * town.own_facts, "structure": town.persons, "members": town.members}
    return [_answered(question, words, before[question], after[question], there, persons, check) for question in before]


def _multiply(url: str, read_set: str, copies: int) -> int:
    """How many persons there are then. In a child."""
    with psycopg.connect(url, autocommit=True) as connection:
        multiply_rows(connection, f"read_{read_set}", [*READ_TABLES, "folded"], copies)
        multiply_rows(connection, "projections", ["subjects"], copies)
        connection.execute("VACUUM (FREEZE, ANALYZE)")
        connection.execute("CHECKPOINT")
        row = connection.execute(f'SELECT count(*) FROM "read_{read_set}".persons').fetchone()
    return int(row[0]) if row else 0


def _answered(
    question: Question,
    words: Mapping[str, int],
    before: Sequence[float],
    after: Sequence[float],
    there: int,
    persons: int,
    check: str,
) -> Figure:
    title = question.title.format(**words)
    one, other = median(after), median(before)
    title = f"{title}, beside {there:,} persons ÷ {persons:,}, p50 (p99 {percentile(after, 99):.1f} ms)"
    return Figure(title, one, "ms", one / other, AS_SOON, check, baseline=other)


Taken = dict[Question, list[float]]
"""Milliseconds of each answer."""


def _asked(lab: Lab, *urls: str, times: int) -> list[Taken]:
    """The same of each of these databases, in turns, each by a process of its own. Raise CheckFailedError where one answers
    otherwise."""
    with lab.processes() as processes, ExitStack() as stack:
        askings = []
        for url in urls:
            _, address = parcours(processes, "serve", "projections", env={"PARCOURS_DATABASE_URL": url})
            askings.append(Asking(address))
            stack.callback(askings[-1].close)
        found: list[Taken] = [{} for _ in urls]
        for question in (TIMELINES, *QUESTIONS):
            told = [asking.ask(question.large)[1].get("items") for asking in askings]
            expect(bool(told[0]), f"{question.title}: nothing is answered")
            expect(
                all(items == told[0] for items in told), f"{question.title} is answered otherwise beside more people"
            )
            for asking in askings:  # warm
                asking.pages(question.large, min(times, 5))
            ways = [partial(_pages, asking, question.large, max(times // TURNS, 1)) for asking in askings]
            for taken, turns in zip(found, in_turns(TURNS, *ways), strict=True):
                taken[question] = [milliseconds for turn in turns for milliseconds in turn]
    return found


def _pages(asking: Asking, path: str, times: int, _: int) -> list[float]:
    return asking.pages(path, times)


def read_set(lab: Lab) -> Sequence[Figure]:
    """Millions of facts into a new read set, with two workers, while the live loop serves 200 facts/s."""
    with lab.database() as url:
        facts = in_child(log_of_millions, url, 0.1 if lab.pick(0, 0, 1) else lab.millions) * A_LIFE
        in_child(read_already, url, facts)
        with chain(lab, url, facts, through_kafka=False) as one:
            alone = rebuild(one, "alone")
            one.load(RATE, 2)  # warm
            before = one.watch.latencies_ms(one.load(RATE, lab.pick(15, 4, 1)))
            beside, recorded = during(one, 1.5 * alone.seconds + 1)
            meanwhile = one.watch.latencies_ms(recorded)
            there = one.recorded
        check = f"{there:,} facts, {_as_each_other(url, alone.read_set, beside.read_set)}"
    p99, p99_before = percentile(meanwhile, 99), percentile(before, 99)
    title = f"{facts:,} facts into a new read set, {RATE:.0f}/s arriving ÷ nobody"
    live = f"live p99 meanwhile ÷ before (of {len(meanwhile):,} and {len(before):,})"
    return [
        Figure(title, beside.seconds, "s", beside.seconds / alone.seconds, None, check, baseline=alone.seconds),
        Figure(live, p99, "ms", p99 / p99_before, None, check, baseline=p99_before),
    ]


def read_already(url: str, facts: int) -> None:
    """As if a projector had kept this log, and were to go on behind it. In a child."""
    ensure_current(url, Recipe.of(Settings()))
    store = FactStore(url, SERVICE)
    place = place_at(store.at([facts])[0])
    store.close()
    with psycopg.connect(url, autocommit=True) as connection:
        histories_of_log(connection, facts)
        connection.execute(
            "INSERT INTO projections.places (feed, service, partition, topic_id, next_offset, through, highest)"
            " VALUES ('store', %s, 0, %s, %s, %s, %s)",
            [SERVICE, place.topic_id, place.offset, place.through, facts],
        )


def _as_each_other(url: str, *read_sets: str) -> str:
    """Both brought up to date."""
    recipe = Recipe.of(Settings())
    for name in read_sets:
        building.rebuild(url, name, recipe)
    with psycopg.connect(url) as connection:
        one, other = (digests(connection, name) for name in read_sets)
        return same(one, other, "alone and beside")


ROWS = (
    Row(
        "growth-intake",
        "one event a request, 32 clients, with millions of facts in the log ÷ with few",
        intake,
        "depth of the indexes and what of them is in memory; a stream that is not in the cache is one more query",
        group="growth",
    ),
    Row(
        "growth-questions",
        "answers beside very many persons ÷ beside few",
        questions,
        "depth of the indexes and what of them is in memory",
        group="growth",
    ),
    Row(
        "growth-read-set",
        "millions of facts into a new read set while the live loop serves",
        read_set,
        "processor time in Python (`rebuild`), and the cores that PostgreSQL and the live loop take",
        group="growth",
        by_default=False,
    ),
)
