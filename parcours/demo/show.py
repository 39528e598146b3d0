"""Posting the demonstration through the real intake, and showing what comes of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from threading import Event
from time import monotonic, sleep
from typing import Any

from rich.console import Console

from parcours.client.event_files import Item
from parcours.client.http_client import AnswerError, Client
from parcours.client.names_api import names_of
from parcours.client.posting import Poster, Refusal, Tally
from parcours.client.query_api import jobs_by_kind, structures, timeline, transitions
from parcours.demo.asking import FORGOTTEN_PERSON, LIMITED_PERSON, forget
from parcours.demo.groups import GROUP_ID, GROUP_NAME
from parcours.demo.journal import LAST_DAY
from parcours.demo.lives import LENT_PERSON, SHOWCASE_PERSON
from parcours.demo.merging import MERGED_PERSON
from parcours.demo.names import give_names
from parcours.demo.story import generate
from parcours.terminal.console import CommandError, give_up, progress, say, screen
from parcours.terminal.timeline import draw, structure_ids
from parcours.terminal.transitions_matrix import kinds_in_words, matrix, summary

APPLIED_WITHIN_S = 60.0
WAIT_S = 5
UNAVAILABLE = 503
SHOWN = 5
OTHER_VERSION = (
    "Another version of the demonstration was posted here before, and what differs from it is not recorded:"
    " start with another --data-dir to see all of this one."
)


@dataclass(slots=True)
class Loaded:
    """What became of the demonstration's events. `positions`: of the last one recorded in each service."""

    events: int
    tally: Tally
    refusals: list[Refusal]
    positions: dict[str, str]
    seconds: float
    names: int | None = None
    """Given by the structures that know the persons; None where nobody takes names."""
    known_no_more: int = 0
    """Facts of who is forgotten, since an earlier run: refused, as they should be."""

    @property
    def is_new(self) -> bool:
        return self.tally.total("recorded") > 0


def load(client: Client, stop: Event | None = None) -> Loaded:
    """Post everything; what is recorded already is recognised and not recorded again."""
    started = monotonic()
    refusals: list[Refusal] = []
    poster = Poster(client, refusals.append)
    events = list(generate())
    with progress("Demonstration") as shown:
        for item in poster.post(_items(events, stop)):
            shown.at(item.number, item.number / len(events))
    # Who is forgotten has no name any more.
    named = [event for event in events if event["subject"] != f"person/{FORGOTTEN_PERSON}"]
    names = give_names(client, named, stop)
    if stop is None or not stop.is_set():
        forget(client)
    unexpected = [refusal for refusal in refusals if refusal.answer.get("code") != "subject_erased"]
    return Loaded(
        len(events),
        poster.tally,
        unexpected,
        poster.positions,
        monotonic() - started,
        names,
        len(refusals) - len(unexpected),
    )


def _items(events: list[dict[str, Any]], stop: Event | None) -> Iterator[Item]:
    for number, event in enumerate(events, start=1):
        if stop is not None and stop.is_set():
            return
        yield Item(number, json.dumps(event, ensure_ascii=False).encode(), event["type"])


def wait_applied(client: Client, positions: dict[str, str], stop: Event | None = None) -> None:
    """Until the read side has all of it. Raise CommandError after a minute."""
    headers = {"After-Position": ", ".join(positions.values()), "Prefer": f"wait={WAIT_S}"}
    deadline = monotonic() + APPLIED_WITHIN_S
    path = f"/projections/v1/groups/{GROUP_ID}/transitions"
    with Client(client.url, client.token, retry_for_s=0.0) as patient:
        while stop is None or not stop.is_set():
            answer = patient.request("GET", path, headers=headers)
            if answer.is_good:
                return
            if answer.status != UNAVAILABLE:
                raise AnswerError(client.url + path, answer)
            if answer.code != "not_yet_applied":  # that one has waited already
                sleep(0.5)
            if monotonic() > deadline:
                give_up(
                    f"the read side has not applied the demonstration in {APPLIED_WITHIN_S:.0f} s; see `parcours status`"
                )


