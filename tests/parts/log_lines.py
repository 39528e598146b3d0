"""What our own code logs while something runs, whatever ran in this process before."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def captured_lines() -> Iterator[list[structlog.typing.EventDict]]:
    """Of every level: a command that ran here before left the process with its own, and `capture_logs` keeps that."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET))
    try:
        with structlog.testing.capture_logs() as lines:
            yield lines
    finally:
        structlog.configure(wrapper_class=before)
