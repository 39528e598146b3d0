"""A person's pathway drawn in the terminal, in French: bars over the months, then what happened, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from parcours.terminal.persons import NO_NAMES, Names
from parcours.terminal.structures import Structure, Structures
from parcours.terminal.timeline_sections import sections
from parcours.terminal.wording import (
    CATEGORIES,
    EXIT_REASONS,
    SEXES,
    TRAININGS,
    day,
    hours,
    plural,
    span,
    word,
)

COLOURS = {"ACI": "green", "AI": "cyan", "EI": "blue", "EITI": "blue", "ETTI": "magenta", "OASP": "yellow"}
LABEL_WIDTH = 38
LEAST_CELLS, MOST_CELLS = 20, 96

Rows = list[dict[str, Any]]


def structure_ids(timeline: Mapping[str, Any]) -> set[str]:
    """The structures that a drawing names."""
    names = ("structure_id", "from_structure_id", "to_structure_id", "next_structure_id")
    tables = ("steps", "exits", "handovers", "trainings")
    return {row[name] for table in tables for row in timeline.get(table, ()) for name in names if row.get(name)}


def draw(
    timeline: Mapping[str, Any], structures: Structures, today: date, console: Console, names: Names = NO_NAMES
) -> None:
    """`today`: up to where an open step is drawn."""
    _header(timeline, names, console)
    steps: Rows = timeline.get("steps", [])
    if steps:
        _bars(timeline, structures, today, console)
        console.print(_steps_table(timeline, structures, today))
    else:
        console.print("Aucun contrat connu dans une structure.")
    for title, lines in sections(timeline, structures, today).items():
        if lines:
            console.print(Text(f"\n{title}", style="bold"))
            for line in lines:
                console.print(Text(f"  {line}"))


def _header(timeline: Mapping[str, Any], names: Names, console: Console) -> None:
    name = names.get(str(timeline["person_id"]))
    who = "la personne" if name is None else f"{name.usual},"
    console.print(Text(f"Parcours de {who} {timeline['person_id']}", style="bold"))
    person: dict[str, Any] = next(iter(timeline.get("persons", [])), {})
    words = [
        word(SEXES, person["sex"]) if person.get("sex") else "",
        f"année de naissance {person['birth_year']}" if person.get("birth_year") else "",
        f"depuis le {day(person['first_hired_on'])}" if person.get("first_hired_on") else "",
        plural(len(timeline.get("steps", [])), "étape"),
        plural(len(timeline.get("items", [])), "fait"),
    ]
    console.print(" · ".join(filter(None, words)))
    if timeline.get("limited"):
        console.print(
            Text(
                "Traitement limité (RGPD, article 18) : dans aucune liste, aucun chiffre, aucun partage", "bold yellow"
            )
        )
    if any("erased" in item for item in timeline.get("items", [])):
        console.print(
            Text(
                "Personne effacée (RGPD, article 17) : il ne reste que des jours, des heures et des codes",
                "bold yellow",
            )
        )
    for line in _ids(timeline):
        console.print(Text(line), soft_wrap=True)
    if timeline.get("as_of"):
        console.print(f"Vu au {day(timeline['as_of'])}")
    if timeline.get("known_at"):
        console.print(f"Selon ce qui était connu le {day(timeline['known_at'])}")
    if not timeline.get("complete", True):
        reasons = [f"{name} : {timeline[name]}" for name in ("missing", "error") if timeline.get(name)]
        because = f" ({' ; '.join(reasons)})" if reasons else " (des faits viennent d'arriver)"
        console.print(Text(f"Attention : ce parcours est incomplet{because}", style="bold yellow"))


def _ids(timeline: Mapping[str, Any]) -> Iterator[str]:
    """Of a person under several ids: each with what is told of it, and since when a merge holds."""
    items: Rows = timeline.get("items", [])
    counts = Counter(str(item["subject"]).removeprefix("person/") for item in items)
    root = str(timeline["person_id"])
    split = {item["data"]["merge_id"] for item in items if item["type"] == "pathways.persons_split.v1"}
    merged = {
        str(item["subject"]).removeprefix("person/"): item["data"]
        for item in items
        if item["type"] == "pathways.persons_merged.v1" and item["id"] not in split
    }
    if timeline.get("merged_into"):
        yield f"L'identifiant demandé est fusionné avec {root}"
    if len({root, *counts}) > 1:
        for name in sorted({root, *counts}, key=lambda one: (one != root, one)):
            since = (
                f", fusionné le {day(merged[name]['merged_on'])} avec {merged[name]['into']}" if name in merged else ""
            )
            yield f"  {name} : {plural(counts[name], 'fait')}{since}"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Which cell of the drawing a day falls into."""

    first: date
    cells: int
    days_a_cell: float

    @classmethod
    def over(cls, first: date, last: date, width: int) -> _Scale:
        first = first.replace(day=1)
        cells = max(LEAST_CELLS, min(MOST_CELLS, width))
        return cls(first, cells, max(((last - first).days + 1) / cells, 1.0))

    def cell(self, when: date) -> int:
        return max(0, min(self.cells - 1, int((when - self.first).days / self.days_a_cell)))

    def bar(self, starts_on: date, ends_on: date, mark: str) -> str:
        start, end = self.cell(starts_on), self.cell(ends_on)
        return " " * start + mark * (end - start + 1)

    def axis(self) -> str:
        """Each year under its first month; where the drawing begins, month and year."""
        line = [" "] * (self.cells + 8)
        last = self.first + timedelta(days=int(self.days_a_cell * self.cells))
        taken = -1
        for year in range(self.first.year, last.year + 1):
            place = self.cell(max(date(year, 1, 1), self.first))
            if place > taken:
                text = f"{self.first:%m/%Y}" if year == self.first.year else str(year)
                line[place : place + len(text)] = text
                taken = place + len(text)
        return "".join(line).rstrip()


