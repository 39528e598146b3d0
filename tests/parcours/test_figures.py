"""What /metrics says of an installation's state: from its databases, the same from whichever process, or nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from parcours import parts
from parcours.figures import FAMILIES, show_figures
from services.projections.main import create
from shared.feeds.feed import Letter
from shared.histories.database import HistoryDatabase
from shared.histories.dead_letters import bury
from shared.intake.write_service import WriteService
from shared.kafka.relay_position import RelayPosition, Saved
from shared.log.seen_ends import SeenEnds
from shared.log.tail import Tail
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.process.stored_figures import PROBLEM
from shared.reacting.knowledge import reader_database
from shared.web.callers import LocalCallers
from shared.web.connections import Connections, Limits
from shared.web.observing import HttpMetrics
from tests.parts.postgres import OwnPostgres
from tests.shared.recording import NOON, Recorder, person

ROOT = Path(__file__).resolve().parents[2]
OF_PROMETHEUS_ITSELF = {"up"}


def settings_of(url: str, **more: Any) -> Settings:
    return Settings(database_url=url, reference_key=SecretStr("of tests"), **more)


@dataclass
class Shown:
    """What a process that answers for some services shows."""

    metrics: Metrics
    parts: dict[str, parts.Served]

    def samples(self) -> dict[str, dict[tuple[str, ...], float]]:
        """By the name of the sample, by the values of its labels in the order of their names."""
        asyncio.run(self.metrics.refresh())
        found: dict[str, dict[tuple[str, ...], float]] = {}
        for family in families(self.metrics):
            for sample in family.samples:
                labels = tuple(value for _, value in sorted(sample.labels.items()))
                found.setdefault(sample.name, {})[labels] = sample.value
        return found


def families(metrics: Metrics) -> list[Metric]:
    return list(text_string_to_metric_families(metrics.text().decode()))


@contextmanager
def shown(settings: Settings, *services: str) -> Iterator[Shown]:
    metrics, callers = Metrics(), LocalCallers()
    HttpMetrics(metrics.registry)
    Connections(Limits(), metrics.registry)
    served: dict[str, parts.Served] = {
        name: create(settings, settings.database_url_of(name), callers, parts.feed_name(settings))
        if name == "projections"
        else parts.write_service(name, settings, callers, metrics)
        for name in services
    }
    show_figures(metrics, settings, served)
    for part in served.values():
        part.start()
    try:
        yield Shown(metrics, served)
    finally:
        for part in served.values():
            part.stop()


def store_of(one: Shown, name: str) -> Any:
    part = one.parts[name]
    assert isinstance(part, WriteService)
    return part.store


def has_read(database: HistoryDatabase, service: str, through: dict[int, int]) -> None:
    with database.connection() as connection:
        for partition, sequence in through.items():
            connection.execute(
                "INSERT INTO places (feed, service, partition, topic_id, next_offset, through)"
                " VALUES ('store', %s, %s, 'x', 0, %s)",
                [service, partition, sequence],
            )


def test_where_the_log_ends_and_how_far_each_reader_is(database_url: str) -> None:
    with (
        shown(settings_of(database_url), "pathways", "projections") as one,
        closing(HistoryDatabase(database_url, "projections")) as database,
    ):
        Recorder(store_of(one, "pathways")).record(person(1), person(2), person(1))
        has_read(database, "pathways", {0: 1, 1: 3})
        samples = one.samples()
        assert samples["parcours_log_end_sequence"] == {("pathways",): 3}
        assert samples["parcours_log_end_timestamp_seconds"] == {("pathways",): NOON.timestamp()}
        assert samples["parcours_reader_applied_sequence"] == {
            ("0", "projections", "pathways"): 1,
            ("1", "projections", "pathways"): 3,
        }
        assert samples["parcours_reader_lag_facts"] == {
            ("0", "projections", "pathways"): 2,
            ("1", "projections", "pathways"): 0,
        }
        seconds = samples["parcours_reader_lag_seconds"]
        assert seconds["0", "projections", "pathways"] > 3_600
        assert seconds["1", "projections", "pathways"] == 0
        oldest = samples["parcours_reader_oldest_unapplied_timestamp_seconds"]
        assert oldest == {("projections", "pathways"): NOON.timestamp()}
        assert set(samples[PROBLEM.name].values()) == {0}
        assert "parcours_unpublished_facts" not in samples, "there is no Kafka"


def test_what_is_ahead_of_the_clock_ages_since_it_was_seen() -> None:
    """By its own instant it would be behind by nothing for two days; compared with whoever remembers all that was seen."""
    draw, now_s, last, places = Random(7), 0.0, 0, [0, 0, 0]
    seen = SeenEnds()
    first_seen: dict[int, float] = {}
    for _ in range(400):
        now_s += draw.random()
        last += draw.choice([0, 0, 1, 5])
        places = [min(last, place + draw.choice([0, 0, 0, 3])) for place in places]
        for sequence in range(1, last + 1):
            first_seen.setdefault(sequence, now_s)
        waiting = {place: NOON + timedelta(days=2) for place in places if place < last}
        aged = seen.aged(Tail(NOON, last, NOON, waiting), now_s)
        assert aged.first_after.keys() == waiting.keys()
        for place in waiting:
            assert aged.behind_s(place) == pytest.approx(now_s - first_seen[place + 1], abs=1e-5)
    recorded = seen.aged(Tail(NOON, 1, NOON, {0: NOON - timedelta(hours=1)}), now_s)
    assert recorded.behind_s(0) == 3_600, "what its instant tells is not made younger, of a log made anew neither"


def test_what_is_not_published(database_url: str) -> None:
    settings = settings_of(database_url, kafka_bootstrap="127.0.0.1:1")
    with shown(settings, "pathways") as one:
        store = store_of(one, "pathways")
        Recorder(store).record(person(1), person(2), person(1))
        position = RelayPosition("pathways", "parcours.pathways")
        with store.connection() as connection:
            position.create(connection)
            position.insert(connection, Saved("x", 1))
        samples = one.samples()
        assert samples["parcours_published_sequence"] == {("pathways",): 1}
        assert samples["parcours_unpublished_facts"] == {("pathways",): 2}
        assert samples["parcours_unpublished_seconds"]["pathways",] > 3_600


def test_two_processes_say_the_same_of_what_is_stored(database_url: str) -> None:
    """Each counted for itself: a reconciler said 0 letters, with two of them stored."""
    letter = Letter("pathways", 0, 7, "x", "no JSON", None, b"x")
    settings = settings_of(database_url)
    with shown(settings, "agrement") as one, closing(reader_database(database_url, "agrement")) as database:
        with database.connection() as connection:
            bury(connection, "store", [letter, Letter("pathways", 0, 8, "x", "no JSON", None, b"y")])
            connection.execute("INSERT INTO subjects (subject, root, error, since) VALUES ('p', 'p', 'E: x', now())")
            connection.execute("INSERT INTO subjects (subject, root, missing) VALUES ('q', 'q', '1 of pathways')")
        with shown(settings, "agrement") as another:
            for samples in (one.samples(), another.samples()):
                assert samples["parcours_reader_dead_letters"] == {("agrement",): 2}
                assert samples["parcours_reader_failed_subjects"] == {("agrement",): 1}
                assert samples["parcours_reader_incomplete_subjects"] == {("agrement",): 1}
                assert samples["parcours_due_subjects"] == {("agrement",): 0}


def test_what_cannot_be_read_is_not_shown(own_postgres: OwnPostgres) -> None:
    """A last value that stays would be a lie; a scrape that waits would show nothing at all."""
    with shown(settings_of(own_postgres.url), "pathways", "projections") as one:
        assert "parcours_log_end_sequence" in one.samples()
        own_postgres.pause()
        for _ in range(3):  # a thread waits for the silent server, and no second one
            samples = one.samples()
            assert not [name for name in samples if name.startswith(("parcours_log_", "parcours_reader_"))]
            assert samples[PROBLEM.name]["log pathways",] == 1
            assert samples[PROBLEM.name]["pools",] == 0
            assert "process_resident_memory_bytes" in samples
        own_postgres.resume()


def test_two_scrapes_at_once_share_the_answer(database_url: str) -> None:
    with shown(settings_of(database_url), "pathways") as one:

        async def scraped() -> set[str]:
            await one.metrics.refresh()
            return {sample.name for family in one.metrics.registry.collect() for sample in family.samples}

        async def both() -> list[set[str]]:
            return list(await asyncio.gather(scraped(), scraped(), scraped()))

        for names in asyncio.run(both()):
            assert "parcours_log_end_sequence" in names


def test_names_follow_the_rules(database_url: str) -> None:
    """Of Prometheus: the unit at the end, `_total` for what only grows and for nothing else."""
    with shown(settings_of(database_url), "pathways") as one:
        one.samples()
        for family in families(one.metrics):
            assert re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", family.name), family.name
            assert family.documentation
            if not family.name.startswith("parcours_"):
                continue
            assert not re.search(r"(milliseconds|_ms|minutes|_count|_sum|_total)$", family.name), family.name
            assert ("_seconds" in family.name) == bool(re.search(r"_seconds$", family.name)), family.name
            assert ("timestamp" in family.name) <= family.name.endswith("_timestamp_seconds"), family.name


def all_names(database_url: str) -> set[str]:
    """Of every sample that some process may show."""
    with shown(settings_of(database_url), "pathways") as one:
        asyncio.run(one.metrics.refresh())
        collected = [family for family in one.metrics.registry.collect() if family.name.startswith("parcours")]
    names = {PROBLEM.name, *(family.name for family in FAMILIES)}
    for family in collected:
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "info": ["_info"]}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return names


def test_every_metric_is_documented_and_no_other(database_url: str) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    table = page.partition("## Metrics\n")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `(parcours_[a-z_]+)`", table, re.MULTILINE))
    shown_names = {re.sub(r"_(bucket|count|sum)$", "", name) for name in all_names(database_url)}
    assert documented == shown_names


def test_the_alarms_ask_for_what_there_is_and_lead_to_their_page(database_url: str) -> None:
    rules = [
        rule
        for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())["groups"]
        for rule in group["rules"]
    ]
    page = (ROOT / "docs" / "operations.md").read_text()
    titles = re.findall(r"^### ((\d+)\. .*)$", page, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-"): number for title, number in titles}
    names = all_names(database_url) | OF_PROMETHEUS_ITSELF
    for rule in rules:
        asked = set(re.findall(r"\b(parcours_[a-z_]+|up)\b", rule["expr"]))
        assert asked <= names, rule["alert"]
        assert rule["expr"].count("(") == rule["expr"].count(")")
        path, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert path == "docs/operations.md"
        assert anchors.get(anchor) == rule["labels"]["alarm"], anchor
    assert {rule["labels"]["alarm"] for rule in rules} == set(anchors.values())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_labels_have_names_with_few_values(family: Any) -> None:
    assert set(family.labels) <= {"service", "partition", "reader", "role", "read_set", "kind"}