def show_demo(url: str, stop: Event, token: str | None = None) -> None:
    """For `parcours up --demo`: what goes wrong is said, and the suite stays up."""
    try:
        with Client(url, token or os.environ.get("PARCOURS_TOKEN")) as client:
            loaded = load(client, stop)
            if not stop.is_set():
                wait_applied(client, loaded.positions, stop)
            if not stop.is_set():
                show(client, loaded, screen())
    except CommandError as error:
        say(f"parcours: the demonstration could not be shown: {error}")


def show(client: Client, loaded: Loaded, console: Console) -> None:
    """What was posted, the matrix of the group, one pathway, what to try next."""
    console.print(posted(loaded))
    for refusal in loaded.refusals[:SHOWN]:
        say(f"event {refusal.item.number}: {refusal.outcome}: {refusal.reason()}")
    moves = transitions(client, GROUP_ID)
    console.print(f"\n{GROUP_NAME} : qui passe d'où à où", style="bold")
    console.print(matrix(moves, jobs_by_kind(client, GROUP_ID)))
    console.print(summary(moves))
    console.print(kinds_in_words(moves), style="dim")
    console.print()
    pathway = timeline(client, SHOWCASE_PERSON)
    if pathway is not None:
        names = names_of(client, [SHOWCASE_PERSON])
        draw(pathway, structures(client, structure_ids(pathway)), LAST_DAY, console, names)
    console.print(next_steps(client.url), soft_wrap=True)
    sys.stdout.flush()


def posted(loaded: Loaded) -> str:
    recorded, known = loaded.tally.total("recorded"), loaded.tally.total("duplicate")
    invented = "Structures, group, persons and figures are invented; shares follow published figures of the sector."
    if not loaded.is_new and known + loaded.known_no_more == loaded.events:
        return f"All {known:,} facts of the demonstration were recorded already: nothing new.\n{invented}"
    text = f"{recorded:,} facts posted in {loaded.seconds:.1f} s, three years to {LAST_DAY}"
    not_recorded = loaded.tally.total("refused", "malformed") - loaded.known_no_more
    text += f", {known:,} known before" if known else ""
    text += f", {not_recorded:,} not recorded" if not_recorded else ""
    if any(refusal.answer.get("code") == "id_reused" for refusal in loaded.refusals):
        invented = f"{OTHER_VERSION}\n{invented}"
    return f"{text}.\n{invented}"


def next_steps(url: str) -> str:
    """Commands and addresses that show something, most of them on the last day of the story."""
    address = "" if url == "http://127.0.0.1:8000" else f" --url {url}"
    return "\n".join(
        (
            f"\nWhat to try next{_where()}:",
            f"  parcours alerts --group {GROUP_ID} --on {LAST_DAY}{address}",
            f"  parcours ready {GROUP_ID} --on {LAST_DAY}{address}",
            f"  parcours person {SHOWCASE_PERSON} --as-of 2024-06-30{address}",
            f"  parcours agrement {SHOWCASE_PERSON} --on 2024-08-20{address}",
            f"  parcours hours {LENT_PERSON} --on {LAST_DAY}{address}",
            f"  parcours person {MERGED_PERSON}{address}   # two records, one person",
            f"  parcours person {LIMITED_PERSON}{address}   # data under limitation (art. 18 GDPR)",
            f"  parcours person {FORGOTTEN_PERSON}{address}   # erased on request",
            f"  parcours status{address}",
            f"  {url}/projections/v1/groups/{GROUP_ID}/transitions?by=structure",
            f"  {url}/projections/v1/bridges        clients who became employers",
            f"  {url}/pathways/v1/docs        what may be asked and posted, address by address",
        )
    )


def _where() -> str:
    """How the command is found, where the shell does not find it by itself."""
    program = Path(sys.argv[0])
    if which("parcours") or program.name != "parcours":
        return ""
    return f" (in another terminal, after `. {os.path.relpath(program.parent / 'activate')}`)"


def as_json(client: Client, loaded: Loaded) -> dict[str, Any]:
    return {
        "events": loaded.events,
        "services": loaded.tally.counts,
        "not_recorded": [refusal.json() for refusal in loaded.refusals],
        "seconds": round(loaded.seconds, 3),
        "positions": loaded.positions,
        "group_id": GROUP_ID,
        "person_id": SHOWCASE_PERSON,
        "last_day": str(LAST_DAY),
        "transitions": transitions(client, GROUP_ID),
    }
