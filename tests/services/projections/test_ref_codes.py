"""The names of codes in schema `bi`."""

from services.projections.codes import ref_codes
from tests.services.projections.read_set import ReadSet


def test_bi_has_every_code_with_its_names(read_set: ReadSet) -> None:
    """`bi.ref_codes` did not exist."""
    columns = "domain, code, label_fr, label_en, category, valid_from, valid_to, confidence"
    assert {tuple(row) for row in read_set.read("ref_codes", columns)} == {tuple(name) for name in ref_codes()}
