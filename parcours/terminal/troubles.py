"""Letters and subjects in trouble, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from shared.histories.causes import Group
    from shared.histories.dead_letters import StoredLetter
    from shared.histories.repairing import Retried
    from shared.histories.skips import Skip
    from shared.histories.troubles import Trouble

SHOWN_BYTES = 4_096
"""Of a record, without `--full`: what fits a screen or two."""


def table_of(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def groups_table(groups: Iterable[tuple[str, Sequence[Group]]], what: str) -> Table:
    table = table_of("reader", what, "cause", "first", "last", "such as")
    for reader, of_reader in groups:
        for group in of_reader:
            example = f"{reader}:{group.example}" if group.kind == "letter" else group.example
            table.add_row(reader, f"{group.count:,}", group.cause, _short(group.first), _short(group.last), example)
    return table


def group_json(reader: str, group: Group) -> dict[str, Any]:
    return {
        "reader": reader,
        "kind": group.kind,
        "cause": group.cause,
        "count": group.count,
        "skipped": group.skipped,
        "example": f"{reader}:{group.example}" if group.kind == "letter" else group.example,
        "first": instant(group.first),
        "last": instant(group.last),
    }


def letters_table(letters: Sequence[tuple[str, StoredLetter]]) -> Table:
    table = table_of("id", "arrived", "from", "reason", "skipped")
    for reader, stored in letters:
        letter = stored.letter
        place = f"{letter.service}/{letter.partition} at {letter.offset}"
        table.add_row(
            f"{reader}:{stored.number}", _short(stored.arrived_at), place, letter.reason[:200], _skip_text(stored.skip)
        )
    return table


def letter_json(reader: str, stored: StoredLetter) -> dict[str, Any]:
    letter = stored.letter
    return {
        "id": f"{reader}:{stored.number}",
        "reader": reader,
        "feed": stored.feed,
        "service": letter.service,
        "topic_id": letter.topic_id,
        "partition": letter.partition,
        "offset": letter.offset,
        "arrived_at": instant(stored.arrived_at),
        "cause": stored.cause,
        "reason": letter.reason,
        "skip": skip_json(stored.skip),
    }


def letter_view(reader: str, stored: StoredLetter, *, full: bool) -> dict[str, Any]:
    letter = stored.letter
    return {
        **letter_json(reader, stored),
        "key": shown_bytes(letter.key, full=full),
        "value": shown_bytes(letter.value, full=full),
        "headers": [{"name": name, **(shown_bytes(value, full=full) or {})} for name, value in letter.headers],
    }


def shown_bytes(value: bytes | None, *, full: bool) -> dict[str, Any] | None:
    """As text where it is one that a terminal can show, else as hex."""
    if value is None:
        return None
    part = value if full else value[:SHOWN_BYTES]
    try:
        text = part.decode()
    except UnicodeDecodeError:
        text = ""
    is_text = bool(text) and all(character.isprintable() or character in "\t\n" for character in text)
    shown = {"text": text} if is_text or not part else {"hex": part.hex()}
    return {"bytes": len(value), "cut": len(part) < len(value), **shown}


def subjects_table(troubles: Sequence[tuple[str, Trouble]]) -> Table:
    table = table_of("subject", "reader", "kind", "since", "what", "skipped")
    for reader, trouble in troubles:
        table.add_row(
            trouble.subject,
            reader,
            trouble.kind,
            _short(trouble.since),
            trouble.message[:200],
            _skip_text(trouble.skip),
        )
    return table


def trouble_json(reader: str, trouble: Trouble) -> dict[str, Any]:
    return {
        "subject": trouble.subject,
        "reader": reader,
        "kind": trouble.kind,
        "cause": trouble.cause,
        "message": trouble.message,
        "since": instant(trouble.since),
        "skip": skip_json(trouble.skip),
    }


def outcomes_table(outcomes: Sequence[tuple[str, Retried]]) -> Table:
    table = table_of("reader", "still", "because")
    for reader, one in outcomes:
        table.add_row(reader, one.name, one.reason[:300])
    return table


def skip_json(skip: Skip | None) -> dict[str, Any] | None:
    return None if skip is None else {"by": skip.by, "reason": skip.reason, "at": instant(skip.at)}


def instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _skip_text(skip: Skip | None) -> str:
    return f"{_short(skip.at)} by {skip.by}: {skip.reason}" if skip else ""


def _short(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""
