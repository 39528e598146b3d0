"""`parcours retention`: who is due and who comes to it, told in words and as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from parcours.cli import app
from services.pathways.facts import SupportAction
from tests.parts import postgres
from tests.services.projections.facts import recorded
from tests.services.projections.streams import Streams, kept, person_id
from tests.services.scenario import like

DAYS = ("2024-01-10", "2024-03-10", "2025-01-10")


@pytest.fixture(scope="module")
def url(postgres_server: str) -> Iterator[str]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as projections:
        facts = [
            recorded(like(SupportAction, done_on=on), id=on, subject=person_id(place)) for place, on in enumerate(DAYS)
        ]
        projections.apply(*map(Streams().record, facts))
        yield url


def run(url: str, *args: str) -> Result:
    others = {name: None for name in os.environ if name.startswith("PARCOURS_")}
    environment = {**others, "PARCOURS_DATABASE_URL": url}
    return CliRunner().invoke(app, ["retention", *args], env=environment, catch_exceptions=False)


def test_one_object_a_line(url: str) -> None:
    result = run(url, "--on", "2026-01-11", "--json")
    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["person_id"], one["state"], one["kept_until"]) for one in found] == [
        (str(person_id(0)), "due", "2026-01-10"),
        (str(person_id(1)), "soon", "2026-03-10"),
    ]


def test_in_words(url: str) -> None:
    result = run(url, "--on", "2026-01-11")
    assert str(person_id(0)) in result.stdout
    assert "1 due on 2026-01-11, 1 soon, 0 undecided" in result.stderr
    nobody = run(url, "--on", "2024-02-01")
    assert (nobody.exit_code, nobody.stdout) == (0, "")


def test_what_is_no_day_is_refused(url: str) -> None:
    result = run(url, "--on", "yesterday")
    assert result.exit_code == 2
    assert "no day" in result.stderr
