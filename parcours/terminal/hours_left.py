"""How many hours a person may still be lent to companies, in French: by which association, until when, with whom else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from parcours.terminal.persons import NO_NAMES, Names, named_in_line
from parcours.terminal.structures import Structures
from parcours.terminal.wording import CLIENT_KINDS, day, exact_hours, word


def draw(view: Mapping[str, Any], structures: Structures, console: Console, names: Names = NO_NAMES) -> None:
    """What `GET /placements/v1/persons/{id}/cap` answers."""
    console.print(Text(f"{named_in_line(view['person_id'], names)}, vue au {day(view['on'])}", style="bold"))
    if not view["caps"]:
        console.print("Aucune association intermédiaire ne l'a mise à disposition.")
    for cap in view["caps"]:
        structure = structures.get(cap["structure_id"])
        console.print(Text(f"\n{structure.label if structure else cap['structure_id']}", style="bold"))
        for line in _lines(cap):
            console.print(Text(f"  {line}"))
    console.print(f"\nComptent les heures chez ces clients : {_kinds(view['capped_client_kinds'])}.")
    console.print(f"Ne comptent jamais les heures chez : {_kinds(view['free_client_kinds'])}.")
    if view["scope"] == "person" and len(view["caps"]) > 1:
        console.print("Les heures sont comptées toutes associations confondues.")


def _lines(cap: Mapping[str, Any]) -> Iterator[str]:
    yield from _left(cap)
    amounts = [f"{exact_hours(cap['hours_worked'])} travaillées", f"{exact_hours(cap['hours_planned'])} prévues"]
    if cap["window"] is not None:
        yield f"{', '.join(amounts)}, pour la période ouverte le {day(cap['window']['starts_on'])}"
    elif cap["hours_worked"] or cap["hours_planned"]:
        yield f"{', '.join(amounts)}, après ce jour"
    if cap["warning"] is not None and cap["warning"]["reached"]:
        yield f"seuil d'alerte atteint : {exact_hours(cap['warning']['at_hours'])}"


def _left(cap: Mapping[str, Any]) -> Iterator[str]:
    lifted, window = cap["lifted"], cap["window"]
    if cap["limit"] is None:
        yield f"pas de plafond jusqu'au {day(lifted['until'])} : dérogation du préfet ({cap['article']})"
        return
    until = f" d'ici au {day(window['ends_on'])}" if window else ""
    yield f"reste {exact_hours(cap['hours_left'])}{until}, sur {exact_hours(cap['limit'])} ({cap['article']})"
    if lifted is not None:
        yield f"plafond fixé par une dérogation du préfet jusqu'au {day(lifted['until'])}"
    if window is None:
        yield "aucune période en cours : la prochaine mise à disposition qui compte en ouvre une"


def _kinds(rows: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(
        word(CLIENT_KINDS, row["kind"]) + ("" if row["confidence"] == "confirmed" else " (à confirmer)") for row in rows
    )
