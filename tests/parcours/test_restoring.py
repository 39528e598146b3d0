"""After a restore, stopped at each step: the same call goes on, and nothing is lost or said twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from parcours.restoring import SAVED, Restoring
from parcours.terminal.console import ProgressLine, progress
from shared.process.settings import Settings
from tests.end_to_end.one_process import suite_on
from tests.end_to_end.test_production_shape import an_id, bodies, life
from tests.end_to_end.test_runbook import restore_older

LOST = 5
"""Facts of pathways of one life that an empty backup with its first fact alone does not hold."""


class StoppedError(Exception):
    """As Ctrl-C, or a kill."""


def restoring(url: str, folder: Path, stopped_at: str = "nowhere") -> Restoring:
    @contextmanager
    def told(label: str, unit: str) -> Iterator[ProgressLine]:
        if label.startswith(stopped_at):
            raise StoppedError(label)
        with progress(label, unit) as line:
            yield line

    settings = Settings(database_url=url, reference_key=SecretStr("of these tests alone"))
    return Restoring(settings, "pathways", folder, lambda text: None, told)


def timeline_of(url: str) -> Any:
    with suite_on(url) as suite:
        found = suite.get(f"persons/{an_id('a')}/timeline")
        return {name: rows for name, rows in found.items() if name not in ("items", "next")}, [
            (item["id"], item["source"], item["data"]) for item in found["items"]
        ]


@pytest.mark.timeout(300)
def test_stopped_anywhere_it_goes_on(database_url: str, tmp_path: Path) -> None:
    with suite_on(database_url) as suite:
        for event in (*bodies(), *life("a")):
            suite.post(event)
        suite.get("alerts", limit="1")
    before = timeline_of(database_url)
    folder = tmp_path / "restored"
    with psycopg.connect(database_url) as connection:
        restore_older(connection)
    for step in ("Forgetting, projections", "Forgetting, agrement", "Posting again"):
        with pytest.raises(StoppedError, match=step):
            restoring(database_url, folder, step).run()
        assert len((folder / SAVED).read_text().splitlines()) == LOST
    planned = restoring(database_url, folder).plan()
    assert (planned.lost, planned.done) == (LOST, ["saved", "forgotten"])
    done = restoring(database_url, folder).run()
    assert (done.recorded, done.duplicate, done.refused) == (LOST, 0, 0)
    assert len((Path(done.folder) / SAVED).read_text().splitlines()) == LOST, "kept"
    assert timeline_of(database_url) == before
    again = restoring(database_url, folder).run()
    assert (again.lost, again.done) == (0, [])
