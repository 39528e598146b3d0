"""A process that keeps its facts is caught, whatever the process that started it held before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from benchmarks.children import measured_in_child
from benchmarks.figures import CheckFailedError
from benchmarks.peaks import begin_anew, peak_of
from benchmarks.rows.memory import GOAL, TIMES, same_peak
from tests.benchmarks.keeping import has_a_worker_that_keeps, keeps, reads

LARGE = 600 << 20
"""Bytes: more than any child here takes."""


@pytest.fixture(scope="module", autouse=True)
def _a_parent_that_held_much() -> None:
    held = bytearray(LARGE)
    held[::4096] = b"x" * len(held[::4096])


def verdict(program: Callable[[int], int], facts: int = 10_000) -> str:
    few, many = (measured_in_child(program, size) for size in (facts, TIMES * facts))
    assert many.result == TIMES * few.result
    figure = same_peak("program", few.peak_mb, many.peak_mb, few.result, "checked")
    assert figure.ours < LARGE >> 20, "this is the parent's"
    return GOAL.verdict(figure.value)


def test_a_process_that_keeps_its_facts_is_caught() -> None:
    assert verdict(keeps) == "under"


def test_a_process_that_forgets_them_is_not() -> None:
    assert verdict(reads) == "aim"


def test_a_worker_that_keeps_them_is_caught() -> None:
    assert verdict(has_a_worker_that_keeps) == "under"


def test_what_grows_is_told_for_each_fact() -> None:
    figure = same_peak("relay", 100.0, 100.0 + 9.0, facts=1 << 20, check="checked")
    assert figure.title == "memory of the relay, 10 × the facts (+1 bytes for each more)"


def test_no_memory_at_all_is_no_figure() -> None:
    with pytest.raises(CheckFailedError, match="no memory of the relay was measured"):
        same_peak("relay", 0.0, 100.0, facts=1, check="checked")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a high-water mark that can be reset")
def test_a_peak_begins_anew() -> None:
    program = "x = bytearray(200 << 20); x[::4096] = b'x' * len(x[::4096]); del x; print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert peak_of(process.pid) > 200
        begin_anew(process.pid)
        assert 0 < peak_of(process.pid) < 100
        process.communicate(b"\n")
    assert peak_of(process.pid) == 0
