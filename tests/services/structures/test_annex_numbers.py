"""What the number of a financial annex says."""

from __future__ import annotations

import pytest

from services.structures.facts.annexes import parts_of


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("ACI039240001A0M0", ("ACI039240001", "ACI", "039", 2024, 0, 0)),
        ("EI59V182019A1M1", ("EI59V182019", "EI", "59V", 2018, 1, 1)),
        ("ETTI2A240001A10M2", ("ETTI2A240001", "ETTI", "2A", 2024, 10, 2)),
    ],
)
def test_a_number_has_parts(number: str, parts: tuple[object, ...]) -> None:
    assert parts_of(number) == parts


def test_amendments_and_modifications_of_one_agreement_share_its_number() -> None:
    assert {parts_of(f"ACI039240001A{a}M{m}").convention for a in (0, 1) for m in (0, 1)} == {"ACI039240001"}


@pytest.mark.parametrize("number", ["", "ACI", "ACI039240001", "ACI039240001A0", "ACI039240001A0M0 "])
def test_what_is_no_number_has_none(number: str) -> None:
    with pytest.raises(ValueError, match="no number of a financial annex"):
        parts_of(number)
