"""Ports for servers that are stopped and started again on the same one."""

import random
import socket

# Below the ephemeral ranges of Linux and macOS: there an outgoing connection may take the port while its server is
# down, and a client that retries on 127.0.0.1 may even connect to itself.
LOWEST, HIGHEST = 18_000, 32_000
_given: set[int] = set()
"""A port is bound by its server later, so that nothing else keeps it from being given twice."""


def free_port() -> int:
    for port in random.sample(range(LOWEST, HIGHEST), 100):
        if port in _given:
            continue
        with socket.socket() as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port
    raise RuntimeError(f"no free port between {LOWEST} and {HIGHEST}")
