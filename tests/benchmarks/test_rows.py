"""The benchmarks work, and give no figure for what did not do its work. How fast anything is, is not asked here."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from rich.console import Console

from benchmarks import crowd, lives
from benchmarks.children import in_child
from benchmarks.figures import CheckFailedError, Figure, Goal, Row, alternate, expect, percentile
from benchmarks.lab import Lab
from benchmarks.machine import Machine
from benchmarks.report import as_json, table
from benchmarks.rows import ROWS
from benchmarks.rows.intake import Intake
from benchmarks.running import Result, measure
from services.pathways.decisions import decide
from services.pathways.facts import CATALOGUE
from shared.deciding.rules import Context
from shared.facts.fact import Recorded

MACHINE = Machine(2, 8, "Linux", "3.11", "18.0", 0.3, 0.0, quick=True)
GOAL = Goal(1.0, 1.6)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def lab(durable_database_url: str, stack: ExitStack) -> Lab:
    return Lab(stack, quick=True, tiny=True, server=durable_database_url)


def printed(*results: Result) -> str:
    console = Console(file=io.StringIO(), width=400)
    console.print(table(results, MACHINE))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_cheapest_row_gives_a_figure_with_its_check(lab: Lab) -> None:
    row = next(row for row in ROWS if row.name == "intake-alone")
    result = measure(row, lab)
    assert result.failure is None
    figure, beside_the_tuned = result.figures
    assert beside_the_tuned.reaches == "told"
    assert figure.value == pytest.approx(figure.ours / (figure.baseline or 0))
    assert "answered, all in the log as sent, each person's in order; the generator took" in figure.check
    assert figure.check in " ".join(printed(result).split())


@pytest.mark.soak
@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_every_row_works(lab: Lab, name: str) -> None:
    """At sizes that say nothing about speed. A peer that cannot be had says so."""
    row = next(row for row in ROWS if row.name == name)
    result = measure(row, lab)
    assert result.failure is None
    assert result.figures or (result.left_out and (row.is_optional or "no Kafka" in result.left_out))
    assert all(figure.ours > 0 and figure.check for figure in result.figures)


@pytest.mark.soak
def test_large_and_small_are_asked_the_same(lab: Lab) -> None:
    row = next(row for row in ROWS if row.name == "large")
    result = measure(row, lab)
    assert result.failure is None
    assert all(figure.baseline and figure.ours for figure in result.figures)
    assert {figure.check for figure in result.figures} == {result.figures[0].check}
    assert "each once" in result.figures[0].check


def test_one_more_fact_is_recorded_about_a_long_life(lab: Lab) -> None:
    row = next(row for row in ROWS if row.name == "large-life-recording")
    result = measure(row, lab)
    assert result.failure is None
    assert result.figures[0].check == "2,010 facts of one person in the log, without a hole"


def test_a_lost_fact_fails_the_check(lab: Lab, stack: ExitStack) -> None:
    intake = Intake(lab, stack, clients=2, batch=1)
    intake.round("ours", 0)
    intake.check()
    with psycopg.connect(intake.url) as connection:
        connection.execute(
            "DELETE FROM pathways.facts WHERE notification_id = (SELECT max(notification_id) FROM pathways.facts)"
        )
    with pytest.raises(CheckFailedError, match=r"1 of .* answered events are not in the log"):
        intake.check()


def test_a_floor_that_records_less_than_it_answers_fails_the_check(lab: Lab, stack: ExitStack) -> None:
    """It is held to what the service is held to: else it would be no floor of the same work."""
    intake = Intake(lab, stack, clients=1, batch=10)
    intake.round("floor", 0)
    assert "; the floor: " in intake.holds()
    with psycopg.connect(intake.urls["floor"]) as connection:
        connection.execute("DELETE FROM pathways.facts WHERE originator_version = 2")
    with pytest.raises(CheckFailedError, match="answered events are not in the log"):
        intake.holds()


def test_facts_that_changed_places_fail_the_check(lab: Lab, stack: ExitStack) -> None:
    intake = Intake(lab, stack, clients=1, batch=1)
    intake.round("ours", 0)
    with psycopg.connect(intake.url) as connection:
        connection.execute("UPDATE pathways.facts SET originator_version = -originator_version")
        connection.execute("UPDATE pathways.facts SET originator_version = 100 + originator_version")
    with pytest.raises(CheckFailedError, match="not in order"):
        intake.check()


def test_a_row_whose_check_fails_gives_no_figure() -> None:
    def failing(_: Lab) -> list[Figure]:
        expect(condition=False, otherwise="person/a: 3 came after 1")
        return [Figure("a", 12_345.0, "facts/s", 2.0, GOAL, "never said")]

    with ExitStack() as stack:
        result = measure(Row("a", "a thing", failing), Lab(stack, quick=True))
    assert (result.figures, result.failure) == ((), "person/a: 3 came after 1")
    assert "FAILED: person/a: 3 came after 1" in printed(result)
    assert "12,345" not in printed(result)
    assert as_json([result], MACHINE)["rows"][0]["figures"] == []


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    turns: list[str] = []
    ours, baseline = iter([2.0, 30.0, 4.0]), iter([1.0, 2.0, 2.0])

    def take(name: str, values: Iterator[float]) -> float:
        turns.append(name)
        return next(values)

    compared = alternate(3, lambda _: take("ours", ours), lambda _: take("bare", baseline))
    figure = compared.figure("a", "facts/s", GOAL, "checked")
    assert (figure.value, figure.spread, figure.ours, figure.baseline) == (2.0, (2.0, 15.0), 4.0, 2.0)
    assert turns == ["ours", "bare", "bare", "ours", "ours", "bare"]


def test_what_a_figure_reaches_depends_on_its_direction() -> None:
    assert [GOAL.verdict(value) for value in (0.9, 1.0, 1.6)] == ["under", "at least", "aim"]
    less = Goal(25, 10, "ms", less_is_better=True)
    assert [less.verdict(value) for value in (26, 25, 10)] == ["under", "at least", "aim"]


def test_what_has_a_limit_of_its_own_tells_its_ratio_too() -> None:
    limit = Goal(100, 30, "ms", less_is_better=True)
    figure = Figure("a", 60.0, "ms", 60.0, limit, "checked", baseline=20.0)
    assert (figure.ratio, limit.verdict(figure.value)) == (3.0, "at least")
    assert Figure("a", 60.0, "ms", 60.0, limit, "checked").ratio is None
    assert Figure("a", 60.0, "facts/s", 2.5, GOAL, "checked", baseline=20.0).ratio == 2.5


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(1, 201)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [100.0, 198.0, 200.0]
    assert percentile([7.0], 99) == 7.0


def test_a_child_that_fails_says_why() -> None:
    assert in_child(max, 3, 5) == 5
    with pytest.raises(Exception, match="ZeroDivisionError"):
        in_child(divmod, 1, 0)


def test_every_fact_of_a_life_is_accepted_by_the_rules() -> None:
    known: list[Recorded] = []
    for event in lives.life(17):
        recorded = lives.recorded(event, version=event.number)
        assert not decide(known, recorded, Context()).refusals, event
        known.append(recorded)
    assert len(known) == lives.A_LIFE
    assert {fact.type for fact in known} <= CATALOGUE.facts.keys()


def test_every_fact_of_a_long_life_is_accepted_by_the_rules() -> None:
    known: list[Recorded] = []
    for event in crowd.long_life(110):
        recorded = lives.recorded(event, version=event.number)
        assert not decide(known, recorded, Context()).refusals, event
        known.append(recorded)
    assert [fact.type.split(".")[1] for fact in known].count("exited") == 1, "after the tenth mission"


def test_a_crowd_has_the_people_it_names() -> None:
    told = list(crowd.events(crowd.Crowd(7, 2, 6, 3, 2, own_facts=20)))
    hires = [json.loads(one.data) for one in told if one.type == "pathways.hired.v1" and one.id.endswith("-3")]
    counted = Counter(hire["structure_id"] for hire in hires)
    expected = [7, 50, 3, 3, 2, 2, 2, 2, 2, 2]
    assert [counted[crowd.structure_id(number)] for number in range(10)] == expected
    assert len({(one.type.split(".")[0], one.subject, one.id) for one in told}) == len(told)


def test_what_follows_a_life_is_accepted_by_the_rules_and_told_once_of_each() -> None:
    known = [lives.recorded(event, version=event.number) for event in lives.life(17)]
    for number in (25, 26):
        recorded = lives.recorded(lives.told(17, number), version=number)
        assert not decide(known, recorded, Context()).refusals
        known.append(recorded)
    persons = [event.person for begin in range(3) for event in lives.one_more(100, 50, range(begin, 50, 3))]
    assert sorted(persons) == list(range(100, 150))
    assert persons != sorted(persons)


def test_lives_are_told_in_any_order_with_each_persons_facts_in_theirs() -> None:
    for events in (list(lives.person_order(5)), list(lives.random_order(5))):
        assert len(events) == 5 * lives.A_LIFE
        for person in range(5):
            assert [one.number for one in events if one.person == person] == list(range(1, lives.A_LIFE + 1))
