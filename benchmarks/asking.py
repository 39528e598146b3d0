"""Questions to the query API over one kept connection: how long an answer takes, and what it says."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from benchmarks.figures import expect

V1 = "/projections/v1"


class Asking:
    """One client, one question at a time."""

    def __init__(self, address: str, token: str = "") -> None:
        self._connection = HTTPConnection(urlsplit(address).netloc, timeout=120)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def close(self) -> None:
        self._connection.close()

    def ask(self, path: str) -> tuple[float, Any]:
        """Milliseconds until the whole answer is there, and the answer. Raise CheckFailedError."""
        try:
            taken, answer, body = self._asked(path)
        except RemoteDisconnected:  # it was idle for longer than a server keeps one
            self._connection.close()
            taken, answer, body = self._asked(path)
        expect(answer.status == 200, f"{path} was answered {answer.status}: {body[:200]!r}")
        return taken, json.loads(body)

    def _asked(self, path: str) -> tuple[float, HTTPResponse, bytes]:
        started = perf_counter()
        self._connection.request("GET", f"{V1}{path}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return 1000 * (perf_counter() - started), answer, body

    def pages(self, path: str, times: int) -> list[float]:
        """Milliseconds of so many pages, each after the one before; from the beginning again after the last."""
        taken: list[float] = []
        place: str | None = None
        while len(taken) < times:
            after = f"{'&' if '?' in path else '?'}next={place}" if place else ""
            milliseconds, page = self.ask(f"{path}{after}")
            taken.append(milliseconds)
            place = page["next"] if isinstance(page.get("next"), str) else None
        return taken

    def all_of(self, path: str) -> list[Any]:
        """Every item, page after page of the largest size."""
        items: list[Any] = []
        place: str | None = ""
        while place is not None:
            after = f"&next={place}" if place else ""
            _, page = self.ask(f"{path}{'&' if '?' in path else '?'}limit=1000{after}")
            items += page["items"]
            place = page["next"]
        return items
