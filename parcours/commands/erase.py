"""`parcours erase`: a person is forgotten, and it is proven where what was held of it still stands."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Annotated, Any

import typer
from rich.table import Table

from parcours.client.erasure import say_erased
from parcours.client.http_client import DEFAULT_URL
from parcours.commands.errors import Commands
from parcours.commands.options import Json, Token, Url, client_of, database_url_of, day_of, id_of, settings_of
from parcours.proving import Place, ids_in_databases, in_databases, in_files, texts_of
from parcours.terminal.console import FOUND_SOMETHING, print_json, progress, screen
from shared.facts.fact import paris_day
from shared.process.settings import SERVICES, Settings

app = typer.Typer(cls=Commands)

LOOK_AGAIN_S = 1.0


@app.command()
def erase(
    person: Annotated[str, typer.Argument(metavar="ID", help="The person: person/<uuid>, or the UUID.")],
    *,
    ground: Annotated[str, typer.Option(metavar="CODE", help="Why, as a code: request, retention.")],
    on: Annotated[str | None, typer.Option("--on", metavar="DAY", help="Since when. [default: today in Paris]")] = None,
    source: Annotated[
        str | None, typer.Option(help="In whose name, a source of the token's.", show_default="its only one")
    ] = None,
    prove: Annotated[
        bool, typer.Option("--prove", help="Look for what was held of it; on a machine that reaches the databases.")
    ] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds that readers have to take over what is left.")] = 60.0,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: Json = False,
) -> None:
    """Forget a person, under all its ids. It cannot be taken back.

    With --prove: before it, all that senders and services called its facts is read from the stores; after it, every column of
    every table of all databases is looked through for that, names and the log of reads for the person's ids, every file of
    the data folder where the database is embedded, and every record of the topics: key, headers, value. What is found is
    told, with what takes it from there; of a topic, the day on which it is gone at the latest.

    With --json: {subject, answer, proof: {texts, places: [{kind, where, texts, until}]}}.

    Exit 0: forgotten, and in no column any more. 1: something of it still stands in a column after --wait. 2: could not run.
    """
    subject = f"person/{id_of(person, 'person')}"
    day = day_of("--on", on) or paris_day(datetime.now(UTC))
    with client_of(url, token) as client:
        settings = settings_of()
        urls = {name: database_url_of(settings, name) for name in SERVICES} if prove else {}
        texts = texts_of(urls, _ids(urls["pathways"], subject)) if prove else set()
        answer = say_erased(client, subject.removeprefix("person/"), day, ground, source)
    places = _proof(settings, urls, texts, answer["subjects"], wait) if prove else []
    proof = {"texts": len(texts), "places": [asdict(place) for place in places]} if prove else None
    if as_json:
        print_json({"subject": subject, "answer": answer, "proof": proof})
    else:
        print(_told(answer))
        if prove:
            _tell(places, len(texts))
    if any(place.kind == "column" for place in places):
        raise typer.Exit(FOUND_SOMETHING)


def _ids(url: str, subject: str) -> Sequence[str]:
    from services.pathways.facts import CATALOGUE  # noqa: PLC0415
    from shared.log.merges import RecordedMerges  # noqa: PLC0415
    from shared.log.store import FactStore  # noqa: PLC0415

    with closing(FactStore(url, "pathways")) as store:
        return RecordedMerges(store, CATALOGUE).ids(subject)


def _proof(
    settings: Settings, urls: dict[str, str], texts: set[str], subjects: Sequence[str], wait: float
) -> list[Place]:
    until = monotonic() + wait
    while (columns := _columns(urls, texts, subjects)) and monotonic() < until:
        sleep(LOOK_AGAIN_S)  # readers take over what is left as they read
    files = [] if settings.names_a_database else list(in_files(settings.data_dir, texts))
    return [*columns, *files, *(_topics(settings, texts) if settings.kafka_bootstrap else ())]


def _topics(settings: Settings, texts: set[str]) -> list[Place]:
    from parcours.proving_topics import in_topics  # noqa: PLC0415  # Kafka's client: `--help` should not wait for it
    from shared.kafka.topics import Topics  # noqa: PLC0415

    with closing(Topics.of(settings)) as topics, progress("Looking through the topics", "records") as shown:
        return list(in_topics(topics, texts, lambda done, total: shown.at(done)))


def _told(answer: dict[str, Any]) -> str:
    ids = ", ".join(answer["subjects"])
    since = "is forgotten" if answer["outcome"] == "recorded" else "was forgotten already"
    facts = answer["emptied"]["facts"]
    return f"{ids} {since}, since {answer['erased_on']} ({answer['ground']}): {facts} facts of pathways are emptied."


def _columns(urls: dict[str, str], texts: set[str], subjects: Sequence[str]) -> list[Place]:
    return [*in_databases(urls.values(), texts), *ids_in_databases(urls.values(), subjects)]


def _tell(places: Sequence[Place], texts: int) -> None:
    if not any(place.kind == "column" for place in places):
        print(f"None of the {texts} words by which its facts were called stands in any column of any table.")
    if not places:
        return
    table = Table(box=None, pad_edge=False)
    for title in ("", "where", "words", "until"):
        table.add_column(title, overflow="fold")
    for place in places:
        table.add_row(
            place.kind, place.where, "not looked through" if place.texts is None else str(place.texts), place.until
        )
    screen().print(table)