def _bars(timeline: Mapping[str, Any], structures: Structures, today: date, console: Console) -> None:
    steps: Rows = timeline["steps"]
    days = [_date(row[name]) for row in steps for name in ("starts_on", "ends_on") if row.get(name)]
    first, last = min(days), max([*days, *([today] if any(not row["ends_on"] for row in steps) else [])])
    scale = _Scale.over(first, last, console.width - LABEL_WIDTH - 4)
    console.print(Text(f"\n{'':{LABEL_WIDTH}} {scale.axis()}", style="dim"))
    for row in steps:
        structure = structures.get(row["structure_id"], Structure(row["structure_id"], None))
        starts_on = _date(row["starts_on"] or row["ends_on"])
        ends_on = _date(row["ends_on"]) if row["ends_on"] else max(today, starts_on)
        label = _cut(f"{row['step']} {structure.label}")
        bar = scale.bar(starts_on, ends_on, "█") + ("" if row["ends_on"] else "→")
        console.print(Text.assemble(f"{label} ", (bar, COLOURS.get(structure.kind or "", "white"))), no_wrap=True)
    for row in timeline.get("trainings", []):
        if row.get("started_on"):
            bar = scale.bar(_date(row["started_on"]), _date(row.get("ended_on") or row["started_on"]), "▒")
            console.print(
                Text(f"{_cut('  formation ' + word(TRAININGS, row['kind']))} {bar}", style="dim"), no_wrap=True
            )
    console.print()


def _cut(label: str) -> str:
    return f"{label if len(label) <= LABEL_WIDTH else label[: LABEL_WIDTH - 1] + '…':{LABEL_WIDTH}}"


def _steps_table(timeline: Mapping[str, Any], structures: Structures, today: date) -> Table:
    exits = {row["exit_id"]: row for row in timeline.get("exits", [])}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("étape", "structure", "du", "au", "durée", "heures", "sortie"):
        table.add_column(title, justify="right" if title == "heures" else "left", overflow="fold")
    for row in timeline["steps"]:
        structure = structures.get(row["structure_id"], Structure(row["structure_id"], None))
        begin, end = row["starts_on"], row["ends_on"]
        length = span((_date(end or str(today)) - _date(begin)).days + 1) if begin else "–"
        table.add_row(
            str(row["step"]),
            structure.label,
            day(begin) if begin else "embauche pas encore connue",
            _until(end, today),
            length,
            hours(row.get("hours")),
            _left(row, exits.get(row.get("exit_id")), structures, today),
        )
    return table


def _until(end: str | None, today: date) -> str:
    if end is None:
        return "en cours"
    return f"{day(end)} (prévu)" if _date(end) > today else day(end)


def _left(row: Mapping[str, Any], left: Mapping[str, Any] | None, structures: Structures, today: date) -> str:
    if row.get("exit_reason") is None:
        return "pas de sortie déclarée" if row.get("ends_on") and _date(row["ends_on"]) < today else ""
    text = f"{word(EXIT_REASONS, row['exit_reason'])} [{row['exit_reason']}]"
    if left is None:
        return text
    if left.get("next_structure_id"):
        following = structures.get(left["next_structure_id"])
        text += f" → {following.name if following else left['next_structure_id']}"
    return f"{text} · {word(CATEGORIES, left.get('category'))}"


def _date(text: str) -> date:
    return date.fromisoformat(text[:10])
