"""Each address serves one purpose: the table in docs/access.md, held against the published contract. What the log of reads
notes is held against it where the log is tested."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import get_args

from services.structures.facts.sharing import SharingPurpose
from shared.web.held_route import ACCESS_REQUEST
from shared.web.read_log import AUDIT, CAPS, CONTINUITY, FIGURES, SAYING
from tests.services.purposes import NONE, ROOT, purposes, purposes_of

OTHERS = {SAYING, AUDIT, ACCESS_REQUEST, "merging", NONE}
"""No agreement is for these."""


def routes() -> Iterator[str]:
    for path in sorted((ROOT / "docs" / "contract" / "openapi").glob("*.json")):
        for address, operations in json.loads(path.read_text(encoding="utf-8"))["paths"].items():
            yield from (f"{method.upper()} {address}" for method in operations)


def test_every_address_has_one_purpose() -> None:
    found = {route: purposes_of(route) for route in routes()}
    assert len(found) > 80
    assert {route: lines for route, lines in found.items() if len(lines) != 1} == {}, "say what a new address is for"


def test_no_line_is_about_an_address_that_is_gone() -> None:
    there = list(routes())
    assert [address for address in purposes() if not any(fnmatchcase(route, address) for route in there)] == []


def test_a_purpose_is_one_that_members_agree_on_or_no_agreements_at_all() -> None:
    (literal,) = (one for one in get_args(SharingPurpose) if get_args(one))
    assert set(get_args(literal)) == {CONTINUITY, CAPS, FIGURES}
    assert set(purposes().values()) == {CONTINUITY, CAPS, FIGURES} | OTHERS
