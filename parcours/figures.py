"""The metrics of an installation's state: which process shows what, and where it is read.

Whoever answers for a service shows what stands in that service's database: its log, its roles, and the reader that keeps
its tables there. So a thing has one role that shows it, it is shown while the part it speaks of is dead, and two processes
of that role read the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import monotonic

from parcours import parts
from parcours.parts import PROJECTIONS, Served
from parcours.reader_figures import looking, show_reader
from shared.facts.fact import paris_day
from shared.histories.troubles import POLICIES
from shared.kafka.relay_position import RelayPosition
from shared.log.deadlines import count_due
from shared.log.schema import Schema
from shared.log.seen_ends import SeenEnds
from shared.log.tail import tail
from shared.process.metrics import Metrics
from shared.process.settings import Settings
from shared.process.stored_figures import Family, Sample
from shared.roles import tables
from shared.roles.looking_around import roles_database
from shared.roles.role import CLOCK, ROLES, expected
from shared.roles.verdict import standings

_READER = ("reader",)
_PARTITION = ("reader", "service", "partition")
FAMILIES: Sequence[Family] = (
    Family("parcours_log_end_sequence", ("service",), "Sequence of the last fact recorded"),
    Family("parcours_log_end_timestamp_seconds", ("service",), "When the last fact was recorded"),
    Family("parcours_log_ahead_seconds", ("service",), "By how much the log's last fact lies ahead of the clock"),
    Family("parcours_published_sequence", ("service",), "Sequence up to which facts are in the topic"),
    Family("parcours_unpublished_facts", ("service",), "Facts recorded and not in the topic"),
    Family("parcours_unpublished_seconds", ("service",), "Age of the oldest of them"),
    Family("parcours_reader_applied_sequence", _PARTITION, "Sequence up to which a reader has applied"),
    Family("parcours_reader_lag_facts", _PARTITION, "Facts recorded and not applied, at most: to the log's end"),
    Family("parcours_reader_lag_seconds", _PARTITION, "Age of the oldest fact not known to be applied"),
    Family(
        "parcours_reader_oldest_unapplied_timestamp_seconds",
        ("reader", "service"),
        "When the oldest fact was recorded that is not known to be applied; absent where there is none",
    ),
    Family("parcours_reader_subjects", _READER, "Subjects a reader knows"),
    Family("parcours_reader_failed_subjects", _READER, "Subjects that cannot be folded, or whose policy fails"),
    Family("parcours_reader_incomplete_subjects", _READER, "Subjects of whom facts are missing"),
    Family("parcours_reader_dead_letters", _READER, "Records without readable envelope, kept"),
    Family("parcours_reader_skipped", ("reader", "kind"), "Letters, failures and holes that somebody has accepted"),
    Family("parcours_rebuild_folded_subjects", ("read_set",), "Subjects folded into a read set that is being built"),
    Family("parcours_rebuild_subjects", ("read_set",), "Subjects that will be folded into it"),
    Family("parcours_verify_last_run_timestamp_seconds", (), "When rows and stores were last verified to the end"),
    Family("parcours_verify_subjects", (), "Subjects of the last verification"),
    Family("parcours_verify_differences", (), "Differences that the last verification found"),
    Family("parcours_due_subjects", ("service",), "Subjects about whom something is due and not said"),
    Family("parcours_clock_last_run_timestamp_seconds", ("service",), "When all that was due had last been looked at"),
    Family("parcours_role_up", ("role",), "1 where a process of the role works, or stands by for one that does"),
    Family("parcours_role_processes", ("role",), "Processes of the role that live"),
    Family("parcours_role_paused", ("role",), "1 where somebody has paused the role"),
    Family("parcours_pool_connections", ("service",), "Connections of the service's pool, in use or not"),
    Family("parcours_pool_available", ("service",), "Connections of the pool that nobody uses"),
    Family("parcours_pool_waiting", ("service",), "Requests that wait for a connection of the pool"),
)


def show_figures(metrics: Metrics, settings: Settings, served: Mapping[str, Served]) -> None:
    """In a process that answers for these services."""
    figures = metrics.show(FAMILIES)
    figures.add("pools", lambda: _pools(served))
    for name in served:
        figures.add(f"roles {name}", lambda name=name: _roles(settings, name))  # type: ignore[misc]
        if name == PROJECTIONS:
            from parcours.row_figures import show_row_figures  # noqa: PLC0415

            show_row_figures(figures, settings)
            continue
        figures.add(f"log {name}", partial(_log, settings, name, SeenEnds()))
        if name in parts.REACTING:
            reads = parts.REACTING[name](settings).reads
            show_reader(figures, settings, name, f"{name}_reading", reads, lambda _: POLICIES)


def _pools(served: Mapping[str, Served]) -> Iterator[Sample]:
    for name, part in served.items():
        stats = part.pool_stats()
        yield Sample("parcours_pool_connections", (name,), stats.get("pool_size", 0))
        yield Sample("parcours_pool_available", (name,), stats.get("pool_available", 0))
        yield Sample("parcours_pool_waiting", (name,), stats.get("requests_waiting", 0))


def _log(settings: Settings, service: str, seen: SeenEnds) -> Iterator[Sample]:
    with looking(settings.database_url_of(service)) as connection:
        saved = None
        if settings.kafka_bootstrap:
            from shared.kafka.topics import Topics  # noqa: PLC0415

            saved = RelayPosition(service, Topics.of(settings).name(service)).load(connection)
        published = None if saved is None else saved.position
        end = seen.aged(tail(connection, service, [] if published is None else [published]), monotonic())
        yield Sample("parcours_log_end_sequence", (service,), end.sequence)
        if end.last is not None:
            yield Sample("parcours_log_end_timestamp_seconds", (service,), end.last.timestamp())
            yield Sample("parcours_log_ahead_seconds", (service,), max(0.0, (end.last - end.now).total_seconds()))
        if published is not None:
            yield Sample("parcours_published_sequence", (service,), published)
            yield Sample("parcours_unpublished_facts", (service,), max(0, end.sequence - published))
            yield Sample("parcours_unpublished_seconds", (service,), end.behind_s(published))
        if service in parts.WITH_CLOCK:
            yield Sample(
                "parcours_due_subjects", (service,), count_due(connection, Schema(service), paris_day(end.now))
            )


def _roles(settings: Settings, service: str) -> Iterator[Sample]:
    with roles_database(settings.database_url_of(service)) as connection:
        beats, pauses = tables.heartbeats(connection), tables.pauses(connection)
    wanted = expected(settings)
    for role in ROLES:
        if role.service != service:
            continue
        found = standings(role, beats, pauses.get(role.name))
        living = [one for one in found if one.lives]
        if role in wanted or living:
            works = any(one.state in ("working", "paused") for one in living)
            yield Sample("parcours_role_up", (role.name,), float(works))
            yield Sample("parcours_role_processes", (role.name,), len(living))
            yield Sample("parcours_role_paused", (role.name,), float(role.name in pauses))
        if role.name == CLOCK:
            runs = [str(beat.position["at"]) for beat in beats if beat.role == CLOCK and "at" in beat.position]
            if runs:
                last = datetime.fromisoformat(max(runs)).timestamp()
                yield Sample("parcours_clock_last_run_timestamp_seconds", (service,), last)
