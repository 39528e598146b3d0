"""Names of the codes of the suite: those that the read side gives by itself (`codes.yaml`), and each service's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from services.projections.catalogue import CATALOGUE
from shared.facts.codes import CodeBook, CodeName

CODES = CodeBook(Path(__file__).with_name("codes.yaml"), law=Path(__file__).parent / "law")


@cache
def ref_codes() -> Sequence[CodeName]:
    """Every code that has a name, each domain once, in the order of the services and of their lists."""
    return tuple(name for book in (*CATALOGUE.codes, CODES) for name in book.own())
