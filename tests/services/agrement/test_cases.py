"""We agree with the State's own service, case by case; the page that says so is up to date."""

from __future__ import annotations

import pytest

from tests.services.agrement.cases.page import PAGE, page
from tests.services.agrement.cases.registry import CASES, Case

NUMBERS = {
    1, 2, 4, 6, 7, 8, 9, 11, 12, 13, 15, 16, 18, 19, 21, 22, 23, 24, 28, 30, 32, 33, 35, 36, 37, 39, 41, 43, 44, 45, 46, 48,
    52, 53, 54, 55, 57, 58, 62, 66, 74, 76, 77, 94, 95, 97, 98, 99, 100,
}  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    assert case.answer() == case.ours


def test_every_agreed_case_is_there() -> None:
    assert {case.number for case in CASES} == NUMBERS


def test_the_page_of_conformance_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make conformance`"
