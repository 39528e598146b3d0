"""Posting any number of events: in pieces that are sent again when they fail, which records nothing twice.

A service that judges by what others recorded waits for that by itself; what it could not know in time it says
(`not_yet_known`), and that is sent again. One that acts upon its own facts too gets no two facts of one subject in a
piece: what follows from the first one may decide about the second.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, sleep
from typing import Any, Literal

from parcours.client.event_files import Item
from parcours.client.http_client import Answer, AnswerError, Client
from shared.roles.role import WRITING

WRITE_SERVICES = WRITING
"""In the order in which a piece is sent: what others refer to comes first."""

JUDGED_ONE_BY_ONE = frozenset({"agrement"})
"""Services whose decisions depend on what they themselves recorded because of earlier facts of the subject."""

NOT_YET = "not_yet_known"
AGAIN_S = 0.5
"""After which what could not be judged yet is sent again: the service has waited some seconds by itself."""

PIECE_EVENTS = 4_000
PIECE_BYTES = 8 * 1024 * 1024
"""A piece is sent again as a whole when it fails: large enough that the answer's round trip does not count, small enough
that it is kept in memory and answered well within the client's timeout."""

RECORDED = ("recorded", "duplicate")
OUTCOMES = ("recorded", "duplicate", "refused", "malformed")
NOWHERE = "nowhere"
"""Stands for the service of what could not be sent to any."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One event that was not recorded, and the answer it got."""

    item: Item
    service: str
    outcome: Literal["refused", "malformed"]
    answer: dict[str, Any]

    def json(self) -> dict[str, Any]:
        try:
            event = json.loads(self.item.text)
        except ValueError:
            event = self.item.text.decode(errors="replace")
        return {"number": self.item.number, "service": self.service, "answer": self.answer, "event": event}

    def reason(self) -> str:
        """On one line: the rule's title and its data, or each fault with its place."""
        faults = self.answer.get("errors")
        if isinstance(faults, list) and faults:
            return "; ".join(f"{fault.get('pointer', '')} {fault.get('message', '')}".strip() for fault in faults)
        left_out = ("type", "code", "title", "title_fr", "status", "article", "id", "outcome", "also")
        fields = ", ".join(f"{name} {value}" for name, value in self.answer.items() if name not in left_out)
        return f"{self.answer.get('title', 'refused')} ({self.answer.get('code', '')}{': ' if fields else ''}{fields})"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One event that was recorded, and what in it looks mistaken: `{code, title, title_fr, pointer}` each."""

    item: Item
    warnings: list[dict[str, Any]]

    def json(self) -> dict[str, Any]:
        return {"number": self.item.number, "type": self.item.type, "warnings": self.warnings}

    def reasons(self) -> Iterator[str]:
        """One line each: where, what, its code."""
        return (f"{warning['pointer']}: {warning['title']} ({warning['code']})" for warning in self.warnings)


@dataclass(slots=True)
class Tally:
    """What became of everything posted so far."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, service: str, counts: dict[str, int]) -> None:
        mine = self.counts.setdefault(service, dict.fromkeys(OUTCOMES, 0))
        for name in OUTCOMES:
            mine[name] += counts.get(name, 0)

    def total(self, *outcomes: str) -> int:
        return sum(counts[name] for counts in self.counts.values() for name in outcomes or OUTCOMES)


