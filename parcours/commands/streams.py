"""`parcours streams`: the topics of Kafka as they are, and facts sent to them again."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from parcours.commands.copied import copied
from parcours.commands.errors import Commands
from parcours.commands.options import Json, database_url_of, settings_of, subject_of
from parcours.commands.processes import WriteService
from parcours.commands.restored import restored
from parcours.terminal.console import FOUND_SOMETHING, give_up, print_json, progress, screen
from parcours.terminal.streams import causes, tables
from shared.process.settings import Settings

if TYPE_CHECKING:
    from shared.kafka.topics import Topics
    from shared.log.place import Key, Place
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
    """Show how far each service's facts are on their way: recorded, published, applied by each of their readers.

    `recorded` is the last sequence in the store, `published` what the relay has sent; then, for each reader (the
    projections, and the policies of agrement and placements), up to where everything is applied, how many facts it is
    behind, and how old the oldest of them is. What keeps somebody from going on is told below, where it is known. On Kafka by
    partition too: `records` counts what it holds, marks included. Without Kafka the stores are read.

    Exit 1 where a topic is missing, or facts wait for what does not run, is paused, or has a problem.
    """
    from parcours.database_choice import with_running_database  # noqa: PLC0415
    from parcours.stream_states import service_states  # noqa: PLC0415

    states = service_states(with_running_database(settings_of()))
    if as_json:
        print_json({"streams": [state.json() for state in states]})
    else:
        for table in tables(states):
            screen().print(table)
        for cause in causes(states):
            print(f"waits for {cause}")
    if any(state.is_stuck for state in states):
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

    Only what was relayed before is sent; the relay may go on meanwhile. Refused while somebody has paused it. Readers whose place is not in the topic any more
    go on at what was sent, where that begins at or before what they miss; nothing is to be done about them by hand.
    """
    from shared.kafka.republish import republish as send_again  # noqa: PLC0415
    from shared.roles.looking_around import refuse_paused  # noqa: PLC0415
    from shared.roles.role import relay_role, role_named  # noqa: PLC0415

    settings = settings_of()
    named = subject_of(subject) if subject else None
    reached = _topics(settings)  # before any database: without Kafka there is nothing to ask one for
    # Whoever paused its relay wants nothing written to the topic.
    refuse_paused(lambda name: database_url_of(settings, name), role_named(relay_role(service)))
    with (
        closing(reached) as topics,
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
        moved = 0 if named or to is not None else _place_readers(settings, topics, done.before, from_)
    if as_json:
        print_json({"service": service, "facts": done.facts, "through": done.through, "places_moved": moved})
    else:
        readers = f"; {moved} places of readers that had lost theirs go on there" if moved else ""
        print(f"{done.facts:,} facts of {service} sent again, through {done.through}{readers}")


app.command()(restored)
app.command()(copied)


def _place_readers(settings: Settings, topics: Topics, before: dict[Key, Place], from_sequence: int) -> int:
    """Readers that had lost their place go on at what was sent; how many places that are."""
    from parcours.repairs import NothingReadError, opened  # noqa: PLC0415
    from shared.histories.places import move_lost_places  # noqa: PLC0415

    ((service, _), place) = next(iter(before.items()))
    # Asked again: retention may have gone on meanwhile.
    ranges = topics.ranges(service)
    held = {number: (ranges[number][0], ended.offset) for (_, number), ended in before.items() if number in ranges}
    moved = 0
    try:
        with opened(settings) as found:
            for reader in found.readers.values():
                with reader.database.transaction() as connection:
                    moved += move_lost_places(connection, service, place.topic_id, held, from_sequence)
    except NothingReadError:  # nobody has a place to move
        return 0
    return moved


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
