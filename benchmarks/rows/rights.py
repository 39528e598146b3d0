"""What rights cost: facts in, and lists, by a structure with a token of its own beside the local caller who has everything."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg

from benchmarks import load
from benchmarks.asking import Asking
from benchmarks.chain import GAVE_UP_S, chain
from benchmarks.checks import log_holds, log_of
from benchmarks.figures import Compared, Figure, Goal, Row, expect, in_turns
from benchmarks.lab import Lab, parcours
from benchmarks.lives import ACI, EI, SERVICE, SOURCE, life, person_order, record, said_for
from parcours.laptop_keys import AUDIENCE, ISSUER, LaptopKeys, laptop_keys
from shared.log.store import FactStore

CLIENTS = 32
PERSONS_A_ROUND = 1_000_000
OWN_FACTS = 22
"""Of a life: what follows is said by the structure that takes the person over."""
GOAL = Goal(0.9, 1.0)
LISTS = {
    "contracts": f"/tables/contracts?structure_id={ACI}",
    "steps": f"/tables/steps?structure_id={ACI}",
    "persons": "/tables/persons",
    "pathways": "/tables/pathways",
    "follow-ups due": f"/follow-ups?structure_id={ACI}",
}
"""All people are one structure's, who said it by its token, so that both callers get the same rows."""
COUNTED = "counted by the server"
STATES = ("just filled", COUNTED)
"""Of tables that it has not counted yet (ANALYZE) the planner knows nothing but their size."""
HELD_S = 3_600


class Keys:
    """Tokens, and the settings of a process that asks for them. Quotas are off: how much one caller may is not the question."""

    def __init__(self, folder: Path) -> None:
        self._keys: LaptopKeys = laptop_keys(folder)
        self.environment: Mapping[str, str] = {
            "PARCOURS_JWT_KEYS": str(self._keys.public),
            "PARCOURS_JWT_ISSUER": ISSUER,
            "PARCOURS_JWT_AUDIENCE": AUDIENCE,
            "PARCOURS_QUOTA_REQUESTS": "0",
            "PARCOURS_QUOTA_FACTS": "0",
        }

    def token(self, structure: str) -> str:
        claims = {"sub": f"of {structure}", "structures": [structure], "sources": [SOURCE]}
        return self._keys.token("structure", int(time.time()), HELD_S, claims, ISSUER, AUDIENCE)


