"""A large group under one agreement: pages of a member, and the timeline of a person of two halves that it shares."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.asking import Asking
from benchmarks.children import in_child
from benchmarks.crowd import (
    FIRST_MEMBER,
    LARGE_GROUP,
    LONG_LIFE,
    OTHER_HALF,
    Crowd,
    long_life,
    objects,
    structure_id,
)
from benchmarks.figures import Figure, Row, expect, percentile
from benchmarks.histories import fill_with
from benchmarks.lab import Lab, parcours
from benchmarks.lives import person_id
from benchmarks.rows.large import PAGE, TIMELINE, rebuilt
from benchmarks.rows.rights import Keys
from services.projections.catalogue import CATALOGUE, SERVICES
from services.projections.database import Database
from services.projections.folding.folder import Folder, fill_relations, fold_all_dirty
from services.projections.read_sets import read_sets_table
from services.projections.read_sets.recipe import Recipe
from shared.log.store import FactStore
from shared.process.settings import Settings

FULL = Crowd(persons=600, members=60, member_persons=4_020, others=40, other_persons=10, own_facts=2_000, told=3_000)
QUICK = Crowd(persons=60, members=60, member_persons=420, others=10, other_persons=4, own_facts=2_000, told=300)
TINY = Crowd(persons=20, members=6, member_persons=60, others=6, other_persons=2, own_facts=60, told=48)

FIRST, READER = structure_id(FIRST_MEMBER), structure_id(FIRST_MEMBER + 1)
"""Whose missions the long life are, and who has to do with the person today."""
READY = f"/groups/{LARGE_GROUP}/ready"
LISTS = {
    "ready in a group": READY,
    "ready in a group, those who are": f"{READY}?ready=true",
    "table steps": "/tables/steps",
    "table contracts": "/tables/contracts",
    "table exits": "/tables/exits",
    "hand-overs": f"/structures/{READER}/handovers?direction=from",
    "pathways in a group": f"/groups/{LARGE_GROUP}/pathways",
}
"""By the token of a member; numbers of steps and what became of a proposal follow from what others share."""
TIMELINE_OF = f"/persons/{person_id(OTHER_HALF)}/timeline"
PROFILE = frozenset({"hired", "contract_ended", "exited", "skill_validated"})
"""Facts of the long life that the agreement shares."""


@contextmanager
def serving(lab: Lab, crowd: Crowd) -> Iterator[tuple[str, int, Asking, Asking, Asking]]:
    """The database, its facts, and who asks: the local caller, the first member, and the one that reads what it shares."""
    with ExitStack() as stack:
        keys = Keys(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcours-bench-"))))
        url = stack.enter_context(lab.database())
        facts = fill_with(url, crowd)
        in_child(rebuilt, url)
        in_child(_related, url)
        _make_logs(url)
        processes = stack.enter_context(lab.processes())
        environment = {"PARCOURS_DATABASE_URL": url}
        _, open_to_all = parcours(processes, "serve", "projections", env=environment)
        _, with_keys = parcours(processes, "serve", "projections", env={**environment, **keys.environment})
        callers = [Asking(open_to_all), *(Asking(with_keys, keys.token(one)) for one in (FIRST, READER))]
        for asking in callers:
            stack.callback(asking.close)
        local, first, reader = callers
        yield url, facts, local, first, reader


def _related(url: str) -> None:
    """What stands beside the rows: who has to do with whom, what sharing rests on, who is one person. In a child."""
    settings, database = Settings(), Database(url)
    folder = Folder(CATALOGUE, Recipe.of(settings))
    with database.transaction() as connection:
        read_set = read_sets_table.writable(connection, Recipe.of(settings)).name
        connection.execute("UPDATE subjects SET version = version + 1 WHERE linked IS NOT NULL")
        connection.execute("UPDATE access.filling SET law = NULL")
    fold_all_dirty(database, read_set, folder)
    fill_relations(database, folder, settings, lambda: None, lambda: False)
    with database.connection() as connection:
        connection.execute("VACUUM ANALYZE")
    database.close()


def _make_logs(url: str) -> None:
    """Empty ones: whoever is shown what others say is asked first whether something recorded is not applied here."""
    for service in SERVICES:
        store = FactStore(url, service)
        store.create()
        store.close()


def measure(lab: Lab) -> Sequence[Figure]:
    crowd, times = TINY if lab.pick(0, 0, 1) else QUICK if lab.quick else FULL, lab.pick(200, 20, 3)
    with serving(lab, crowd) as (_, facts, local, first, reader):
        taken = {name: _pages(reader, path, times) for name, path in LISTS.items()}
        timelines = {"its own": _pages(first, TIMELINE_OF, max(times // 10, 3))}
        timelines["shared"] = _pages(reader, TIMELINE_OF, max(times // 10, 3))
        shown = candidates(local.all_of(READY), reader.all_of(READY), told_of(crowd))
        whole = facts_of(first.all_of(TIMELINE_OF), reader.all_of(TIMELINE_OF), crowd.own_facts)
    check = f"{facts:,} facts; {shown}; {whole}"
    return [
        *(
            Figure(
                f"timeline of a person of two halves, {2 * crowd.own_facts:,} facts, {whose}, {_p99(one)}",
                percentile(one, 99), "ms", percentile(one, 99), TIMELINE, check,
            )
            for whose, one in timelines.items()
        ),
        *(
            Figure(
                f"{name}, {crowd.members} members under one agreement, {crowd.told:,} told, {_p99(one)}",
                percentile(one, 99), "ms", percentile(one, 99), PAGE, check,
            )
            for name, one in taken.items()
        ),
    ]  # fmt: skip


def _pages(asking: Asking, path: str, times: int) -> list[float]:
    asking.pages(path, min(times, 5))  # warm
    return asking.pages(path, times)


def _p99(milliseconds: Sequence[float]) -> str:
    return f"p99 of {len(milliseconds)} (p50 {median(milliseconds):.1f} ms)"


def told_of(crowd: Crowd) -> frozenset[str]:
    """Who was told and does not object."""
    persons = [person for person in crowd.told_persons if not objects(person)]
    return frozenset(str(person_id(person)) for person in (*persons, LONG_LIFE))


def candidates(
    everybody: Sequence[Mapping[str, Any]], shown: Sequence[Mapping[str, Any]], told: Collection[str]
) -> str:
    """That the reader is shown its own people, and of the others those who were told, none of these by an id of theirs.
    Raise CheckFailedError."""
    own = [row["person_id"] for row in everybody if row["structure_id"] == READER]
    others = [row["person_id"] for row in everybody if row["structure_id"] != READER and row["person_id"] in told]
    expect(bool(own) and bool(others), "there is nobody to be shown")
    seen_own = [row["person_id"] for row in shown if row["structure_id"] == READER]
    seen = [row["person_id"] for row in shown if row["structure_id"] != READER]
    expect(sorted(seen_own) == sorted(own), f"{len(seen_own)} of its own people are shown, of {len(own)}, or others")
    expect(len(seen) == len(others), f"{len(seen)} candidates of others are shown, of {len(others)} that were told")
    expect(len(set(seen)) == len(set(others)), "two persons have one pseudonym, or one has two")
    known = {row["person_id"] for row in everybody}
    expect(not known & set(seen), "a candidate of others is shown under an id that says who it is")
    return f"{len(own)} own people and {len(seen):,} told ones of others are candidates, each once"


def facts_of(own: Sequence[Mapping[str, Any]], shared: Sequence[Mapping[str, Any]], own_facts: int) -> str:
    """That the first member is given all of the long life, and the reader what the profile has. Raise CheckFailedError."""
    life = [*(one.type.split(".")[1] for one in long_life(own_facts)), *["hours_worked"] * own_facts]
    expect(_kinds(own, FIRST) == sorted(life), f"{len(own)} facts of {len(life)} are its own, or others")
    profile = sorted(kind for kind in life if kind in PROFILE)
    seen = _kinds(shared, FIRST)
    expect(seen == profile, f"{len(seen)} facts are shared of {len(profile)}, or others than the profile has")
    expect(_kinds(shared, READER) == ["hired"], "of its own facts the reader is shown another number than one")
    return f"{len(life):,} facts, {len(seen):,} of them shared"


def _kinds(items: Sequence[Mapping[str, Any]], structure: str) -> list[str]:
    of_structure = (item for item in items if sayer(item) == structure)
    return sorted(kind for item in of_structure if (kind := item["type"].split(".")[1]) not in NOT_OF_LIFE)


NOT_OF_LIFE = ("sharing_informed", "persons_merged")


def sayer(item: Mapping[str, Any]) -> str:
    """The structure that it names; an end names the contract alone, which is the first member's."""
    return str(item["data"].get("structure_id", FIRST))


ROWS = (
    Row(
        "shared",
        "pages and a long timeline of a member, in a large group under one agreement",
        measure,
        "PostgreSQL for lists; a timeline decodes and folds all of a life in Python",
        group="large",
    ),
)
