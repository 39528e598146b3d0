"""What the number of a financial annex says, and which are taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from services.structures.facts import CATALOGUE, AnnexRecorded
from services.structures.facts.annexes import parts_of
from shared.facts.fact import Recorded
from shared.intake.incoming import read_event
from shared.web.problems import MalformedError
from tests.services.projections.facts import given, recorded


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("ACI039240001A0M0", ("ACI039240001", "039", 2024, 0, 0)),
        ("EI59V182019A1M1", ("EI59V182019", "59V", 2018, 1, 1)),
        ("ETTI02A240001A10M2", ("ETTI02A240001", "02A", 2024, 10, 2)),
        ("AI974240001A0M0", ("AI974240001", "974", 2024, 0, 0)),
    ],
)
def test_a_number_has_parts(number: str, parts: tuple[object, ...]) -> None:
    assert parts_of(number) == parts


def test_amendments_and_modifications_of_one_agreement_share_its_number() -> None:
    numbers = [parts_of(f"ACI039240001A{amendment}M{change}") for amendment in (0, 1) for change in (0, 1)]
    assert {parts.convention for parts in numbers if parts} == {"ACI039240001"}


@pytest.mark.parametrize(
    "number",
    ["", "ACI", "ACI039240001", "ACI039240001A0", "ACI039240001A0M0\n", "EI08018002A1M1", "ETTI2A240001A10M2"],
)
def test_what_is_no_number_has_no_parts(number: str) -> None:
    assert parts_of(number) is None


def recorded_before(number: str) -> Recorded:
    """As a store gives it."""
    fact = recorded(AnnexRecorded(**AnnexRecorded.example))
    envelope = json.loads(fact.model_dump_json(serialize_as_any=True))
    envelope["data"]["number"] = number
    read = CATALOGUE.decode(fact.type, json.dumps(envelope).encode())
    assert read is not None
    return read


@pytest.mark.parametrize("number", ["ACI-2019-7", "ETTI2A240001A10M2"])
def test_a_number_recorded_before_numbers_were_checked_is_still_read(number: str) -> None:
    (row,) = given(recorded_before(number), kind="structure").annexes
    assert (row.number, row.convention, row.year, row.state) == (number, None, None, "VALIDE")


@pytest.mark.parametrize("number", ["ACI-2024-7", "ACI000240001A0M0"])
def test_a_number_that_arrives_is_checked_where_it_stands(number: str) -> None:
    """No department is called 000."""
    fact = recorded(AnnexRecorded(**AnnexRecorded.example))
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": fact.source,
        "type": fact.type,
        "subject": fact.subject,
        "time": "2024-01-02T08:00:00Z",
        "datacontenttype": "application/json",
        "data": {**AnnexRecorded.example, "number": number},
    }
    with pytest.raises(MalformedError) as refused:
        read_event(event, False, CATALOGUE, datetime(2024, 1, 3, tzinfo=UTC))
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/data/number", "bad_annex_number")]