@dataclass(slots=True)
class Poster:
    """Posts through one client. `refused` is told of every event that was not recorded, in the order of the file,
    `doubted` of each that was recorded and looks mistaken, as they are answered. `positions`: of the last fact recorded in each service, such as `pathways:123`."""

    client: Client
    refused: Callable[[Refusal], None]
    doubted: Callable[[Doubt], None] = lambda doubt: None
    tally: Tally = field(default_factory=Tally)
    positions: dict[str, str] = field(default_factory=dict)
    _refusals: list[Refusal] = field(default_factory=list)

    def post(self, items: Iterable[Item]) -> Iterator[Item]:
        """Post everything; yields the last item of each piece once it is answered, so that the caller sees progress."""
        for piece in pieces(items):
            for service, items_of_service in _by_service(piece).items():
                if service == NOWHERE:
                    self._keep_here(items_of_service)
                else:
                    for some in one_by_one(items_of_service) if service in JUDGED_ONE_BY_ONE else [items_of_service]:
                        self._send(service, some)
            # By the file's numbers: services are asked one after the other, and people look from the top.
            for refusal in sorted(self._refusals, key=lambda refusal: refusal.item.number):
                self.refused(refusal)
            self._refusals.clear()
            yield piece[-1]

    def _keep_here(self, items: list[Item]) -> None:
        self.tally.add(NOWHERE, {"malformed": len(items)})
        for item in items:
            why = item.fault or f"no service records {item.type}; there are {', '.join(WRITE_SERVICES)}"
            self._refusals.append(Refusal(item, NOWHERE, "malformed", {"errors": [{"pointer": "", "message": why}]}))

    def _send(self, service: str, items: list[Item]) -> None:
        """Until each is recorded or refused; those not judged yet, as long as the client is patient."""
        gives_up_at = monotonic() + self.client.retry_for_s
        # Only those that could not be judged: the others of the piece have their answer.
        while items := self._sent(service, items, is_last=monotonic() > gives_up_at):
            sleep(AGAIN_S)

    def _sent(self, service: str, items: list[Item], *, is_last: bool) -> list[Item]:
        """Those that are to be sent again: none of the last time."""
        path = f"/{service}/v1/events"
        # Answers that say nothing to do are left out: of an import of years that is nearly all of them.
        headers = {"Content-Type": "application/x-ndjson", "Prefer": "return=minimal"}
        late: list[Item] = []
        while items:
            body = b"\n".join(item.text for item in items)
            complete = partial(_is_complete, count=len(items))
            answer = self.client.request(
                "POST", path, body, headers, complete, is_progress=lambda got: _last_line(got) > 0
            )
            if answer.is_good:
                return late + self._read(service, items, map(json.loads, answer.body.splitlines()), is_last)
            last_line = _last_line(answer)
            if not last_line:
                raise AnswerError(self.client.url + path, answer)
            # The service had to end in the middle: it goes on behind the last line it answered.
            late += self._read(service, items, _answers_before(answer), is_last)
            items = items[last_line:]
        return late

    def _read(self, service: str, items: list[Item], outcomes: Iterable[dict[str, Any]], is_last: bool) -> list[Item]:
        """What these answers tell; returns what could not be judged yet, unless it is the last time."""
        late: list[Item] = []
        for outcome in outcomes:
            if "summary" in outcome:
                counts = outcome["summary"]
                # The service counts as refused what is about to be sent again; it is counted when it has its answer.
                self.tally.add(service, {**counts, "refused": counts["refused"] - len(late)})
                if "position" in outcome["summary"]:
                    self.positions[service] = outcome["summary"]["position"]
                continue
            item = items[outcome.pop("line") - 1]  # the line of the piece, which nobody knows
            if outcome["outcome"] in RECORDED:
                if "warnings" in outcome:
                    self.doubted(Doubt(item, outcome["warnings"]))
            elif outcome.get("code") == NOT_YET and not is_last:
                late.append(item)
            else:
                self._refusals.append(Refusal(item, service, outcome["outcome"], outcome))
        return late


def _is_complete(answer: Answer, count: int) -> bool:
    """A stream's answer ends with its summary; one that was cut short, or counts otherwise, is asked for again."""
    if not answer.is_good:
        return True
    try:
        last = json.loads(answer.body.rstrip().rpartition(b"\n")[2])
    except ValueError:
        return False
    return isinstance(last, dict) and last.get("summary", {}).get("lines") == count


def _last_line(answer: Answer) -> int:
    """Of a stream that had to end: the last line that was answered, 0 where none was or it did not."""
    problem = answer.json()
    found = problem.get("last_line") if answer.status == 503 and isinstance(problem, dict) else None
    return max(found, 0) if isinstance(found, int) else 0


def _answers_before(answer: Answer) -> list[dict[str, Any]]:
    problem = answer.json()
    return [*problem["outcomes"], {"summary": problem["summary"]}]


def pieces(items: Iterable[Item]) -> Iterator[list[Item]]:
    piece: list[Item] = []
    size = 0
    for item in items:
        piece.append(item)
        size += len(item.text)
        if len(piece) == PIECE_EVENTS or size > PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def one_by_one(items: Iterable[Item]) -> list[list[Item]]:
    """Pieces in which no subject comes twice, each subject's events in their order."""
    waves: list[list[Item]] = []
    seen: Counter[str | None] = Counter()
    for item in items:
        subject = _subject(item)
        # The n-th event of a subject goes with the n-th of all others: as few pieces as the busiest subject has events.
        if seen[subject] == len(waves):
            waves.append([])
        waves[seen[subject]].append(item)
        seen[subject] += 1
    return waves


def _subject(item: Item) -> str | None:
    try:
        event = json.loads(item.text)
    except ValueError:
        return None
    subject = event.get("subject") if isinstance(event, dict) else None
    return subject.lower() if isinstance(subject, str) else None


def _by_service(piece: list[Item]) -> dict[str, list[Item]]:
    """The piece's events by service, each in the order of the file."""
    found: dict[str, list[Item]] = {name: [] for name in (*WRITE_SERVICES, NOWHERE)}
    for item in piece:
        service = (item.type or "").partition(".")[0]
        found[service if service in WRITE_SERVICES else NOWHERE].append(item)
    return {name: some for name, some in found.items() if some}
