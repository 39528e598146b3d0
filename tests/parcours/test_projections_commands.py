"""`parcours projections …` as an operator types it, on a database whose rows are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from parcours.cli import app
from tests.services.projections.read_sets_at_work import life, mend, person, spoil
from tests.services.projections.streams import Kept, Streams, expected, kept


@pytest.fixture
def projections(database_url: str) -> Iterator[Kept]:
    with kept(database_url) as one:
        streams = Streams()
        one.apply(*(streams.record(fact) for number in range(5) for fact in life(number)))
        yield one


def run(projections: Kept, *words: str) -> Result:
    return CliRunner().invoke(app, ["projections", *words], env={"PARCOURS_DATABASE_URL": projections.url})


def listed(projections: Kept) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(run(projections, "list", "--json").stdout)["read_sets"]}


def test_a_rebuild_that_fails_names_who_and_is_promoted_only_when_told_to(projections: Kept) -> None:
    spoil(projections, person(3))
    built = run(projections, "rebuild", "--into", "broken", "--json")
    assert built.exit_code == 1
    told = json.loads(built.stdout)
    assert (told["read_set"]["name"], told["failed"]) == ("broken", 1)
    (failure,) = told["failures"]
    assert failure["subject"] == person(3)
    assert failure["error"].startswith("UnreadableFactError")
    assert failure["traceback"].startswith("Traceback")
    again = run(projections, "rebuild", "--into", "broken")
    assert again.exit_code == 1
    assert "1 subject cannot be folded into read set broken" in again.stderr
    assert f"{person(3)}: UnreadableFactError" in again.stderr
    refused = run(projections, "promote", "broken")
    assert refused.exit_code == 2
    assert "`parcours projections promote broken --with-failures`" in refused.stderr
    assert run(projections, "promote", "broken", "--with-failures").exit_code == 0
    assert run(projections, "promote", "broken").exit_code == 0, "asked for twice, it is done once"
    assert projections.rows(person(3)) == expected(person(3), life(3))
    mend(projections, person(3))


def test_one_goes_back_to_the_read_set_before_freezes_and_drops_the_other(projections: Kept) -> None:
    assert run(projections, "rebuild", "--into", "other").exit_code == 0
    assert run(projections, "promote", "other").exit_code == 0
    asked = run(projections, "rollback")
    assert asked.exit_code == 2
    assert "read set 1 was current until" in asked.stderr
    assert "say --yes" in asked.stderr
    back = run(projections, "rollback", "--yes", "--json")
    assert (back.exit_code, json.loads(back.stdout)["read_set"]["name"]) == (0, "1")
    assert listed(projections)["other"]["bytes"] > 100_000
    assert listed(projections)["other"]["failed"] == 0
    assert json.loads(run(projections, "freeze", "other", "--json").stdout)["read_set"]["frozen_at"]
    assert "previous, frozen" in run(projections, "list").stdout
    refused = run(projections, "drop", "other")
    assert refused.exit_code == 2
    assert "`parcours projections unfreeze other`" in refused.stderr
    assert run(projections, "unfreeze", "other").exit_code == 0
    assert run(projections, "drop", "other").exit_code == 0
    assert (listed(projections)["other"]["state"], listed(projections)["other"]["bytes"]) == ("dropped", None)
    for words in (["drop", "nothing"], ["rollback", "--to", "nothing", "--yes"], ["freeze", "nothing"]):
        assert run(projections, *words).exit_code == 2