def intake(lab: Lab) -> Sequence[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcours-bench-")))
        keys, numbers = Keys(folder), count()
        processes = stack.enter_context(lab.processes())
        urls = [stack.enter_context(lab.database()) for _ in range(2)]
        more: Sequence[Mapping[str, str]] = ({}, keys.environment)
        addresses = [
            parcours(processes, "serve", SERVICE, env={"PARCOURS_DATABASE_URL": url, **settings})[1]
            for url, settings in zip(urls, more, strict=True)
        ]

        def told(which: int, batch: int, _: int) -> float:
            job = load.Job(
                f"{addresses[which]}/{SERVICE}/v1/events",
                CLIENTS if batch == 1 else 8,
                lab.pick(40, 15, 3) / 10,
                next(numbers) * PERSONS_A_ROUND,
                str(folder / f"{which}-{batch}-{next(numbers)}.jsonl"),
                batch=batch,
                facts=OWN_FACTS,
                token=keys.token(ACI) if which else "",
            )
            return load.run(job).rate

        compared: dict[int, Compared] = {}
        for batch in (1, 100):
            ways = [partial(told, which, batch) for which in (1, 0)]
            for way in ways:  # warm
                way(0)
            compared[batch] = Compared(*in_turns(lab.pick(5, 2, 1), *ways))
        checks = [_holds(url, folder, which) for which, url in enumerate(urls)]
        check = f"{checks[1]}; the local caller: {checks[0]}; {_refused(addresses[1], keys.token(EI))}"
    return [
        compared[batch].figure(f"{what}, with a token ÷ the local caller", "events/s", GOAL, check)
        for batch, what in ((1, "one event a request, 32 clients"), (100, "batches of 100, 8 clients"))
    ]


def _holds(url: str, folder: Path, which: int) -> str:
    answered: dict[str, int] = {}
    for path in sorted(folder.glob(f"{which}-*")):
        for one in load.answers(path):
            outcomes = one.body.get("outcomes", [one.body])
            for name, outcome in zip(one.ids, outcomes, strict=True):
                expect(outcome.get("outcome") == "recorded", f"{name} was answered {outcome}")
                answered[name] = int(outcome["position"].partition(":")[2])
    store = FactStore(url, SERVICE)
    try:
        if which:
            sayers = {json.loads(entry.state).get("saidfor") for entry in log_of(store)}
            expect(sayers == {f"structure/{ACI}"}, f"it was recorded as said for {sayers}")
        return log_holds(log_of(store), answered)
    finally:
        store.close()


def _refused(address: str, token: str) -> str:
    """That rights are asked at all: another's token does not say what is this structure's."""
    event = next(one for one in life(PERSONS_A_ROUND - 1) if one.type.endswith(".hired.v1"))
    headers = {"Content-Type": load.CONTENT_TYPE, "Authorization": f"Bearer {token}"}
    request = Request(f"{address}/{SERVICE}/v1/events", event.cloud_event().encode(), headers)
    try:
        with urlopen(request, timeout=60) as answer:
            status = answer.status
    except HTTPError as error:
        status = error.code
    expect(status == 403, f"another's token was answered {status}")
    return "another's token is refused"


def lists(lab: Lab) -> Sequence[Figure]:
    persons, pages = lab.pick(600, 150, 12), lab.pick(40, 10, 2)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcours-bench-")))
        keys = Keys(folder)
        url = stack.enter_context(lab.database())
        store = FactStore(url, SERVICE)
        store.create()
        there = record(store, person_order(persons), said_for)
        store.close()
        one = stack.enter_context(chain(lab, url, there, through_kafka=False))
        _, open_to_all = parcours(one.processes, "serve", "projections", env=one.environment)
        _, with_keys = parcours(one.processes, "serve", "projections", env={**one.environment, **keys.environment})
        _wait_folded(url, persons)
        local, own = Asking(open_to_all), Asking(with_keys, keys.token(ACI))
        another = Asking(with_keys, keys.token(EI))
        for asking in (local, own, another):
            stack.callback(asking.close)
        counted = sum(
            same_rows(name, local.all_of(path), own.all_of(path), another.all_of(path)) for name, path in LISTS.items()
        )
        compared = {}
        for state in STATES:
            if state == COUNTED:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute("ANALYZE")
            for name, path in LISTS.items():
                ways = [partial(_pages, asking, path, pages) for asking in (own, local)]
                for way in ways:  # warm: plans are kept once a question was asked ten times
                    for _ in range(2):
                        way(0)
                compared[f"{name}, {state}"] = Compared(*in_turns(lab.pick(5, 2, 1), *ways))
    check = f"{counted:,} rows of {persons:,} people, the same to both, none of them to another structure"
    return [
        each.figure(f"{name}: pages of 100, with a token ÷ the local caller", "pages/s", GOAL, check)
        for name, each in compared.items()
    ]


def _wait_folded(url: str, persons: int) -> None:
    """Until everybody has rows: facts that are kept may still wait to be folded, and would be beside what is measured."""
    deadline = time.monotonic() + 10 * GAVE_UP_S
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM bi.persons").fetchall() != [(persons,)]:
            expect(time.monotonic() < deadline, f"not all of {persons} persons have rows")
            time.sleep(0.2)


def _pages(asking: Asking, path: str, times: int, _: int) -> float:
    return 1000 / median(asking.pages(path, times))


def same_rows(
    name: str,
    local: Sequence[Mapping[str, Any]],
    own: Sequence[Mapping[str, Any]],
    another: Sequence[Mapping[str, Any]],
) -> int:
    """How many rows there are: the structure's, all of them, and none is shown to another. Raise CheckFailedError."""
    expect(bool(local), f"{name} is answered with nothing")
    expect(_told(own) == _told(local), f"{name}: the structure sees {len(own)} rows of {len(local)}, or others")
    expect(not another, f"{name}: another structure sees {len(another)} rows")
    return len(own)


def _told(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of whom and where; what others' facts may move is hidden."""
    return sorted(f"{row['person_id']} {row.get('structure_id')} {row.get('contract_id')}" for row in rows)


ROWS = (
    Row(
        "rights-intake",
        "facts in by a structure's token ÷ by the local caller",
        intake,
        "processor time: the same as `intake`, and whose facts and persons they are",
    ),
    Row(
        "rights-lists",
        "pages of own rows ÷ of all rows",
        lists,
        "PostgreSQL: planning questions with rights in them; what is made of own rows (persons, pathways) is reckoned a page",
    ),
)
