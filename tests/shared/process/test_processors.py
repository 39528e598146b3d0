"""A process starts as many others as it has processors, not as many as the machine has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.process.processors import processors

ALL = len(os.sched_getaffinity(0))


def told(folder: Path, own: str, files: Mapping[str, str]) -> int:
    (folder / "own").write_text(own)
    for name, text in files.items():
        (folder / "groups" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "groups" / name).write_text(text)
    return processors(folder / "groups", folder / "own")


@pytest.mark.parametrize(
    ("quota", "found"),
    [("100000 100000", 1), ("50000 100000", 1), ("110000 100000", min(2, ALL)), ("max 100000", ALL)],
)
def test_no_more_than_the_group_is_given(tmp_path: Path, quota: str, found: int) -> None:
    assert told(tmp_path, "0::/\n", {"cpu.max": quota}) == found


def test_a_group_above_binds_too(tmp_path: Path) -> None:
    files = {"cpu.max": "max 100000", "a.slice/cpu.max": "100000 100000", "a.slice/b.service/cpu.max": "max 100000"}
    assert told(tmp_path, "0::/a.slice/b.service\n", files) == 1


@pytest.mark.parametrize(("quota", "found"), [("100000", 1), ("-1", ALL)])
def test_groups_of_the_version_before(tmp_path: Path, quota: str, found: int) -> None:
    files = {"cpu/cpu.cfs_quota_us": quota, "cpu/cpu.cfs_period_us": "100000"}
    assert told(tmp_path, "5:memory:/x\n4:cpu,cpuacct:/docker/x\n", files) == found


def test_where_no_group_is_shown_those_that_the_process_may_run_on(tmp_path: Path) -> None:
    assert processors(tmp_path / "nowhere", tmp_path / "nowhere") == ALL
