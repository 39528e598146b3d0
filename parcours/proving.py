"""Where what was recorded of somebody forgotten still stands: in databases, in files of the data folder, in topics."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from services.projections.catalogue import CATALOGUE
from shared.facts.erasing import Left, left_of
from shared.log.arrays import text_array
from shared.log.searching import forms, found_in, searched

OF_PERSONS = ("pathways", "agrement", "placements")
PIECE = 8 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """`kind`: column, file or topic; `texts`: how many of those looked for, None where it was not looked through. `until`: what
    takes them from there, or the last day on which they may be there."""

    kind: str
    where: str
    texts: int | None
    until: str


def texts_of(url_of: Mapping[str, str], subjects: Sequence[str]) -> set[str]:
    """What senders and services called the facts of some subjects, and numbers of agréments: words that stand for nobody
    else. A correlation with facts of others, such as the request that brought them all, is none."""
    texts: set[str] = set()
    others: set[str] = set()
    for service in OF_PERSONS:
        with psycopg.connect(url_of[service]) as connection:
            rows = connection.execute(
                f"SELECT state FROM {service}.facts WHERE originator_id = ANY(%s::text[])".encode(),
                [text_array(subjects)],
            )
            for (state,) in rows:
                texts |= _of(json.loads(bytes(state)))
    for service in OF_PERSONS:
        with psycopg.connect(url_of[service]) as connection:
            rows = connection.execute(
                "SELECT DISTINCT correlation FROM (SELECT convert_from(state, 'UTF8')::jsonb ->> 'correlationid' AS correlation"
                f" FROM {service}.facts WHERE originator_id <> ALL(%s::text[])) o WHERE correlation = ANY(%s::text[])".encode(),
                [text_array(subjects), text_array(sorted(texts))],
            )
            others |= {correlation for (correlation,) in rows}
    return texts - others


def _of(fact: Mapping[str, object]) -> set[str]:
    kind = CATALOGUE.facts.get(str(fact["type"]))
    data = fact["data"]
    if kind is None or "erased" in fact or "person_erased" in kind.type or not isinstance(data, dict):
        return set()
    found = {fact[name] for name in ("id", "replaces", "causationid", "correlationid") if fact.get(name)}
    found |= {value for name, value in data.items() if name in kind.model_fields and left_of(kind, name) is Left.HASHED}
    return {str(text) for text in found}


def in_databases(urls: Iterable[str], texts: Collection[str]) -> list[Place]:
    places: list[Place] = []
    for url in sorted(set(urls)):
        with psycopg.connect(url, autocommit=True) as connection:
            places += [
                Place("column", f"{one.table}.{one.column}", one.texts, "whoever reads it has taken over what is left")
                for one in found_in(connection, texts)
            ]
    return places


WHERE_IDS_GO = {
    "identities.": "the process of identities has read the ledger of erasures",
    "access.reads": "the projector, or the relay of the service, has read the ledger of erasures",
}
"""Tables in which the ids of somebody forgotten do not stay, and what takes them from there."""


def ids_in_databases(urls: Iterable[str], subjects: Iterable[str]) -> list[Place]:
    ids = {subject.removeprefix("person/") for subject in subjects}
    places: list[Place] = []
    for url in sorted(set(urls)):
        with psycopg.connect(url, autocommit=True) as connection:
            places += [
                Place("column", f"{one.table}.{one.column}", one.texts, until)
                for within, until in WHERE_IDS_GO.items()
                for one in found_in(connection, ids, within)
            ]
    return places


def in_files(folder: Path, texts: Collection[str]) -> Iterator[Place]:
    """Of the embedded database, whose pages keep old versions of rows, and whatever else lies there."""
    wanted = forms(texts)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            found = searched(_pieces(path), wanted)
            if found:
                until = "its WAL is recycled" if "pg_wal" in path.parts else "VACUUM FULL of its table"
                yield Place("file", str(path.relative_to(folder)), len(found), until)


def _pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError:  # a file that the server has dropped meanwhile holds nothing
        return
