"""A person's agréments on a day, in French: both ends, what is left, what may still be declared, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from rich.console import Console
from rich.text import Text

from parcours.terminal.persons import NO_NAMES, Names, named_in_line
from parcours.terminal.wording import (
    AGREMENT_FACTS,
    AGREMENT_STATES,
    PROLONGATION_REASONS,
    SUSPENSION_REASONS,
    day,
    plural,
    word,
)
from services.agrement.model.durations_in_words import estimate_fr
from services.agrement.model.numbers import shown

ESTIMATED_FROM = 7
"""Days below which the number alone is said."""

STYLES = {"valid": "green", "suspended": "yellow", "future": "cyan", "expired": "dim"}


def draw(view: Mapping[str, Any], console: Console, names: Names = NO_NAMES) -> None:
    """What `GET /agrement/v1/persons/{id}` answers."""
    console.print(Text(f"{named_in_line(view['person_id'], names)}, vue au {day(view['on'])}", style="bold"))
    if not view["agrements"]:
        console.print("Aucun agrément (PASS IAE) connu.")
    for agrement in view["agrements"]:
        _title(agrement, console)
        for line in _lines(agrement, date.fromisoformat(view["on"])):
            console.print(Text(f"  {line}"))
    if view["carence"]:
        span = view["carence"]
        console.print(
            f"\nDélai de carence du {day(span['starts_on'])} au {day(span['ends_on'])} : pas de nouvel agrément (PASS IAE), sauf"
            " avec un prescripteur habilité."
        )


def _title(agrement: Mapping[str, Any], console: Console) -> None:
    number = shown(agrement["number"]) if agrement["number"] else "sans numéro"
    state = word(AGREMENT_STATES, agrement["state"])
    console.print(
        Text.assemble(("\nAgrément (PASS IAE) ", "bold"), (number, "bold"), " : ", (state, STYLES[agrement["state"]]))
    )


def _lines(agrement: Mapping[str, Any], on: date) -> Iterator[str]:
    yield from _ends(agrement, on)
    yield from _block("Suspensions", map(_suspension, agrement["suspensions"]))
    yield from _block("Prolongations", map(_prolongation, agrement["prolongations"]))
    yield from _block("Ce qui peut être déclaré", _possible(agrement))
    yield from _block("D'où vient cette date de fin", map(_explained, agrement["explained"]))


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    for place, line in enumerate(lines):
        if place == 0:
            yield f"{title} :"
        yield f"  {line}"


def _ends(agrement: Mapping[str, Any], on: date) -> Iterator[str]:
    if agrement["state"] == "suspended":
        yield f"du {day(agrement['starts_on'])}"
        # Null where others said the suspension: its end is not this reader's to know.
        if agrement["ends_on_if_resumed"] is not None:
            yield f"fin si le travail reprend aujourd'hui : {day(agrement['ends_on_if_resumed'])}"
        yield f"fin si la suspension va à son terme : {day(agrement['ends_on'])}"
    else:
        yield f"du {day(agrement['starts_on'])} au {day(agrement['ends_on'])}"
    if agrement["state"] != "expired":
        left = agrement["remaining_days"]
        about = f" ({estimate_fr(left, on)})" if left >= ESTIMATED_FROM else ""
        yield f"reste {plural(left, 'jour')}{about}"
    if agrement["state"] == "suspended":
        yield "Une personne suspendue peut être embauchée : une embauche lève la suspension."


def _suspension(suspension: Mapping[str, Any]) -> str:
    return (
        f"{day(suspension['starts_on'])} – {day(suspension['ends_on'])}  {word(SUSPENSION_REASONS, suspension['reason'])},"
        f" {_signed(suspension['pushes_days'])}"
    )


def _prolongation(prolongation: Mapping[str, Any]) -> str:
    return (
        f"{day(prolongation['starts_on'])} → {day(prolongation['ends_on'])}  {word(PROLONGATION_REASONS, prolongation['reason'])},"
        f" {_signed(prolongation['pushes_days'])}"
    )


def _possible(agrement: Mapping[str, Any]) -> Iterator[str]:
    following, window = agrement["next_suspension"], agrement["prolongation_window"]
    if following is not None:
        yield (
            f"une suspension qui commence du {day(following['earliest_start'])} au {day(following['latest_start'])},"
            f" jusqu'au {day(following['latest_end'])} au plus tard"
        )
    state = "ouverte" if window["open"] else "fermée"
    yield f"une prolongation : demande du {day(window['opens_on'])} au {day(window['closes_on'])} ({state} ce jour)"
    if window["allowed"] is None:
        yield "  les motifs possibles dépendent de ce que d'autres structures ont déclaré : vérifiez avec « parcours check »"
        return
    for prolongation in window["allowed"]:
        opinion = ", avec l'avis d'un prescripteur habilité" if prolongation["needs_opinion"] else ""
        yield f"  {word(PROLONGATION_REASONS, prolongation['reason'])} : jusqu'au {day(prolongation['latest_end'])}{opinion}"
    if window["open"] and not window["allowed"]:
        yield "  aucune ne peut être demandée : agrément suspendu ou clos, demande en cours, ou agrément plus récent"


def _explained(step: Mapping[str, Any]) -> str:
    name = step["type"].removeprefix("agrement.").rpartition(".")[0]
    return f"{_signed(step['days']):>14}  {word(AGREMENT_FACTS, name)} ({step['article']})"


def _signed(days: int) -> str:
    return f"{'−' if days < 0 else '+'} {plural(abs(days), 'jour')}"
