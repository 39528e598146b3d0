"""The least that recording a batch can cost here: what nobody would leave out, and nothing judged.

The body parsed, each event read strictly and validated by the model of its fact, one call of the append function, an
answer for each. Our own functions do it, so that what is between this and the service is what judging costs: streams at
hand, what repeats what, who may say it, the rules, the order of the writer's queue. It is no service: whatever is sent
twice is a conflict, and it holds alone what it counts.

python -m benchmarks.baselines.floor DATABASE_URL PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from services.pathways.facts import CATALOGUE
from shared.facts.fact import printed
from shared.intake.incoming import read_event
from shared.intake.strict_json import parse
from shared.log.entries import NewFact
from shared.log.store import FactStore

SERVICE = "pathways"
THREADS = 2
"""While the database records one batch, the next is read; more would only take turns."""

_printed = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Floor:
    """An application of one route, whatever its path."""

    def __init__(self, store: FactStore) -> None:
        self._store = store
        self._threads = ThreadPoolExecutor(THREADS)
        self._versions: Counter[str] = Counter()
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        answer = b""
        if scope["method"] == "POST":
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, body: bytes) -> bytes:
        facts = list(self._read(body))
        commit = self._store.record(facts)
        recordedtime = printed(commit.recordedtime)
        outcomes = [
            {
                "id": new.fact.id,
                "outcome": "recorded",
                "position": f"{SERVICE}:{sequence}",
                "recordedtime": recordedtime,
                "effects": [],
            }
            for new, sequence in zip(facts, commit.sequences, strict=True)
        ]
        return _printed({"outcomes": outcomes}).encode()

    def _read(self, body: bytes) -> Iterator[NewFact]:
        events, suspect = parse(body)
        now = self._store.clock.now()
        for event in events:
            incoming = read_event(event, suspect, CATALOGUE, now)
            yield NewFact(
                incoming.fact.changed(streamversion=self._next(incoming.fact.subject)), incoming.data, incoming.digest
            )

    def _next(self, subject: str) -> int:
        with self._lock:
            self._versions[subject] += 1
            return self._versions[subject]


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def main() -> None:
    store = FactStore(sys.argv[1], SERVICE)
    store.create()
    uvicorn.run(Floor(store), port=int(sys.argv[2]), log_level="warning", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
