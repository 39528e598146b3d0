"""Names of this service's codes (`codes.yaml`)."""

from __future__ import annotations

from pathlib import Path

from shared.facts.codes import CodeBook

CODES = CodeBook(Path(__file__).with_name("codes.yaml"), law=Path(__file__).parents[1] / "law")
