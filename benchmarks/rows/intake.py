"""Facts in over HTTP, one write service alone, beside a bare endpoint on the same server."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count, islice
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg

from benchmarks import load
from benchmarks.checks import log_holds, log_of
from benchmarks.commits import answers_after_commit
from benchmarks.figures import Compared, Figure, Goal, Row, expect, in_turns
from benchmarks.lab import Lab, module, parcours
from benchmarks.lives import SERVICE, unending
from shared.log.store import FactStore
from tests.parts.ports import free_port

PERSONS_A_ROUND = 1_000_000
"""Numbers of persons are far apart, so that no two rounds share one."""


MOST_SHARE = 0.9
"""Of a core, for the generator: above, the figure is its own."""
BARE, TUNED, OURS, FLOOR = "bare", "tuned", "ours", "floor"
RECORDS = (OURS, FLOOR)
"""Both into a log of ours."""


class Intake:
    """The servers, up. `round` loads one of them; the others are idle meanwhile."""

    def __init__(self, lab: Lab, stack: ExitStack, clients: int, batch: int) -> None:
        self._clients, self._batch = clients, batch
        self._seconds = lab.pick(40, 15, 3) / 10
        self._numbers = count()
        self._share = 0.0
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parcours-bench-")))
        # What is read once for many has a floor; of one event at a time HTTP and the commit are nearly all.
        self.ways = (OURS, BARE, TUNED, *([FLOOR] if batch > 1 else []))
        self.urls = {which: stack.enter_context(lab.database()) for which in self.ways}
        self.url = self.urls[OURS]
        processes = stack.enter_context(lab.processes())
        _, address = parcours(processes, "serve", SERVICE, env={"PARCOURS_DATABASE_URL": self.url})
        self._addresses = {OURS: f"{address}/{SERVICE}/v1/events"}
        for which in (BARE, TUNED):
            port = free_port()
            bare = module(processes, "benchmarks.baselines.endpoint", self.urls[which], str(port), which)
            bare.wait_ready(f"http://127.0.0.1:{port}/docs")
            self._addresses[which] = f"http://127.0.0.1:{port}/{'events' if batch == 1 else 'batches'}"
        if FLOOR in self.ways:
            port = free_port()
            module(processes, "benchmarks.baselines.floor", self.urls[FLOOR], str(port)).wait_ready(
                f"http://127.0.0.1:{port}/"
            )
            self._addresses[FLOOR] = f"http://127.0.0.1:{port}/batches"

    def round(self, which: str, _: int) -> float:
        """Events a second."""
        number = next(self._numbers)
        job = load.Job(
            url=self._addresses[which],
            clients=self._clients,
            seconds=self._seconds,
            first=number * PERSONS_A_ROUND,
            answers=str(self._folder / f"{which}-{number:03}.jsonl"),
            batch=self._batch,
        )
        told = load.run(job)
        self._share = max(self._share, told.processor_s / told.seconds)
        return told.rate

    def check(self) -> str:
        """All of them commit before they answer, and every answered event is there."""
        for which, url in self.urls.items():
            table = (SERVICE, "facts") if which in RECORDS else ("events",)
            answers_after_commit(url, table, partial(self._post, which))
        return self.holds()

    def _post(self, which: str) -> None:
        """One request as the load's, kept with the others."""
        number = next(self._numbers)
        events = list(islice(unending(number * PERSONS_A_ROUND, 1), self._batch))
        text = ",".join(event.cloud_event() for event in events)
        body = (text if self._batch == 1 else f"[{text}]").encode()
        request = Request(self._addresses[which], body, {"Content-Type": load.CONTENT_TYPE})
        sent = time.time()
        with urlopen(request, timeout=60) as answer:
            kept = [[event.id for event in events], answer.status, answer.read().decode(), sent, time.time()]
        (self._folder / f"{which}-{number:03}.jsonl").write_text(json.dumps(kept) + "\n")

    def holds(self) -> str:
        """Every answered event is there, everywhere."""
        for which in (BARE, TUNED):
            told = [name for one in self._answers(which, {201}) for name in one.ids]
            with psycopg.connect(self.urls[which]) as connection:
                row = connection.execute("SELECT count(*) FROM events WHERE id = ANY(%s)", [told]).fetchone()
            expect(row == (len(told),), f"the {which} endpoint answered {len(told)} and holds {row}")
        said = self._logged(OURS)
        if FLOOR in self.ways:
            said += f"; the floor: {self._logged(FLOOR)}"
        expect(self._share < MOST_SHARE, f"the generator took {self._share:.0%} of a core: it was the slowest part")
        return f"{said}; the generator took {self._share:.0%} of a core at most"

    def _logged(self, which: str) -> str:
        answered: dict[str, int] = {}
        for one in self._answers(which, {201} if self._batch == 1 else {200}):
            outcomes = one.body["outcomes"] if self._batch > 1 else [one.body]
            for name, outcome in zip(one.ids, outcomes, strict=True):
                expect(outcome["outcome"] == "recorded" and outcome["id"] == name, f"{name} was answered {outcome}")
                answered[name] = int(outcome["position"].partition(":")[2])
        store = FactStore(self.urls[which], SERVICE)
        try:
            return log_holds(log_of(store), answered)
        finally:
            store.close()

    def _answers(self, which: str, statuses: set[int]) -> list[load.Answer]:
        found = [one for path in sorted(self._folder.glob(f"{which}-*")) for one in load.answers(path)]
        other = [one for one in found if one.status not in statuses]
        expect(not other, f"{len(other)} requests to {which} were answered {other[:1]}")
        return found


def measure(lab: Lab, title: str, goal: Goal, clients: int, batch: int) -> Sequence[Figure]:
    with ExitStack() as stack:
        intake = Intake(lab, stack, clients, batch)
        ways = [partial(intake.round, which) for which in intake.ways]
        for way in ways:  # warm: imports, plans, pools
            way(0)
        ours, bare, tuned, *floor = in_turns(lab.pick(5, 2, 1), *ways)
        check = intake.check()
    figures = [
        Compared(ours, bare).figure(title, "events/s", goal, check),
        Compared(ours, tuned).figure(f"{title}, tuned: autocommit, a connection a client", "events/s", None, check),
    ]
    for least in floor:
        figures += [
            Compared(least, bare).figure(f"{title}: the floor, nothing judged", "events/s", None, check),
            Compared(ours, least).figure(f"{title}: ours ÷ the floor", "events/s", None, check),
        ]
    return figures


def row(name: str, title: str, goal: Goal, limited_by: str, clients: int, batch: int = 1) -> Row:
    def measured(lab: Lab) -> Sequence[Figure]:
        return measure(lab, title, goal, clients, batch)

    return Row(name, title, measured, limited_by)


ROWS = (
    row(
        "intake",
        "one event a request, 32 clients ÷ bare endpoint",
        Goal(1.0, 1.6),
        "processor time: one core of Python in the service, the rest for PostgreSQL and the generator; several requests"
        " share a commit",
        clients=32,
    ),
    row(
        "intake-alone",
        "one event a request, 1 client ÷ bare endpoint",
        Goal(0.4, 0.8),
        "one request after another: HTTP, judgement, round trips and one fsync (`machine`: commits/s on one connection)",
        clients=1,
    ),
    row(
        "intake-batches",
        "batches of 100, 8 clients ÷ executemany",
        Goal(0.5, 0.7),
        "processor time in Python: each event is parsed, read strictly, validated and judged. The floor, told beside, does"
        " all but judge: what it reaches no service that reads strictly can pass, and what is between is the judging",
        clients=8,
        batch=100,
    ),
)
