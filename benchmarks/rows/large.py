"""The large cases: a structure whose people have 100,000 facts, a person with 4,000, a group of 60 structures.

Each is asked beside a small one of the same make, in the same database.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

import psycopg

from benchmarks.asking import Asking
from benchmarks.checks import digests, same
from benchmarks.children import in_child
from benchmarks.crowd import (
    LARGE_GROUP,
    LARGE_STRUCTURE,
    LONG_LIFE,
    SHORT_LIFE,
    SMALL_GROUP,
    SMALL_STRUCTURE,
    Crowd,
    structure_id,
)
from benchmarks.figures import Figure, Goal, Row, expect, percentile
from benchmarks.histories import fill_with
from benchmarks.lab import Lab, parcours
from benchmarks.lives import person_id
from benchmarks.peaks import begin_anew, peak_of
from services.projections.read_sets import building
from services.projections.read_sets.recipe import Recipe
from shared.process.settings import Settings

FULL = Crowd(persons=4_200, members=60, member_persons=4_020, others=400, other_persons=10, own_facts=2_000)
QUICK = Crowd(persons=420, members=60, member_persons=420, others=60, other_persons=4, own_facts=2_000)
TINY = Crowd(persons=60, members=6, member_persons=30, others=6, other_persons=2, own_facts=1_100)

PAGE = Goal(100, 30, "ms", less_is_better=True)
"""A page, p99: as what is recorded becomes visible."""
TIMELINE = Goal(1_000, 300, "ms", less_is_better=True)
"""Of 4,000 facts, all of them in the answer; every one is decoded and folded for it."""
MEMORY = Goal(2.0, 1.25, less_is_better=True)

LARGE, SMALL = structure_id(LARGE_STRUCTURE), structure_id(SMALL_STRUCTURE)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked of a large one and of a small one. `items`: whether the answer is a list."""

    title: str
    large: str
    small: str
    goal: Goal = PAGE


TIMELINES = Question(
    "timeline of a person of {facts:,} facts",
    f"/persons/{person_id(LONG_LIFE)}/timeline",
    f"/persons/{person_id(SHORT_LIFE)}/timeline",
    TIMELINE,
)
QUESTIONS = (
    *(
        Question(f"{title}, {{structure:,}} people", path.format(LARGE), path.format(SMALL))
        for title, path in (
            ("pathways in a structure", "/structures/{}/pathways"),
            ("table steps, a structure", "/tables/steps?structure_id={}"),
            ("hand-overs from a structure", "/structures/{}/handovers?direction=from"),
            ("follow-ups due in a structure", "/structures/{}/follow-ups"),
            ("alerts in a structure", "/alerts?structure_id={}"),
        )
    ),
    *(
        Question(f"{title}, {{members}} structures", path.format(LARGE_GROUP), path.format(SMALL_GROUP))
        for title, path in (
            ("pathways in a group", "/groups/{}/pathways"),
            ("transitions by kind", "/groups/{}/transitions?by=kind"),
            ("transitions by structure", "/groups/{}/transitions?by=structure"),
            ("ready in a group", "/groups/{}/ready"),
            ("alerts in a group", "/alerts?group_id={}"),
            ("alerts of today in a group", "/alerts?group_id={}&current=true"),
        )
    ),
)


def measure(lab: Lab) -> Sequence[Figure]:
    crowd = TINY if lab.pick(0, 0, 1) else QUICK if lab.quick else FULL
    times = lab.pick(200, 20, 3)
    with ExitStack() as stack:
        url = stack.enter_context(lab.database())
        facts = fill_with(url, crowd)
        read_set = in_child(rebuilt, url)
        processes = stack.enter_context(lab.processes())
        process, address = parcours(processes, "serve", "projections", env={"PARCOURS_DATABASE_URL": url})
        asking = Asking(address)
        stack.callback(asking.close)
        small_mb, small = _ask_all(asking, process.pid, "small", times)
        large_mb, large = _ask_all(asking, process.pid, "large", times)
        check = f"{facts:,} facts, {_whole(asking, crowd)}, {_as_rebuilt(url, read_set)}"
    words = {"facts": 2 * crowd.own_facts, "structure": crowd.persons, "members": crowd.members}
    return [
        *(_figure(one, words, large[one], small[one], check) for one in (TIMELINES, *QUESTIONS)),
        Figure(
            "memory of the process that answers, at its peak, the large ÷ the small",
            large_mb,
            "MB",
            large_mb / small_mb,
            MEMORY,
            check,
            baseline=small_mb,
        ),
    ]


def rebuilt(url: str) -> str:
    """The name of a read set with everybody in it, current. In a child."""
    settings = Settings()
    made = building.rebuild(url, None, Recipe.of(settings))
    building.promote(url, made.name, Recipe.of(settings))
    return made.name


def _ask_all(asking: Asking, pid: int, which: str, times: int) -> tuple[float, dict[Question, list[float]]]:
    """The peak of the process that answers, and the milliseconds of each answer."""
    begin_anew(pid)
    taken: dict[Question, list[float]] = {}
    for question in (*QUESTIONS, TIMELINES):
        path = getattr(question, which)
        _, answer = asking.ask(path)
        expect(bool(answer["items"]), f"{path} is answered with nothing")
        asking.pages(path, min(times, 5))  # warm
        few = question is TIMELINES and which == "large"
        taken[question] = asking.pages(path, max(times // 10, 3) if few else times)
    return peak_of(pid), taken


def _figure(
    question: Question, words: dict[str, int], large: Sequence[float], small: Sequence[float], check: str
) -> Figure:
    """The limit is that of the slowest in a hundred; beside it, half of the answers and of those about a small one."""
    p99 = percentile(large, 99)
    title = f"{question.title.format(**words)}, p99 of {len(large)} (p50 {median(large):.1f} ms)"
    return Figure(title, p99, "ms", p99, question.goal, check, baseline=percentile(small, 99))


def _whole(asking: Asking, crowd: Crowd) -> str:
    """Page after page gives everything once."""
    people = {row["person_id"] for row in asking.all_of(f"/structures/{LARGE}/pathways")}
    expect(len(people) == crowd.persons, f"{len(people)} persons of {crowd.persons} are in the pages")
    in_group = {row["person_id"] for row in asking.all_of(f"/groups/{LARGE_GROUP}/pathways")}
    members = crowd.members * (crowd.member_persons // crowd.members) + 1
    expect(len(in_group) == members, f"{len(in_group)} persons of {members} are in the group's pages")
    items = asking.all_of(TIMELINES.large)
    ids = {(item["type"], item["id"]) for item in items}
    expect(len(items) == len(ids) == 2 * crowd.own_facts, f"{len(items)} facts, {len(ids)} of them different")
    return f"{len(people):,} and {len(in_group):,} persons and {len(items):,} facts, each once"


def _as_rebuilt(url: str, read_set: str) -> str:
    with psycopg.connect(url) as connection:
        before = digests(connection, read_set)
    again = in_child(rebuilt, url)
    with psycopg.connect(url) as connection:
        return same(before, digests(connection, again), "asked and rebuilt")


ROWS = (
    Row(
        "large",
        "answers about a large structure, group and life beside small ones",
        measure,
        "PostgreSQL for lists; a timeline decodes and folds all of a life in Python",
        group="large",
    ),
)
