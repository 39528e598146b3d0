"""A peer that cannot be installed is left out, with its reason; nobody is told that it is slow."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.figures import Figure, Row
from benchmarks.lab import Lab
from benchmarks.peer import NoPeerError, python_of_peer
from benchmarks.running import measure


def test_what_cannot_be_installed_says_why(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(NoPeerError, match="-m venv"):
        python_of_peer(in_the_way / "venv")


def test_a_row_without_its_peer_is_left_out() -> None:
    def without(_: Lab) -> list[Figure]:
        raise NoPeerError("no index answers")

    with ExitStack() as stack:
        result = measure(Row("peer", "", without, is_optional=True), Lab(stack, quick=True))
    assert (result.failure, result.left_out) == (None, "it cannot be installed: no index answers")
