"""The three forms of an answer: data as one JSON document, and the page as HTML or as plain text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import TextIO

from parcours.access_request.gathering import Gathered
from parcours.access_request.page import Block, Entry, Paragraph, Section, Title

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1e1e1e}"
    "h2{border-bottom:1px solid #ccc;margin-top:2.5rem}h3{margin:1.2rem 0 .2rem;font-size:1rem}"
    "dl{margin:0;display:grid;grid-template-columns:16rem 1fr;gap:0 1rem}dt{color:#555}dd{margin:0;overflow-wrap:anywhere}"
)


def write_json(found: Gathered, at: datetime, out: TextIO) -> None:
    """{person_id, ids, asked_at, items: [{service, place, held}]}, an item a line."""
    head = {"person_id": str(found.person_id), "ids": sorted(found.ids), "asked_at": at.isoformat()}
    out.write(json.dumps(head)[:-1] + ', "items": [')
    for number, one in enumerate(found):
        out.write(("," if number else "") + "\n" + json.dumps(one._asdict(), ensure_ascii=False))
    out.write("\n]}\n")


def write_html(blocks: Iterable[Block], out: TextIO) -> None:
    out.write(
        '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8"><title>Vos données</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>\n'
    )
    for block in blocks:
        out.write(_html(block) + "\n")
    out.write("</body></html>\n")


def _html(block: Block) -> str:
    match block:
        case Title(text):
            return f"<h1>{escape(text)}</h1>"
        case Section(text):
            return f"<h2>{escape(text)}</h2>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Entry(heading, pairs):
            rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
            return f"<h3>{escape(heading)}</h3><dl>{rows}</dl>"


def write_text(blocks: Iterable[Block], out: TextIO) -> None:
    for block in blocks:
        out.write(_text(block))


def _text(block: Block) -> str:
    match block:
        case Title(text):
            return f"{text}\n{'=' * len(text)}\n"
        case Section(text):
            return f"\n{text}\n{'-' * len(text)}\n"
        case Paragraph(text):
            return f"{text}\n"
        case Entry(heading, pairs):
            return f"\n{heading}\n" + "".join(f"  {name} : {value}\n" for name, value in pairs)
