"""What each address is for, as docs/access.md says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NONE = "–"


@cache
def purposes() -> Mapping[str, str]:
    """By address, as `GET /placements/v1/persons/{person_id}/cap`; `*` stands for any text."""
    text = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    _, _, section = text.partition("\n### What each address is for\n")
    table, _, _ = section.partition("\n## ")
    rows = re.findall(r"^\| (`[A-Z]+ /.*?) \| (.+?) \|", table, re.M)
    return {address: purpose.strip("`") for addresses, purpose in rows for address in re.findall("`(.+?)`", addresses)}


def purposes_of(route: str) -> list[str]:
    """Of each line that a route's address fits."""
    return [purpose for address, purpose in purposes().items() if fnmatchcase(route, address)]


def purpose_of(route: str) -> str:
    (purpose,) = purposes_of(route)
    return purpose
