"""What a verification found, for people: one line a comparison, and each difference with both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.text import Text

from parcours.terminal.console import screen
from shared.log.comparison import Comparison, Difference

LONGEST = 400
"""Characters shown of one side: a record or a fact may hold 64 KiB; `--json` has it whole."""


def print_comparison(comparison: Comparison) -> None:
    looked_at = ", ".join(
        f"{count:,} {name}"
        for name in ("subjects", "facts", "rows", "records")
        if (count := getattr(comparison, name)) > 0
    )
    if not (looked_at or comparison.differences or comparison.notes):
        return
    console = screen()
    outcome = f"{comparison.differences:,} differ" if comparison.differences else "alike"
    style = "bold red" if comparison.differences else ""
    console.print(Text(f"{comparison.name}: {looked_at or 'nothing there'}: {outcome}", style=style))
    for note in comparison.notes:
        console.print(f"  note: {note}")
    for difference in comparison.first:
        for line in lines_of(difference):
            console.print(line, soft_wrap=True)
    if (more := comparison.differences - len(comparison.first)) > 0:
        console.print(f"  and {more:,} more; --limit shows more of them")


def lines_of(difference: Difference) -> Iterator[str]:
    key = _listed(difference.key)
    yield f"  {difference.kind} {difference.what} in {difference.where}: {key}" + _of(difference)
    if difference.reason:
        yield f"    {difference.reason}"
    columns = difference.columns
    if difference.expected is not None:
        yield f"    should be: {_side(difference.expected, columns)}"
    if difference.found is not None:
        yield f"    is:        {_side(difference.found, columns)}"
    if difference.facts:
        facts = ", ".join(f"{fact.service}:{fact.sequence} {fact.type} {fact.id}" for fact in difference.facts)
        more = difference.facts_behind - len(difference.facts)
        yield f"    facts: {facts}" + (f" and {more} more" if more > 0 else "")


def _of(difference: Difference) -> str:
    subject = difference.subject
    return f" ({subject})" if subject and subject not in difference.key.values() else ""


def _side(side: Mapping[str, Any], columns: Iterable[str]) -> str:
    """The columns that differ, or all."""
    chosen = [name for name in columns if name in side]
    return _shortened(_listed({name: side[name] for name in chosen} if chosen else side))


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in values.items())


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
