"""`parcours streams`: the topics of Kafka as they are, and facts sent to them again."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from parcours.client.posting import WRITE_SERVICES
from parcours.commands.errors import Commands
from parcours.commands.options import Json, database_url_of, settings_of, subject_of
from parcours.commands.processes import WriteService
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, progress, screen
from shared.process.settings import Settings

if TYPE_CHECKING:
    from shared.kafka.progress import StreamState
    from shared.kafka.topics import Topics
    from shared.log.store import FactStore

# Kafka's client is imported where it is used: `--help` should not wait for it.

MOST_PARTITIONS = 1_000
"""Places are asked for by partition, and without Kafka nobody says how many there are."""

app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def streams() -> None:
    """Look at what is published on Kafka, and publish facts again."""


@app.command()
def show(as_json: Json = False) -> None:
    """Show how far each service's facts are on their way: recorded, published, applied.

    `recorded` is the last sequence in the store, `published` what the relay has sent, `applied` what the projections
    have; `records` counts what the topic holds, marks included. Without Kafka the projections read the stores, and
    there is nothing to publish.

    Exit 1 where a topic is missing, or facts wait that no relay has ever published.
    """
    states = _states(settings_of())
    if as_json:
        print_json({"streams": [_row(state) for state in states]})
    else:
        screen().print(_table(states))
    if any(_is_stuck(state) for state in states):
        raise typer.Exit(FOUND_SOMETHING)


@app.command()
def republish(
    service: Annotated[WriteService, typer.Argument(help="The service whose facts are sent again.")],
    subject: Annotated[str | None, typer.Option(help="Only of this subject: person/<uuid>, structure/<uuid>…")] = None,
    from_: Annotated[int, typer.Option("--from", min=0, help="From this sequence, included.")] = 0,
    to: Annotated[
        int | None, typer.Option("--to", min=0, help="To this sequence, included. [default: the last relayed]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send facts to their topic again, for readers that missed some. Readers drop what they have.

    Only what was relayed before is sent; the relay may go on meanwhile.
    """
    from shared.kafka.republish import republish as send_again  # noqa: PLC0415

    settings = settings_of()
    named = subject_of(subject) if subject else None
    with (
        closing(_topics(settings)) as topics,
        closing(_store(settings, service)) as store,
        progress("Sending again", "facts") as shown,
    ):
        done = send_again(
            store,
            topics,
            subject=named,
            from_sequence=from_,
            to_sequence=to,
            progress=lambda count, _: shown.at(count),
        )
    if as_json:
        print_json({"service": service, "facts": done.facts, "through": done.through})
    else:
        print(f"{done.facts:,} facts of {service} sent again, through {done.through}")


def _states(settings: Settings) -> list[StreamState]:
    from services.projections.database import Database  # noqa: PLC0415
    from shared.kafka.progress import stream_states  # noqa: PLC0415

    with ExitStack() as stack:
        topics = stack.enter_context(closing(_topics(settings))) if settings.kafka_bootstrap else None
        stores = [stack.enter_context(closing(_store(settings, name))) for name in WRITE_SERVICES]
        database = stack.enter_context(closing(Database(database_url_of(settings, "projections"))))
        load, _ = database.places_of("kafka" if topics else "store")
        keys = {(service, partition) for service in WRITE_SERVICES for partition in range(MOST_PARTITIONS)}
        return stream_states(stores, topics, load(keys))


def _is_stuck(state: StreamState) -> bool:
    topic = state.topic
    return topic is not None and (topic.topic_id is None or (topic.relay_position is None and state.last_sequence > 0))


def _row(state: StreamState) -> dict[str, Any]:
    return {**asdict(state), "relay_lag": state.relay_lag, "projection_lag": state.projection_lag}


def _table(states: list[StreamState]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("service", "recorded", "published", "applied", "topic", "partitions", "records"):
        table.add_column(title, justify="left" if title in ("service", "topic") else "right")
    for state in states:
        topic = state.topic
        records = sum(partition.end - partition.first for partition in topic.partitions) if topic else None
        cells = (
            state.last_sequence,
            topic.relay_position if topic else None,
            state.applied,
            (topic.topic if topic.topic_id else f"{topic.topic} (missing)") if topic else None,
            len(topic.partitions) if topic else None,
            records,
        )
        table.add_row(state.service, *("–" if cell is None else str(cell) for cell in cells))
    return table


def _topics(settings: Settings) -> Topics:
    from shared.kafka.topics import Topics  # noqa: PLC0415

    if settings.kafka_bootstrap is None:
        give_up(
            "PARCOURS_KAFKA_BOOTSTRAP is not set: without Kafka the projections read the stores, and there are no streams"
        )
    return Topics.of(settings)


def _store(settings: Settings, service: str) -> FactStore:
    from shared.log.store import FactStore  # noqa: PLC0415

    return FactStore(database_url_of(settings, service), service)
