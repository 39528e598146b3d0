"""The projector as a function to be measured: a feed read to its end, on a database of its own."""

from __future__ import annotations

import time
from contextlib import ExitStack

import psycopg

from benchmarks.checks import histories_hold
from benchmarks.children import as_in_production
from benchmarks.commits import commits_of
from benchmarks.figures import expect
from benchmarks.lab import SERVICES
from benchmarks.lives import SERVICE, life
from services.pathways.facts import CATALOGUE as PATHWAYS
from services.projections import main as projections
from services.projections.catalogue import CATALOGUE
from services.projections.database import Database
from services.projections.read_sets.building import ensure_current
from services.projections.read_sets.recipe import Recipe
from shared.feeds.feed import Feed
from shared.feeds.kafka_feed import KafkaFeed
from shared.feeds.origin import Origin
from shared.feeds.store_feed import StoreFeed
from shared.kafka.topics import Topics
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.settings import Settings

POLL_S = 0.5
GAVE_UP_S = 600.0


def project(settings: Settings, facts: int) -> float:
    """Seconds for everything there is, from the first poll that brings something on. In a child."""
    url = settings.database_url_of("projections")
    ensure_current(url, Recipe.of(settings))
    _warm()
    with ExitStack() as stack:
        database = Database(url)
        stack.callback(database.close)
        feed = _feed(settings, database, stack)
        stack.callback(feed.close)
        projector = projections.create_projector(settings, database, feed, Metrics())
        stack.enter_context(commits_of(url, "projections", "places"))
        as_in_production()
        started = time.perf_counter()
        applied = 0
        # Until all is kept and nobody waits: what is put off is not applied.
        while applied < facts or projector.applied()[SERVICE] < facts:
            before = time.perf_counter()
            new = projector.step(POLL_S)
            if not applied and settings.kafka_bootstrap:  # a consumer group takes a while to share out its partitions
                started = before if new else time.perf_counter()
            applied += new
            expect(time.perf_counter() - started < GAVE_UP_S, f"{applied} of {facts} facts after {GAVE_UP_S:.0f} s")
        seconds = time.perf_counter() - started
        with psycopg.connect(url) as connection:  # somebody else's: what is not committed yet does not count
            histories_hold(connection, facts)
        return seconds


def _feed(settings: Settings, database: Database, stack: ExitStack) -> Feed:
    if settings.kafka_bootstrap:
        load, ensure = database.places_of("kafka")
        group = f"{settings.topic_prefix}-projections"
        topics = Topics.of(settings)
        # As in production: each record's seal is looked at.
        origin = Origin({name: settings.database_url_of(name) for name in SERVICES}, *database.places_of("store"))
        return KafkaFeed(topics, SERVICES, group, load, ensure, origin=origin, max_records=settings.poll_max_records)
    store = FactStore(settings.database_url_of(SERVICE), SERVICE)
    stack.callback(store.close)
    load, ensure = database.places_of("store")
    return StoreFeed([store], load, ensure, max_records=settings.poll_max_records)


def _warm() -> None:
    """The models of all envelopes are made when the first fact is read."""
    event = life(0)[0]
    envelope = event.cloud_event()[:-1] + ',"recordedtime":"2025-01-06T09:00:00Z"}'
    assert event.type in PATHWAYS
    CATALOGUE.decode(event.type, envelope.encode())
