"""The dated tables of structures: one answer for any day, and what is in doubt."""

from __future__ import annotations

from datetime import date

import pytest

from services.structures.law.tables import law_on
from shared.facts.fact import FIRST_DAY, LAST_DAY
from tests.services.scenario import day


@pytest.mark.parametrize("on", [date.min, FIRST_DAY, day("2024-01-01"), LAST_DAY, date.max])
def test_there_are_rules_on_any_day(on: date) -> None:
    law = law_on(on)
    assert law.annexes.kinds == ("AI", "ACI", "EI", "ETTI", "EITI")
    assert law.annexes.states == ("VALIDE", "PROVISOIRE", "CLOTURE")
    assert law.certifications.days_before_term == 90


def test_neither_rule_is_confirmed_by_a_text() -> None:
    law = law_on(day("2024-01-01"))
    assert [(bool(rule.source), rule.confidence) for rule in (law.annexes, law.certifications)] == [(True, "open")] * 2
