"""A tiny real HTTP server that answers as the intake would, or as a suite in trouble."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    lines: list[dict[str, Any]]


Answer = tuple[int, dict[str, str], bytes]
Respond = Callable[[Received, int], Answer | None]
"""From the request and its number, from 1. None: the connection breaks without an answer."""


@dataclass
class Server:
    url: str
    received: list[Received] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [line["id"] for one in self.received for line in one.lines]


def recorded(
    lines: list[dict[str, Any]], refused: dict[str, dict[str, Any]] | None = None, position: str = ""
) -> Answer:
    """The answer of a stream with `Prefer: return=minimal`; `refused`: problems by event id."""
    refused = refused or {}
    answers = [
        {"line": number, "id": line["id"], "outcome": "refused", **refused[line["id"]]}
        for number, line in enumerate(lines, start=1)
        if line["id"] in refused
    ]
    counts = {"recorded": len(lines) - len(answers), "duplicate": 0, "refused": len(answers), "malformed": 0}
    rows = [*answers, {"summary": {"lines": len(lines), **counts, **({"position": position} if position else {})}}]
    return 200, {"Content-Type": "application/x-ndjson"}, b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def unavailable() -> Answer:
    problem = {"code": "unavailable", "title": "The service cannot answer now; send the same request again"}
    return 503, {"Content-Type": "application/problem+json"}, json.dumps(problem).encode()


def over_quota() -> Answer:
    problem = {"code": "quota_exceeded", "title": "More than one caller may send in a minute"}
    return 429, {"Content-Type": "application/problem+json", "Retry-After": "1"}, json.dumps(problem).encode()


@contextmanager
def serving(respond: Respond) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            lines = [json.loads(line) for line in body.splitlines() if line.strip()]
            server.received.append(Received(self.path, dict(self.headers), lines))
            answer = respond(server.received[-1], len(server.received))
            if answer is None:
                self.close_connection = True
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server = Server(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()
