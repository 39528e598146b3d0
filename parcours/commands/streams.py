"""`parcours streams`: the topics of Kafka as they are, and facts sent to them again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from parcours.commands.base import Commands, Json, database_url_of, settings_of, subject_of
from parcours.commands.running import WriteService
from parcours.console import FOUND_SOMETHING, give_up, print_json, progress, screen
from parcours.posting import WRITE_SERVICES
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.store import FactStore
    from shared.topics import Topics

# Kafka's client is imported where it is used: `--help` should not wait for it.

app = typer.Typer(cls=Commands, no_args_is_help=True)


@app.callback()
def streams() -> None:
    """Look at what is published on Kafka, and publish facts again."""


@app.command()
def show(as_json: Json = False) -> None:
    """Show each service's topic: what is recorded, what has been published, what the topic holds.

    Exit 1 where a topic is missing or the relay is behind.
    """
    settings = settings_of()
    with closing(_topics(settings)) as topics:
        rows = [_row(settings, topics, service) for service in WRITE_SERVICES]
    if as_json:
        print_json({"streams": rows})
    else:
        screen().print(_table(rows))
    if any(row["topic_id"] is None or row["behind"] for row in rows):
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
    from shared.republish import republish as send_again  # noqa: PLC0415

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


def _row(settings: Settings, topics: Topics, service: str) -> dict[str, Any]:
    from shared.relay_position import RelayPosition  # noqa: PLC0415

    topic_id = topics.ids([service])[service]
    ranges = topics.ranges(service) if topic_id else {}
    with closing(_store(settings, service)) as store, store.connection() as connection:
        saved = RelayPosition(service, topics.name(service)).load(connection)
        recorded = store.last_sequence()
    return {
        "service": service,
        "topic": topics.name(service),
        "topic_id": topic_id,
        "partitions": len(ranges),
        "records": sum(end - first for first, end in ranges.values()),
        "recorded": recorded,
        "relayed": saved.position if saved else None,
        "behind": recorded - (saved.position if saved else 0),
        "is_relayed_topic": saved is not None and saved.topic_id == topic_id,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    names = {
        "topic": "topic",
        "partitions": "partitions",
        "records": "records",
        "recorded": "recorded",
        "relayed": "relayed",
        "behind": "behind",
    }
    for title in names.values():
        table.add_column(title, justify="left" if title == "topic" else "right")
    for row in rows:
        missing = row["topic_id"] is None
        table.add_row(
            *(
                "missing" if missing and name == "partitions" else str(row[name] if row[name] is not None else "–")
                for name in names
            )
        )
    return table


def _topics(settings: Settings) -> Topics:
    from shared.topics import Topics  # noqa: PLC0415

    if settings.kafka_bootstrap is None:
        give_up(
            "PARCOURS_KAFKA_BOOTSTRAP is not set: without Kafka the projections read the stores, and there are no streams"
        )
    return Topics.of(settings)


def _store(settings: Settings, service: str) -> FactStore:
    from shared.store import FactStore  # noqa: PLC0415

    return FactStore(database_url_of(settings, service), service)
